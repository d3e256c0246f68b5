"""kernel_bench: every distinct layer as a Google Benchmark, with Google Benchmark's own options and files."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from program import start

KERNEL_BENCH = os.environ["KERNEL_BENCH"]
COMPARE = Path("/usr/share/benchmark/compare.py")  # of the package libbenchmark-tools
LAYERS = ["conv1", "conv2", "pool1", "dropout1", "flatten", "dense", "softmax"]  # of cnn_mnist_small
PARAMETERS = ["conv1", "conv2", "dense"]
QUICK = ["--config", "cnn_mnist_small", "--batch", "2", "--threads", "1", "--benchmark_min_time=0.001"]


def kernel_bench(*arguments):
    return start([KERNEL_BENCH, *arguments])


def measured(file, *arguments):
    """Runs QUICK with these arguments, which has to go well, and gives the JSON that is left in `file`."""
    done = kernel_bench(*QUICK, f"--benchmark_out={file}", "--benchmark_out_format=json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text())


def rows(document):
    """name → row, without the ending that Google Benchmark adds; each name once."""
    names = [row["name"].removesuffix("/manual_time") for row in document["benchmarks"]]
    assert len(names) == len(set(names))
    return dict(zip(names, document["benchmarks"]))


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    return measured(
        tmp_path_factory.mktemp("kernel_bench") / "all.json", "--backend", "onednn,gemm:openblas,xnnpack"
    )


def expected_names(backend):
    """Passes are those of the config: forward and forward-backward."""
    for layer in LAYERS:
        name = f"cnn_mnist_small/{layer}/{backend}/"
        yield from (name + "forward", name + "forward_in_training")
        if layer not in ("conv1", "softmax"):  # nobody wants the gradient of images; the loss takes softmax in
            yield name + "backward_data"
        if layer in PARAMETERS:
            yield name + "backward_weights"
        if backend.startswith("gemm:") and layer.startswith("conv"):
            yield from (name + "sgemm", name + "forward_over_sgemm")


@pytest.mark.parametrize("backend", ["onednn", "gemm:openblas", "xnnpack"])
def test_every_layer_has_every_direction_once(document, backend):
    names = [name for name in rows(document) if f"/{backend}/" in name]
    assert sorted(names) == sorted(expected_names(backend))


def test_counters_are_positive(document):
    assert float(document["context"]["fma_peak_FLOP/s"]) > 0
    timed = {name: row for name, row in rows(document).items() if not row.get("error_occurred")}
    assert len(timed) > 20
    for name, row in timed.items():
        assert row["real_time"] > 0 and row["time_unit"] == "ms", name
        assert row["bytes/s"] > 0, name
        has_flops = name.split("/")[1] in PARAMETERS
        assert ("FLOP/s" in row) == ("percent_of_peak" in row) == has_flops, name
        if has_flops:
            assert row["FLOP/s"] > 0, name
            share = 100 * row["FLOP/s"] / float(document["context"]["fma_peak_FLOP/s"])
            assert row["percent_of_peak"] == pytest.approx(share, rel=1e-3), name


def test_rates_are_the_work_over_the_time(document):
    row = rows(document)["cnn_mnist_small/conv2/onednn/forward"]
    seconds = row["real_time"] / 1e3
    assert row["FLOP/s"] * seconds == pytest.approx(2 * (4 * 4 * 9) * 24 * 24 * 2, rel=1e-6)
    moved = 4 * (2 * 4 * 26 * 26 + 2 * 4 * 24 * 24 + 4 * 4 * 9 + 4)
    assert row["bytes/s"] * seconds == pytest.approx(moved, rel=1e-6)
    peak = float(document["context"]["fma_peak_FLOP/s"])
    assert row["percent_of_peak"] == pytest.approx(100 * row["FLOP/s"] / peak, rel=1e-3)


def test_gemm_stands_beside_its_own_matrix_product(document):
    all_rows = rows(document)
    beside = all_rows["cnn_mnist_small/conv2/gemm:openblas/forward_over_sgemm"]
    assert beside["conv_over_sgemm_rate"] > 0
    assert beside["sgemm_FLOP/s"] > 0
    assert beside["label"].endswith("; sgemm 4x36x1152")
    forward = all_rows["cnn_mnist_small/conv2/gemm:openblas/forward"]
    columns = 2 * 24 * 24  # both images in one tile, and its outputs apart
    assert forward["scratch_MiB"] == pytest.approx(4 * (4 * 9 + 4) * columns / 2**20, rel=1e-6)
    product = all_rows["cnn_mnist_small/conv2/gemm:openblas/sgemm"]
    work = product["FLOP/s"] * product["real_time"] / 1e3
    assert work == pytest.approx(2 * 4 * (4 * 9) * columns, rel=1e-6)


def test_winograd_is_labelled_direct_equivalent(tmp_path):
    found = rows(
        measured(tmp_path / "w.json", "--backend", "winograd:all,onednn", "--benchmark_filter=conv2/.*forward/")
    )
    assert "(direct-equivalent)" in found["cnn_mnist_small/conv2/winograd:all/forward"]["label"]
    assert "(direct-equivalent)" not in found["cnn_mnist_small/conv2/onednn/forward"]["label"]


def test_what_a_backend_cannot_run_is_an_error_with_its_reason(document):
    row = rows(document)["cnn_mnist_small/conv1/xnnpack/backward_weights"]
    assert row["error_occurred"] is True
    assert row["error_message"] == "XNNPACK has no backward pass"
    nothing = rows(document)["cnn_mnist_small/flatten/onednn/forward"]
    assert "runs nothing of its own" in nothing["error_message"]


def test_layers_equal_in_all_but_name_run_once(tmp_path):
    listed = kernel_bench("--pass", "forward", "--benchmark_list_tests=true")
    assert listed.returncode == 0, listed.stderr
    names = [line.split("/")[1] for line in listed.stdout.splitlines()]
    assert len(names) == len(set(names))
    assert "conv3_2" in names and "conv3_3" not in names
    net = tmp_path / "twins.yaml"
    convolution = "conv: {name: NAME, filters: 2, kernel: 3, padding: same}"
    net.write_text(
        "model: twins\ninput: {channels: 2, height: 5, width: 5}\nbatch: 1\nlayers:\n"
        + "".join(f"  - {convolution.replace('NAME', name)}\n" for name in ("first", "second", "third"))
    )
    found = rows(measured(tmp_path / "twins.json", "--config", net, "--benchmark_filter=twins"))
    assert list(found) == ["twins/first/onednn/forward"]
    assert found["twins/first/onednn/forward"]["label"].endswith("; also twins/second, twins/third")


def test_google_benchmarks_own_options_work():
    done = kernel_bench(
        *QUICK, "--benchmark_filter=dense/.*/forward/", "--benchmark_repetitions=3", "--benchmark_format=json"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["benchmarks"]
    assert [row["repetition_index"] for row in found if row["run_type"] == "iteration"] == [0, 1, 2]
    assert {"mean", "median", "stddev"} <= {row.get("aggregate_name") for row in found}


def test_compare_py_reads_two_of_its_files(tmp_path):
    files = [tmp_path / "old.json", tmp_path / "new.json"]
    for file in files:
        names = list(rows(measured(file, "--pass", "forward")))
    done = subprocess.run(
        [sys.executable, COMPARE, "--no-color", "benchmarks", *files], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    compared = re.findall(r"^(cnn_mnist_small/\S+)/manual_time +[+-]\d", done.stdout, re.MULTILINE)
    assert set(compared) <= set(names)
    assert "cnn_mnist_small/conv1/onednn/forward" in compared


def refused(done, *words):
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert done.stdout == ""
    for word in ("kernel_bench: ", *words):
        assert word in done.stderr


def test_wrong_arguments_are_refused():
    refused(kernel_bench("--backend", "onednm"), "'onednm' is unknown", "'onednn'", "kernel_bench --help")
    refused(kernel_bench("--backend", "onednn,nonsense"), "'nonsense' is unknown")
    refused(kernel_bench("--steps", "3"), "--steps")
    refused(kernel_bench("--benchmark_nonsense=1"), "--benchmark_nonsense")
    refused(kernel_bench("--config", "no_such_network"), "no_such_network")
    refused(kernel_bench("--config", "lenet", "--pass", "train"), "train")


def test_help_has_both_kinds_of_options():
    done = kernel_bench("--help")
    assert done.returncode == 0
    assert "--backend" in done.stdout and "--benchmark_filter" in done.stdout


def test_a_backend_in_a_process_of_its_own_is_timed_there(tmp_path):
    capped = "onednn:isa=sse41"
    names = rows(measured(tmp_path / "capped.json", "--backend", capped, "--benchmark_filter=conv1"))
    assert names[f"cnn_mnist_small/conv1/{capped}/forward"]["FLOP/s"] > 0
