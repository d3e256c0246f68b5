"""An interrupted run ends in order and keeps what it has."""

import os
import pathlib
import signal
import subprocess
import time

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
    for record in own["records"]:
        assert record["stop_reason"] == "interrupted"
        assert record["summary"]["n"] == len(record["samples"]) >= 1
    (network,) = [record for record in own["records"] if record["view"] == "network"]
    assert network["summary"]["n"] >= 10


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
            assert result(tmp_path)["cnnbench"]["status"] in ("running", "partial")


# Plain loops take minutes for a step of it; it has few parameters, so that it is prepared at once.
SLOW_NETWORK = """
model: slow
input: {channels: 3, height: 224, width: 224}
batch: 4
layers:
  - conv: {name: first, filters: 64, kernel: 3, padding: same}
  - conv: {name: second, filters: 64, kernel: 31, padding: same}
  - flatten
loss: l2
"""
PREPARED_SECONDS = 2  # long enough to prepare it, far less than a step


def ended(command, output, signal_number):
    """Starts the command with the slow network, sends the signal in its step; its status, stdout and stderr."""
    config = output.with_suffix(".yaml")
    config.write_text(SLOW_NETWORK)
    slow = ("--config", config, "--backend", "reference", "--pass", "forward", "--verify", "off")
    command = [str(word) for word in (*command, *slow, "--output", output)]
    with subprocess.Popen(
        command, text=True, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        for line in run.stdout:
            if line.startswith("slow, forward, batch"):
                time.sleep(PREPARED_SECONDS)
                run.send_signal(signal_number)
                break
        out, err = run.communicate(timeout=60)  # long before the step would end
        return run.returncode, out, err


@pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
def test_a_step_that_takes_minutes_does_not_hold_the_program(tmp_path, signal_number):
    status, _, err = ended([BENCH], tmp_path, signal_number)
    assert status == 128 + signal_number
    assert "no result is kept" in err
    assert not list(tmp_path.glob("[!.]*"))


def test_what_was_complete_before_a_slow_step_is_kept(tmp_path):
    first = ("--config", "lenet", "--steps", 2, "--burn-in", 0, "--views", "network")
    status, _, err = ended([BENCH, *first], tmp_path, signal.SIGTERM)
    assert status == 3
    assert "kept is what was complete" in err
    own = result(tmp_path)["cnnbench"]
    assert own["status"] == "partial"
    assert {record["model"] for record in own["records"]} == {"lenet"}


def test_a_slow_step_does_not_hold_mpirun(tmp_path):
    status, _, _ = ended(TWO_RANKS, tmp_path, signal.SIGTERM)
    assert status != 0
