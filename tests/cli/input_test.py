"""--input: images of the user's in place of random ones."""

import numpy as np
import pytest
from program import bench, measured, quick, refused

FORWARD = ("--pass", "forward", "--verify", "on", "--views", "network")


def dumped_input(tmp_path, images, batch):
    np.save(tmp_path / "images.npy", images)
    arguments = ["--batch", batch, "--input", tmp_path / "images.npy", "--dump", tmp_path / "dump"]
    document = measured(tmp_path / "out", *FORWARD, *arguments)
    assert document["settings"][0]["input"] == str(tmp_path / "images.npy")
    return np.load(tmp_path / "dump/onednn/forward/input.npy")


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint8])
def test_images_are_taken_as_they_are(tmp_path, kind):
    images = np.random.default_rng(1).integers(0, 255, (3, 1, 28, 28)).astype(kind)
    np.testing.assert_array_equal(dumped_input(tmp_path, images, 3), images.astype(np.float32))


def test_fewer_images_than_the_batch_are_repeated(tmp_path):
    images = np.random.default_rng(1).random((2, 1, 28, 28), np.float32)
    np.testing.assert_array_equal(dumped_input(tmp_path, images, 5), images[[0, 1, 0, 1, 0]])


def no_array(path):
    path.write_bytes(b"not an array")


def cut_short(path):
    np.save(path, np.zeros((1, 1, 28, 28), np.float32))
    path.write_bytes(path.read_bytes()[:-4])


def with_value(value, place, kind=np.float32):
    def write(path):
        images = np.zeros((3, 1, 28, 28), kind)
        images[place] = value
        np.save(path, images)

    return write


WRONG = {
    "nan": (with_value(np.nan, (2, 0, 5, 27)), "NaN at image 2, channel 0, row 5, column 27"),
    "infinity": (with_value(-np.inf, (0, 0, 27, 0)), "an infinite value at image 0, channel 0, row 27, column 0"),
    "double": (with_value(1e300, (1, 0, 0, 3), np.float64), "an infinite value at image 1, channel 0, row 0, col"),
    "shape": (lambda p: np.save(p, np.zeros((2, 3, 28, 28), np.float32)), "(2, 3, 28, 28)"),
    "dimensions": (lambda p: np.save(p, np.zeros((28, 28), np.float32)), "(28, 28)"),
    "no images": (lambda p: np.save(p, np.zeros((0, 1, 28, 28), np.float32)), "(0, 1, 28, 28)"),
    "type": (lambda p: np.save(p, np.zeros((1, 1, 28, 28), np.int64)), "float32"),
    "order": (lambda p: np.save(p, np.asfortranarray(np.zeros((2, 1, 28, 28), np.float32))), "Fortran"),
    "no array": (no_array, "not a .npy file"),
    "cut short": (cut_short, "shorter"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_fit_is_refused(tmp_path, name):
    write, word = WRONG[name]
    write(tmp_path / "wrong.npy")
    done = bench(*quick(*FORWARD, "--input", tmp_path / "wrong.npy", "--output", tmp_path / "out"))
    refused(done, "--input", "wrong.npy", word)
    assert not (tmp_path / "out").exists()
