#!/usr/bin/python3
"""Compares the machine with itself: runs the same command in two arms, and shows what a comparison makes of
that.

Exit status: 0 compared; 1 a launch failed; 2 bad arguments or results; 3 interrupted, launches that ended are
kept.
"""

import argparse
import datetime
import shlex
import shutil
import sys
from pathlib import Path

# The packages lie beside this file, perhaps installed where nothing is to be written.
sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

try:
    import numpy  # noqa: F401
    import scipy  # noqa: F401
except ImportError:
    print("aa.py: numpy or scipy is missing: `apt install python3-numpy python3-scipy`", file=sys.stderr)
    sys.exit(2)

from cnnbench_compare import launches, report, self_comparison, tables  # noqa: E402
from cnnbench_results import program  # noqa: E402
from cnnbench_results.result import ResultError  # noqa: E402

EPILOG = """\
COMMAND is everything after --. Where it begins with an option, it is what bench is called with; otherwise it
is a whole command that ends in options of bench. --output is added at its end.

examples:
  aa.py -- --config lenet --steps 20
  aa.py --launches 12 -- mpirun -n 2 build/bench --config vgg16 --steps 10
  aa.py --existing results/20261122T000523Z-aa

exit status: 0 compared; 1 a launch failed; 2 bad arguments or results; 3 interrupted
"""


def count(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


count.__name__ = "number of launches, at least 1"  # for argparse's message


def parse(arguments):
    """Options, and the command after `--`."""
    own, command = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        own, command = arguments[:at], arguments[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="aa.py",
        usage="aa.py [--launches N] [--bench PATH] [--output DIR] -- COMMAND…\n       aa.py --existing DIR",
        description="Compares the machine with itself: runs COMMAND 2 N times in two arms, in order ABBA, "
        "and prints what a comparison makes of it: the false positives, and the smallest difference that it "
        "could have seen.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--launches", type=count, default=9, metavar="N", help="launches an arm (default: 9)")
    parser.add_argument("--bench", metavar="PATH", help="default: build/bench of this tree, else bench")
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="a new folder for them (default: results/<UTC time>-aa)"
    )
    parser.add_argument(
        "--existing",
        type=Path,
        metavar="DIR",
        help="run nothing: the arms are DIR/a and DIR/b, or all results in DIR dealt out as they began",
    )
    options = parser.parse_args(own)
    if options.existing and command:
        parser.error("either --existing or a command, not both")
    if not options.existing and not command:
        parser.error("what is to be run? Put it after --, or give --existing DIR")
    if options.bench and command and not command[0].startswith("-"):
        parser.error(f"--bench is for a command that begins with an option, not with '{command[0]}'")
    if any(word == "--output" or word.startswith("--output=") for word in command):
        parser.error("the command has an --output of its own; give --output DIR before --, not after it")
    return options, command


def whole_command(command, bench):
    """The command with the program, where it begins with an option."""
    if not command[0].startswith("-"):
        return command
    built = Path(__file__).resolve().parents[1] / "build" / "bench"
    return [bench or (str(built) if built.exists() else shutil.which("bench") or "bench"), *command]


def new_folder(output):
    """Where the launches go, made if need be. Raises ResultError where something is there already."""
    folder = output or Path("results") / f"{datetime.datetime.now(datetime.timezone.utc):%Y%m%dT%H%M%SZ}-aa"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ResultError(f"{folder}: it is not empty; evaluate it with --existing, or choose another")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def run(options, command):
    """Runs all launches; the exit status, and the folder where there is something to evaluate."""
    folder = new_folder(options.output)
    try:
        launches.run_all(whole_command(command, options.bench), folder, options.launches)
    except launches.LaunchError as error:
        print(f"aa.py: {error}", file=sys.stderr)
        return 1, folder
    except launches.Interrupted as error:
        again = f"aa.py --existing {shlex.quote(str(folder))}"
        print(f"aa.py: {error}. To compare those: {again}", file=sys.stderr)
        return 3, folder
    return 0, folder


def main(arguments=None):
    options, command = parse(sys.argv[1:] if arguments is None else arguments)
    try:
        if not options.existing:
            status, folder = run(options, command)
            if status:
                return status
        else:
            folder = options.existing
        arms = launches.find_arms(folder)
        compared = report.compare_arms(*arms)
    except (ResultError, OSError) as error:
        print(f"aa.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 3
    counts = " and ".join(f"{len(arm.launches)} of {arm.name}" for arm in arms)
    print(f"The machine against itself: launches {counts}, in {folder}")
    command = arms[0].launches[0].document.get("command")
    if isinstance(command, list) and command:
        print(tables.paragraph(f"The first: {shlex.join(map(str, command))}"))
    print()
    print(self_comparison.text(compared))
    return 0


if __name__ == "__main__":
    sys.exit(program.run(main, "aa.py"))
