"""An interrupted run ends in order and keeps what it has."""

import os
import pathlib
import signal
import subprocess

import pytest
from program import BENCH, ENVIRONMENT, MPIRUN, quick, result

ENDLESS = quick("--steps", 10_000_000, "--pass", "forward")
TWO_RANKS = (MPIRUN, "-n", 2, "--oversubscribe", "--bind-to", "none", BENCH)


def interrupt(command, output, victim):
    """Starts the command, sends SIGINT to victim(process) once steps are timed; its status and stdout."""
    command = [str(word) for word in (*command, *ENDLESS, "--output", output)]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, env=ENVIRONMENT, **streams) as run:
        lines = []
        for line in run.stdout:
            lines.append(line)
            if line.startswith("step"):
                os.kill(victim(run), signal.SIGINT)
                break
        rest, _ = run.communicate(timeout=60)
        return run.returncode, "".join(lines) + rest


def is_partial(output, text):
    assert "Results: " in text
    document = result(output)
    own = document["cnnbench"]
    assert own["status"] == "partial"
    (record,) = own["records"]
    assert record["stop_reason"] == "interrupted"
    assert record["summary"]["n"] == len(record["samples"]) >= 10


def test_the_partial_result_is_kept(tmp_path):
    status, text = interrupt([BENCH], tmp_path, lambda run: run.pid)
    assert status == 3
    is_partial(tmp_path, text)


def a_rank(run):
    """The process of one rank that mpirun started."""
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, fields = stat.read_text().rsplit(")", 1)
        except OSError:  # it has ended meanwhile
            continue
        if int(fields.split()[1]) == run.pid and name.endswith("(bench"):
            return int(stat.parent.name)
    pytest.fail("mpirun has no child that is bench")


def test_an_interruption_of_one_rank_ends_all_in_order(tmp_path):
    status, text = interrupt(TWO_RANKS, tmp_path, a_rank)
    assert status == 3
    is_partial(tmp_path, text)


def test_an_interruption_of_mpirun_leaves_no_broken_result(tmp_path):
    interrupt(TWO_RANKS, tmp_path, lambda run: run.pid)
    for folder in tmp_path.iterdir():
        if not folder.name.startswith("."):
            assert result(tmp_path)["cnnbench"]["status"] == "partial"
