"""scripts/plot_filters.py as a user runs it, with a bench that is made up."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cnnbench_plots import filters, photo
from cnnbench_results.result import ResultError
from drawn import overlaps
from matplotlib.image import imread, imsave

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "plot_filters.py"
# Its feature maps are the red pixels and what is left of 1; it keeps what it was given in `given`.
BENCH = """#!{python}
import json, sys
from pathlib import Path
import numpy as np
words = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if "--describe" in sys.argv:
    print('{description}')
    sys.exit({status})
given = Path({given!r})
images = np.load(words["--input"])
np.save(given / "input.npy", images)
(given / "words.json").write_text(json.dumps(words))
folder = Path(words["--dump"]) / "fake" / "forward"
folder.mkdir(parents=True)
np.save(folder / "edges.output.npy", np.stack([images[:, 0], 1 - images[:, 0]], axis=1))
"""
FILTERS = {"input": "3x40x30", "layers": [{"layer": "edges", "kind": "conv"}]}


@pytest.fixture
def bench(tmp_path):
    """Makes a bench: bench(description, exit status of --describe)."""

    def make(description=FILTERS, status=0):
        file = tmp_path / "bench"
        text = description if isinstance(description, str) else json.dumps(description)
        file.write_text(
            BENCH.format(python=sys.executable, description=text, status=status, given=str(tmp_path))
        )
        file.chmod(0o755)
        return file

    return make


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def fails(done, *words):
    assert done.returncode == 2, done.stdout
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("plot_filters.py: ")
    for word in words:
        assert word in done.stderr


def pixels(page):
    """[height, width, 3] of what a page shows."""
    page.figure.canvas.draw()
    return np.asarray(page.figure.canvas.buffer_rgba())[..., :3].astype(int)


def halves(path, height, width):
    """A picture, its left half red and its right half blue."""
    picture = np.zeros((height, width, 3))
    picture[:, : width // 2, 0] = 1
    picture[:, width // 2 :, 2] = 1
    imsave(path, picture)
    return path


def test_the_figure_goes_where_it_is_said_and_its_paths_are_printed(tmp_path, bench):
    done = run(halves(tmp_path / "a.png", 80, 60), "--bench", bench(), "--output", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    files = [tmp_path / "out" / f"photo-and-feature-maps.{kind}" for kind in ("png", "svg")]
    assert done.stdout.split() == [str(file) for file in files]
    assert imread(files[0]).shape[1] == 1440  # 7.2 inches at 200 dots
    text = files[1].read_text()
    assert "<svg" in text
    assert text.count("<image") == 3


def test_bench_gets_the_photo_as_the_tutorial_had_it(tmp_path, bench):
    run(halves(tmp_path / "a.png", 80, 60), "--bench", bench(), "--output", tmp_path / "out", "--seed", 7)
    given = np.load(tmp_path / "input.npy")
    assert (given.shape, given.dtype) == ((1, 3, 40, 30), np.float32)
    # Away from the edge in the middle, over which resizing mixes: red is 255 of 256, left only.
    np.testing.assert_allclose(given[0, 0, :, :12], 255 / 256, rtol=1e-6)
    np.testing.assert_allclose(given[0, 0, :, 18:], 0, atol=1e-6)
    np.testing.assert_allclose(given[0, 2, :, 18:], 255 / 256, rtol=1e-6)
    words = json.loads((tmp_path / "words.json").read_text())
    assert (words["--config"], words["--pass"], words["--seed"], words["--batch"]) == (
        "filters",
        "forward",
        "7",
        "1",
    )


@pytest.mark.parametrize("height, width", [(40, 120), (160, 30)])
def test_the_middle_of_a_photo_of_another_shape_is_taken(tmp_path, height, width):
    picture = np.ones((height, width, 3))
    top, left = (height - 40) // 2, (width - 30) // 2
    picture[top : top + 40, left : left + 30] = (0, 0.2, 0.4)
    imsave(tmp_path / "a.png", picture)
    # All of the middle and nothing of the white around it, whatever its size.
    np.testing.assert_allclose(photo.read_photo(tmp_path / "a.png", 40, 30) - (0, 0.2, 0.4), 0, atol=0.01)


@pytest.mark.parametrize("kind", ["RGBA", "L", "P"])
def test_every_kind_of_png_has_three_colours(tmp_path, kind):
    from PIL import Image

    Image.new(kind, (30, 40)).save(tmp_path / "a.png")
    assert photo.read_photo(tmp_path / "a.png", 40, 30).shape == (40, 30, 3)


def test_without_a_photo_the_one_of_matplotlib_is_taken(tmp_path, bench):
    done = run("--bench", bench(), "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "public domain" in " ".join((tmp_path / "out/photo-and-feature-maps.svg").read_text().split())
    assert np.load(tmp_path / "input.npy").std() > 0.1


def test_where_that_is_missing_a_picture_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr(photo, "SHIPPED", "nowhere.jpg")
    assert photo.shipped_photo() is None
    picture = photo.drawn_picture(639, 516)
    assert picture.shape == (639, 516, 3)
    assert picture.min() >= 0 and picture.max() <= 1
    grey = picture.mean(axis=2)
    # Edges of both directions: neighbours that differ much.
    assert (np.abs(np.diff(grey, axis=0)) > 0.2).sum() > 500
    assert (np.abs(np.diff(grey, axis=1)) > 0.2).sum() > 500


def test_the_maps_are_drawn_beside_the_photo_in_grey(tmp_path):
    ramp = np.tile(np.linspace(0.4, 0.6, 30), (40, 1))
    picture = np.zeros((40, 30, 3))
    picture[...] = (0.2, 0.4, 0.8)
    page = filters.draw(picture, np.stack([ramp, ramp[:, ::-1]]), "conv1", "facts", "caption")
    image = pixels(page)
    height, width = image.shape[:2]
    row = image[height // 2]
    assert np.abs(row[width // 6] - np.array([51, 102, 204])).max() <= 2
    at = [int(width * (0.345 + 0.31 * part)) for part in (0.05, 0.5, 0.95)]
    assert row[at[0], 0] < 40 and 100 < row[at[1], 0] < 155 and row[at[2], 0] > 215
    assert (row[at] == row[at][:, :1]).all()  # grey


@pytest.mark.parametrize("number", [1, 2, 5])
def test_any_number_of_maps_has_its_place(number):
    page = filters.draw(
        np.zeros((40, 30, 3)), np.random.default_rng(1).random((number, 32, 22)), "c", "f", "c"
    )
    boxes = [axes.get_position() for axes in page.figure.axes]
    assert len(boxes) == number + 1
    assert all(0 <= box.x0 and box.x1 <= 1 and 0 <= box.y0 and box.y1 <= 1 for box in boxes)
    assert overlaps(page) == []
    for i, a in enumerate(boxes):
        assert not any(a.overlaps(b) for b in boxes[:i])


def test_a_map_that_is_the_same_everywhere_can_be_drawn():
    pixels(filters.draw(np.zeros((4, 3, 3)), np.full((1, 4, 3), 0.5), "c", "f", "c"))


def test_what_is_no_image_is_refused(tmp_path, bench):
    (tmp_path / "a.png").write_text("no image")
    fails(run(tmp_path / "a.png", "--bench", bench()), "a.png", "no image that can be read")
    fails(run(tmp_path / "nowhere.png", "--bench", bench()), "nowhere.png", "No such file")
    halves(tmp_path / "short.png", 80, 60)
    (tmp_path / "short.png").write_bytes((tmp_path / "short.png").read_bytes()[:60])
    fails(run(tmp_path / "short.png", "--bench", bench()), "short.png", "cannot be read")


@pytest.mark.parametrize(
    "description, words",
    [
        ({"input": "1x40x30", "layers": FILTERS["layers"]}, "expected 3 input channels"),
        ({"input": "3x40x30", "layers": [{"layer": "a", "kind": "dense"}]}, "expected 3 input channels"),
        ([FILTERS, FILTERS], "not one network"),
        ("no JSON", "not one network"),
    ],
)
def test_a_network_without_feature_maps_is_refused(bench, description, words):
    fails(run("--bench", bench(description)), words)


def test_a_bench_that_fails_or_is_missing_is_said(tmp_path, bench):
    fails(run("--bench", bench("bench: no such config", 2)), "exit status 2: bench: no such config")
    fails(run("--bench", tmp_path / "nowhere"), "nowhere: cannot be run")


def test_an_unwritable_place_is_named(tmp_path, bench):
    (tmp_path / "file").write_text("")
    fails(run("--bench", bench(), "--output", tmp_path / "file"), "file: cannot be written")


def test_missing_matplotlib_is_said_in_one_line(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError")
    done = run(PYTHONPATH=str(tmp_path))
    fails(done, "matplotlib is missing", "apt install python3-matplotlib")


def test_a_photo_that_cannot_be_read_is_an_error_of_its_own(tmp_path):
    with pytest.raises(ResultError):
        photo.read_photo(tmp_path, 4, 3)
