"""The figures are ours: whatever the user has told matplotlib, they are the same to the byte."""

import os
import subprocess
import sys

import pytest
from program import BENCH, ENVIRONMENT, ROOT, bench, quick, run_folder

HOSTILE = """\
backend: TkAgg
text.usetex: True
axes.grid: True
axes.facecolor: black
axes.titlesize: 30
axes.prop_cycle: cycler("color", ["r"])
figure.facecolor: red
figure.dpi: 300
figure.autolayout: True
figure.constrained_layout.use: True
font.family: serif
font.size: 30
hatch.color: yellow
legend.fontsize: 30
lines.linewidth: 9
patch.force_edgecolor: True
path.sketch: 5, 100, 2
savefig.bbox: tight
savefig.dpi: 50
savefig.facecolor: blue
savefig.transparent: True
svg.fonttype: none
xtick.direction: in
image.cmap: jet
"""
BROKEN = b"text.usetex True\nno.such.key: 1\n\xff\xfe: \xff\n"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run with two backends, and a comparison of networks."""
    folder = tmp_path_factory.mktemp("runs")
    for name, config, backends in (("a", "lenet", "onednn,reference"), ("b", "mlp_vs_cnn", "onednn")):
        done = bench(*quick("--config", config, "--backend", backends, "--output", folder / name))
        assert done.returncode == 0, done.stderr
    return run_folder(folder / "a"), run_folder(folder / "b")


def drawn(folder, script, arguments, **environment):
    """The bytes of all figures, drawn in `folder`."""
    command = [sys.executable, ROOT / "scripts" / script, *arguments, "--output", "figures"]
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        cwd=folder,
        env={**ENVIRONMENT, **environment},
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("figures/**/*.*")}


def in_the_folder(tmp_path, text):
    (tmp_path / "matplotlibrc").write_bytes(text)
    return {}


def by_the_variable(tmp_path, text):
    (tmp_path / "mine").write_bytes(text)
    return {"MATPLOTLIBRC": str(tmp_path / "mine")}


def in_the_configuration(tmp_path, text):
    (tmp_path / "configuration").mkdir()
    (tmp_path / "configuration/matplotlibrc").write_bytes(text)
    return {"MPLCONFIGDIR": str(tmp_path / "configuration"), "MPLBACKEND": "TkAgg", "DISPLAY": ":77"}


PLACES = [in_the_folder, by_the_variable, in_the_configuration]


@pytest.mark.parametrize("script", ["plot.py", "plot_filters.py"])
def test_a_matplotlibrc_changes_nothing(tmp_path, runs, script):
    arguments = runs if script == "plot.py" else ["--bench", BENCH]
    (tmp_path / "plain").mkdir()
    expected = drawn(tmp_path / "plain", script, arguments)
    assert len(expected) >= (14 if script == "plot.py" else 2)
    for place in PLACES:
        for text in (HOSTILE.encode(), BROKEN):
            folder = tmp_path / f"{place.__name__}{len(text)}"
            folder.mkdir()
            assert drawn(folder, script, arguments, **place(folder, text)) == expected, place.__name__


def test_a_configuration_that_cannot_be_written_is_no_matter(tmp_path, runs):
    if os.geteuid() == 0:
        place = "/proc/no/such"  # nobody can write there, not even root
    else:
        place = "/"
    assert drawn(tmp_path, "plot.py", runs[:1], MPLCONFIGDIR=place, HOME="/proc/no")
