"""scripts/plot_filters.py with the real bench: what it draws is what the filters make of the photo."""

import json
import subprocess
import sys

import numpy as np
import numpy_layers as layers
import pytest
from program import BENCH, ENVIRONMENT, ROOT, bench, quick, start

sys.path.insert(0, str(ROOT / "scripts"))
import plot_filters  # noqa: E402
from cnnbench_plots import photo  # noqa: E402

SCRIPT = ROOT / "scripts/plot_filters.py"


@pytest.fixture(scope="module")
def image():
    return photo.drawn_picture(639, 516)


def test_the_network_of_the_tutorial_takes_a_photo(image):
    assert plot_filters.describe(BENCH, "filters") == (*image.shape[:2], "conv1")


def test_the_maps_are_the_convolutions_of_the_photo(image, tmp_path):
    maps = plot_filters.feature_maps(BENCH, "filters", image, "conv1", 3)
    assert maps.shape == (2, 631, 508)
    dump = ["--config", "filters", "--pass", "forward", "--seed", 3, "--dump", tmp_path]
    dump += ["--output", tmp_path / "out"]
    assert bench(*quick(*dump, "--verify", "off")).returncode == 0
    weights, bias = (np.load(tmp_path / f"onednn/forward/conv1.{part}.npy") for part in ("weights", "bias"))
    part = np.float64(image[100:160, 200:250] * 255 / 256).transpose(2, 0, 1)[None]
    expected = layers.ACTIVATIONS["sigmoid"][0](layers.conv(part, np.float64(weights), np.float64(bias)))
    np.testing.assert_allclose(maps[:, 100:152, 200:242], expected[0], atol=1e-5)


def test_random_filters_find_edges(image):
    maps = plot_filters.feature_maps(BENCH, "filters", image, "conv1", 1)
    edges = np.abs(np.diff(image.mean(axis=2), axis=1)) > 0.2
    across = [edges[:, x : x + 508].astype(bool)[4:635] for x in range(8)]  # in reach of the 9 taps
    near = np.logical_or.reduce([e[:, :507] for e in across])
    for grey in maps:
        change = np.abs(np.diff(grey, axis=1))
        assert change[near].mean() > 10 * change[~near].mean()


def test_the_script_draws_the_figure(tmp_path):
    script = [sys.executable, SCRIPT, "--bench", BENCH, "--output", tmp_path / "out"]
    done = start(script, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    # The run's own folder of results is not left.
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".png", ".svg"}


def test_a_message_of_bench_is_passed_on(tmp_path):
    script = [sys.executable, SCRIPT, "--bench", BENCH, "--config", "filtres"]
    done = subprocess.run(script, capture_output=True, text=True, env=ENVIRONMENT, cwd=tmp_path)
    assert done.returncode == 2
    assert "did you mean 'filters'?" in done.stderr and done.stderr.count("\n") == 1
    described = json.loads(bench("--config", "lenet", "--describe", "--format", "json").stdout)
    assert described["input"] == "1x28x28"
    done = subprocess.run(
        [*script[:-1], "lenet"], capture_output=True, text=True, env=ENVIRONMENT, cwd=tmp_path
    )
    assert done.returncode == 2 and "expected 3 input channels" in done.stderr
