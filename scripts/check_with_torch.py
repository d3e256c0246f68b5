#!/usr/bin/python3
"""Compares a step that bench --dump wrote with PyTorch: every output, the loss and every gradient.

The network is rebuilt from its config in PyTorch and given the dumped input, parameters and dropout masks.
The truth is PyTorch in float64, with code of its own; in float32 it calls oneDNN for convolutions, as bench
does, and is shown for comparison only.

Exit status: 0 all agrees; 1 something differs; 2 a dump or a config that cannot be used; 77 no PyTorch:
skipped.
"""

import argparse
import sys
from pathlib import Path

# The package lies beside this file, perhaps installed where nothing is to be written.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

SKIPPED = 77  # as Automake and others have it
try:
    import torch
except ImportError:
    print(
        "check_with_torch.py: skipped: PyTorch is missing: install it with `apt install python3-torch`",
        file=sys.stderr,
    )
    sys.exit(SKIPPED)

from cnnbench_results.program import run  # noqa: E402
from cnnbench_torch.check import check_pass  # noqa: E402
from cnnbench_torch.config import InputError, find_networks  # noqa: E402
from cnnbench_torch.dump import choose, find_dumps  # noqa: E402
from cnnbench_torch.rounding import LAMBDA  # noqa: E402

METHOD = f"""\
error      the largest |bench - PyTorch in float64|, relative to the size of the element's sum: √Σt² + |Σt| of
           its terms t (and to no less than the rms of that over the tensor). Each layer is given the dumped
           output of the layer before it, so that an error is found where it arises.
tolerance  {LAMBDA:.0f}·√n·u: u = 2^-24 is the unit roundoff of float32, n counts the additions behind the element, for
           gradients those of all layers after it too. This is the probabilistic form (Higham & Mary 2019,
           2020) of the bound γ_n = n·u / (1 - n·u) (Higham 2002, Accuracy and Stability of Numerical
           Algorithms, §3.1).
float32    the error of PyTorch's own float32, for comparison
"""


def table(rows):
    """The rows as text; what differs is followed by where."""
    width = max(len(row.tensor) for row in rows)
    lines = [f"{'tensor':<{width}}    error  tolerance  float32  verdict"]
    lines.append("-" * len(lines[0]))
    for row in rows:
        single = "-" if row.single is None else f"{row.single:.1e}"
        verdict = "agrees" if row.agrees else f"differs, {row.detail}"
        numbers = f"{row.error:7.1e}    {row.tolerance:7.1e}  {single:>7}"
        lines.append(f"{row.tensor:<{width}}  {numbers}  {verdict}")
    return "\n".join(lines)


def check(folder, configs):
    """Checks every (backend, pass) of a dump; True where all agrees. Raises InputError."""
    networks = find_networks(configs)
    chosen = [(dump, choose(networks, dump)) for dump in find_dumps(folder)]
    print(f"PyTorch {torch.__version__}\n\n{METHOD}")
    count, differing = 0, []
    for dump, network in chosen:
        batch = dump.shape("input")[0]
        title = f"{network.name}, {dump.pass_name} on {dump.backend}"
        print(f"{title}: batch {batch}, {network.file}", flush=True)
        rows = check_pass(network, dump)
        print(table(rows) + "\n", flush=True)
        count += len(rows)
        differing += [f"{row.tensor} ({dump.pass_name}, {dump.backend})" for row in rows if not row.agrees]
    if differing:
        print(f"differs: {len(differing)} of {count} comparisons, first {differing[0]}")
    else:
        print(f"agrees: all {count} comparisons, {len(chosen)} {'pass' if len(chosen) == 1 else 'passes'}")
    return not differing


def main(arguments=None):
    parser = argparse.ArgumentParser(
        prog="check_with_torch.py",
        description="Compares a step that bench --dump wrote with PyTorch. Exit status: 0 agrees; 1 differs; "
        "2 bad input; 77 skipped, without PyTorch.",
    )
    parser.add_argument("dump", type=Path, metavar="DUMP", help="the folder that --dump was given")
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="CONFIG",
        help="the dumped network's config, a file or a name; may be repeated: the one that fits is taken "
        "(default: among those that come with cnnbench)",
    )
    options = parser.parse_args(arguments)
    try:
        return 0 if check(options.dump, options.config) else 1
    except InputError as error:
        print(f"check_with_torch.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(run(main, "check_with_torch.py"))
