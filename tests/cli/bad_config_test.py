"""Bad configs: status 2, one message with the place, no abort, nothing left behind."""

import pytest
from program import bench, mpirun, refused

GOOD = """model: small
input: {channels: 1, height: 8, width: 8}
batch: 2
layers:
  - conv: {name: conv1, filters: 4, kernel: 3}
  - dense: {name: out, units: 3}
run: {steps: 2}
"""


def changed(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


CONFIGS = {
    "unknown key": (changed("filters", "fliters"), [":5:", "fliters", "filters"]),
    "repeated key": (GOOD + "batch: 3\n", [":8:1", "batch"]),
    "wrong type": (changed("batch: 2", "batch: many"), [":3:8", "batch"]),
    "a list for a number": (changed("batch: 2", "batch: [2]"), [":3:8"]),
    "negative": (changed("filters: 4", "filters: -4"), [":5:", "filters"]),
    "huge": (changed("filters: 4", "filters: 99999999999999999999"), [":5:", "filters"]),
    "zero steps": (changed("steps: 2", "steps: 0"), [":7:", "steps"]),
    "filter larger than its input": (changed("kernel: 3", "kernel: 9"), [":5:", "9", "8"]),
    "unknown layer": (changed("- conv", "- covn"), [":5:", "covn", "conv"]),
    "no layers": ("model: small\ninput: {channels: 1, height: 8, width: 8}\nbatch: 1\n", ["layers"]),
    "empty": ("", ["empty"]),
    "not YAML": ("model: [unclosed\n", [":"]),
    "a word": ("hello\n", [":1:1"]),
    "binary": (b"\x7fELF\x02\x01\x00\xff\xfe\x00", [":1:"]),
    "deep nesting": ("[" * 100_000, [":1:"]),
    "alias bomb": (
        "a: &a [x]\n" + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi")),
        [":"],
    ),
}


def write(folder, text):
    file = folder / "broken.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


@pytest.mark.parametrize("name", CONFIGS)
def test_it_is_refused_with_its_place(tmp_path, name):
    text, words = CONFIGS[name]
    file = write(tmp_path, text)
    refused(bench("--config", file, "--output", tmp_path / "out"), "broken.yaml", *words)
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("name", ["unknown key", "binary", "zero steps"])
def test_under_mpirun_the_message_comes_once(tmp_path, name):
    text, words = CONFIGS[name]
    file = write(tmp_path, text)
    refused(mpirun(2, "--config", file, "--output", tmp_path / "out"), "broken.yaml", *words)
    assert list(tmp_path.iterdir()) == [file]


def test_the_config_that_the_others_are_made_from_is_good(tmp_path):
    done = bench("--config", write(tmp_path, GOOD), "--threads", "1", "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr


def test_a_name_that_is_not_there_gets_a_suggestion():
    refused(mpirun(2, "--config", "lenett"), "'lenett'", "did you mean 'lenet'?")


def test_a_folder_is_no_config(tmp_path):
    refused(bench("--config", tmp_path), str(tmp_path))


def test_a_comparison_whose_network_is_missing_names_it(tmp_path):
    file = tmp_path / "comparison.yaml"
    file.write_text("comparison: c\nmodels: [nowhere.yaml]\nsamples_per_epoch: 10\n")
    refused(bench("--config", file), "comparison.yaml", "nowhere.yaml")
