"""√Σt² of the sums of every kind of layer, t being their terms: what rounding errors are relative to.

Where a layer's own formula subtracts, what is subtracted counts as terms: the result may be small, its errors
not.
"""

import math

import torch

from .layers import EPSILON, Operands, before_activation
from .rounding import LINEAR


def squares(layer, operands):
    """The operands with every value squared: a linear layer of them gives Σt². In float32: enough."""

    def squared(tensor):
        if tensor is None:
            return None
        return tensor.detach().float().square().requires_grad_(operands.training)

    return Operands(squared(operands.x), squared(operands.weights), squared(operands.bias))


def normalised(operands):
    """Of a batch_norm: √Σt² of its (x - mean) / sd, and sd."""
    x = operands.x.detach()
    variance, mean = torch.var_mean(x, (0, 2, 3), unbiased=False, keepdim=True)
    if not operands.training:
        variance, mean = torch.ones_like(variance), torch.zeros_like(mean)
    sd = (variance + EPSILON).sqrt()
    return (x.square() + mean.square()).sqrt() / sd, sd


def output_terms(layer, operands, value, squared):
    """√Σt² of every element of an output before its activation; `squared` is the same layer of squares."""
    x = operands.x
    if layer.kind in LINEAR:
        return squared.detach().sqrt().double()
    if layer.kind == "standardize":
        return (x.square() + layer.keys["mean"] ** 2).sqrt() / layer.keys["sd"]
    if layer.kind == "avg_pool":
        mean = before_activation(layer, Operands(x.square()))
        return (mean / math.prod(layer.keys["kernel"])).sqrt()
    if layer.kind == "batch_norm":
        weights, bias = operands.weights[:, None, None], operands.bias[:, None, None]
        return ((weights * normalised(operands)[0]).square() + bias.square()).sqrt()
    if layer.kind == "softmax":
        # The rounding of x - max is a relative error of its exponential, and of the sum over the channels.
        distance = x.amax(1, keepdim=True) - x
        return value * (1 + distance + (value * distance).sum(1, keepdim=True))
    return value.abs()


def slope_terms(function, output, gradient, found):
    """Of an activation's gradient, from its output: tanh' is 1 - y², that of the sigmoid y·(1 - y). `found`
    is the gradient passed on."""
    if function == "tanh":
        return gradient * (1 + output.square())
    return gradient * output if function == "sigmoid" else found


def batch_norm_terms(operands, found, gradient):
    """Of dx = weights / sd · (g - Σg / m - x̂ · Σg·x̂ / m), and of Σg·x̂ and Σg themselves: {name:
    tensor}."""
    size, sd = normalised(operands)
    count = gradient[:, 0].numel()

    def total(terms):
        return terms.square().sum((0, 2, 3)).sqrt()

    weights, bias = total(gradient * size), total(gradient)
    means = [
        ((terms + found[name].abs()) / count)[:, None, None]
        for name, terms in (("weights", weights), ("bias", bias))
    ]
    terms = (gradient.square() + (size * means[0]).square() + means[1].square()).sqrt()
    return {
        "x": operands.weights.detach()[:, None, None].abs() / sd * terms,
        "weights": weights,
        "bias": bias,
    }


def gradient_terms(layer, evaluation, found, gradient):
    """√Σt² of every element of the gradients of a layer that is not linear: {name: tensor}. `found` is what
    evaluation.pull_back(gradient) gave."""
    if layer.kind == "batch_norm":
        return batch_norm_terms(evaluation.operands, found, gradient)
    if layer.kind == "softmax":
        y = evaluation.output.detach()
        return {"x": y * (gradient.abs() + (y * gradient.abs()).sum(1, keepdim=True))}
    if layer.kind == "activation":
        y = evaluation.output.detach()
        return {"x": slope_terms(layer.keys["function"], y, gradient, found["x"])}
    if layer.kind in ("max_pool", "avg_pool"):
        # Every slope is 1, or 1 over the window's size.
        squares = evaluation.pull_back(gradient.square(), None)["x"]
        return {"x": (squares / (1 if layer.kind == "max_pool" else math.prod(layer.keys["kernel"]))).sqrt()}
    return {"x": found["x"]}


def pull_back_squares(operands, output, gradient):
    """√Σt² of every element of the gradients of a linear layer's x, weights and bias: {name: tensor}. The
    operands and the output are those of squares()."""
    largest = gradient.abs().max().clamp(min=1e-30)  # squares of small gradients would be 0 in float32
    parts = {"x": operands.x, "weights": operands.weights, "bias": operands.bias}
    leaves = {name: tensor for name, tensor in parts.items() if tensor is not None}
    found = torch.autograd.grad(output, list(leaves.values()), (gradient / largest).float().square())
    return {name: tensor.sqrt_() * largest.to(tensor) for name, tensor in zip(leaves, found)}
