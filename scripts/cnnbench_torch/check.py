"""Compares one dumped pass with PyTorch, tensor by tensor."""

import math
from dataclasses import dataclass

import numpy as np
import torch

from . import layers, rounding, sizes
from .config import InputError
from .dump import tensors_of
from .evaluation import Evaluation, as_tensor

PART = 1 << 22  # elements compared at a time


@dataclass(frozen=True)
class Row:
    """One tensor compared. `error` is the largest relative error of bench, `single` of PyTorch's float32."""

    tensor: str
    error: float
    tolerance: float
    single: float | None = None
    detail: str = ""  # where it differs

    @property
    def agrees(self):
        return self.error <= self.tolerance  # NaN does not


def compare(tensor, found, exact, size, additions, single=None):
    """The Row of a tensor. `exact` is in float64, `size` what the errors of its elements are relative to;
    `found` may be on disk still. In parts, because a layer's weights can take gigabytes."""
    tolerance = rounding.tolerance(additions)
    if tuple(found.shape) != tuple(exact.shape):
        shapes = f"the shape is {tuple(found.shape)}, expected {tuple(exact.shape)}"
        return Row(tensor, math.inf, tolerance, None, shapes)
    # Fast algorithms mix neighbouring elements: their errors follow the tensor, not each element's own terms
    # (Higham 2002, §23.2.2).
    floor = max(rounding.rms(size), rounding.SMALLEST)
    count = exact.numel()
    tensors = (exact, size.expand(exact.shape), exact if single is None else single)
    flat = [tensor.detach().reshape(-1) for tensor in tensors]
    found = found.reshape(-1)
    error, other, worst = 0.0, 0.0, 0
    for first in range(0, count, PART):
        truth, sizes, singles = (t[first : first + PART].double() for t in flat)
        sizes = sizes.clamp(min=floor)
        errors = (as_tensor(found[first : first + PART], torch.float64) - truth).abs() / sizes
        other = max(other, ((singles - truth).abs() / sizes).max().item())
        place = int(torch.nan_to_num(errors, nan=math.inf).argmax())
        if not errors[place].item() <= error:  # NaN is the largest
            error, worst = errors[place].item(), first + place
        if math.isnan(error):
            break
    detail = ""
    if not error <= tolerance:
        where = [int(i) for i in np.unravel_index(worst, tuple(exact.shape))]
        detail = f"element {where}: found {found[worst]:.9g}, expected {flat[0][worst].item():.9g}"
    return Row(tensor, error, tolerance, None if single is None else other, detail)


class Step:
    """One layer of a pass: its evaluations, and the sizes that its errors are measured by."""

    def __init__(self, network, index, dump, before):
        self.layer = network.layers[index]
        self.names = tensors_of(network, index, dump)
        self.dump = dump
        parts = [part for part in ("weights", "bias", "mask") if part in self.names]
        arrays = {part: dump.read(self.names[part]) for part in parts}
        arrays["x"] = dump.read(before)
        training = dump.training and index <= network.loss_layer
        self.exact = Evaluation(self.layer, arrays, torch.float64, training)
        self.single = Evaluation(self.layer, arrays, torch.float32, training)
        self.squares = self.squared = None
        if self.layer.kind in rounding.LINEAR:
            self.squares = sizes.squares(self.layer, self.exact.operands)
            self.squared = layers.before_activation(self.layer, self.squares)
        operands, before = self.exact.operands, self.exact.before
        self.terms = sizes.output_terms(self.layer, operands, before, self.squared).detach()
        self.additions = rounding.additions(self.layer, operands, self.exact.output)
        self.output = f"{self.layer.name}.output"

    def check_mask(self):
        """The Row of a dropout's mask: nothing but zeros and the scale."""
        mask = self.dump.read(self.names["mask"])
        expected = as_tensor(np.where(mask == 0, 0, 1 / self.layer.keys["keep"]), torch.float64)
        return compare(self.names["mask"], mask, expected, expected, 1)

    def check_output(self):
        # No activation enlarges an error: the size of what enters it will do for what leaves it.
        size = torch.maximum(self.terms + self.exact.before.abs(), self.exact.output.abs())
        found = self.dump.read(self.output, lazily=True)
        return compare(self.output, found, self.exact.output, size, self.additions[0], self.single.output)

    def check_gradients(self, gradient, behind):
        """(rows of the parameters' gradients, gradient of the layer's input, additions behind that).

        `gradient` is that of the output, {dtype: tensor}; `behind` counts the additions behind it.
        """
        dumped = as_tensor(self.dump.read(self.output), torch.float32)
        exact = self.exact.pull_back(gradient[torch.float64], dumped)
        single = self.single.pull_back(gradient[torch.float32], dumped)
        if self.layer.activation != "none":
            output, before = self.exact.output.detach(), exact["before"]
            slopes = sizes.slope_terms(self.layer.activation, output, gradient[torch.float64], before)
            behind = rounding.passed_on(slopes, before) ** 2 * (behind + 1)
        if self.squared is not None:
            terms = sizes.pull_back_squares(self.squares, self.squared, exact["before"])
        else:
            terms = sizes.gradient_terms(self.layer, self.exact, exact, gradient[torch.float64])
        rows = [
            compare(
                self.names[f"{part}_gradient"],
                self.dump.read(self.names[f"{part}_gradient"], lazily=True),
                exact[part],
                terms[part] + exact[part].abs(),
                behind + self.additions[2],
                single[part],
            )
            for part in ("weights", "bias")
            if f"{part}_gradient" in self.names
        ]
        enlarged = rounding.passed_on(terms["x"], exact["x"]) ** 2
        passed = {torch.float64: exact["x"], torch.float32: single["x"]}
        return rows, passed, enlarged * (behind + self.additions[1])


def check_loss(network, dump, logits):
    """(Row of the loss, its gradient with respect to what enters the softmax, additions behind that)."""
    fits_classes = network.layers[-1].kind == "softmax" and logits.shape[2:] == (1, 1)
    kind = network.loss or ("cross_entropy" if fits_classes else "l2")
    labels = torch.from_numpy(np.array(dump.read("labels"))).long()
    classes = logits[0].size
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(f"{dump.folder}/labels.npy: a label that is none of the {classes} classes")
    values, gradients = {}, {}
    for dtype in (torch.float64, torch.float32):
        x = as_tensor(logits, dtype).requires_grad_()
        values[dtype] = layers.loss(kind, x, labels)
        (gradients[dtype],) = torch.autograd.grad(values[dtype], x)
    # Cross-entropy is a difference of what can be larger than it.
    exact = values[torch.float64]
    size = exact.abs() + (0 if kind == "l2" else float(np.abs(logits).max()))
    additions = logits.size if kind == "l2" else classes + len(labels)
    row = compare("loss", dump.read("loss"), exact, size, additions, values[torch.float32])
    return row, gradients, 1 if kind == "l2" else classes


def check_whole(dump, steps):
    """The Row of the network run in one go, from the dumped input alone: what the loss is taken of."""
    x, additions = as_tensor(dump.read("input"), torch.float64), 1.0
    for step in steps:
        operands = layers.Operands(**{**vars(step.exact.operands), "x": x})
        with torch.no_grad():
            x = layers.ACTIVATIONS[step.layer.activation](layers.before_activation(step.layer, operands))
        enlarged = rounding.passed_on(step.terms, step.exact.before)
        additions = enlarged**2 * (additions + step.additions[0])
    name = f"{step.output}, from the input"
    return compare(name, dump.read(step.output), x, step.terms + step.exact.before.abs(), additions)


def check_pass(network, dump):
    """The rows of one (backend, pass): every output; of a training pass then the loss and every gradient."""
    rows, steps, before = [], [], "input"
    for index in range(len(network.layers)):
        step = Step(network, index, dump, before)
        steps.append(step)
        if "mask" in step.names:
            rows.append(step.check_mask())
        rows.append(step.check_output())
        if dump.shape(step.output) != tuple(step.exact.output.shape):
            return rows  # what lies behind it cannot be computed
        before = step.output
    del steps[network.loss_layer + 1 :]
    logits = "input"
    if steps:
        rows.append(check_whole(dump, steps))
        logits = steps[-1].output
    if not dump.training:
        return rows
    row, gradient, behind = check_loss(network, dump, dump.read(logits))
    rows.append(row)
    while any("weights" in step.names for step in steps):
        found, gradient, behind = steps.pop().check_gradients(gradient, behind)
        rows += found
    return rows
