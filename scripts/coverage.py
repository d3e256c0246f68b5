#!/usr/bin/python3
"""Shows how often the statements of one launch are true on this machine: names of winners, intervals of
ratios, intervals of medians.

Exit status: 0 done; 1 a launch failed, or a result's ratios are not those of scipy; 2 bad arguments.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

# The packages lie beside this file, perhaps installed where nothing is to be written.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import numpy  # noqa: F401
    import scipy  # noqa: F401
except ImportError:
    print("coverage.py: numpy or scipy is missing: `apt install python3-numpy python3-scipy`", file=sys.stderr)
    sys.exit(2)

from cnnbench_compare import arms, coverage  # noqa: E402
from cnnbench_results.result import ResultError, read_result  # noqa: E402

EPILOG = """\
Two backends that are equal, onednn and onednn:control, take turns; every difference is a false alarm. A layer
that is 5 % slower is made in the evaluation: the steps of one backend in one layer are multiplied by 1.05. Medians:
parts of a long series of one backend against the median of the whole series.

examples:
  coverage.py --seconds 1200 --output results/coverage
  coverage.py --existing results/coverage

exit status: 0 done; 1 a launch failed, or ratios differ from scipy's; 2 bad arguments or results
"""

EQUALS = ("--backend", "onednn,onednn:control", "--views", "layers,network", "--verify", "off")
LENET = ("--config", "lenet", "--batch", "16")
VGG16 = ("--config", "vgg16", "--batch", "1")
BOTH = ("--pass", "forward,forward-backward")
# Name, options, weight: its share of the time.
CASES = (
    ("lenet-40", (*LENET, *BOTH, *EQUALS, "--steps", "40"), 2),
    ("lenet-200", (*LENET, *BOTH, *EQUALS, "--steps", "200"), 3),
    ("vgg16-40", (*VGG16, *BOTH, *EQUALS, "--steps", "40"), 6),
    ("vgg16-200", (*VGG16, *BOTH, *EQUALS, "--steps", "200"), 6),
    ("lenet-series", (*LENET, "--pass", "forward", "--verify", "off", "--steps", "3000"), 1),
    ("vgg16-series", (*VGG16, "--pass", "forward", "--verify", "off", "--steps", "500"), 1),
)
LENGTHS = (40, 100, 200)  # steps of a part of a series


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="coverage.py",
        description="Runs two equal backends and long series, and prints how often the program's statements "
        "are true, as tables of Markdown.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=1200, help="of launches (default: 1200)")
    parser.add_argument("--launches", type=int, default=100, help="at most, of each case (default: 100)")
    parser.add_argument(
        "--cases", type=lambda text: text.split(","), help=f"only these of {','.join(c[0] for c in CASES)}"
    )
    parser.add_argument("--bench", default=None, help="default: build/bench of this tree, else bench")
    parser.add_argument("--output", type=Path, help="folder for the launches; more are added to what it holds")
    parser.add_argument("--existing", type=Path, help="run nothing: evaluate this folder")
    options = parser.parse_args(arguments)
    if bool(options.output) == bool(options.existing):
        parser.error("give either --output or --existing")
    unknown = set(options.cases or ()) - {name for name, _, _ in CASES}
    if unknown:
        parser.error(f"no such case: {', '.join(sorted(unknown))}")
    return options


def run(options):
    """Launches of all cases, in turns, each until its share of the time is used up. Raises OSError,
    CalledProcessError.
    """
    built = Path(__file__).resolve().parents[1] / "build" / "bench"
    bench = options.bench or (str(built) if built.exists() else "bench")
    cases = [case for case in CASES if options.cases is None or case[0] in options.cases]
    total = sum(weight for _, _, weight in cases)
    left = {name: options.seconds * weight / total for name, _, weight in cases}
    launches = dict.fromkeys(left, 0)
    while open_cases := [c for c in cases if left[c[0]] > 0 and launches[c[0]] < options.launches]:
        for name, arguments, _ in open_cases:
            folder = options.output / name
            folder.mkdir(parents=True, exist_ok=True)
            start = time.monotonic()
            subprocess.run(
                [bench, *arguments, "--precision", "0", "--max-seconds", "100000", "--output", str(folder)],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            left[name] -= time.monotonic() - start
            launches[name] += 1


def percent(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "–"


def evaluate(folder):
    """Prints the tables; the exit status."""
    status = 0
    equals, medians = {}, {}
    for name, _, _ in CASES:
        if not (folder / name).is_dir():
            continue
        for file in arms.result_files(folder / name):
            result = read_result(file)
            if name.endswith("-series"):
                for record in result.records:
                    if record.view not in ("layers", "network"):
                        continue
                    for length in LENGTHS:
                        key = (name.split("-")[0], record.view, length)
                        coverage.add_series(medians.setdefault(key, coverage.Medians()), record.samples, length)
                continue
            for model, pass_name in dict.fromkeys((r.model, r.pass_name) for r in result.records):
                table = coverage.equal_rows(result, model, pass_name)
                if not table:
                    continue
                wrong = coverage.disagreement(result, model, pass_name, table)
                if wrong:
                    print(f"coverage.py: {file}: {wrong}: its ratio is not scipy's", file=sys.stderr)
                    status = 1
                key = (model, pass_name, name.split("-")[1])
                coverage.add_table(equals.setdefault(key, coverage.Equals()), table)
    if equals:
        print("| network | pass | steps | tables | name a winner | intervals hold 1 | 5 % slower found |")
        print("|---|---|---|---|---|---|---|")
    for (model, pass_name, steps), e in equals.items():
        print(
            f"| {model} | {pass_name} | {steps} | {e.tables} | {percent(e.named, e.tables)} | "
            f"{percent(e.held, e.rows)} of {e.rows} | {percent(e.found, e.slowed)} |"
        )
    if medians:
        print("\n| series | view | steps of a part | parts | hold the whole median | median half width |")
        print("|---|---|---|---|---|---|")
    for (series, view, length), m in medians.items():
        width = f"±{100 * numpy.median(m.widths):.1f} %" if m.widths else "–"
        print(f"| {series} | {view} | {length} | {m.parts} | {percent(m.held, m.parts)} | {width} |")
    return status


def main(arguments=None):
    options = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        if options.output:
            run(options)
        return evaluate(options.output or options.existing)
    except subprocess.CalledProcessError as error:
        print(f"coverage.py: {error}", file=sys.stderr)
        return 1
    except (ResultError, OSError) as error:
        print(f"coverage.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 3


if __name__ == "__main__":
    sys.exit(main())
