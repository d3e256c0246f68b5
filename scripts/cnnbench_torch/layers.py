"""Every kind of layer in PyTorch, as the config's format defines it: NCHW, weights OIHW or [out, in]."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

EPSILON = 1e-5  # batch_norm
LRN = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0}  # PyTorch divides alpha by the size, as bench does
ACTIVATIONS = {"none": lambda x: x, "relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


@dataclass
class Operands:
    """What a layer computes its output from."""

    x: torch.Tensor
    weights: torch.Tensor | None = None
    bias: torch.Tensor | None = None
    mask: torch.Tensor | None = None  # dropout: 0 or the scale
    training: bool = False


def same_padding(size, kernel, stride):
    """(before, after) for ceil(size / stride) outputs, the odd element after."""
    total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def conv(keys, o):
    rule, kernel, stride, crop = keys["padding"], keys["kernel"], keys["stride"], keys["crop"]
    margins = []  # left, right, top, bottom
    for side in (1, 0):
        if rule == "same":
            margins += same_padding(o.x.shape[2 + side], kernel[side], stride[side])
        else:
            words = {"valid": 0, "full": kernel[side] - 1}
            margins += [words[rule] if isinstance(rule, str) else rule[side]] * 2
    y = F.conv2d(F.pad(o.x, margins), o.weights, o.bias, stride, groups=keys["groups"])
    return y[:, :, crop : y.shape[2] - crop, crop : y.shape[3] - crop]


def dense(keys, o):
    return F.linear(o.x.flatten(1), o.weights, o.bias)[:, :, None, None]


def pool_margins(keys, o):
    """Padding for F.pad so that all windows fill it exactly: left, right, top, bottom; negative where some is
    left over. PyTorch's own padding stops at half a window."""
    margins = []
    for side in (1, 0):
        size, kernel, stride = o.x.shape[2 + side], keys["kernel"][side], keys["stride"][side]
        padding = keys["padding"][side]
        room = size + 2 * padding - kernel
        outputs = (math.ceil(room / stride) if keys["border"] == "keep" else room // stride) + 1
        if outputs > 1 and (outputs - 1) * stride >= size + padding:
            outputs -= 1  # a window that begins behind the image would hold nothing
        margins += [padding, (outputs - 1) * stride + kernel - size - padding]
    return margins


def is_wide(keys):
    return any(2 * padding > kernel for padding, kernel in zip(keys["padding"], keys["kernel"]))


def max_pool(keys, o):
    kernel, stride = keys["kernel"], keys["stride"]
    if is_wide(keys):
        return F.max_pool2d(F.pad(o.x, pool_margins(keys, o), value=-math.inf), kernel, stride)
    return F.max_pool2d(o.x, kernel, stride, keys["padding"], ceil_mode=keys["border"] == "keep")


def avg_pool(keys, o):
    kernel, stride = keys["kernel"], keys["stride"]
    if is_wide(keys):
        margins = pool_margins(keys, o)
        return F.avg_pool2d(F.pad(o.x, margins), kernel, stride) / F.avg_pool2d(
            F.pad(torch.ones_like(o.x), margins), kernel, stride
        )
    ceil = keys["border"] == "keep"
    return F.avg_pool2d(o.x, kernel, stride, keys["padding"], ceil_mode=ceil, count_include_pad=False)


def batch_norm(keys, o):
    """Training: the batch's own mean and biased variance; inference: stored ones, 0 and 1."""
    mean, variance = (None, None) if o.training else (o.x.new_zeros(o.x.shape[1]), o.x.new_ones(o.x.shape[1]))
    # Not F.batch_norm, which refuses to train on one value a channel.
    return torch.batch_norm(o.x, o.weights, o.bias, mean, variance, o.training, 0.0, EPSILON, False)


def dropout(keys, o):
    return o.x if o.mask is None else o.x * o.mask


KINDS = {
    "standardize": lambda keys, o: (o.x - keys["mean"]) / keys["sd"],
    "conv": conv,
    "max_pool": max_pool,
    "avg_pool": avg_pool,
    "dense": dense,
    "activation": lambda keys, o: ACTIVATIONS[keys["function"]](o.x),
    "dropout": dropout,
    "flatten": lambda keys, o: o.x.flatten(1)[:, :, None, None],
    "softmax": lambda keys, o: torch.softmax(o.x, 1),
    "lrn": lambda keys, o: F.local_response_norm(o.x, **LRN),
    "batch_norm": batch_norm,
}


def before_activation(layer, operands):
    """The layer's output before the activation that is fused into it, NCHW."""
    return KINDS[layer.kind](layer.keys, operands)


def loss(kind, x, labels):
    """Of what enters the softmax: ½·Σx² over the batch (l2), or averaged over the batch (cross_entropy)."""
    return 0.5 * (x * x).sum() if kind == "l2" else F.cross_entropy(x.flatten(1), labels)
