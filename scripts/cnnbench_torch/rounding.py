"""How far float32 may be from the truth: sizes of sums, and how errors grow from layer to layer.

A sum of n terms t computed in float32 is off by at most γ_n·Σ|t|, γ_n = n·u / (1 - n·u) (Higham, Accuracy and
Stability of Numerical Algorithms, 2002, §3.1): no more than that can be promised, but rounding errors do not
conspire. With independent ones it is λ·√n·u·Σ|t| for a λ of a few (Higham & Mary, SIAM J. Sci. Comput. 41,
2019, A2815), and where the terms have irregular signs too, λ·u·Σ|t| (42, 2020, A3427), which λ·√n·u·√Σt² is
no smaller than. So an error is measured here relative to size = √Σt² + |Σt|, and may be λ·√n·u.

Errors of what a sum is made from add up in the same way, as if the additions behind them were its own.
"""

import math

import torch

from .layers import LRN

UNIT = 2.0**-24  # unit roundoff of float32
LAMBDA = 10.0
SMALLEST = 1e-30  # below this a float32 may be denormal or zero, whatever the algorithm
LINEAR = ("conv", "dense")


def tolerance(additions):
    return LAMBDA * math.sqrt(additions) * UNIT


def rms(tensor):
    """Root of the mean square."""
    return (torch.linalg.vector_norm(tensor.detach(), dtype=torch.float64) / math.sqrt(tensor.numel())).item()


def additions(layer, operands, output):
    """Terms in the sums of a layer: (output, gradient of its input, gradients of its parameters)."""
    images, _, height, width = output.shape
    if layer.kind in LINEAR:
        weights = operands.weights
        per_filter = weights[0].numel()
        back = weights.numel() // (weights.shape[1] * layer.keys.get("groups", 1))
        # `back`: one input element's taps in all filters of its group.
        return per_filter + 1, back, images * height * width
    if layer.kind == "batch_norm":
        return (images * height * width,) * 3
    window = math.prod(layer.keys.get("kernel", (1,)))
    terms = {"softmax": output.shape[1], "lrn": LRN["size"]}.get(layer.kind, window)
    return terms, terms, 1


def passed_on(terms, value):
    """How much larger relative errors become in sums that partly cancel: rms of √Σt² over that of Σt."""
    return rms(terms) / max(rms(value), SMALLEST)
