"""Layers in numpy, float64, written from their definitions: an independent witness for what --dump writes.

Images are NCHW, convolution weights OIHW, dense weights [out, in]. Each backward function takes the gradient dy of the
loss with respect to the layer's output and gives the gradients of input, weights and bias.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def windows(x, kernel, stride):
    """View [N, C, out height, out width, kernel, kernel]."""
    return sliding_window_view(x, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]


def padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def conv(x, weights, bias, stride=1, padding=0, groups=1):
    kernel = weights.shape[2]
    parts = [
        np.einsum("nchwij,ocij->nohw", windows(padded(image, padding), kernel, stride), filters)
        for image, filters in zip(np.split(x, groups, axis=1), np.split(weights, groups))
    ]
    return np.concatenate(parts, axis=1) + bias[:, None, None]


def conv_backward(x, weights, dy, stride=1, padding=0, groups=1):
    kernel = weights.shape[2]
    dxs, dws = [], []
    for image, filters, part in zip(
        np.split(x, groups, axis=1), np.split(weights, groups), np.split(dy, groups, axis=1)
    ):
        image = padded(image, padding)
        dws.append(np.einsum("nchwij,nohw->ocij", windows(image, kernel, stride), part))
        dx = np.zeros_like(image)
        height, width = part.shape[2:]
        for i in range(kernel):  # every tap scatters to the pixels that it was multiplied with
            for j in range(kernel):
                tap = np.einsum("nohw,oc->nchw", part, filters[:, :, i, j])
                dx[:, :, i : i + stride * height : stride, j : j + stride * width : stride] += tap
        dxs.append(dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding])
    return np.concatenate(dxs, axis=1), np.concatenate(dws), dy.sum(axis=(0, 2, 3))


def max_pool(x, kernel):
    return windows(x, kernel, kernel).max(axis=(4, 5))


def max_pool_backward(x, dy, kernel):
    n, c, height, width = dy.shape
    flat = windows(x, kernel, kernel).reshape(n, c, height, width, kernel * kernel)
    row, column = np.divmod(flat.argmax(axis=4), kernel)
    dx = np.zeros_like(x)
    images, channels, rows, columns = np.indices(dy.shape)
    dx[images, channels, rows * kernel + row, columns * kernel + column] = dy
    return dx


def dense(x, weights, bias):
    return x.reshape(len(x), -1) @ weights.T + bias


def dense_backward(x, weights, dy):
    return (dy @ weights).reshape(x.shape), dy.T @ x.reshape(len(x), -1), dy.sum(axis=0)


ACTIVATIONS = {
    "none": (lambda x: x, lambda y: np.ones_like(y)),
    "relu": (lambda x: np.maximum(x, 0), lambda y: (y > 0).astype(y.dtype)),
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda y: y * (1 - y)),
}  # function, and derivative by its result


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(x, labels):
    """Averaged over the batch; of what enters the softmax. The loss and its gradient."""
    p = softmax(x)
    rows = np.arange(len(x))
    hot = np.zeros_like(p)
    hot[rows, labels] = 1
    return -np.log(p[rows, labels]).mean(), (p - hot) / len(x)


def l2(x, labels):
    """Half the sum of squares over the batch. The loss and its gradient."""
    del labels
    return 0.5 * np.sum(x * x), x
