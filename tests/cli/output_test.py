"""Output that does not arrive: where stdout is closed, full, or a pipe that nobody reads any more, a message on stderr
and a status other than 0, and everything else as ever."""

import importlib.util
import os
import resource
import subprocess
import sys

import pytest
from program import BENCH, ENVIRONMENT, MPIRUN, ROOT, quick, result, run_folder

KERNEL_BENCH = os.environ.get("KERNEL_BENCH")
needs_kernel_bench = pytest.mark.skipif(not KERNEL_BENCH, reason="kernel_bench is not built")
WAYS = ["closed", "full", "pipe"]
SHORT = ("--views", "network", "--pass", "forward")


def start(way, command, **settings):
    """Runs a command whose stdout gets lost."""
    settings = {"stderr": subprocess.PIPE, "env": ENVIRONMENT, "timeout": 120, **settings}
    words = [str(word) for word in command]
    if way == "closed":
        return subprocess.run(["bash", "-c", 'exec "$@" >&-', "bash", *words], text=True, **settings)
    if way == "full":
        with open("/dev/full", "w") as full:
            return subprocess.run(words, stdout=full, text=True, **settings)
    end, beginning = os.pipe()
    os.close(end)
    try:
        return subprocess.run(words, stdout=beginning, text=True, **settings)
    finally:
        os.close(beginning)


def complains(done, name, status):
    assert done.returncode == status, (done.returncode, done.stderr)
    assert done.stderr.count(f"{name}: not all of the output could be written to stdout: ") == 1, done.stderr
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["--list-backends"]]
    + [["--config", "lenet", "--describe", "--format", kind] for kind in ("table", "csv", "json")],
    ids=lambda words: words[-1],
)
def test_information_that_is_lost_is_a_failure(way, arguments):
    complains(start(way, [BENCH, *arguments]), "bench", 1)


@pytest.mark.parametrize("way", WAYS)
def test_a_run_goes_on_to_its_end_and_keeps_its_result(tmp_path, way):
    done = start(way, [BENCH, *quick(*SHORT, "--output", tmp_path)])
    complains(done, "bench", 1)
    assert f"bench: the results are whole, in {run_folder(tmp_path)}" in done.stderr
    assert result(tmp_path)["cnnbench"]["status"] == "complete"


def test_a_reader_of_the_first_lines_costs_no_result(tmp_path):
    command = [BENCH, *quick("--steps", 40, "--output", tmp_path)]
    pipe = ["bash", "-c", 'set -o pipefail; "$@" | head -3', "bash", *map(str, command)]
    done = subprocess.run(pipe, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    complains(done, "bench", 1)
    assert done.stdout.count("\n") == 3
    assert result(tmp_path)["cnnbench"]["status"] == "complete"


def test_nor_does_it_under_mpirun(tmp_path):
    command = [MPIRUN, "-n", 2, "--oversubscribe", "--bind-to", "none", BENCH]
    command += quick("--steps", 40, "--output", tmp_path)
    pipe = ["bash", "-c", '"$@" | head -3', "bash", *map(str, command)]
    done = subprocess.run(pipe, capture_output=True, text=True, env=ENVIRONMENT, timeout=120)
    assert done.stdout.count("\n") == 3
    assert result(tmp_path)["cnnbench"]["status"] == "complete"


def test_no_file_gets_the_number_of_a_closed_descriptor(tmp_path):
    command = [BENCH, *map(str, quick(*SHORT, "--output", tmp_path / "out", "--dump", tmp_path / "dump"))]
    closed = ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "bash", *command]
    assert subprocess.run(closed, env=ENVIRONMENT, timeout=120).returncode == 1
    assert result(tmp_path / "out")["cnnbench"]["status"] == "complete"
    dumped = list((tmp_path / "dump").rglob("*.npy"))
    assert dumped and all(path.read_bytes()[:6] == b"\x93NUMPY" for path in dumped)
    assert (run_folder(tmp_path / "out") / "layers.csv").read_text().startswith("model,")


def test_a_closed_stderr_is_harmless(tmp_path):
    command = [BENCH, *map(str, quick(*SHORT, "--output", tmp_path))]
    closed = ["bash", "-c", 'exec "$@" 2>&-', "bash", *command]
    done = subprocess.run(closed, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == 0 and f"Results: {run_folder(tmp_path)}" in done.stdout


def test_results_that_do_not_fit_leave_the_report(tmp_path):
    def small_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    # A limit of the size of files is the full disk that needs no root; MPI's own files are not to meet it.
    environment = {**ENVIRONMENT, "OMPI_MCA_btl": "self"}
    command = [BENCH, *quick(*SHORT, "--output", tmp_path)]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment, timeout=120, preexec_fn=small_files
    )
    assert done.returncode == 1
    assert "bench: cannot write '" in done.stderr and "result.json': File too large" in done.stderr
    assert "images/s" in done.stdout and "Results:" not in done.stdout
    assert list(tmp_path.iterdir()) == []


@needs_kernel_bench
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("arguments", [["--help"], ["--config", "lenet", "--batch", 1, "--pass", "forward",
                                                    "--benchmark_filter=tanh1", "--benchmark_min_time=0.001"]],
                         ids=["help", "run"])  # fmt: skip
def test_kernel_bench_says_so_too(way, arguments):
    complains(start(way, [KERNEL_BENCH, *arguments]), "kernel_bench", 1)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two arms of one launch each, and a dump."""
    folder = tmp_path_factory.mktemp("runs")
    for arm in "ab":
        command = [BENCH, *quick("--pass", "forward", "--output", folder / arm, "--dump", folder / "dump")]
        subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    return folder


SCRIPTS = {
    "plot.py": ["a"],
    "compare.py": ["a", "b"],
    "aa.py": ["--existing", "."],
    "check_with_torch.py": ["dump", "--config", "lenet"],
    "plot_filters.py": ["--bench", BENCH, "--output", "filters"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("arguments", ["--help", "work"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_so_do_the_scripts(runs, way, arguments, script):
    if script == "check_with_torch.py" and not importlib.util.find_spec("torch"):
        pytest.skip("no PyTorch")
    words = ["--help"] if arguments == "--help" else SCRIPTS[script]
    if script == "plot.py" and arguments != "--help":
        words = [run_folder(runs / "a")]
    done = start(way, [sys.executable, ROOT / "scripts" / script, *words], cwd=runs)
    complains(done, script, 2)
    if script.startswith("plot") and arguments == "work":
        assert list(runs.rglob("*.png"))


def test_a_script_with_a_closed_stderr_prints_no_message_among_its_output(runs):
    script = ["bash", "-c", 'exec "$@" 2>&-', "bash", sys.executable, str(ROOT / "scripts/plot.py"), "missing"]
    done = subprocess.run(script, stdout=subprocess.PIPE, text=True, cwd=runs, env=ENVIRONMENT, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
