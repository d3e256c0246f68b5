"""Ranks that differ: rank 0 reads and decides for all; where they cannot do the same thing, one message says who and why."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
from program import BENCH, ENVIRONMENT, MPIRUN, mpirun_unlike, quick, refused, result

SOON = 10  # seconds
HOST = socket.gethostname()
MODULES = Path(BENCH).parent / "modules"

SMALL = """model: {name}
input: {{channels: 1, height: 8, width: 8}}
layers:
  - dense: {{units: {units}}}
"""


def launch(arguments, last, ranks=2, first=()):
    return mpirun_unlike(ranks, arguments, last, first)


def ended_soon(since):
    seconds = time.monotonic() - since
    print(f"the job took {seconds:.1f} s")
    assert seconds < SOON


def with_mounts(*mounts):
    """Words that start a program which sees (source, target) mounted; skips where that is not allowed."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0:
        pytest.skip("mounts of one process need root")
    commands = " && ".join(f"mount --bind {source} {target}" for source, target in mounts)
    return ["unshare", "-m", "sh", "-c", f'{commands} && exec "$@"', "sh"]


def with_memory(folder, mebibytes):
    """Words that start a program which sees so much free memory."""
    text = Path("/proc/meminfo").read_text()
    fake = folder / "meminfo"
    fake.write_text(re.sub(r"MemAvailable: +\d+", f"MemAvailable: {mebibytes * 1024}", text))
    return with_mounts((fake, "/proc/meminfo"))


@pytest.mark.parametrize("ranks", [2, 4])
def test_too_little_memory_on_one_rank_is_told_with_its_name(tmp_path, ranks):
    since = time.monotonic()
    arguments = quick("--output", tmp_path / "results")
    done = launch(arguments, with_memory(tmp_path, 20), ranks)
    ended_soon(since)
    refused(done, f"rank {ranks - 1} on {HOST}: lenet", "is available")


@pytest.mark.parametrize("ranks", [2, 4])
def test_little_memory_on_one_rank_decides_for_all(tmp_path, ranks):
    backends = "onednn,gemm:eigen,reference"
    arguments = ["--batch", 500, "--backend", backends, "--verify", "off", "--pass", "forward"]
    arguments = quick(*arguments, "--views", "network", "--output", tmp_path / "results")
    done = launch(arguments, with_memory(tmp_path, 180 * ranks), ranks)
    assert done.returncode == 0, done.stderr
    own = result(tmp_path / "results")["cnnbench"]
    assert [setting["interleaved"] for setting in own["settings"]] == [False]
    assert any(f"rank {ranks - 1} on {HOST}: lenet forward: 3 backends" in text for text in own["warnings"])
    assert {record["backend"] for record in own["records"]} == set(backends.split(","))


@pytest.mark.parametrize("ranks", [2, 4])
def test_a_missing_library_on_one_rank_is_told_with_its_name(tmp_path, ranks):
    module = next(iter(sorted(MODULES.glob("*xnnpack*"))), None)
    if module is None:
        pytest.skip("needs the module of XNNPACK")
    (tmp_path / "empty").touch()
    since = time.monotonic()
    arguments = quick("--backend", "xnnpack", "--output", tmp_path / "results")
    done = launch(arguments, with_mounts((tmp_path / "empty", module)), ranks)
    ended_soon(since)
    refused(done, f"rank {ranks - 1} on {HOST}: --backend: 'xnnpack' is not there")


@pytest.mark.parametrize("ranks", [2, 4])
def test_another_build_on_one_rank_is_told_with_its_name(tmp_path, ranks):
    program = Path(BENCH).read_bytes()
    flags = re.search(rb"-O[0-3][ -~]*\0", program)
    other = tmp_path / "bench"
    other.write_bytes(program.replace(flags[0], flags[0].replace(b"-O", b"-o", 1)))
    other.chmod(0o755)
    since = time.monotonic()
    arguments = quick("--output", tmp_path / "results")
    done = launch(arguments, with_mounts((other, BENCH)), ranks)
    ended_soon(since)
    refused(done, f"rank {ranks - 1} on {HOST}: ", "other software", "the build's flags")


def test_another_command_line_on_one_rank_is_refused(tmp_path):
    arguments = quick("--output", tmp_path)
    done = launch(arguments, ["sh", "-c", 'exec "$@" --seed 2', "sh"])
    refused(done, f"rank 1 on {HOST}: its command line is '", "--seed 2'", "give all ranks the same")


@pytest.mark.parametrize("ranks", [2, 4])
def test_all_ranks_run_what_rank_0_has_read(tmp_path, ranks):
    """Not what the others find under the same name: another network, or nothing."""
    for name, units in [("a", 3), ("b", 3000), ("c", None)]:
        folder = tmp_path / name
        folder.mkdir()
        if units:
            (folder / "net.yaml").write_text(SMALL.format(name=name, units=units))
    for folder in ("b", "c"):
        output = tmp_path / f"results of {folder}"
        arguments = quick("--config", "net.yaml", "--output", output)
        done = launch(arguments, ["env", "-C", tmp_path / folder], ranks, first=["env", "-C", tmp_path / "a"])
        assert done.returncode == 0, done.stderr
        own = result(output)["cnnbench"]
        assert [model["name"] for model in own["models"]] == ["a"]
        assert own["status"] == "complete"


def test_all_ranks_have_the_images_that_rank_0_has_read(tmp_path):
    numpy = pytest.importorskip("numpy")
    for name, value in [("a", 0.5), ("b", 0.25)]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.yaml").write_text(SMALL.format(name=name, units=3))
        numpy.save(tmp_path / name / "i.npy", numpy.full((2, 1, 8, 8), value, numpy.float32))
    (tmp_path / "b" / "i.npy").unlink()
    arguments = quick("--config", "net.yaml", "--input", "i.npy", "--output", tmp_path / "results")
    done = launch(arguments, ["env", "-C", tmp_path / "b"], first=["env", "-C", tmp_path / "a"])
    assert done.returncode == 0, done.stderr
    assert result(tmp_path / "results")["cnnbench"]["status"] == "complete"


def test_unlike_cpus_are_allowed_and_told(tmp_path):
    variable = {"ONEDNN_MAX_CPU_ISA": "SSE41"}
    arguments = quick("--pass", "forward,forward-backward", "--views", "network,layers,isolated,prefix")
    arguments += ["--output", tmp_path, "--backend", "onednn,winograd:all"]
    done = launch(arguments, ["env", *(f"{key}={value}" for key, value in variable.items())])
    assert done.returncode == 0, done.stderr + done.stdout
    own = result(tmp_path)["cnnbench"]
    assert own["status"] == "complete"
    (warning,) = [text for text in own["warnings"] if "unlike CPUs" in text]
    assert f"rank 1 on {HOST} has onednn's" in warning
    layers = [record for record in own["records"] if record["view"] == "layers"]
    assert any(" or " in record["implementation"] for record in layers)
    assert all(min(record["samples"]) > 0 for record in layers)


def workers(pid):
    """The worker processes of all ranks that mpirun `pid` has started, each a child of a rank."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if b"CNNBENCH_WORKER_BACKEND=" in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return [one for one in found if is_below(one, pid)]


def is_below(process, ancestor):
    while process > 1:
        process = int(re.search(r"PPid:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1])
        if process == ancestor:
            return True
    return False


@pytest.mark.parametrize("ranks", [2, 4])
def test_a_backend_that_fails_on_one_rank_costs_only_itself(tmp_path, ranks):
    backends = "onednn,onednn:isa=sse41"
    arguments = quick("--batch", 16, "--steps", 400, "--backend", backends, "--verify", "off", "--output", tmp_path)
    command = [MPIRUN, "-n", ranks, "--oversubscribe", "--bind-to", "none", BENCH, *arguments, "--pass", "forward"]
    with subprocess.Popen(
        list(map(str, command)), env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        for line in run.stdout:
            if line.startswith("lenet, forward"):
                break
        time.sleep(1)  # set-up is over, and steps are timed
        found = workers(run.pid)
        assert len(found) == ranks
        os.kill(found[-1], signal.SIGKILL)
        rest, err = run.communicate(timeout=100)
    assert run.returncode == 1, err
    own = result(tmp_path)["cnnbench"]
    assert own["status"] == "invalid"
    (failure,) = own["failures"]
    assert failure["backend"] == "onednn:isa=sse41"
    assert re.search(rf"rank \d on {HOST}: ", failure["message"])
    whole = [record for record in own["records"] if record["backend"] == "onednn"]
    assert {record["view"] for record in whole} == {"network", "layers"}
    assert all(record["summary"]["n"] == 400 for record in whole)
