"""Bad arguments: status 2, one message, nothing left behind."""

import pytest
from program import bench, mpirun, quick, refused

ARGUMENTS = [
    (["--nonsense"], ["--nonsense"]),
    (["stray"], ["stray"]),
    (["--pass", "forwrd"], ["--pass", "did you mean 'forward'?"]),
    (["--pass", "forward,backward"], ["--pass", "'backward' is unknown"]),
    (["--backend", "onedn"], ["--backend", "did you mean 'onednn'?", "known: "]),
    (["--views", "network,layer"], ["--views", "did you mean 'layers'?"]),
    (["--format", "jsn"], ["--format", "did you mean 'json'?"]),
    (["--verify", "maybe"], ["--verify", "known: on, off, only"]),
    (["--steps", "0"], ["--steps"]),
    (["--steps", "-5"], ["--steps"]),
    (["--steps", "ten"], ["--steps"]),
    (["--steps", "99999999999999999999"], ["--steps"]),
    (["--burn-in", "-1"], ["--burn-in"]),
    (["--batch", "0"], ["--batch"]),
    (["--global-batch", "0"], ["--global-batch"]),
    (["--batch", "2", "--global-batch", "4"], ["--global-batch", "--batch"]),
    (["--threads", "0"], ["--threads"]),
    (["--precision", "nan"], ["--precision"]),
    (["--precision", "-0.1"], ["--precision"]),
    (["--max-seconds", "0"], ["--max-seconds"]),
    (["--layer", "["], ["--layer", "not a regular expression"]),
    (["--layer", "nothing"], ["--layer", "no layer"]),
    (["--seed", "-1"], ["--seed"]),
    (["--config", "lenet", "--config", "lenet"], ["'lenet'"]),
    (["--steps", "1", "--steps", "2"], ["--steps"]),
    (["--input", "nowhere.npy"], ["--input", "nowhere.npy"]),
]


@pytest.mark.parametrize("arguments, words", ARGUMENTS, ids=[" ".join(a) for a, _ in ARGUMENTS])
def test_it_is_refused_in_one_message(tmp_path, arguments, words):
    refused(bench(*quick(*arguments), cwd=tmp_path), *words)
    assert list(tmp_path.iterdir()) == []


def test_a_config_is_needed():
    refused(bench(), "--config", "for example")


def test_under_mpirun_the_message_comes_once(tmp_path):
    refused(mpirun(2, *quick("--views", "netwrk"), cwd=tmp_path), "did you mean 'network'?")
    assert list(tmp_path.iterdir()) == []


def test_a_global_batch_that_does_not_divide_names_one_that_does():
    refused(mpirun(2, "--config", "lenet", "--global-batch", "7"), "7 samples", "2 ranks", "8 would")


@pytest.mark.parametrize("below", ["", "/deeper"])
def test_a_file_in_the_way_of_the_output(tmp_path, below):
    (tmp_path / "file").write_text("kept")
    refused(bench(*quick("--output", f"{tmp_path}/file{below}")), "file", "Not a directory")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_file_in_the_way_of_the_dump(tmp_path):
    (tmp_path / "file").write_text("kept")
    refused(bench(*quick("--dump", tmp_path / "file", "--output", tmp_path / "out")), "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("start", [bench, lambda *arguments: mpirun(2, *arguments)], ids=["1", "2"])
def test_a_network_larger_than_memory_is_refused_with_both_figures(tmp_path, start):
    done = start("--config", "vgg16", "--batch", "100000", "--output", tmp_path / "out")
    refused(done, "vgg16", "at batch 100000 needs about", "GiB is available")
    assert list(tmp_path.iterdir()) == []
