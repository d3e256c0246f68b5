"""--dump: its files are complete, and numpy computes the same numbers from them."""

from pathlib import Path

import numpy as np
import numpy_layers as layers
import pytest
from program import measured

# (name, kind, arguments, activation)
LENET = [
    ("conv1", "conv", {}, "none"),
    ("pool1", "max_pool", {"kernel": 2}, "none"),
    ("tanh1", "activation", {}, "tanh"),
    ("conv2", "conv", {}, "none"),
    ("pool2", "max_pool", {"kernel": 2}, "none"),
    ("tanh2", "activation", {}, "tanh"),
    ("flatten", "flatten", {}, "none"),
    ("hidden", "dense", {}, "tanh"),
    ("output", "dense", {}, "none"),
    ("softmax", "softmax", {}, "none"),
]
MLP = [
    ("flatten", "flatten", {}, "none"),
    ("dense1", "dense", {}, "relu"),
    ("dropout1", "dropout", {}, "none"),
    ("dense2", "dense", {}, "relu"),
    ("dropout2", "dropout", {}, "none"),
    ("dense3", "dense", {}, "none"),
    ("softmax", "softmax", {}, "none"),
]
# Padding, strides, groups, sigmoid and the l2 loss, which those have not.
MIXED = [
    ("conv1", "conv", {"padding": 1}, "relu"),
    ("conv2", "conv", {"stride": 2, "groups": 2, "padding": 2}, "sigmoid"),
    ("dense", "dense", {}, "none"),
    ("softmax", "softmax", {}, "none"),
]
MIXED_CONFIG = """model: mixed
input: {channels: 3, height: 9, width: 9}
batch: 2
layers:
  - conv: {name: conv1, filters: 6, kernel: 3, padding: same, activation: relu}
  - conv: {name: conv2, filters: 8, kernel: 5, stride: 2, groups: 2, padding: 2, activation: sigmoid}
  - dense: {name: dense, units: 7}
  - softmax: {name: softmax}
loss: l2
"""
NETWORKS = {
    "lenet": (LENET, layers.cross_entropy),
    "mlp_mnist": (MLP, layers.cross_entropy),
    "mixed": (MIXED, layers.l2),
}
TRAINABLE = ("conv", "dense")


@pytest.fixture(scope="module", params=[(b, n) for b in ("onednn", "reference") for n in NETWORKS], ids="-".join)
def dump(request, tmp_path_factory):
    """(network, loss function, {pass: folder}) of one backend, forward and forward-backward."""
    backend, name = request.param
    folder = tmp_path_factory.mktemp("dump")
    config = name
    if name == "mixed":
        config = folder / "mixed.yaml"
        config.write_text(MIXED_CONFIG)
    passes = ("forward", "forward-backward")
    arguments = ["--config", config, "--batch", 3, "--steps", 1, "--backend", backend, "--pass", ",".join(passes)]
    measured(folder / "out", *arguments, "--views", "network", "--dump", folder / "dump")
    return *NETWORKS[name], {p: folder / "dump" / backend / p for p in passes}


def load(folder, name):
    array = np.load(Path(folder) / f"{name}.npy")
    return array if array.dtype.kind == "i" else array.astype(np.float64)


def close(found, expected):
    assert found.shape == expected.shape
    assert np.isfinite(found).all()
    scale = np.abs(expected).max()
    assert scale > 0
    assert np.abs(found - expected).max() <= 2e-5 * scale


def test_the_files_are_those_of_the_design(dump):
    network, _, folders = dump
    for pass_name, folder in folders.items():
        training = pass_name != "forward"
        expected = {"input"} | ({"labels", "loss"} if training else set())
        for name, kind, _, _ in network:
            expected.add(f"{name}.output")
            if kind in TRAINABLE:
                expected |= {f"{name}.weights", f"{name}.bias"}
                if training:
                    expected |= {f"{name}.weights_gradient", f"{name}.bias_gradient"}
            if kind == "dropout" and training:
                expected.add(f"{name}.mask")
        assert {path.stem for path in folder.iterdir()} == expected
        assert {path.suffix for path in folder.iterdir()} == {".npy"}


def forward(kind, arguments, activation, x, folder, name, training):
    if kind in TRAINABLE:
        weights, bias = load(folder, f"{name}.weights"), load(folder, f"{name}.bias")
        y = getattr(layers, kind)(x, weights, bias, **arguments)
    elif kind == "max_pool":
        y = layers.max_pool(x, **arguments)
    elif kind == "dropout":
        y = x * load(folder, f"{name}.mask") if training else x
    elif kind == "softmax":
        y = layers.softmax(x)
    else:
        y = x
    return layers.ACTIVATIONS[activation][0](y)


@pytest.mark.parametrize("pass_name", ["forward", "forward-backward"])
def test_every_output_follows_from_the_input_of_its_layer(dump, pass_name):
    network, _, folders = dump
    folder = folders[pass_name]
    x = load(folder, "input")
    for name, kind, arguments, activation in network:
        found = load(folder, f"{name}.output")
        y = forward(kind, arguments, activation, x, folder, name, pass_name != "forward")
        close(found, y.reshape(found.shape))
        x = found


def test_a_mask_has_nothing_but_zeros_and_the_scale(dump):
    network, _, folders = dump
    for name, kind, _, _ in network:
        if kind == "dropout":
            mask = load(folders["forward-backward"], f"{name}.mask")
            np.testing.assert_allclose(np.unique(mask), [0, 1 / 0.8], rtol=1e-6)
            assert 0.7 < np.count_nonzero(mask) / mask.size < 0.9


def test_loss_and_gradients_follow_from_the_outputs(dump):
    network, loss, folders = dump
    folder = folders["forward-backward"]
    outputs = [load(folder, "input")] + [load(folder, f"{name}.output") for name, *_ in network]
    entering = outputs[-2].reshape(len(outputs[-2]), -1)  # the softmax, which comes last
    value, dy = loss(entering, load(folder, "labels"))
    np.testing.assert_allclose(load(folder, "loss"), value, rtol=1e-5)
    for (name, kind, arguments, activation), x, y in list(zip(network, outputs, outputs[1:]))[-2::-1]:
        dy = dy.reshape(y.shape) * layers.ACTIVATIONS[activation][1](y)
        if kind in TRAINABLE:
            if kind == "dense":
                dy = dy.reshape(len(dy), -1)
            backward = getattr(layers, f"{kind}_backward")
            dx, dw, db = backward(x, load(folder, f"{name}.weights"), dy, **arguments)
            close(load(folder, f"{name}.weights_gradient"), dw)
            close(load(folder, f"{name}.bias_gradient"), db)
            dy = dx
        elif kind == "max_pool":
            dy = layers.max_pool_backward(x, dy, **arguments)
        elif kind == "dropout":
            dy = dy * load(folder, f"{name}.mask")
        dy = dy.reshape(x.shape)


def test_another_seed_gives_other_numbers_and_the_same_seed_the_same(tmp_path):
    def weights(name, *seed):
        measured(tmp_path / name / "out", "--pass", "forward", *seed, "--dump", tmp_path / name / "dump")
        return np.load(tmp_path / name / "dump/onednn/forward/conv1.weights.npy")

    first = weights("first", "--seed", 7)
    np.testing.assert_array_equal(first, weights("same", "--seed", 7))
    assert not np.array_equal(first, weights("other", "--seed", 8))
