"""The program as a user starts it. CTest says where it is: BENCH, MPIRUN."""

import json
import os
import shlex
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = os.environ["BENCH"]
MPIRUN = os.environ["MPIRUN"]
# Open MPI's processes of one user share a folder, which the last to end removes, perhaps under one that begins.
TEMPORARY = tempfile.TemporaryDirectory(prefix="cnnbench")
os.chmod(TEMPORARY.name, 0o1777)  # some tests run as another user
# Threads that wait must not spin: tests run side by side and times do not matter here. One machine: no network.
ENVIRONMENT = {
    **os.environ,
    "OMP_WAIT_POLICY": "passive",
    "OMPI_MCA_btl": "self,vader",
    "TMPDIR": TEMPORARY.name,
}
# A run that takes no time: what is not said otherwise.
QUICK = {"--config": "lenet", "--batch": 2, "--burn-in": 0, "--steps": 2, "--threads": 1}


def start(command, **settings):
    return subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=ENVIRONMENT, timeout=120, **settings
    )


def bench(*arguments, **settings):
    return start([BENCH, *arguments], **settings)


def mpirun(ranks, *arguments, **settings):
    return start(
        [MPIRUN, "-n", ranks, "--oversubscribe", "--bind-to", "none", BENCH, *arguments], **settings
    )


def mpirun_unlike(ranks, arguments, last, first=()):
    """One command line on all ranks, of which the last runs under the words of `last`, and the others under those of
    `first`. By a shell: mpirun of Open MPI 5.0.7 dies of SIGSEGV where several programs are separated by colons.
    """
    own = f'if [ "$OMPI_COMM_WORLD_RANK" = {ranks - 1} ]; then exec {shlex.join(map(str, last))} "$@"; fi'
    script = f'{own}; exec {shlex.join(map(str, first))} "$@"'
    words = ["--oversubscribe", "--bind-to", "none", "-n", ranks, "sh", "-c", script, "sh", BENCH, *arguments]
    return start([MPIRUN, *words])


def quick(*arguments):
    """These arguments, and those of QUICK for the options that are not among them."""
    rest = [word for option, value in QUICK.items() if option not in arguments for word in (option, value)]
    return [*rest, *arguments]


def run_folder(output):
    """The one folder of results in `output`."""
    folders = list(Path(output).iterdir())
    assert len(folders) == 1, folders
    return folders[0]


def result(output):
    """The whole result.json of the one run in `output`."""
    return json.loads((run_folder(output) / "result.json").read_text())


def measured(output, *arguments, ranks=None):
    """Runs a quick network, which has to go well, and gives `cnnbench` of its result.json."""
    command = quick("--output", output, *arguments)
    done = mpirun(ranks, *command) if ranks else bench(*command)
    assert done.returncode == 0, done.stderr
    return result(output)["cnnbench"]


def select(document, **wanted):
    """The records that have these values."""
    return [r for r in document["records"] if all(r[key] == value for key, value in wanted.items())]


def refused(done, *words):
    """Status 2, one message on stderr with these words, nothing on stdout."""
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == ""
    assert done.stderr.count("bench: ") == 1, done.stderr
    for word in words:
        assert word in done.stderr
