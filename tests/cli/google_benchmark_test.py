"""result.json is also a file of Google Benchmark's: its own compare.py reads it."""

import re
import subprocess
import sys
from pathlib import Path

from program import measured, result, run_folder

COMPARE = Path("/usr/share/benchmark/compare.py")  # of the package libbenchmark-tools


def test_compare_py_reads_two_results_and_pairs_their_rows(tmp_path):
    for name in ("old", "new"):
        measured(tmp_path / name)
    files = [run_folder(tmp_path / name) / "result.json" for name in ("old", "new")]
    done = subprocess.run(
        [sys.executable, COMPARE, "--no-color", "benchmarks", *files], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    rows = [row["name"] for row in result(tmp_path / "new")["benchmarks"]]
    assert "lenet/forward/onednn/network" in rows
    compared = re.findall(r"^(lenet/\S+) +[+-]\d", done.stdout, re.MULTILINE)
    assert compared == rows


def test_compare_py_finds_no_difference_of_a_result_from_itself(tmp_path):
    measured(tmp_path, "--pass", "forward")
    file = run_folder(tmp_path) / "result.json"
    done = subprocess.run(
        [sys.executable, COMPARE, "--no-color", "benchmarks", file, file], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    changes = re.findall(r"^lenet/\S+ +(\S+) +(\S+)", done.stdout, re.MULTILINE)
    assert changes and set(changes) == {("+0.0000", "+0.0000")}


def test_it_has_what_google_benchmark_writes(tmp_path):
    measured(tmp_path)
    document = result(tmp_path)
    context = document["context"]
    for key in ("date", "host_name", "executable", "num_cpus", "mhz_per_cpu", "caches", "library_build_type"):
        assert key in context
    assert context["json_schema_version"] == 1
    assert len(document["benchmarks"]) == len(document["cnnbench"]["records"])
    for row, record in zip(document["benchmarks"], document["cnnbench"]["records"]):
        assert row["run_type"] == "iteration"
        assert row["time_unit"] == "ns"
        assert row["iterations"] == record["summary"]["n"]
        assert row["real_time"] == record["summary"]["mean"] * 1e9
