"""However a run ends, what it had measured is on the disk."""

import json
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest
from program import BENCH, ENVIRONMENT, MPIRUN, result

TWO_NETWORKS = ("--config", "lenet", "--config", "mlp_mnist", "--batch", 16, "--pass", "forward")
TWO_NETWORKS += ("--views", "network,layers,isolated")


def started(command):
    return subprocess.Popen(
        [str(word) for word in command], text=True, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def reported(lines):
    """Of each network whose header was printed: how many tables of it followed."""
    tables = {}
    for line in lines:
        if line.startswith(("lenet, forward", "mlp_mnist, forward")):
            tables[line.split(",")[0]] = 0
        elif line.startswith("Forward across") and tables:  # "step 10, duration = …" comes while it is timed
            tables[list(tables)[-1]] += 1
    return tables


@pytest.mark.parametrize("lines", [1, 8, 16, 24, 30, 40, 50, 60, 70, 80])
def test_a_run_that_is_killed_leaves_every_view_that_it_had_reported(tmp_path, lines):
    with started([BENCH, *TWO_NETWORKS, "--steps", 30, "--verify", "off", "--output", tmp_path]) as run:
        seen = []
        for line in run.stdout:
            seen.append(line)
            if len(seen) == lines:
                break
        run.kill()
        run.communicate(timeout=60)
    own = result(tmp_path)["cnnbench"]
    ended = any(line.startswith("Results:") for line in seen)
    assert own["status"] == "complete" or own["status"] == "running" and not ended
    networks = {r["model"] for r in own["records"] if r["view"] == "network"}
    assert {name for name, tables in reported(seen).items() if tables} <= networks
    for record in own["records"]:
        assert record["summary"]["n"] == len(record["samples"]) == 30


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_a_worker_that_dies_in_the_second_network_costs_only_that(tmp_path):
    backends = ("--backend", "onednn:isa=avx2", "--verify", "off")
    with started([BENCH, *TWO_NETWORKS, *backends, "--steps", 500, "--output", tmp_path]) as run:
        for line in run.stdout:
            if line.startswith("mlp_mnist, forward"):
                break
        for child in children(run.pid):
            os.kill(child, signal.SIGKILL)
        _, err = run.communicate(timeout=60)
    assert run.returncode != 0
    own = result(tmp_path)["cnnbench"]
    assert own["status"] in ("partial", "invalid")
    assert "lenet" in {record["model"] for record in own["records"]}, err


def test_a_disk_that_fills_up_costs_only_what_comes_after(tmp_path):
    command = [BENCH, *TWO_NETWORKS, "--steps", 200, "--verify", "off", "--output", tmp_path]
    # MPI's own files are not to meet the limit.
    environment = {**ENVIRONMENT, "OMPI_MCA_btl": "self"}
    with subprocess.Popen(
        list(map(str, command)), text=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        text = ""
        for line in run.stdout:
            text += line
            if line.startswith("mlp_mnist, forward"):
                resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (2048, 2048))
                break
        rest, err = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "File too large; the run goes on, and prints all that it finds" in err
    assert "images/s" in rest and "Results:" not in rest
    (folder,) = tmp_path.iterdir()
    own = json.loads((folder / "result.json").read_text())["cnnbench"]
    assert own["status"] == "running"
    assert {record["model"] for record in own["records"]} == {"lenet"}
    assert sorted(path.name for path in folder.iterdir()) == ["layers.csv", "result.json"]


@pytest.mark.parametrize("ranks", [2, 4])
def test_ranks_that_are_killed_leave_it_too(tmp_path, ranks):
    command = [MPIRUN, "-n", ranks, "--oversubscribe", "--bind-to", "none", BENCH, *TWO_NETWORKS, "--threads", 1]
    with started([*command, "--steps", 100, "--verify", "off", "--output", tmp_path]) as run:
        for line in run.stdout:
            if line.startswith("mlp_mnist, forward"):
                break
        run.kill()  # mpirun: what it started is ended by it, or finds its end
        run.communicate(timeout=60)
    own = result(tmp_path)["cnnbench"]
    assert own["status"] in ("running", "partial", "complete")
    assert {r["view"] for r in own["records"] if r["model"] == "lenet"} == {"network", "layers", "isolated"}
