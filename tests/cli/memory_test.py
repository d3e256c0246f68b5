"""Peak memory of VGG16 against what a network must hold, for the built program as it is measured."""

import csv
import json
import os
import re
import subprocess

import pytest
from program import BENCH, ENVIRONMENT, bench

BATCH = 32
FLOAT = 4


def peak_bytes(*arguments):
    """Largest resident size of one run that is waited for here."""
    process = subprocess.Popen([BENCH, *map(str, arguments)], env=ENVIRONMENT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss * 1024


def held():
    """Bytes of the parameters, and of every activation of a batch, largest first; the images are one."""
    described = json.loads(bench("--config", "vgg16", "--describe", "--format", "json").stdout)
    shapes = [described["input"], *(layer["output"] for layer in described["layers"])]
    kinds = ["input", *(layer["kind"] for layer in described["layers"])]
    sizes = []
    for kind, shape in zip(kinds, shapes):
        if kind == "flatten":  # the same memory
            continue
        channels, height, width = map(int, shape.split("x"))
        sizes.append(BATCH * channels * height * width * FLOAT)
    return described["parameters"] * FLOAT, sorted(sizes, reverse=True)


@pytest.mark.parametrize("network_pass", ["forward", "forward-backward"])
def test_peak_is_what_the_network_must_hold(tmp_path, network_pass):
    parameters, activations = held()
    expected = parameters + sum(activations[:2])
    if network_pass == "forward-backward":
        expected += parameters + sum(activations)
    peak = peak_bytes(
        *("--config", "vgg16", "--pass", network_pass, "--batch", BATCH, "--views", "network"),
        *("--verify", "off", "--burn-in", 0, "--steps", 1, "--output", tmp_path),
    )
    assert peak <= 1.25 * expected, f"{peak / 1e6:.0f} MB, {peak / expected:.2f} times {expected / 1e6:.0f} MB"


def packed_bytes(layers_csv):
    """Transformed weights of the layers that the run computed by Winograd: of each filter of 3×3 numbers 6×6 or
    8×8, as the implementation's name tells."""
    described = json.loads(bench("--config", "vgg16", "--describe", "--format", "json").stdout)
    weights = {layer["layer"]: layer["weights"] for layer in described["layers"]}
    packed = 0
    for row in csv.DictReader(layers_csv.open()):
        if found := re.match(r"winograd:f(\d)x\d", row["implementation"]):
            packed += weights[row["layer"]] / 9 * (int(found[1]) + 2) ** 2 * FLOAT
    return packed


def test_winograd_takes_its_packed_weights_and_little_more(tmp_path):
    arguments = ["--config", "vgg16", "--pass", "forward", "--batch", 8, "--views", "network,layers"]
    arguments += ["--verify", "off", "--burn-in", 0, "--steps", 1]
    peaks = {
        backend: peak_bytes(*arguments, "--backend", backend, "--output", tmp_path / backend)
        for backend in ("onednn", "winograd")
    }
    packed = packed_bytes(next((tmp_path / "winograd").glob("*/layers.csv")))
    assert packed > 200e6  # twelve layers
    assert peaks["winograd"] <= peaks["onednn"] + packed + 100e6, (peaks, packed)
