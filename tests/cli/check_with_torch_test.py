"""scripts/check_with_torch.py on real dumps: it agrees where bench is right, and finds what is wrong."""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from program import ROOT, measured

sys.path.insert(0, str(ROOT / "scripts"))
pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None,
    reason="skipped: PyTorch is not there (Debian: python3-torch)",
)

# Every kind of layer with every key, in odd sizes; padding of more than half a window; a bias whose gradient
# is 0 but for rounding, before a batch_norm.
EVERY_KIND = """model: every_kind
input: {channels: 4, height: 31, width: 27}
layers:
  - standardize: {mean: 0.01, sd: 0.2}
  - conv: {name: full, filters: 6, kernel: [5, 3], padding: full, crop: 1, groups: 2, activation: relu}
  - lrn
  - avg_pool: {name: kept, kernel: 4, stride: 3, padding: 1, border: keep}
  - conv: {name: same, filters: 8, kernel: 4, stride: [2, 1], padding: same, bias: false, activation: sigmoid}
  - batch_norm
  - activation: {name: middle, function: relu}
  - max_pool: {name: wide, kernel: 3, stride: [1, 3], padding: 2, border: keep}
  - conv: {name: normalised, filters: 5, kernel: 2, padding: [1, 0]}
  - batch_norm: {name: after}
  - avg_pool: {name: wide_mean, kernel: [2, 3], stride: 3, padding: [1, 2], border: keep}
  - max_pool: {name: dropped, kernel: 2}
  - softmax: {name: inside}
  - dropout: {name: drop, keep: 0.7}
  - flatten
  - dense: {name: hidden, units: 9, bias: false, activation: tanh}
  - activation: {name: late, function: sigmoid}
  - dense: {units: 7}
  - softmax
loss: cross_entropy
"""
# The l2 loss of a network without a softmax, images and not vectors at its end.
IMAGES = """model: images
input: {channels: 2, height: 12, width: 11}
layers:
  - conv: {filters: 6, kernel: 3, stride: 2, padding: 1, activation: tanh}
  - conv: {filters: 4, kernel: [3, 1], groups: 2, activation: relu}
"""
# Over few samples a batch_norm's gradient cancels almost wholly: rounding is all that is left of it.
CANCELLING = """model: cancelling
input: {channels: 3, height: 4, width: 4}
layers:
  - dense: {units: 4}
  - batch_norm
  - dense: {units: 5, activation: relu}
  - softmax
loss: l2
"""
OWN = {"every_kind": EVERY_KIND, "images": IMAGES, "cancelling": CANCELLING}
SHIPPED = ["lenet", "mlp_mnist", "cnn_mnist_small", "lasagne_cnn"]


def dumped(folder, name, *arguments):
    """(folder of the dump, the network's config) of a quick run, forward and forward-backward."""
    config = name
    if name in OWN:
        config = folder / f"{name}.yaml"
        config.write_text(OWN[name])
    passes = ["--pass", "forward,forward-backward", "--views", "network"]
    arguments = ["--batch", 3, *arguments] if "--batch" not in arguments else arguments
    arguments = [*arguments, "--steps", 1, "--burn-in", 0, "--dump", folder / "dump"]
    measured(folder / "out", "--config", config, *passes, *arguments)
    return folder / "dump", config


def check(capsys, dump, *configs):
    """(exit status, stdout, stderr) of the script."""
    import check_with_torch  # which ends the process where there is no PyTorch

    check_with_torch.torch.set_num_threads(1)
    arguments = [str(dump), *(word for config in configs for word in ("--config", str(config)))]
    status = check_with_torch.main(arguments)
    return status, *capsys.readouterr()


@pytest.mark.parametrize("name", [*SHIPPED, *OWN])
def test_a_network_agrees_on_every_backend(capsys, tmp_path, name):
    dump, config = dumped(tmp_path, name, "--backend", "onednn,reference")
    status, out, err = check(capsys, dump, *([config] if name in OWN else []))
    assert (status, err) == (0, ""), out
    for backend in ("onednn", "reference"):
        for pass_name in ("forward", "forward-backward"):
            assert f"\n{name}, {pass_name} on {backend}: batch 3" in out
    lines = out.splitlines()
    assert lines[-1].startswith("agrees: all ") and lines[-1].endswith("4 passes")
    compared = [line.split()[0] for line in lines if line.endswith(" agrees")]
    gradients = {path.stem for path in dump.glob("*/*/*_gradient.npy")}
    assert gradients and gradients | {"loss"} < set(compared)
    assert {path.stem for path in dump.glob("*/*/*.output.npy")} < set(compared)
    if name in SHIPPED:  # a tolerance that nothing could exceed would prove nothing
        assert max(float(line.split()[-3]) for line in lines if line.endswith(" agrees")) < 1e-4


@pytest.mark.parametrize("seed", range(5))
def test_what_cancels_is_no_false_alarm(capsys, tmp_path, seed):
    dump, config = dumped(tmp_path, "cancelling", "--batch", 2, "--seed", seed)
    status, out, _ = check(capsys, dump, config)
    assert status == 0, out


@pytest.fixture(scope="module")
def every_kind(tmp_path_factory):
    return dumped(tmp_path_factory.mktemp("every_kind"), "every_kind")


@pytest.fixture
def training(every_kind, tmp_path):
    """(folder with one pass of every_kind that a test may change, its config)."""
    dump, config = every_kind
    shutil.copytree(dump / "onednn/forward-backward", tmp_path / "dump/onednn/forward-backward")
    return tmp_path / "dump", config


def element(array):
    """One element of the tensor in its middle, by 1 % of the tensor's rms."""
    array[tuple(size // 2 for size in array.shape)] += 0.01 * np.sqrt(np.mean(array**2))


def one_channel(array):
    array[1] = 0


def not_a_number(array):
    array.flat[-1] = np.nan


CHANGES = {  # (file, change in place or new array, first row that has to differ)
    "one element of an output": ("full.output", element, "full.output"),
    "an output that is not a number": ("wide.output", not_a_number, "wide.output"),
    "one gradient element": ("same.weights_gradient", element, "same.weights_gradient"),
    "one gradient element of the first layer": ("full.weights_gradient", element, "full.weights_gradient"),
    "a gradient that is not a number": ("hidden.weights_gradient", not_a_number, "hidden.weights_gradient"),
    "a gradient's sign": ("dense2.weights_gradient", lambda a: -a, "dense2.weights_gradient"),
    "a gradient not divided by the batch": (
        "after.weights_gradient",
        lambda a: 3 * a,
        "after.weights_gradient",
    ),
    "a bias gradient of one channel": ("full.bias_gradient", one_channel, "full.bias_gradient"),
    "a scale's gradient of one channel": (
        "batch_norm1.weights_gradient",
        one_channel,
        "batch_norm1.weights_gradient",
    ),
    "filters with rows and columns exchanged": ("same.weights", lambda a: a.swapaxes(2, 3), "same.output"),
    "one weight": ("hidden.weights", element, "hidden.output"),
    "a mask without its scale": ("drop.mask", lambda a: (a > 0).astype(a.dtype), "drop.mask"),
    "a loss summed over the batch": ("loss", lambda a: 3 * a, "loss"),
    "labels of other samples": ("labels", lambda a: (a + 1) % 7, "loss"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_where_it_is(capsys, training, name):
    dump, config = training
    file, change, tensor = CHANGES[name]
    path = dump / f"onednn/forward-backward/{file}.npy"
    array = np.load(path)
    changed = change(array)
    np.save(path, np.asarray(array if changed is None else changed, array.dtype))
    status, out, _ = check(capsys, dump, config)
    assert status == 1
    differing = [line.split()[0] for line in out.splitlines() if ", element [" in line]
    assert differing[0] == tensor
    assert out.splitlines()[-1].startswith(f"differs: {len(differing)} of ")
    assert f"first {tensor} (forward-backward, onednn)" in out


OTHER_NETWORKS = {  # what the config says where bench ran something else: the first row that has to differ
    "mean": ("mean: 0.01", "mean: 0.011", "standardize1.output"),
    "activation": ("activation: sigmoid}", "activation: tanh}", "same.output"),
    "no activation": ("crop: 1, groups: 2, activation: relu", "crop: 1, groups: 2", "full.output"),
    "function": ("function: sigmoid", "function: tanh", "late.output"),
    "padding": ("padding: full, crop: 1", "padding: full, crop: 0", "full.output"),
    "kind of padding": ("padding: same", "padding: [1, 1]", "same.output"),
    "border": ("padding: 1, border: keep", "padding: 1", "kept.output"),
    "kind of pool": ("max_pool: {name: wide,", "avg_pool: {name: wide,", "wide.output"),
    "stride": ("stride: [1, 3]", "stride: [3, 1]", "wide.output"),
    "keep": ("keep: 0.7", "keep: 0.75", "drop.mask"),
    "loss": ("loss: cross_entropy", "loss: l2", "loss"),
}


@pytest.mark.parametrize("name", OTHER_NETWORKS)
def test_another_network_than_the_config_says_differs(capsys, training, tmp_path, name):
    dump, config = training
    old, new, tensor = OTHER_NETWORKS[name]
    assert old in EVERY_KIND
    other = tmp_path / "other.yaml"
    other.write_text(EVERY_KIND.replace(old, new))
    status, out, _ = check(capsys, dump, other)
    assert status == 1
    assert f"first {tensor} (" in out.splitlines()[-1]


def test_without_a_config_the_one_that_fits_is_found(capsys, tmp_path):
    dump, _ = dumped(tmp_path, "cnn_mnist_small")  # its layers have the names of cnn_mnist's
    status, out, _ = check(capsys, dump)
    assert status == 0
    assert "configs/cnn_mnist_small.yaml" in out
    assert check(capsys, dump, "mlp_vs_cnn")[0] == 0  # a comparison: the one of its networks that fits


def test_where_several_configs_fit_it_asks_which_unless_they_are_the_same(capsys, every_kind, tmp_path):
    dump, config = every_kind
    (tmp_path / "copy.yaml").write_text(EVERY_KIND.replace("model: every_kind", "model: copy"))
    assert check(capsys, dump, config, tmp_path / "copy.yaml")[0] == 0
    (tmp_path / "other.yaml").write_text(EVERY_KIND.replace("function: sigmoid", "function: tanh"))
    status, _, err = check(capsys, dump, config, tmp_path / "other.yaml")
    assert status == 2
    assert "every_kind.yaml and " in err and "other.yaml: say which it is with --config" in err


def remove(path):
    path.unlink()


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-4])


def no_array(path):
    path.write_bytes(b"not an array")


def of_doubles(path):
    np.save(path, np.load(path).astype(np.float64))


def transposed(path):
    np.save(path, np.load(path).T)


BAD_DUMPS = {
    "missing": ("same.weights", remove, "same.weights.npy is missing"),
    "cut short": ("same.weights_gradient", cut_short, "same.weights_gradient.npy: not a whole .npy file"),
    "no array": ("input", no_array, "input.npy: not a whole .npy file"),
    "doubles": ("loss", of_doubles, "loss.npy: expected float32, found float64"),
    "wrong shape": ("hidden.weights", transposed, "hidden.weights.npy has the shape"),
    "labels": ("labels", lambda path: np.save(path, np.int32([0, 7, 1])), "none of the 7 classes"),
}


@pytest.mark.parametrize("name", BAD_DUMPS)
def test_a_dump_that_cannot_be_used_is_refused_in_one_line(capsys, training, name):
    dump, config = training
    file, change, words = BAD_DUMPS[name]
    change(dump / f"onednn/forward-backward/{file}.npy")
    status, _, err = check(capsys, dump, config)
    assert status == 2
    assert err.startswith("check_with_torch.py: ") and err.count("\n") == 1
    assert words in err


def test_a_file_too_many_and_a_wrong_config_are_refused(capsys, training):
    dump, config = training
    status, _, err = check(capsys, dump, "lenet")
    assert (status, err.count("\n")) == (2, 1)
    assert "does not fit" in err and "lenet.yaml" in err
    status, _, err = check(capsys, dump)
    assert status == 2 and "fits none of" in err
    shutil.copy(
        Path(dump, "onednn/forward-backward/loss.npy"), Path(dump, "onednn/forward-backward/more.npy")
    )
    status, _, err = check(capsys, dump, config)
    assert status == 2 and "more.npy belongs to nothing in every_kind" in err


def test_a_folder_that_is_no_dump_is_refused(capsys, tmp_path):
    for folder, words in (
        (tmp_path, "expected the folder that bench --dump wrote"),
        (tmp_path / "no", "no such folder"),
    ):
        status, _, err = check(capsys, folder)
        assert status == 2 and words in err
