"""Threads and cores that the surroundings give or take away, as a user's environment does."""

import os
import resource
import subprocess

import pytest
from program import BENCH, ENVIRONMENT, MPIRUN, quick, refused, result

CORES = sorted(os.sched_getaffinity(0))
needs_two_cores = pytest.mark.skipif(len(CORES) < 2, reason="needs two cores")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a program as another user")


def start(variables, *arguments, ranks=None, threads=None, **settings):
    """A quick run with these variables; without --threads where `threads` is None."""
    words = [BENCH, *quick("--threads", threads, *arguments)]
    if threads is None:
        at = words.index("--threads")
        del words[at : at + 2]
    if ranks:
        words = [MPIRUN, "-n", ranks, "--oversubscribe", "--bind-to", "none", *words]
    env = {name: value for name, value in ENVIRONMENT.items() if name != "OMP_NUM_THREADS"} | variables
    words = list(map(str, words))
    return subprocess.run(words, capture_output=True, text=True, env=env, timeout=120, **settings)


LIMITS = [{"OMP_THREAD_LIMIT": "1"}, {"OMP_MAX_ACTIVE_LEVELS": "0"}]
limited = pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: next(iter(limit)))


@limited
def test_threads_that_were_asked_for_and_do_not_run_are_refused(tmp_path, limit):
    done = start(limit, "--output", tmp_path, threads=2)
    ((name, value),) = limit.items()
    refused(done, "1 thread runs on rank 0 where 2 are asked for by --threads", f"{name}={value}", "unset")


@limited
@needs_two_cores
def test_threads_that_are_the_default_are_counted(tmp_path, limit):
    done = start(limit, "--output", tmp_path, "--backend", "onednn,gemm:openblas")
    assert done.returncode == 0, done.stderr
    document = result(tmp_path)["cnnbench"]
    assert document["threads"] == [1]
    assert {record["threads"] for record in document["records"]} == {1}
    ((name, value),) = limit.items()
    assert any(f"{name}={value}" in warning for warning in document["warnings"])


def test_the_ranks_agree_on_a_refusal():
    refused(start({"OMP_THREAD_LIMIT": "1"}, ranks=2, threads=2), "ranks 0 and 1 where 2 are asked for")


def test_dynamic_adjustment_is_turned_off_and_said(tmp_path):
    done = start({"OMP_DYNAMIC": "true"}, "--output", tmp_path, "--backend", "gemm:openblas", threads=2)
    assert done.returncode == 0, done.stderr
    assert any("OMP_DYNAMIC" in warning for warning in result(tmp_path)["cnnbench"]["warnings"])


@needs_root
def test_a_limit_of_the_system_is_refused():
    user = 64_321  # who runs nothing else
    try:
        subprocess.run([BENCH, "--version"], user=user, capture_output=True, cwd="/", check=True)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip("the build is not readable for everybody")
    limit = 24
    done = start(
        {"HOME": "/tmp"},
        threads=100,
        user=user,
        cwd="/",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (limit, limit)),
    )
    refused(done, "100 are asked for by --threads", "ulimit -u", "pids.max")


def test_the_number_of_the_environment_is_obeyed_and_said(tmp_path):
    done = start({"OMP_NUM_THREADS": "3,1"}, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "OMP_NUM_THREADS=3" in done.stdout
    assert result(tmp_path)["cnnbench"]["threads"] == [3]


def test_the_command_line_comes_before_the_environment_and_that_is_said(tmp_path):
    done = start({"OMP_NUM_THREADS": "3"}, "--output", tmp_path, threads=2)
    assert done.returncode == 0, done.stderr
    assert "--threads 2 counts, not OMP_NUM_THREADS=3" in done.stdout
    assert result(tmp_path)["cnnbench"]["threads"] == [2]


BINDINGS = [
    {"OMP_PROC_BIND": "true"},
    {"OMP_PROC_BIND": "close", "OMP_PLACES": "cores"},
    {"OMP_PLACES": "threads"},
    {"GOMP_CPU_AFFINITY": f"{CORES[0]}-{CORES[-1]}"},
]


@needs_two_cores
@pytest.mark.parametrize("binding", BINDINGS, ids=lambda b: "+".join(b))
def test_a_runtime_that_binds_leaves_all_cores(tmp_path, binding):
    free = start({}, "--output", tmp_path / "free")
    bound = start(binding, "--output", tmp_path / "bound")
    assert free.returncode == 0 and bound.returncode == 0, bound.stderr
    one, other = (result(tmp_path / name)["cnnbench"] for name in ("free", "bound"))
    assert other["threads"] == one["threads"]
    assert not any("idle" in warning for warning in other["warnings"])
    assert all(f"{name}={value}" in bound.stdout for name, value in binding.items())


@needs_two_cores
@pytest.mark.parametrize(
    "binding",
    [{"GOMP_CPU_AFFINITY": f"{CORES[0]}"}, {"OMP_PLACES": f"{{{CORES[0]}}}", "OMP_PROC_BIND": "true"}],
    ids=lambda b: "+".join(b),
)
def test_a_runtime_that_takes_cores_away_is_named_with_its_variables(tmp_path, binding):
    done = start(binding, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    (idle,) = [w for w in result(tmp_path)["cnnbench"]["warnings"] if "idle" in w]
    assert "by the OpenMP runtime" in idle
    assert idle.endswith("unset " + " and ".join(sorted(binding)))


@needs_two_cores
def test_a_binding_from_outside_is_named(tmp_path):
    done = start({}, "--output", tmp_path, preexec_fn=lambda: os.sched_setaffinity(0, {CORES[0]}))
    assert done.returncode == 0, done.stderr
    (idle,) = [w for w in result(tmp_path)["cnnbench"]["warnings"] if "idle" in w]
    assert "from outside" in idle and "without the binding" in idle and "mpirun" not in idle


@needs_two_cores
def test_ranks_that_the_runtime_binds_to_the_same_cores_are_told(tmp_path):
    done = start({"OMP_PROC_BIND": "close", "OMP_PLACES": "cores"}, "--output", tmp_path, ranks=2)
    assert done.returncode == 0, done.stderr
    (shared,) = [w for w in result(tmp_path)["cnnbench"]["warnings"] if "pinned apart" in w]
    assert "OMP_PROC_BIND=close" in shared and "mpirun -n 2 --map-by ppr:2:node" in shared
