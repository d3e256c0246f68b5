"""What the program tells about itself and about networks, without measuring anything."""

import csv
import io
import json

import pytest
from program import ROOT, bench, mpirun

NETWORKS = sorted(path.stem for path in (ROOT / "tests" / "golden" / "models").glob("*.csv"))


def text_of(*arguments):
    done = bench(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_help_names_every_option_of_the_design():
    text = text_of("--help")
    options = """--config --pass --backend --list-backends --views --batch --global-batch --burn-in --steps
        --precision --max-seconds --gap --threads --layer --verify --describe --format --output --seed --input --dump"""
    for option in options.split():
        assert f"{option} " in text or f"{option}\n" in text, option


def test_version_is_one_line():
    assert text_of("--version").startswith("cnnbench 0.")


def test_the_backends_are_listed_with_version_and_what_they_support():
    text = text_of("--list-backends")
    for words in ("onednn: ", "reference: ", "forward, forward-backward: conv;", "all layers", "not supported: "):
        assert words in text


def test_under_mpirun_the_help_comes_once():
    done = mpirun(2, "--version")
    assert (done.returncode, done.stdout.count("cnnbench")) == (0, 1)


@pytest.mark.parametrize("network", NETWORKS)
def test_describe_as_csv_equals_the_golden_table(network):
    golden = list(csv.DictReader((ROOT / "tests/golden/models" / f"{network}.csv").open()))
    assert golden
    described = {
        row["layer"]: row
        for row in csv.DictReader(io.StringIO(text_of("--config", network, "--describe", "--format", "csv")))
    }
    for row in golden:
        found = {key: described[row["layer"]][key] for key in row}
        # The golden tables write some outputs of a single pixel as a number.
        if "x" not in row["output"]:
            row["output"] += "x1x1"
        assert found == row
    for name in set(described) - {row["layer"] for row in golden}:
        assert described[name]["weights"] == described[name]["biases"] == "0"


def test_describe_as_json_has_every_layer_and_the_sums():
    model = json.loads(text_of("--config", "vgg16.yaml", "--describe", "--format", "json"))
    assert model["parameters"] == 138_357_544
    assert [layer["layer"] for layer in model["layers"]][:3] == ["conv1_1", "conv1_2", "pool1"]
    assert sum(layer["weights"] + layer["biases"] for layer in model["layers"]) == 138_357_544


def test_describe_as_json_of_several_networks_is_a_list():
    models = json.loads(text_of("--config", "mlp_vs_cnn", "--describe", "--format", "json"))
    assert [model["parameters"] for model in models] == [669_706, 110_986, 5_958]


def test_describe_as_a_table_is_aligned_and_fits_100_columns():
    lines = text_of("--config", "vgg16", "--describe").splitlines()
    assert max(map(len, lines)) <= 100
    row = next(line for line in lines if line.startswith("conv1_2"))
    assert "64x224x224" in row and "36,864" in row


def test_describe_measures_and_writes_nothing(tmp_path):
    assert bench("--config", "lenet", "--describe", cwd=tmp_path).returncode == 0
    assert list(tmp_path.iterdir()) == []
