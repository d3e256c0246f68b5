"""scripts/plot.py as a user runs it."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib.image
import pytest
from cnnbench_compare.arms import result_files
from cnnbench_results.result import ResultError, read_result
from synthetic_result import Synthetic, lenet, mlp_and_cnns, two_layers

PLOT = Path(__file__).resolve().parents[2] / "scripts" / "plot.py"


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(PLOT), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def fails(arguments, *words):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("plot.py: ")
    for word in words:
        assert word in done.stderr
    assert "Traceback" not in done.stderr


def test_figures_go_into_the_run_folder_and_their_paths_are_printed(tmp_path):
    folder = Synthetic([lenet()]).write(tmp_path / "run")
    done = run(folder)
    assert (done.returncode, done.stderr) == (0, "")
    expected = {
        f"{name}-lenet-forward-onednn.{kind}"
        for name in ("layers", "time-against-flops")
        for kind in ("png", "svg")
    }
    assert {p.name for p in (folder / "figures").iterdir()} == expected
    assert set(done.stdout.split()) == {str(folder / "figures" / name) for name in expected}


def test_a_png_has_200_dots_an_inch_and_an_svg_is_one(tmp_path):
    folder = Synthetic([two_layers()]).write(tmp_path / "run")
    run(folder)
    picture = matplotlib.image.imread(folder / "figures" / "layers-filters-forward-onednn.png")
    assert picture.shape[1] == 1440  # 7.2 inches
    assert "<svg" in (folder / "figures" / "layers-filters-forward-onednn.svg").read_text()


def test_a_comparison_has_its_figure_and_a_file_is_as_good_as_its_folder(tmp_path):
    made = Synthetic(
        mlp_and_cnns(),
        passes=["forward", "train"],
        views=["network"],
        comparison="mlp-vs-cnn",
        samples_per_epoch=60000,
    )
    folder = made.write(tmp_path / "run")
    assert run(folder / "result.json", "--output", tmp_path / "out").returncode == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        f"comparison-mlp-vs-cnn-{p}-onednn.{kind}" for p in ("forward", "train") for kind in ("png", "svg")
    }
    assert not (folder / "figures").exists()


def test_a_result_may_be_compressed(tmp_path):
    folder = Synthetic([two_layers()]).write(tmp_path / "run")
    plain = folder / "result.json"
    packed = folder / "result.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    assert run(folder).returncode == 0
    assert (folder / "figures" / "layers-filters-forward-onednn.png").exists()
    assert result_files(tmp_path) == [packed]
    packed.write_bytes(packed.read_bytes()[:-20])
    done = run(folder)
    assert done.returncode == 2
    assert "result.json.gz: not a whole file of gzip: " in done.stderr


def test_a_result_of_an_older_version_compares_all_its_networks(tmp_path):
    made = Synthetic(mlp_and_cnns(), views=["network"])
    top = made.document["cnnbench"]
    del top["comparisons"]
    top.update(comparison="mlp-vs-cnn", samples_per_epoch=60000)
    folder = made.write(tmp_path / "run")
    assert run(folder).returncode == 0
    assert (folder / "figures" / "comparison-mlp-vs-cnn-forward-onednn.png").exists()


def test_several_results_have_a_folder_each(tmp_path):
    first = Synthetic([two_layers()]).write(tmp_path / "a" / "run")
    second = Synthetic([two_layers()]).write(tmp_path / "b" / "run")
    assert run(first, second, "--output", tmp_path / "out").returncode == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"run", "run-2"}


def test_names_that_no_file_can_have_are_changed(tmp_path):
    folder = Synthetic([two_layers()], backend="gemm:open/../blas").write(tmp_path / "run")
    assert run(folder).returncode == 0
    assert (folder / "figures" / "layers-filters-forward-gemm-open-..-blas.png").exists()


def test_the_same_result_gives_the_same_svg(tmp_path):
    folder = Synthetic([two_layers()]).write(tmp_path / "run")
    contents = []
    for name in ("one", "two"):
        run(folder, "--output", tmp_path / name)
        contents.append((tmp_path / name / "layers-filters-forward-onednn.svg").read_bytes())
    assert contents[0] == contents[1]


def test_a_missing_file_is_named(tmp_path):
    fails([tmp_path / "nowhere"], "nowhere: no such file")
    fails([tmp_path], "result.json: no such file")


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "not JSON"),
        (b'{"cnnbench":\n  oops}', "result.json:2:3: not JSON"),
        (b"\xff\xfe\x00\x01", "not JSON"),
        (b"[" * 100000, "nested too deeply"),
        (b"[1, 2]", "no object `cnnbench`"),
        (b'{"benchmarks": []}', "no object `cnnbench`"),
        (b'{"cnnbench": {"schema": 99}}', "schema is 99"),
        (b'{"cnnbench": {}}', "schema is null"),
        (b'{"cnnbench": {"schema": 1}}', "cnnbench.records is missing"),
        (b'{"cnnbench": {"schema": 1, "records": []}}', "records is empty: nothing was measured"),
        (b'{"cnnbench": {"schema": 1, "records": [7]}}', "cnnbench.records[0] is not an object"),
    ],
)
def test_a_file_that_is_no_result_is_refused_in_one_line(tmp_path, content, words):
    (tmp_path / "result.json").write_bytes(content)
    fails([tmp_path], words)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda r: r.update(ranks=0), "records[0].ranks is less than 1"),
        (lambda r: r.pop("flops"), "records[0].flops is missing"),
        (lambda r: r.update(flops="many"), "records[0].flops has the wrong type (str)"),
        (lambda r: r.update(flops=None), "records[0].flops has the wrong type"),
        (lambda r: r["summary"].update(mean=-1), "records[0].summary.mean is not a finite number"),
        (lambda r: r["summary"].update(mean=float("nan")), "records[0].summary.mean is not a finite number"),
        (lambda r: r.update(samples=[1, "x"]), "records[0].samples holds something"),
        (
            lambda r: r.update(layer="pool1"),
            "two records of the same quantity: lenet/forward/onednn/layers/pool1/forward",
        ),
    ],
)
def test_a_record_that_is_malformed_is_refused_with_its_place(tmp_path, change, words):
    made = Synthetic([lenet()])
    change(made.records[0])
    with pytest.raises(ResultError) as error:
        read_result(made.write(tmp_path / "run"))
    assert words in str(error.value)


def test_a_result_without_anything_to_draw_is_an_error(tmp_path):
    fails([Synthetic([lenet()], views=["network"]).write(tmp_path / "run")], "nothing to draw")


def test_all_results_are_read_before_any_figure_is_written(tmp_path):
    good = Synthetic([two_layers()]).write(tmp_path / "good")
    fails([good, tmp_path / "nowhere"], "nowhere")
    assert not (good / "figures").exists()


def test_an_unwritable_place_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    fails(
        [Synthetic([two_layers()]).write(tmp_path / "run"), "--output", tmp_path / "file"],
        "file: cannot be written",
    )


def test_no_result_is_a_usage_error():
    assert run().returncode == 2


def test_missing_matplotlib_is_said_in_one_line(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError")
    done = run(tmp_path, PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "plot.py: matplotlib is missing: install it with `apt install python3-matplotlib`\n"


def test_unknown_keys_and_nulls_do_no_harm(tmp_path):
    made = Synthetic([lenet()])
    top = made.document["cnnbench"]
    top.update(
        comparisons=[], future={"x": 1}, backends={"onednn": {"version": None}}
    )
    top["environment"] = [{"cpu_model": None}]
    made.records[0].update(imbalance=None, kind=None, future=1)
    folder = made.write(tmp_path / "run")
    assert json.loads((folder / "result.json").read_text())["cnnbench"]["future"] == {"x": 1}
    assert run(folder).returncode == 0


def test_the_script_can_be_run_as_it_is():
    assert PLOT.read_text().splitlines()[0] == "#!/usr/bin/python3"
    assert os.access(PLOT, os.X_OK)
