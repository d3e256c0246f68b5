#!/usr/bin/python3
"""Compares results of cnnbench: which networks and layers became faster or slower, and how sure that is.

Exit status: 0 compared; 1 a regression, with --fail-on-regression; 2 results that cannot be compared.
"""

import argparse
import csv
import math
import string
import sys
from pathlib import Path

# The packages lie beside this file, perhaps installed where nothing is to be written.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import numpy  # noqa: F401
    import scipy  # noqa: F401
except ImportError:
    print("compare.py: numpy or scipy is missing: `apt install python3-numpy python3-scipy`", file=sys.stderr)
    sys.exit(2)

from cnnbench_compare import arms, report, tables, verdict  # noqa: E402
from cnnbench_compare.significance import launches_needed  # noqa: E402
from cnnbench_results.program import run  # noqa: E402
from cnnbench_results.result import ResultError  # noqa: E402

EPILOG = """\
An arm is one or more launches of the same run. Launches are the evidence, steps are not: two single results
give ratios but no verdict, for which each arm needs 4 launches or more (7 for the layers of VGG16).

examples:
  compare.py results/20261122T000523Z-vgg16 results/20261123T080000Z-vgg16    two single launches
  compare.py before/ after/                                  all results in each folder, at any depth
  compare.py --arm gcc12 results/g12* --arm gcc14 results/g14*          named arms of several folders
  compare.py --view network --fail-on-regression 2 before/ after/                              for CI

exit status: 0 compared; 1 a regression (with --fail-on-regression); 2 bad arguments or results
"""


def regression_limit(text):
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise ValueError
    return value


regression_limit.__name__ = "percentage"  # for argparse's message


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="compare.py",
        description="Compares results of cnnbench: ratios of times with verdicts, for networks and layers.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "folders",
        nargs="*",
        metavar="ARM",
        help="a run's folder, its result.json, or a folder with results; each ARM is compared with the first",
    )
    parser.add_argument(
        "--arm",
        nargs="+",
        action="append",
        default=[],
        metavar=("NAME", "RESULT"),
        help="an arm with a name and several results, instead of ARM; may be repeated",
    )
    parser.add_argument(
        "--view",
        type=lambda text: text.split(","),
        metavar="VIEW[,VIEW…]",
        help="only these views: network, layers, isolated, prefix",
    )
    parser.add_argument(
        "--fail-on-regression",
        type=regression_limit,
        metavar="PERCENT",
        help="exit status 1 where a row is `slower` and its ratio (the estimate, not an end of its interval) "
        "is above 1 + PERCENT/100; status 2 where that cannot be told: too few launches, or arms that are "
        "not comparable. What is `same` (surely within ±1 %%) never fails",
    )
    parser.add_argument("--format", choices=("text", "csv"), default="text")
    options = parser.parse_args(arguments)
    if options.arm and options.folders:
        parser.error(f"either ARM or --arm, not both: '{options.folders[0]}' belongs to no --arm")
    if any(len(arm) < 2 for arm in options.arm):
        parser.error("--arm needs a name and at least one result: --arm NAME RESULT…")
    if len(options.arm or options.folders) < 2:
        parser.error("it takes two arms or more to compare")
    names = [arm[0] for arm in options.arm]
    if len(set(names)) < len(names):
        parser.error("two arms have the same name")
    if len(options.folders) > len(string.ascii_uppercase):
        parser.error("too many arms")
    return options


def print_csv(reports):
    """All rows on stdout; warnings and remarks on stderr."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(tables.CSV_HEADER)
    for done in reports:
        for line in report.preface(done):
            print(line, file=sys.stderr)
        for pairs, comparisons in done.tables:
            writer.writerows(tables.csv_rows(pairs, comparisons, done.first.name, done.other.name))


def print_text(reports, found, folders):
    for arm, paths in zip(found, folders):
        print(report.arm_line(arm, paths))
    for done in reports:
        print(f"\n== {done.other.name} against {done.first.name}\n" if len(reports) > 1 else "")
        print(report.text(done))


def judge(reports, percent):
    """The exit status of --fail-on-regression, with a line on stderr where it is not 0."""
    rows = [row for done in reports for row in done.rows()]
    slower = [(key, c) for key, c in rows if c.verdict == verdict.SLOWER and c.ratio > 1 + percent / 100]
    found = [comparisons for done in reports for _, comparisons in done.tables]
    undecided = [len(rows) for rows in found if any(c.verdict == verdict.TOO_FEW for c in rows)]
    if any(done.warnings for done in reports):
        print("compare.py: no regression can be told: the arms are not comparable", file=sys.stderr)
        return 2
    if slower:
        names = ", ".join(f"{report.full_name(key)} ({c.ratio:.3f})" for key, c in slower)
        print(f"compare.py: slower by more than {percent:g} %: {names}", file=sys.stderr)
        return 1
    if undecided:
        needed = launches_needed(max(undecided))
        print(f"compare.py: no regression can be told: it needs {needed} launches an arm", file=sys.stderr)
        return 2
    return 0


def main(arguments=None):
    options = parse(arguments)
    names = [name for name, *_ in options.arm] or list(string.ascii_uppercase)
    folders = [paths for _, *paths in options.arm] or [[folder] for folder in options.folders]
    try:
        found = [arms.read_arm(name, paths) for name, paths in zip(names, folders)]
        arms.check_distinct(found)
        reports = [report.compare_arms(found[0], other, options.view) for other in found[1:]]
    except ResultError as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    if options.format == "csv":
        print_csv(reports)
    else:
        print_text(reports, found, folders)
    return 0 if options.fail_on_regression is None else judge(reports, options.fail_on_regression)


if __name__ == "__main__":
    sys.exit(run(main, "compare.py"))
