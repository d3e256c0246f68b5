"""The fuzzers of tests/fuzz, each for a while: Clang's libFuzzer changes good files in the ways that reach code not
seen before. What one finds becomes a unit test of its own."""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).resolve().parents[1]
BUILD = Path(os.environ["BUILD_DIR"]) / "fuzz"
CMAKE = os.environ["CMAKE"]
SECONDS = 15
LIMITS = ("-timeout=10", "-rss_limit_mb=1024", "-malloc_limit_mb=256")  # seconds for an input, memory
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
ALL_KINDS = """\
model: all
source: "none"
input: {channels: 4, height: 12, width: 12}
batch: 2
layers:
  - standardize: {mean: 0.5, sd: 2}
  - conv: {name: c, filters: 8, kernel: [3, 2], stride: [1, 2], padding: same, groups: 2, bias_init: 0.1}
  - conv: {filters: 8, kernel: 3, padding: full, crop: 1, activation: relu, bias: false}
  - max_pool: {kernel: 2, stride: 2, padding: 1, border: keep}
  - avg_pool: {kernel: [2, 1]}
  - lrn
  - batch_norm
  - activation: {function: sigmoid}
  - dropout: {keep: 0.5}
  - flatten
  - dense: {units: 5, activation: tanh}
  - softmax
loss: cross_entropy
optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}
run: {passes: [forward, forward-backward], burn_in: 1, steps: 3, precision: 0.01, max_seconds: 5, gap: idle}
"""


def works(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


if not (shutil.which("clang++") and works("clang++", "-fsanitize=fuzzer", "-x", "c++", os.devnull, "-shared", "-o", os.devnull)):
    # Status 5, which CTest shows as skipped.
    pytest.skip("not installed: clang with libclang-rt-dev", allow_module_level=True)


def config_seeds():
    return [ALL_KINDS.encode(), *(file.read_bytes() for file in CONFIGS)]


def npy_seeds():
    seeds = []
    for array in (
        numpy.arange(24, dtype="<f4").reshape(1, 2, 3, 4),
        numpy.arange(6, dtype="<f8").reshape(3, 2),
        numpy.arange(5, dtype="u1"),
        numpy.zeros((0, 3), dtype="<f4"),
        numpy.array(1, dtype="<i4"),
        numpy.asfortranarray(numpy.ones((2, 2), dtype="<f4")),
    ):
        for version in ((1, 0), (2, 0)):
            file = io.BytesIO()
            numpy.lib.format.write_array(file, array, version)
            seeds.append(file.getvalue())
    return seeds


def channel_seeds():
    """With and without the length that comes first."""
    own = BUILD / "all.yaml"
    own.write_text(ALL_KINDS)
    texts = subprocess.run([BUILD / "messages", own, *CONFIGS], check=True, capture_output=True).stdout.splitlines()
    return texts + [len(text).to_bytes(8, "little") + text for text in texts]


def choices_seeds():
    own = b'{"choices": [{"backend": "torch", "key": "lenet, forward, batch 2, 1 thread", "chosen": "nchw"}]}'
    return [own, b'{"cnnbench": %s, "benchmarks": []}' % own, b'{"choices": []}']


SEEDS = {"config": config_seeds, "npy": npy_seeds, "channel": channel_seeds, "choices": choices_seeds}


def dictionary(seeds):
    """The words of the seeds, and numbers at the ends of what can be."""
    words = {word for seed in seeds for word in re.findall(rb"[A-Za-z_]{2,}", seed)}
    numbers = (b"0", b"-1", b"1000000", b"4294967296", b"9223372036854775807", b"1e300", b".nan")
    return b"".join(b'"%s"\n' % word for word in (*sorted(words), *numbers))


@pytest.fixture(scope="module", autouse=True)
def built():
    for command in (
        (CMAKE, "-G", "Ninja", "-S", ROOT / "tests/fuzz", "-B", BUILD, "-DCMAKE_CXX_COMPILER=clang++"),
        (CMAKE, "--build", BUILD),
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_fuzzer_runs():
    assert {file.stem for file in (ROOT / "tests/fuzz").glob("*.cpp")} == set(SEEDS)


@pytest.mark.parametrize("name", SEEDS)
def test_nothing_is_found(name, tmp_path):
    own, finds = BUILD / name / "seeds", BUILD / name / "finds"
    for folder in (own, finds):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    seeds = SEEDS[name]()
    for i, seed in enumerate(seeds):
        (own / str(i)).write_bytes(seed)
    words = BUILD / name / "words"
    words.write_bytes(dictionary(seeds))

    options = ("-seed=1", f"-max_total_time={SECONDS}", *LIMITS, f"-dict={words}", f"-artifact_prefix={finds}/")
    done = subprocess.run(
        [BUILD / f"fuzz_{name}", *options, "-print_final_stats=1", tmp_path, own],
        cwd=ROOT / "configs",  # where a comparison finds its networks
        env={**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )

    (BUILD / name / "log").write_text(done.stderr)
    assert done.returncode == 0, f"found {[str(file) for file in finds.iterdir()]}\n{done.stderr[-8000:]}"
    assert int(re.search(r"number_of_executed_units: (\d+)", done.stderr)[1]) > 10 * len(seeds)
