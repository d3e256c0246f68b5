"""The parts of scripts/check_with_torch.py that need no dump: reading configs, layers, sizes of rounding
errors. What needs PyTorch says so where it is not there; the whole script on real dumps is in tests/cli."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "check_with_torch.py"


def test_without_pytorch_it_is_skipped_and_says_what_to_install(tmp_path):
    (tmp_path / "torch.py").write_text("raise ImportError")
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
    )
    assert done.returncode == 77
    assert done.stdout == ""
    assert done.stderr == (
        "check_with_torch.py: skipped: PyTorch is missing: install it with `apt install python3-torch`\n"
    )


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch", reason="skipped: PyTorch is not there (Debian: python3-torch)")


@pytest.fixture(scope="module")
def config(torch):
    from cnnbench_torch import config

    return config


@pytest.fixture(scope="module")
def layers(torch):
    from cnnbench_torch import layers

    return layers


@pytest.fixture(scope="module")
def rounding(torch):
    from cnnbench_torch import rounding

    return rounding


# Counted by hand in the sources that the configs name.
PARAMETERS = {"lasagne_cnn": 217_706, "mlp_mnist": 669_706, "cnn_mnist": 110_986, "cnn_mnist_small": 5_958}


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_config_gives_the_network_that_its_source_describes(torch, config, layers, name):
    from cnnbench_torch.dump import weights_shape

    (network,) = config.find_networks([name])
    x, total = torch.zeros(1, *network.input), 0
    for layer in network.layers:
        operands = layers.Operands(x)
        if layer.kind in ("conv", "dense"):
            shape = weights_shape(layer, *x.shape[1:])
            operands.weights, operands.bias = torch.zeros(shape), torch.zeros(shape[0])
            total += operands.weights.numel() + operands.bias.numel()
        x = layers.before_activation(layer, operands)
    assert (total, tuple(x.shape)) == (PARAMETERS[name], (1, 10, 1, 1))
    assert (network.loss, network.layers[network.loss_layer].kind) == ("cross_entropy", "dense")


def read(config, folder, text):
    (folder / "net.yaml").write_text(
        "model: net\ninput: {channels: 1, height: 8, width: 8}\nlayers:\n" + text
    )
    return config.read_config(folder / "net.yaml")[0]


def test_layers_without_a_name_are_named_after_kind_and_number(config, tmp_path):
    text = "  - flatten\n  - dense: {name: dense2, units: 3}\n  - dense: {units: 3}\n"
    text += "  - softmax:\n  - softmax: {}\n"
    names = [layer.name for layer in read(config, tmp_path, text).layers]
    assert names == ["flatten1", "dense2", "dense3", "softmax1", "softmax2"]


def test_defaults_and_pairs_are_those_of_the_format(config, tmp_path):
    text = (
        "  - conv: {filters: 4, kernel: [3, 1]}\n  - max_pool: {kernel: [2, 3]}\n  - dropout: {keep: 1e-3}\n"
    )
    conv, pool, dropout = read(config, tmp_path, text).layers
    assert conv.keys == {
        "filters": 4,
        "kernel": (3, 1),
        "stride": (1, 1),
        "padding": "valid",
        "crop": 0,
        "groups": 1,
        "bias": True,
        "activation": "none",
    }
    assert pool.keys == {"kernel": (2, 3), "stride": (2, 3), "padding": (0, 0), "border": "drop"}
    assert dropout.keys == {"keep": 0.001}


@pytest.mark.parametrize(
    "text, words",
    [
        ("  - covn: {filters: 4}\n", "unknown kind of layer 'covn'"),
        ("  - conv: {filters: 4}\n", "conv without 'kernel'"),
        ("  - conv: {filters: many, kernel: 3}\n", "conv with an unusable 'filters'"),
        ("  - conv: {filters: 4, kernel: 3, fliters: 4}\n", "unknown key 'fliters' in conv"),
        ("  - max_pool: {kernel: 2, border: none}\n", "max_pool with an unusable 'border'"),
        ("  - [conv]\n", "unknown kind of layer"),
        ("  - conv: 3\n", "conv without a map of its keys"),
        ("", "no layers"),
        ("  - {\n", "not YAML"),
    ],
)
def test_a_config_that_cannot_be_used_is_refused_in_one_line(config, tmp_path, text, words):
    with pytest.raises(config.InputError) as error:
        read(config, tmp_path, text)
    assert words in str(error.value) and "net.yaml" in str(error.value) and "\n" not in str(error.value)


def test_a_config_that_is_not_there_is_refused(config):
    with pytest.raises(config.InputError, match="nowhere: no such config"):
        config.find_networks(["nowhere"])


# The LeNet tutorial's own figures (2015): a 5×5 image pooled by 2×2, the ragged border dropped or kept.
DROPPED = """4.17022005e-01 7.20324493e-01 1.14374817e-04 3.02332573e-01 1.46755891e-01
9.23385948e-02 1.86260211e-01 3.45560727e-01 3.96767474e-01 5.38816734e-01
4.19194514e-01 6.85219500e-01 2.04452250e-01 8.78117436e-01 2.73875932e-02
6.70467510e-01 4.17304802e-01 5.58689828e-01 1.40386939e-01 1.98101489e-01
8.00744569e-01 9.68261576e-01 3.13424178e-01 6.92322616e-01 8.76389152e-01"""
KEPT = """0.01936696 0.67883553 0.21162812 0.26554666 0.49157316
0.05336255 0.57411761 0.14672857 0.58930554 0.69975836
0.10233443 0.41405599 0.69440016 0.41417927 0.04995346
0.53589641 0.66379465 0.51488911 0.94459476 0.58655504
0.90340192 0.1374747 0.13927635 0.80739129 0.39767684"""
POOLED = {
    "drop": (DROPPED, [[0.72032449, 0.39676747], [0.6852195, 0.87811744]]),
    "keep": (
        KEPT,
        [
            [0.67883553, 0.58930554, 0.69975836],
            [0.66379465, 0.94459476, 0.58655504],
            [0.90340192, 0.80739129, 0.39767684],
        ],
    ),
}


def pool(config, torch, layers, kind, image, **keys):
    texts = {"kernel": "2", **keys}
    kind, _, keys = config.read_layer({kind: texts})
    return layers.KINDS[kind](keys, layers.Operands(torch.tensor(image)[None, None]))[0, 0].numpy()


@pytest.mark.parametrize("border", POOLED)
def test_a_ragged_border_is_that_of_the_tutorial(config, torch, layers, border):
    text, expected = POOLED[border]
    image = np.array([[float(word) for word in line.split()] for line in text.splitlines()])
    np.testing.assert_allclose(
        pool(config, torch, layers, "max_pool", image, border=border), expected, rtol=1e-7
    )


def test_an_average_leaves_out_padding_however_wide(config, torch, layers):
    image = np.array([[1.0, 2.0, 3.0]])
    keys = {"kernel": ["1", "3"], "stride": "1"}
    found = pool(config, torch, layers, "avg_pool", image, **keys, padding=["0", "1"])
    np.testing.assert_allclose(found, [[1.5, 2.0, 2.5]])
    found = pool(config, torch, layers, "avg_pool", image, **keys, padding=["0", "2"])
    np.testing.assert_allclose(found, [[1.0, 1.5, 2.0, 2.5, 3.0]])
    found = pool(config, torch, layers, "max_pool", -image, **keys, padding=["0", "2"])
    np.testing.assert_allclose(found, [[-1.0, -1.0, -1.0, -2.0, -3.0]])


@pytest.mark.parametrize("kind", ["max_pool", "avg_pool"])
@pytest.mark.parametrize("border", ["drop", "keep"])
@pytest.mark.parametrize("kernel, stride, padding", [(2, 2, 1), (3, 2, 1), (4, 3, 2), (2, 3, 1), (3, 5, 1)])
def test_the_way_of_wide_padding_and_pytorchs_own_agree(
    config, torch, layers, monkeypatch, kind, border, kernel, stride, padding
):
    keys = {"kernel": str(kernel), "stride": str(stride), "padding": str(padding), "border": border}
    for size in range(4, 12):
        image = np.random.default_rng(size).standard_normal((size, size + 1))
        own = pool(config, torch, layers, kind, image, **keys)
        with monkeypatch.context() as patch:
            patch.setattr(layers, "is_wide", lambda keys: True)
            np.testing.assert_allclose(pool(config, torch, layers, kind, image, **keys), own)


def test_additions_are_counted_by_hand(config, torch, layers, rounding):
    layer = config.Layer("c", "conv", {"groups": 2})
    operands = layers.Operands(torch.zeros(3, 4, 9, 9), torch.zeros(10, 2, 3, 5))
    # An output: 2·3·5 products and the bias; an input: 5 filters of its group, 15 taps; a weight: 3 images.
    assert rounding.additions(layer, operands, torch.zeros(3, 10, 7, 5)) == (31, 75, 105)


@pytest.mark.parametrize("count", [27, 576, 4608, 100_352])
def test_sums_in_float32_stay_within_the_tolerance_and_a_missing_term_does_not(rounding, count):
    generator = np.random.default_rng(count)
    a, b = generator.standard_normal((2, 50, count), np.float32)
    products = np.float64(a) * np.float64(b)
    found = np.cumsum(a * b, axis=1, dtype=np.float32)[:, -1]  # one after another: the worst order
    size = np.sqrt((products**2).sum(axis=1)) + np.abs(products.sum(axis=1))
    errors = np.abs(found - products.sum(axis=1)) / size
    assert 0 < errors.max() < rounding.tolerance(count) < count * 2.0**-24 * math.sqrt(count)
    largest = np.abs(products).max(axis=1)
    assert ((largest / size) > rounding.tolerance(count)).all()


@pytest.mark.parametrize("kind", ["batch_norm", "softmax"])
def test_gradients_that_cancel_have_the_size_of_what_cancelled(config, torch, kind):
    from cnnbench_torch import sizes
    from cnnbench_torch.evaluation import Evaluation

    # Two samples: a batch_norm makes ±1 of any, and passes on next to nothing. A softmax that is all but 1.
    x = np.float32([[0, 40], [1, 0]]).reshape(2, 2, 1, 1)
    arrays = {"x": x, "weights": np.float32([1, 1]), "bias": np.float32([0, 0])}
    layer = config.Layer("l", kind, {})
    evaluation = Evaluation(layer, arrays if kind == "batch_norm" else {"x": x}, torch.float64, True)
    gradient = torch.tensor([[3.0, 1.0], [1.0, 2.0]], dtype=torch.float64).reshape(2, 2, 1, 1)
    found = evaluation.pull_back(gradient, None)
    terms = sizes.gradient_terms(layer, evaluation, found, gradient)
    assert found["x"][0, 1].abs() < 1e-4
    assert terms["x"][0, 1] > (1 if kind == "softmax" else 1 / 20)  # the sd of 0 and 40 is 20


def test_where_a_relu_hangs_on_a_rounding_error_the_dump_decides(config, torch):
    from cnnbench_torch.evaluation import Evaluation

    layer = config.Layer("d", "dense", {"bias": True, "activation": "relu"})
    arrays = {
        "x": np.float32([[[[1.0]]]]),
        "weights": np.float32([[1e-9], [2.0]]),
        "bias": np.float32([0, 0]),
    }
    evaluation = Evaluation(layer, arrays, torch.float64, True)
    found = evaluation.pull_back(torch.ones(1, 2, 1, 1), torch.tensor([0.0, 2.0]).reshape(1, 2, 1, 1))
    assert found["bias"].tolist() == [0.0, 1.0]
    assert found["x"].item() == 2.0


def test_a_large_tensor_is_compared_in_parts_as_if_at_once(torch, monkeypatch):
    from cnnbench_torch import check

    exact = torch.linspace(1, 2, 60, dtype=torch.float64).reshape(3, 20)
    found = exact.float().numpy().copy()
    found[2, 3] += 0.25
    found[0, 5] -= 0.125
    rows = []
    for part in (1 << 22, 7):
        monkeypatch.setattr(check, "PART", part)
        rows.append(check.compare("x", found, exact, exact.abs(), 4, exact.float() + 0.5))
    assert rows[0] == rows[1]
    assert rows[0].error == pytest.approx(0.25 / exact[2, 3].item(), rel=1e-5)
    assert rows[0].single == pytest.approx(0.5 / exact.square().mean().sqrt().item(), rel=1e-5)
    assert rows[0].detail.startswith("element [2, 3]: found ")
    assert not rows[0].agrees
    assert check.compare("x", exact.float().numpy(), exact, exact.abs(), 4).agrees
