"""The figures of several backends show what the result says."""

import subprocess
import sys
from pathlib import Path

import pytest
from cnnbench_plots import backend_rates, backend_times, speed_ups
from cnnbench_results.result import ResultError
from drawn import caption, drawn_by, overlaps, read, texts
from matplotlib.patches import Rectangle
from synthetic_backends import TEN, THREE, mark_direct_equivalent, rows_of, several_backends
from synthetic_result import Network, Synthetic, lenet, overfeat, two_layers, vgg16

PLOT = Path(__file__).resolve().parents[2] / "scripts" / "plot.py"

heat_map = drawn_by(speed_ups)
bars_of = drawn_by(backend_times)
rates_of = drawn_by(backend_rates)


def cells(page):
    """The text of every cell, by (row, column)."""
    axes = page.figure.axes[0]
    return {(round(t.get_position()[1]), round(t.get_position()[0])): t for t in axes.texts}


def test_a_cell_is_the_speed_relative_to_the_first_backend(tmp_path):
    made = several_backends(lenet(), THREE)
    for row in rows_of(made, "layer", "conv1"):
        row["ratio"] = {"onednn": 1.0, "gemm:openblas": 0.8, "onednn:layout=nchw": 18.0}[row["backend"]]
    found = cells(heat_map(made, tmp_path))
    assert [found[0, column].get_text() for column in range(3)] == ["1.00", "1.25", "0.056"]


def test_layers_go_down_and_backends_across_with_the_totals_last(tmp_path):
    axes = heat_map(several_backends(lenet(), THREE), tmp_path).figure.axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == list(THREE)
    names = [layer["layer"] for layer in lenet().layers]
    assert [t.get_text() for t in axes.get_yticklabels()] == [*names, "sum of layers", "network"]
    assert axes.yaxis_inverted()


def test_the_colour_of_twice_is_as_far_from_white_as_that_of_half(tmp_path):
    made = several_backends(lenet(), THREE)
    for row in rows_of(made, "layer"):
        row["ratio"] = {"onednn": 1.0, "gemm:openblas": 2.0, "onednn:layout=nchw": 0.5}[row["backend"]]
    page = heat_map(made, tmp_path)
    white, slow, fast = [p.get_facecolor() for p in page.figure.axes[0].patches[:3]]
    assert white[:3] == pytest.approx((1, 1, 1), abs=0.02)
    low, high = page.figure.axes[1].get_ylim()
    assert low == -high
    assert slow == speed_ups.SLOW_TO_FAST(0.5 - 0.5 / high)
    assert fast == speed_ups.SLOW_TO_FAST(0.5 + 0.5 / high)


def test_the_fastest_of_a_row_is_bold(tmp_path):
    made = several_backends(lenet(), THREE)
    for row in rows_of(made, "layer", "pool1"):
        row["fastest"] = 1 if row["backend"] != "onednn" else 0
    found = cells(heat_map(made, tmp_path))
    assert [found[1, column].get_weight() for column in range(3)] == ["normal", "bold", "bold"]


def test_a_backend_that_failed_has_hatched_cells_and_its_reason_in_the_caption(tmp_path):
    made = several_backends(lenet(), THREE, failed={"gemm:openblas": "unsupported: conv2: no $groups"})
    page = heat_map(made, tmp_path)
    found = cells(page)
    assert {found[row, 1].get_text() for row in range(9)} == {"n/a"}
    hatched = [p for p in page.figure.axes[0].patches if isinstance(p, Rectangle) and p.get_hatch()]
    assert len(hatched) == 11  # nine layers, their sum, the network
    assert r"gemm:openblas was not measured (unsupported: conv2: no \$groups)" in caption(page)


def test_a_layer_that_a_backend_fuses_into_another_is_explained_in_the_captions(tmp_path):
    made = several_backends(lenet(), THREE)
    assert "fused into another" not in caption(heat_map(made, tmp_path)) + caption(bars_of(made, tmp_path))
    for row in rows_of(made, "layer", "pool1"):
        if row["backend"] == "gemm:openblas":
            row.update(median_seconds=None, median_low_seconds=None, median_high_seconds=None, ratio=None)
    assert "Hatched: nothing of its own ran (no work, or fused into another layer)" in caption(heat_map(made, tmp_path))
    assert "No bar: nothing of its own ran there" in caption(bars_of(made, tmp_path))


def test_each_of_all_backends_looks_different():
    assert len({backend_times.style_of(k) for k in range(24)}) == 24


def test_bars_are_the_medians_and_whiskers_their_intervals(tmp_path):
    made = several_backends(lenet(), THREE)
    axes = bars_of(made, tmp_path).figure.axes[1]
    factor = {"s": 1, "ms": 1e3}[axes.get_ylabel().partition("[")[2].rstrip("]")]
    for backend in THREE:
        expected = [r for r in rows_of(made, "layer") if r["backend"] == backend]
        (bars,) = [c for c in axes.containers if c.get_label() == backend]
        medians = [r["median_seconds"] * factor for r in expected]
        assert [b.get_height() for b in bars] == pytest.approx(medians)
        (interval,) = [c for c in axes.containers if c.get_label() == f"{backend} interval"]
        ends = [(s[0][1], s[1][1]) for s in interval.lines[2][0].get_segments()]
        assert ends == [
            (
                pytest.approx(r["median_low_seconds"] * factor),
                pytest.approx(r["median_high_seconds"] * factor),
            )
            for r in expected
        ]


def test_the_axis_is_logarithmic_only_where_times_differ_much(tmp_path):
    made = several_backends(lenet(), THREE)
    assert bars_of(made, tmp_path).figure.axes[1].get_yscale() == "log"
    for row in rows_of(made, "layer"):
        row.update(median_seconds=0.01, median_low_seconds=0.009, median_high_seconds=0.011)
    axes = bars_of(made, tmp_path).figure.axes[1]
    assert axes.get_yscale() == "linear"
    assert axes.get_ylim()[0] == 0


def test_the_network_has_a_panel_of_its_own_with_its_times(tmp_path):
    made = several_backends(lenet(), THREE)
    axes = bars_of(made, tmp_path).figure.axes[0]
    assert axes.get_xlabel().startswith("network: time a step")
    assert [t.get_text() for t in axes.get_yticklabels()] == list(THREE)
    assert "× the speed)" in axes.texts[1].get_text()
    assert "speed" not in axes.texts[0].get_text()


def test_the_bound_is_in_the_caption(tmp_path):
    made = several_backends(lenet(), THREE)
    rows_of(made, "bound")[0]["median_seconds"] = 0.123
    page = bars_of(made, tmp_path)
    assert "Each layer by its fastest backend: 123 ms in sum, a bound" in caption(page)


def test_titles_name_model_pass_machine_ranks_threads_and_batch(tmp_path):
    made = several_backends(lenet(), THREE, pass_name="forward-backward", ranks=2, threads=3)
    for draw in (heat_map, bars_of, rates_of):
        page = draw(made, tmp_path, "lenet", "forward-backward")
        title, facts = [t.get_text() for t in page.figure.texts[:2]]
        assert title.startswith("lenet, forward-backward: ")
        assert facts.startswith("Intel Xeon Gold 6338 @ 2.00GHz · 2 ranks × 3 threads · batch 500 a rank · ")


def with_odd_names():
    network = Network("odd", 3, 32, 1).conv("$x_1$ and ${\\bad", 8, 3)
    return network.conv("_a_layer_with_a_name_much_too_long", 8, 3)


@pytest.mark.parametrize(
    "network", [two_layers(), lenet(), overfeat(), vgg16(), with_odd_names()], ids=lambda n: n.name
)
@pytest.mark.parametrize("speeds", [THREE, TEN, {"a": 1.0, "b$_1$": 0.001}], ids=["three", "ten", "far"])
def test_no_text_overlaps_another_or_leaves_the_page(tmp_path, network, speeds):
    made = several_backends(network, speeds)
    mark_direct_equivalent(made, [layer["layer"] for layer in network.layers], list(speeds)[1])
    for draw in (heat_map, bars_of, rates_of):
        page = draw(made, tmp_path, network.name)
        assert overlaps(page) == []
        assert min(t.get_fontsize() for t in texts(page)) >= 7
        assert page.figure.get_figwidth() <= 8.27 - 2 * 0.4  # A4
        assert page.figure.get_figheight() <= 11.69


def test_only_the_network_view_is_enough(tmp_path):
    made = several_backends(lenet(), THREE)
    top = made.document["cnnbench"]
    top["backend_comparison"] = rows_of(made, "network")
    for draw in (heat_map, bars_of):
        assert overlaps(draw(made, tmp_path)) == []


def test_files_of_all_figures_have_safe_names(tmp_path):
    made = several_backends(two_layers(), {"onednn": 1.0, "onednn:layout=nchw": 0.5, "gemm:a/b": 0.4})
    folder = made.write(tmp_path / "run")
    done = subprocess.run([sys.executable, str(PLOT), str(folder)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    names = {path.name for path in (folder / "figures").iterdir()}
    for backend in ("onednn", "onednn-layout-nchw", "gemm-a-b"):
        for kind in ("layers", "time-against-flops"):
            assert f"{kind}-filters-forward-{backend}.png" in names
    for name in ("backends-speed-up", "backends-time", "backends-rate"):
        assert {f"{name}-filters-forward.png", f"{name}-filters-forward.svg"} <= names
    assert len(names) == 2 * (2 * 3 + 3)


def test_one_backend_has_no_such_figures(tmp_path):
    result = read(Synthetic([lenet()]), tmp_path)
    assert speed_ups.draw(result, "lenet", "forward") is None
    assert backend_times.draw(result, "lenet", "forward") is None
    assert backend_rates.draw(result, "lenet", "forward") is None


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda r: r.pop("scope"), "backend_comparison[0].scope is missing"),
        (lambda r: r.update(ratio=-1), "backend_comparison[0].ratio is not a finite number"),
        (lambda r: r.update(fastest="yes"), "backend_comparison[0].fastest has the wrong type"),
    ],
)
def test_a_malformed_comparison_is_refused_with_its_place(tmp_path, change, words):
    made = several_backends(two_layers(), THREE)
    change(made.document["cnnbench"]["backend_comparison"][0])
    with pytest.raises(ResultError) as error:
        read(made, tmp_path)
    assert words in str(error.value)


def test_the_caption_says_whether_the_backends_took_turns(tmp_path):
    made = several_backends(lenet(), THREE)
    for draw in (heat_map, bars_of):
        assert "a backend, interleaved" in caption(draw(made, tmp_path))
    made.document["cnnbench"]["settings"] = [{"model": "lenet", "pass": "forward", "interleaved": False}]
    for draw in (heat_map, bars_of):
        assert "a backend, one backend after the other" in caption(draw(made, tmp_path))
        assert "interleaved" not in caption(draw(made, tmp_path))


def test_the_caption_says_what_the_ratios_are(tmp_path):
    made = several_backends(lenet(), THREE)
    assert "the trimmed mean of the ratios of bursts of the same round" in caption(heat_map(made, tmp_path))
    for row in made.document["cnnbench"]["backend_comparison"]:  # took no turns: only the reference has one
        if row["backend"] != row["relative_to"]:
            row["ratio_low"] = row["ratio_high"] = None
    assert "its median time of a step over the backend's" in caption(heat_map(made, tmp_path))
