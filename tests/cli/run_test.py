"""Whole runs of small networks: what is printed, what is written, what is recorded."""

import csv
import re

import pytest
from program import ROOT, bench, measured, mpirun, quick, result, run_folder, select

LAYERS = "conv1 pool1 tanh1 conv2 pool2 tanh2 hidden output softmax".split()


def test_it_reports_on_the_console_and_in_files(tmp_path):
    done = bench(*quick("--output", tmp_path / "out"))
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"^Forward across 2 steps, \S+ ± \S+ \S+/batch$", done.stdout, re.MULTILINE)
    assert re.search(r"^Forward-backward across 2 steps, ", done.stdout, re.MULTILINE)
    assert "\nVALID" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    folder = run_folder(tmp_path / "out")
    assert done.stdout.endswith(f"Results: {folder}\n")
    assert re.fullmatch(r"\d{8}T\d{6}Z-lenet", folder.name)
    assert sorted(path.name for path in folder.iterdir()) == ["layers.csv", "result.json"]


def test_a_progress_line_comes_every_ten_steps(tmp_path):
    done = bench(*quick("--steps", "25", "--pass", "forward", "--output", tmp_path))
    assert re.findall(r"^step +(\d+), duration = ", done.stdout, re.MULTILINE) == ["10", "20", "25"]


def test_the_records_are_complete(tmp_path):
    document = measured(tmp_path)
    assert document["status"] == "complete"
    assert document["verification"]["passed"] is True
    assert document["failures"] == []
    for pass_name in ("forward", "forward-backward"):
        (network,) = select(document, view="network", **{"pass": pass_name})
        assert (network["layer"], network["batch"], network["ranks"]) == ("", 2, 1)
        forward = select(document, view="layers", direction="forward", **{"pass": pass_name})
        assert [r["layer"] for r in forward if r["layer"] != "loss"] == LAYERS
        assert all(r["implementation"] for r in forward)
    trained = "conv1", "conv2", "hidden", "output"
    weights = select(document, view="layers", direction="backward_weights")
    assert sorted(r["layer"] for r in weights) == sorted(trained)
    data = {r["layer"] for r in select(document, view="layers", direction="backward_data")}
    assert "conv2" in data and "conv1" not in data, "no gradient of the input image"
    assert {c["tensor"] for c in document["verification"]["checks"] if c["layer"] == "conv2"} >= {
        "output",
        "weights_gradient",
        "bias_gradient",
    }


def test_flops_are_those_of_the_golden_table(tmp_path):
    document = measured(tmp_path, "--pass", "forward")
    golden = csv.DictReader((ROOT / "tests/golden/models/lenet.csv").open())
    for row in golden:
        for record in select(document, view="layers", layer=row["layer"], direction="forward"):
            assert record["flops"] == 2 * int(row["forward_flops_per_image"])


def test_the_csv_has_a_row_a_record(tmp_path):
    records = measured(tmp_path)["records"]
    rows = list(csv.DictReader((run_folder(tmp_path) / "layers.csv").open()))
    key = ("model", "pass", "backend", "view", "layer", "direction")
    assert [[row[k] for k in key] for row in rows] == [[r[k] for k in key] for r in records]
    assert [float(row["mean_seconds"]) for row in rows] == [r["summary"]["mean"] for r in records]


def test_steps_and_burn_in_are_exactly_those_asked_for(tmp_path):
    document = measured(tmp_path, "--steps", "13", "--burn-in", "3")
    for record in document["records"]:
        assert (record["summary"]["n"], len(record["samples"])) == (13, 13)
        assert record["stop_reason"] == "steps"
    for settings in document["settings"]:
        assert (settings["steps"], settings["burn_in"], settings["precision"]) == (13, 3, 0)


def test_the_summary_is_that_of_the_samples(tmp_path):
    for record in measured(tmp_path, "--steps", "5")["records"]:
        samples = record["samples"]
        mean = sum(samples) / 5
        sd = (sum((x - mean) ** 2 for x in samples) / 4) ** 0.5
        assert record["summary"]["mean"] == pytest.approx(mean, rel=1e-12)
        assert record["summary"]["sd"] == pytest.approx(sd, rel=1e-9)
        assert record["summary"]["median"] == sorted(samples)[2]


def test_isolated_and_prefix_views(tmp_path):
    document = measured(tmp_path, "--views", "isolated,prefix", "--pass", "forward")
    assert {r["view"] for r in document["records"]} == {"isolated", "prefix"}
    assert {r["layer"] for r in select(document, view="isolated")} == set(LAYERS)
    prefixes = select(document, view="prefix")
    assert [r["layer"] for r in prefixes if r["layer"] in LAYERS] == LAYERS
    assert [r["flops"] for r in prefixes] == sorted(r["flops"] for r in prefixes), "cumulative"


def test_only_the_layers_asked_for(tmp_path):
    document = measured(tmp_path, "--layer", "^conv", "--views", "layers,isolated")
    assert {r["layer"] for r in document["records"]} == {"conv1", "conv2"}


def test_a_comparison_prints_its_table_and_records_every_network(tmp_path):
    document = measured(tmp_path, "--config", "lenet", "--config", "mlp_vs_cnn", "--views", "network", "--pass", "forward")
    names = ["lenet", "mlp_mnist", "cnn_mnist", "cnn_mnist_small"]
    assert document["comparisons"] == [
        {"name": "mlp-vs-cnn", "samples_per_epoch": 60000, "models": names[1:]}
    ], "lenet is not part of it"
    assert [r["model"] for r in select(document, view="network")] == names


def test_errors_are_those_of_the_verified_tensors_and_direct_layers_are_not_marked(tmp_path):
    document = measured(tmp_path, "--pass", "forward-backward")
    tensors = {"forward": "output", "backward_data": "input_gradient", "backward_weights": "weights_gradient"}
    checks = {(c["layer"], c["tensor"]): c["l2_error"] for c in document["verification"]["checks"]}
    for record in select(document, view="layers"):
        assert record["direct_equivalent"] is False
        if record["layer"] != "loss":
            assert record["l2_error"] == checks.get((record["layer"], tensors.get(record["direction"])))
    assert 0 < checks["conv2", "output"] < 1e-6
    assert 0 < checks["conv2", "weights_gradient"] < 1e-5
    assert [setup["weights_seconds"] for setup in document["setups"]] == [None]


def test_winograd_is_marked_direct_equivalent_with_its_error_and_its_transform_of_weights(tmp_path):
    net = tmp_path / "net.yaml"
    net.write_text(
        "model: net\ninput: {channels: 16, height: 16, width: 16}\nbatch: 1\nlayers:\n"
        "  - conv: {name: ours, filters: 32, kernel: 3, padding: same}\n"
        "  - conv: {name: direct, filters: 4, kernel: 5}\n"
        "run: {passes: [forward, forward-backward]}\n"
    )
    done = bench(
        *quick("--config", net, "--backend", "winograd:all", "--batch", "1", "--output", tmp_path / "out")
    )
    assert (done.returncode, done.stderr) == (0, "")
    document = result(tmp_path / "out")["cnnbench"]
    forward = select(document, view="layers", direction="forward", **{"pass": "forward"})
    assert {r["layer"]: r["direct_equivalent"] for r in forward} == {"ours": True, "direct": False}
    (network,) = select(document, view="network", **{"pass": "forward"})
    assert network["direct_equivalent"] is True
    inference, training = document["setups"]
    assert inference["weights_seconds"] > 0
    assert training["weights_seconds"] is None
    assert re.search(r"^ours .* [0-9.]+† +\d\.\de-\d\d  winograd:f4x4", done.stdout, re.MULTILINE)
    assert re.search(r"^direct .* [0-9.]+ +\d\.\de-\d\d  ", done.stdout, re.MULTILINE)
    assert "† direct-equivalent: " in done.stdout
    assert "of which transforming and packing weights" in " ".join(done.stdout.split())


def test_the_fma_peak_is_measured_where_something_is_timed(tmp_path):
    document = measured(tmp_path / "timed", "--pass", "forward")
    ceilings = document["machine"]["ceilings"]
    if "built without optimisation" in " ".join(document["warnings"]):
        assert ceilings is None
    else:
        assert ceilings["fma_flops_per_second"] > 1e9
        measured_peaks = ceilings["fma_flops_per_second_measured"]
        assert len(measured_peaks) == 2, "at start-up and after the views, which take turns"
        assert max(measured_peaks) == ceilings["fma_flops_per_second"]
        assert ceilings["threads"] == document["threads"][0]
        assert ceilings["instruction_set"]
    assert measured(tmp_path / "verified", "--verify", "only")["machine"]["ceilings"] is None


def test_slowdowns_can_be_computed_again_from_seconds(tmp_path):
    document = measured(tmp_path, "--pass", "forward", ranks=2)
    references = document["machine"]["canary_references"]
    assert [len(ranks) for ranks in references.values()] == [2, 2, 2]
    for record in document["records"]:
        conditions = record["conditions"]
        for part, ratio in {"cores": "slowdown", "cache": "cache_slowdown", "memory": "memory_slowdown"}.items():
            times = zip(conditions["canaries"][part + "_seconds"], references[part + "_seconds"], strict=True)
            known = [now / best for now, best in times if now is not None and best]
            assert conditions[ratio] == (pytest.approx(max(known)) if known else None)


def test_variables_that_change_what_runs_are_named(tmp_path):
    done = bench(*quick("--output", tmp_path))
    words = " ".join(done.stdout.split())
    assert re.search(r"variables .*OMP_WAIT_POLICY=passive", words)
    (facts,) = result(tmp_path)["cnnbench"]["environment"]
    assert facts["environment_variables"]["OMP_WAIT_POLICY"] == "passive"


def test_two_ranks_are_gathered_into_one_report(tmp_path):
    done = mpirun(2, *quick("--output", tmp_path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Forward across") == 1
    document = result(tmp_path)["cnnbench"]
    assert (document["ranks"], len(document["environment"])) == (2, 2)
    for record in select(document, view="network"):
        assert [r["rank"] for r in record["per_rank"]] == [0, 1]
        assert sum(r["slowest_steps"] for r in record["per_rank"]) == 2
        assert record["summary"]["mean"] >= max(r["summary"]["mean"] for r in record["per_rank"]) * (1 - 1e-12)


def test_a_global_batch_is_divided_over_the_ranks(tmp_path):
    arguments = ["--config", "lenet", "--global-batch", "6", "--steps", "1", "--burn-in", "0", "--threads", "1"]
    done = mpirun(2, *arguments, "--output", tmp_path)
    assert done.returncode == 0, done.stderr
    assert {r["batch"] for r in result(tmp_path)["cnnbench"]["records"]} == {3}


def test_the_backends_take_turns_in_one_run(tmp_path):
    document = measured(tmp_path, "--backend", "onednn,reference", "--pass", "forward")
    assert {r["backend"] for r in document["records"]} == {"onednn", "reference"}


def test_several_backends_are_compared_on_the_console_and_in_files(tmp_path):
    arguments = ["--backend", "onednn,reference", "--pass", "forward", "--steps", "20", "--output", tmp_path]
    done = bench(*quick(*arguments))
    assert done.returncode == 0, done.stderr
    assert "\nBackends on lenet, forward: batch 2" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100
    with (run_folder(tmp_path) / "backends.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0].keys() == result(tmp_path)["cnnbench"]["backend_comparison"][0].keys()
    for backend in ("onednn", "reference"):
        layers = [r["layer"] for r in rows if (r["scope"], r["backend"]) == ("layer", backend)]
        assert layers == LAYERS
        (network,) = [r for r in rows if (r["scope"], r["backend"]) == ("network", backend)]
        (record,) = select(result(tmp_path)["cnnbench"], view="network", backend=backend)
        assert float(network["median_seconds"]) == record["summary"]["median"]
        assert float(network["ratio_low"]) <= float(network["ratio"]) <= float(network["ratio_high"])


def test_verify_off_checks_nothing_and_verify_only_measures_nothing(tmp_path):
    off = measured(tmp_path / "off", "--verify", "off")
    assert (off["verification"]["passed"], off["verification"]["tensors"]) == (None, 0)
    only = measured(tmp_path / "only", "--verify", "only")
    assert only["records"] == [] and only["verification"]["passed"] is True


def test_a_layer_that_a_backend_cannot_run_is_a_result(tmp_path):
    config = tmp_path / "cropped.yaml"
    config.write_text(
        "model: cropped\ninput: {channels: 1, height: 8, width: 8}\nbatch: 1\n"
        "layers:\n  - conv: {name: deep, filters: 2, kernel: 3, crop: 1}\n"
    )
    arguments = ["--config", config, "--backend", "onednn,reference", "--pass", "forward", "--steps", "1"]
    done = bench(*arguments, "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    document = result(tmp_path / "out")["cnnbench"]
    (failure,) = document["failures"]
    assert (failure["backend"], failure["layer"], failure["reason"]) == ("onednn", "deep", "unsupported")
    assert {r["backend"] for r in document["records"]} == {"reference"}


def test_a_config_is_found_by_name_from_anywhere(tmp_path):
    done = bench(*quick("--config", "lenet.yaml"), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert run_folder(tmp_path / "results").name.endswith("-lenet")
