"""How ranks are started: the advice of the placement warnings is followed and must mend what they complain of."""

import os
import pathlib
import re
import shlex
import signal
import subprocess

MPIRUN = os.environ["MPIRUN"]
PROBE = os.environ["PROBE"]


def count_cores():
    """Cores, not hardware threads, that this process may use."""
    siblings = set()
    for cpu in os.sched_getaffinity(0):
        file = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        siblings.add(file.read_text() if file.exists() else str(cpu))
    return len(siblings)


CORES = count_cores()


def run(*flags, threads=0):
    """Threads of every rank and the warnings, of the probe under `mpirun flags`."""
    command = [MPIRUN, *flags, PROBE, str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    return (
        [int(line.split()[1]) for line in lines if line.startswith("threads ")],
        [line.removeprefix("warning ") for line in lines if line.startswith("warning ")],
    )


def advice(warnings):
    """The flags of the first mpirun command in the warnings."""
    found = re.search(r"`mpirun ([^`]*)`", "\n".join(warnings))
    assert found, warnings
    return shlex.split(found.group(1))


def test_a_rank_that_mpirun_binds_to_one_core_is_told_how_to_get_all():
    threads, warnings = run("-n", "1", "--bind-to", "core")
    assert threads == [1]
    if CORES > 1:
        assert f"of {CORES} cores" in warnings[0] and "idle" in warnings[0]
        threads, warnings = run(*advice(warnings))
    assert threads == [CORES]
    assert warnings == []


def test_two_ranks_that_are_not_pinned_are_told_how_to_pin():
    threads, warnings = run("-n", "2", "--oversubscribe", "--bind-to", "none")
    assert threads == [max(CORES // 2, 1)] * 2
    assert len(warnings) == 1
    if CORES > 1:
        assert "not pinned apart" in warnings[0]
        threads, warnings = run(*advice(warnings))
        assert threads == [CORES // 2] * 2
        assert not any("pinned" in w or "share" in w for w in warnings)


def test_threads_that_do_not_fit_are_told_where_they_fit():
    if CORES == 1:
        return
    _, warnings = run("-n", "1", "--bind-to", "core", threads=CORES)
    assert f"{CORES} threads on 1 core" in warnings[0]
    threads, warnings = run(*advice(warnings), threads=CORES)
    assert threads == [CORES]
    assert warnings == []


def test_without_mpirun_one_rank_has_all_cores_and_no_warning():
    done = subprocess.run([PROBE], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [f"threads {CORES}"]


def test_ranks_that_share_a_cpu_give_it_up_while_they_wait():
    def behaviour(*command):
        done = subprocess.run([*command, PROBE, "yield"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split())

    one = str(min(os.sched_getaffinity(0)))
    assert behaviour("taskset", "-c", one, MPIRUN, "-n", "2", "--oversubscribe", "--bind-to", "none") == {"1"}
    assert behaviour(MPIRUN, "-n", "1") == {"spins"}
    assert behaviour() == {"spins"}


def test_an_exception_on_one_rank_ends_all_of_them():
    command = [MPIRUN, "-n", "2", "--oversubscribe", PROBE, "fail"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "rank 1: ended by an exception" in done.stderr


def test_an_interruption_of_one_rank_lets_all_end_in_order():
    command = [MPIRUN, "-n", "2", "--oversubscribe", PROBE, "wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as started:
        os.kill(int(started.stdout.readline()), signal.SIGINT)
        rest, _ = started.communicate(timeout=60)
    assert rest == "ended in order\n"
    assert started.returncode == 0
