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


# Plain loops, of which a step takes minutes.
SLOW = ("--config", "vgg16", "--backend", "reference", "--pass", "forward", "--verify", "off", "--batch", 32)


def ended(command, output, signal_number):
    """Starts the command, sends the signal once the slow network has begun; its status, stdout and stderr."""
    command = [str(word) for word in (*command, "--output", output)]
    with subprocess.Popen(
        command, text=True, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        for line in run.stdout:
            if line.startswith("vgg16, forward, batch"):
                run.send_signal(signal_number)
                break
        out, err = run.communicate(timeout=60)  # long before the step would end
        return run.returncode, out, err


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_step_that_takes_minutes_does_not_hold_the_program(tmp_path, signal_number):
    status, _, err = ended([BENCH, *SLOW], tmp_path, signal_number)
    assert status == 128 + signal_number
    assert "no result is kept" in err
    assert not list(tmp_path.glob("[!.]*"))


def test_what_was_complete_before_a_slow_step_is_kept(tmp_path):
    first = ("--config", "lenet", "--steps", 2, "--burn-in", 0, "--views", "network")
    status, _, err = ended([BENCH, *first, *SLOW], tmp_path, signal.SIGTERM)
    assert status == 3
    assert "kept is what was complete" in err
    own = result(tmp_path)["cnnbench"]
    assert own["status"] == "partial"
    assert {record["model"] for record in own["records"]} == {"lenet"}


def test_a_slow_step_does_not_hold_mpirun(tmp_path):
    status, _, _ = ended([*TWO_RANKS, *SLOW], tmp_path, signal.SIGTERM)
    assert status != 0
