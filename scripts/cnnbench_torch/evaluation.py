"""One layer in one precision: its output from what the dump says went in, and its gradients."""

import numpy as np
import torch

from .layers import ACTIVATIONS, Operands, before_activation


def as_tensor(array, dtype):
    """A tensor of an array, which may be on disk. It may share its memory."""
    return torch.from_numpy(array if array.flags.writeable else np.array(array)).to(dtype)


class Evaluation:
    """A layer computed by PyTorch from dumped operands ({"x", "weights", "bias", "mask"}: array). Holds the
    graph until pull_back."""

    def __init__(self, layer, arrays, dtype, training):
        self.layer = layer
        self.operands = Operands(
            **{name: as_tensor(array, dtype) for name, array in arrays.items()}, training=training
        )
        self.leaves = {
            name: tensor.requires_grad_()
            for name, tensor in vars(self.operands).items()
            if training and name in ("x", "weights", "bias") and tensor is not None
        }
        self.before = before_activation(layer, self.operands)
        self.output = ACTIVATIONS[layer.activation](self.before)

    def pull_back(self, gradient, dumped_output):
        """{name of an operand, or "before": the gradient of the loss with respect to it}.

        Whether a fused relu passes a gradient is a decision that a rounding error can turn, and then the
        gradients of all that lies before jump. So it is taken from the dumped output, which was itself
        compared. (A max pooling decides on its input, which is the dumped one here.)
        """
        output = self.output
        if self.layer.activation == "relu":
            output = self.before * (dumped_output > 0)
        wanted = {**self.leaves, "before": self.before}
        tensors = list(wanted.values())
        found = torch.autograd.grad(output, tensors, gradient.to(self.before), retain_graph=True)
        return dict(zip(wanted, found))
