#!/usr/bin/python3
"""Runs bench on a photo and draws it beside its feature maps: random filters look like edge detectors.

The demonstration of the Theano deep learning tutorial (2015): configs/filters.yaml has two random 9×9 filters
over a photo of 639×516, and a sigmoid. Exit status: 0 drawn; 2 what cannot be read, run or written.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# The package of the figures lies beside this file, perhaps installed where nothing is to be written.
HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))

try:
    from cnnbench_plots import own_matplotlib  # noqa: F401
except ImportError:
    print(
        "plot_filters.py: matplotlib is missing: install it with `apt install python3-matplotlib`",
        file=sys.stderr,
    )
    sys.exit(2)

import numpy as np  # noqa: E402
from cnnbench_plots import filters, photo  # noqa: E402
from cnnbench_results import program  # noqa: E402
from cnnbench_results.result import ResultError  # noqa: E402


def find_bench(given):
    """The program: as given, as built or installed with this script, or on PATH. Raises ResultError."""
    if given:
        return given
    for place in (HERE.parent / "build/bench", HERE.parents[2] / "bin/bench"):
        if place.is_file():
            return place
    found = shutil.which("bench")
    if not found:
        raise ResultError(
            "bench: not found beside this script or on PATH; build it, or say where it is with --bench"
        )
    return found


def run(bench, *arguments):
    """What bench prints. Raises ResultError with its own message where it fails."""
    try:
        done = subprocess.run([bench, *map(str, arguments)], capture_output=True, text=True)
    except OSError as error:
        raise ResultError(f"{bench}: cannot be run: {error.strerror}") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or "no message").splitlines()[0]
        raise ResultError(f"{bench}: exit status {done.returncode}: {said}")
    return done.stdout


def describe(bench, config):
    """(height, width, name of the first layer) of a network. Raises ResultError."""
    try:
        network = json.loads(run(bench, "--config", config, "--describe", "--format", "json"))
        channels, height, width = map(int, network["input"].split("x"))
        layer = network["layers"][0]
        name, is_convolution = layer["layer"], layer["kind"] == "conv"
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        raise ResultError(f"{config}: not one network, or bench described it in a way unknown here") from None
    if channels != 3 or not is_convolution:
        raise ResultError(f"{config}: expected 3 input channels and a convolution as the first layer")
    return height, width, name


def feature_maps(bench, config, image, layer, seed):
    """What bench makes of the image in this layer, forward: [n, height, width]. Raises ResultError."""
    with tempfile.TemporaryDirectory(prefix="plot_filters-") as folder:
        folder = Path(folder)
        # Pixels divided by 256, as in the tutorial.
        np.save(folder / "photo.npy", np.float32(image * (255 / 256)).transpose(2, 0, 1)[None].copy())
        run(
            bench, "--config", config, "--input", folder / "photo.npy", "--batch", 1, "--pass", "forward",
            "--views", "network", "--burn-in", 0, "--steps", 1, "--seed", seed,
            "--dump", folder / "dump", "--output", folder / "out",
        )  # fmt: skip
        dumped = list(folder.glob(f"dump/*/forward/{layer}.output.npy"))
        if len(dumped) != 1:
            raise ResultError(f"{bench}: wrote no {layer}.output.npy")
        return np.load(dumped[0])[0]


def draw(options):
    """Draws the figure and gives its files. Raises ResultError, OSError."""
    bench = find_bench(options.bench)
    height, width, layer = describe(bench, options.config)
    path = options.photo or photo.shipped_photo()
    image = photo.read_photo(path, height, width) if path else photo.drawn_picture(height, width)
    source = f"photo: {Path(path).name}" if path else "a drawn picture, as no photo was given"
    if path and not options.photo:
        source += " (matplotlib's sample data; US Navy, public domain)"
    maps = feature_maps(bench, options.config, image, layer, options.seed)
    config = Path(options.config).stem
    facts = f"{source} · {width}×{height} pixels · {layer} of {config}, seed {options.seed}"
    caption = (
        "The filters are random, and yet they find edges: a sum of neighbouring pixels with random signs is "
        "small where they are alike. Each map is drawn in grey from the 1st to the 99th percentile."
    )
    return filters.draw(image, maps, layer, facts, caption).save(options.output, "photo-and-feature-maps")


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="plot_filters.py",
        description="Draws a photo beside the feature maps that bench makes of it (PNG and SVG).",
    )
    parser.add_argument(
        "photo",
        nargs="?",
        metavar="PHOTO",
        help="a PNG or JPEG file (default: the portrait in matplotlib's data)",
    )
    parser.add_argument(
        "--config", default="filters", help="a network that begins with a convolution (filters)"
    )
    parser.add_argument(
        "--bench", metavar="FILE", help="the program (default: as built or installed, or on PATH)"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the seed of the filters (1)")
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("results/filters"),
        metavar="DIR",
        help="where to (results/filters)",
    )
    options = parser.parse_args(arguments)
    try:
        for path in draw(options):
            print(path)
    except ResultError as error:
        print(f"plot_filters.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        place = error.filename or options.output
        print(f"plot_filters.py: {place}: cannot be written: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(program.run(main, "plot_filters.py"))
