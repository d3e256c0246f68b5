"""Backends that choose by timing choose alike on all ranks, and again what they are given with --choices."""

import json
import os
import signal
import subprocess
import time

import pytest
from program import BENCH, ENVIRONMENT, bench, mpirun, mpirun_unlike, quick, refused, result, start

NETWORK = """\
model: small
input: {channels: 16, height: 16, width: 16}
batch: 2
layers:
  - conv: {name: first, filters: 32, kernel: 3, padding: same, activation: relu}
  - conv: {name: second, filters: 32, kernel: 3, padding: same, activation: relu}
  - flatten
  - dense: {name: last, units: 10}
loss: l2
"""


def there(backend):
    """Whether a backend was built."""
    return f"'{backend}' is not there" not in bench("--config", "nowhere", "--backend", backend).stderr


BACKENDS = ["onednn", "onednn:impl=best", "winograd:tune", *(["torch"] if there("torch") else [])]
ARGUMENTS = ["--backend", ",".join(BACKENDS), "--pass", "forward,forward-backward", "--steps", 2]


@pytest.fixture
def network(tmp_path):
    path = tmp_path / "small.yaml"
    path.write_text(NETWORK)
    return path


def run(network, output, *arguments, ranks=2):
    """(`cnnbench` of result.json, stdout) of a run that goes well."""
    command = quick("--config", network, "--output", output, *ARGUMENTS, *arguments)
    done = mpirun(ranks, *command)
    assert done.returncode == 0, done.stdout + done.stderr
    return result(output)["cnnbench"], done.stdout


def chosen(document):
    return {(c["backend"], c["key"]): c["chosen"] for c in document["choices"]}


def implementations(document):
    return [
        (r["backend"], r["pass"], r["layer"], r["direction"], r["implementation"], r["layout"])
        for r in document["records"]
        if r["view"] == "layers"
    ]


def count(document, of):
    return sum(choice["from"] == of for choice in document["choices"])


def test_a_run_is_repeated_to_the_kernel_with_the_choices_of_another(tmp_path, network):
    first, text = run(network, tmp_path / "first")
    made = len(first["choices"])
    assert {choice["backend"] for choice in first["choices"]} == set(BACKENDS) - {"onednn"}
    assert count(first, "timing") == made
    assert f"Choices of the backends: {made} by timing, 0 taken over" in " ".join(text.split())
    for choice in first["choices"]:
        names = [candidate["name"] for candidate in choice["candidates"]]
        assert choice["chosen"] in names and len(names) > 1
        assert "2 threads" in choice["key"] or "1 thread" in choice["key"]

    (file,) = (tmp_path / "first").glob("*/result.json")
    again, text = run(network, tmp_path / "again", "--choices", file)
    assert chosen(again) == chosen(first)
    assert implementations(again) == implementations(first)
    assert count(again, "file") == made
    assert f"Choices of the backends: 0 by timing, {made} taken over from --choices" in " ".join(text.split())
    assert all(c["seconds"] is None for choice in again["choices"] for c in choice["candidates"])


def test_other_choices_are_obeyed_and_one_that_is_gone_is_timed_with_a_warning(tmp_path, network):
    first, _ = run(network, tmp_path / "first", ranks=1)
    given = []
    for choice in first["choices"]:
        others = [c["name"] for c in choice["candidates"] if c["name"] != choice["chosen"] and c["seconds"]]
        given.append({**choice, "chosen": others[0] if others else choice["chosen"]})
    gone = given.pop()
    file = tmp_path / "choices.json"
    file.write_text(json.dumps({"choices": [*given, {**gone, "chosen": "magic"}]}))

    again, text = run(network, tmp_path / "again", "--choices", file, ranks=1)
    wanted = {(c["backend"], c["key"]): c["chosen"] for c in given}
    found = chosen(again)
    assert {key: found[key] for key in wanted if key in found} == {k: v for k, v in wanted.items() if k in found}
    assert count(again, "file") > 0
    (timed,) = [c for c in again["choices"] if (c["backend"], c["key"]) == (gone["backend"], gone["key"])]
    assert timed["from"] == "timing"
    (warning,) = [w for w in again["warnings"] if "--choices" in w]
    assert gone["backend"] in warning and gone["key"] in warning and "magic" in warning
    assert "WARNING: --choices" in text


def test_ranks_with_other_candidates_are_a_failure_of_that_backend_alone(tmp_path, network):
    arguments = quick("--config", network, "--output", tmp_path / "out", "--backend", "onednn:impl=best,gemm:eigen")
    done = mpirun_unlike(2, arguments, ["env", "ONEDNN_MAX_CPU_ISA=SSE41"])
    assert done.returncode == 1, done.stderr
    (failure,) = result(tmp_path / "out")["cnnbench"]["failures"]
    assert failure["backend"] == "onednn:impl=best"
    for words in ("the ranks cannot choose together: rank 0 chooses for conv", "rank 1 chooses for conv"):
        assert words in failure["message"]


def test_a_run_without_choices_does_not_speak_of_them(tmp_path):
    done = bench(*quick("--output", tmp_path))
    assert done.returncode == 0
    assert "Choices of" not in done.stdout
    assert result(tmp_path)["cnnbench"]["choices"] == []


def test_an_interruption_ends_the_choosing(tmp_path):
    """Where it went on for longer than the program's patience, the status would be that of the signal."""
    path = tmp_path / "large.yaml"
    path.write_text(
        "model: large\ninput: {channels: 256, height: 56, width: 56}\nbatch: 4\nloss: l2\n"
        "layers:\n  - conv: {filters: 256, kernel: 3, padding: same}\n"
    )
    arguments = ["--config", path, "--backend", "onednn:impl=best", "--verify", "off", "--batch", 4]
    arguments += ["--steps", 10_000_000, "--output", tmp_path / "out"]
    command = [str(word) for word in (BENCH, *quick(*arguments))]
    with subprocess.Popen(command, text=True, env=ENVIRONMENT, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            if line.startswith("large, forward"):
                break
        time.sleep(1)
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 3
    assert result(tmp_path / "out")["cnnbench"]["choices"] == []


BAD_FILES = {
    "empty": ("", ["line 1, column 1"]),
    "no JSON": ('{"choices": [}', ["line 1, column 14"]),
    "a list": ("[]", ["no list choices"]),
    "no choices": ('{"cnnbench": {}}', ["no list cnnbench.choices"]),
    "no list": ('{"choices": {}}', ["no list choices"]),
    "no object": ('{"choices": [1]}', ["choices[0].backend is not a text"]),
    "a number": (
        '{"cnnbench": {"choices": [{"backend": "a", "key": "b", "chosen": "c"}, {"backend": "a", "key": 1}]}}',
        ["cnnbench.choices[1].key is not a text"],
    ),
}


@pytest.mark.parametrize("text, words", BAD_FILES.values(), ids=BAD_FILES)
@pytest.mark.parametrize("run_it", [bench, lambda *arguments: mpirun(2, *arguments)], ids=["1", "2"])
def test_a_bad_file_is_refused_with_its_place(tmp_path, run_it, text, words):
    file = tmp_path / "choices.json"
    file.write_text(text)
    refused(run_it(*quick("--choices", file, "--output", tmp_path / "out")), "--choices", "choices.json", *words)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("path, reason", [("nowhere.json", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_read_is_refused(tmp_path, path, reason):
    refused(bench(*quick("--choices", tmp_path / path, "--output", tmp_path / "out")), "--choices", reason)
