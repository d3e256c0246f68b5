#!/usr/bin/python3
"""Draws the figures of results of cnnbench: cost of each layer, time against FLOPs, comparison of networks
and of backends.

Exit status: 0 all drawn; 2 a result that cannot be used, or figures that cannot be written.
"""

import argparse
import sys
from pathlib import Path

# The package of the figures lies beside this file, perhaps installed where nothing is to be written.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    from cnnbench_plots import own_matplotlib  # noqa: F401
except ImportError:
    print("plot.py: matplotlib is missing: install it with `apt install python3-matplotlib`", file=sys.stderr)
    sys.exit(2)

from cnnbench_plots import backend_rates, backend_times, comparison, layers, rates, speed_ups  # noqa: E402
from cnnbench_results.program import run  # noqa: E402
from cnnbench_results.result import ResultError, read_result  # noqa: E402
from cnnbench_plots.style import file_name  # noqa: E402


def pages(result):
    """Every figure of a result: (name of its file, page)."""
    for run in dict.fromkeys(result.runs("layers") + result.runs("prefix")):
        yield file_name("layers", *run), layers.draw(result, *run)
    for view, suffix in (("layers", []), ("isolated", ["isolated"])):
        for run in result.runs(view):
            yield file_name("time-against-flops", *run, *suffix), rates.draw(result, *run, view)
    for run in dict.fromkeys((t.model, t.pass_name) for t in result.backend_times):
        yield file_name("backends-speed-up", *run), speed_ups.draw(result, *run)
        yield file_name("backends-time", *run), backend_times.draw(result, *run)
        yield file_name("backends-rate", *run), backend_rates.draw(result, *run)
    for compared in result.comparisons:
        for pass_name, backend in dict.fromkeys(run[1:] for run in result.runs("network")):
            name = file_name("comparison", compared.name, pass_name, backend)
            yield name, comparison.draw(result, compared, pass_name, backend)


def folders(results, output):
    """Where each result's figures go: figures/ beside it, or `output`, where several get a folder each."""
    if output is None:
        return [result.path.parent / "figures" for result in results]
    if len(results) == 1:
        return [output]
    chosen = []
    for result in results:
        name = base = result.path.resolve().parent.name or "result"
        number = 1
        while output / name in chosen:
            number += 1
            name = f"{base}-{number}"
        chosen.append(output / name)
    return chosen


def draw(results, output):
    """Draws everything and prints each file's path. Raises ResultError, OSError."""
    for result, folder in zip(results, folders(results, output)):
        drawn = 0
        for name, page in pages(result):
            if page is None:
                continue
            for path in page.save(folder, name):
                print(path)
            drawn += 1
        if not drawn:
            raise ResultError(
                f"{result.path}: nothing to draw: no view layers, isolated or prefix, and no comparison "
                "of networks or backends"
            )


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="plot.py", description="Draws the figures of results of cnnbench (PNG and SVG)."
    )
    parser.add_argument("results", nargs="+", metavar="RESULT", help="a run's folder, or its result.json")
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the figures go (default: figures/ in the run's folder; "
        "with several results, a folder each in DIR)",
    )
    options = parser.parse_args(arguments)
    try:
        draw([read_result(path) for path in dict.fromkeys(options.results)], options.output)
    except ResultError as error:
        print(f"plot.py: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"plot.py: {error.filename or options.output}: cannot be written: {error.strerror or error}",
            file=sys.stderr,
        )
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(run(main, "plot.py"))
