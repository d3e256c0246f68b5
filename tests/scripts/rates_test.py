"""The figure of time against FLOPs shows what the records say."""

import pytest
from cnnbench_plots import rates
from drawn import overlaps, read, texts
from matplotlib.colors import to_hex
from synthetic_result import Network, Synthetic, lenet, mlp_and_cnns, overfeat, two_layers, vgg16

TRAINING = "forward-backward"


def draw(synthetic, folder, view="layers"):
    record = synthetic.records[0]
    return rates.draw(read(synthetic, folder), record["model"], record["pass"], record["backend"], view)


def points(axes):
    """layer/direction: (x, y, marker)."""
    return {
        x.get_gid(): (
            x.get_xdata()[0] if hasattr(x.get_xdata(), "__len__") else x.get_xdata(),
            x.get_ydata()[0] if hasattr(x.get_ydata(), "__len__") else x.get_ydata(),
            x,
        )
        for x in axes.lines
        if x.get_gid() and "/" in x.get_gid()
    }


def test_a_point_lies_at_the_flops_and_the_mean_time(tmp_path):
    synthetic = Synthetic([vgg16()], passes=[TRAINING])
    arithmetic, _ = draw(synthetic, tmp_path).figure.axes
    expected = {
        f"{r['layer']}/{r['direction']}": r for r in synthetic.records if r["view"] == "layers" and r["flops"]
    }
    found = points(arithmetic)
    assert found.keys() == expected.keys()
    for name, (x, y, _) in found.items():
        assert x == expected[name]["flops"]
        assert y == pytest.approx(expected[name]["summary"]["mean"])
    assert arithmetic.get_xscale() == arithmetic.get_yscale() == "log"


def test_layers_without_flops_are_apart_by_their_bytes(tmp_path):
    synthetic = Synthetic([vgg16()], passes=[TRAINING])
    _, moving = draw(synthetic, tmp_path).figure.axes
    expected = {
        f"{r['layer']}/{r['direction']}": r["bytes"]
        for r in synthetic.records
        if r["view"] == "layers" and not r["flops"]
    }
    assert {name: x for name, (x, _, _) in points(moving).items()} == expected
    assert "pool1/forward" in expected and "softmax/backward_data" in expected


def test_every_point_lies_inside_the_axes(tmp_path):
    for axes in draw(Synthetic([vgg16()], passes=[TRAINING]), tmp_path).figure.axes:
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert all(left < x < right and low < y < high for x, y, _ in points(axes).values())


def test_colour_is_the_kind_and_marker_the_direction(tmp_path):
    arithmetic, moving = draw(Synthetic([vgg16()], passes=[TRAINING]), tmp_path).figure.axes
    everything = points(arithmetic) | points(moving)
    colours = {
        name: to_hex(everything[f"{name}/forward"][2].get_markerfacecolor())
        for name in ("conv1_1", "conv5_3", "fc6", "pool1")
    }
    assert colours["conv1_1"] == colours["conv5_3"]
    assert len(set(colours.values())) == 3
    markers = [
        everything[f"conv3_1/{d}"][2].get_marker() for d in ("forward", "backward_data", "backward_weights")
    ]
    assert len(set(markers)) == 3
    assert everything["fc6/forward"][2].get_marker() == markers[0]


def test_dashed_lines_join_points_of_the_rate_that_they_name(tmp_path):
    axes = draw(Synthetic([vgg16()]), tmp_path).figure.axes[0]
    drawn = {float(x.get_gid().split()[1]): x for x in axes.lines if (x.get_gid() or "").startswith("rate")}
    assert len(drawn) >= 2
    for rate, x in drawn.items():
        assert [flops / seconds for flops, seconds in zip(*x.get_data())] == pytest.approx([rate, rate])
    named = [t.get_text() for t in axes.texts if t.get_text().endswith("GFLOP/s")]
    assert sorted(named) == sorted(f"{rate / 1e9:g} GFLOP/s" for rate in drawn)
    found = [x / y for x, y, _ in points(axes).values()]
    assert min(drawn) <= min(found)
    assert max(drawn) >= max(found)


def test_a_label_lies_on_its_line(tmp_path):
    axes = draw(Synthetic([vgg16()]), tmp_path).figure.axes[0]
    for text in axes.texts:
        if text.get_text().endswith("GFLOP/s"):
            flops, seconds = text.get_position()
            assert flops / seconds / 1e9 == pytest.approx(float(text.get_text().split()[0]), rel=0.02)


def test_the_slowest_and_the_least_efficient_layers_are_named(tmp_path):
    synthetic = Synthetic([vgg16()], passes=[TRAINING])
    axes = draw(synthetic, tmp_path).figure.axes[0]
    timed = [r for r in synthetic.records if r["view"] == "layers" and r["flops"]]
    slowest = max(timed, key=lambda r: r["summary"]["mean"])
    least = min(timed, key=lambda r: r["flops"] / r["summary"]["mean"])
    named = [t.get_text() for t in axes.texts]
    assert slowest["layer"] in named
    assert least["layer"] in named
    assert len(named) == len(set(named))


def test_what_has_neither_flops_nor_bytes_is_left_out_and_counted(tmp_path):
    synthetic = Synthetic([lenet()], reorders=["conv1", "hidden"])
    reorders = [r for r in synthetic.records if r["direction"] == "reorder"]
    for r in reorders:
        r["summary"]["mean"] = 0.0125
    page = draw(synthetic, tmp_path)
    assert not any("reorder" in name for axes in page.figure.axes for name in points(axes))
    assert "Left out: 2 operations with neither FLOPs nor bytes" in " ".join(
        page.figure.texts[-1].get_text().split()
    )
    assert "together 25.0 ms" in " ".join(page.figure.texts[-1].get_text().split())


def test_a_time_of_zero_is_left_out_of_the_log_axis(tmp_path):
    synthetic = Synthetic([lenet()])
    synthetic.records[0]["summary"]["mean"] = 0.0
    page = draw(synthetic, tmp_path)
    assert "conv1/forward" not in points(page.figure.axes[0])
    assert "Left out: 1 operation " in " ".join(page.figure.texts[-1].get_text().split())


def test_isolated_layers_have_a_figure_of_their_own(tmp_path):
    synthetic = Synthetic([lenet()], views=["layers", "isolated"])
    for r in synthetic.records:
        if r["view"] == "isolated":
            r["summary"]["mean"] *= 0.5
    page = draw(synthetic, tmp_path, "isolated")
    expected = next(r for r in synthetic.records if r["view"] == "isolated" and r["layer"] == "conv1")
    assert points(page.figure.axes[0])["conv1/forward"][1] == pytest.approx(expected["summary"]["mean"])
    assert "isolated" in page.figure.texts[0].get_text()


def test_a_network_without_any_flops_shows_only_bytes(tmp_path):
    (axes,) = draw(Synthetic([Network("pools", 8, 64, 2).pool("pool1").pool("pool2")]), tmp_path).figure.axes
    assert set(points(axes)) == {"pool1/forward", "pool2/forward"}


def every_kind():
    network = Network("kinds", 3, 64, 2).conv("conv", 8, 3).pool("pool")
    for kind in (
        "avg_pool",
        "activation",
        "dropout",
        "lrn",
        "batch_norm",
        "standardize",
        "flatten",
        "new_kind",
        "",
    ):
        network.plain(f"the_{kind}", kind)
    return network.dense("dense", 10).plain("softmax", "softmax")


NETWORKS = [every_kind(), two_layers(), lenet(), lenet(1), overfeat(), vgg16(), *mlp_and_cnns()]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: f"{n.name}-{n.batch}")
@pytest.mark.parametrize("speed", [1, 1000])
def test_no_text_overlaps_another_or_leaves_the_page(tmp_path, network, speed):
    page = draw(Synthetic([network], passes=[TRAINING], steps=3, speed=speed), tmp_path)
    assert overlaps(page) == []
    assert min(t.get_fontsize() for t in texts(page)) >= 7
    assert all(any(t.get_text() for t in axes.get_xticklabels()) for axes in page.figure.axes)


def test_the_fma_peak_is_a_line_and_direct_equivalent_points_are_ringed(tmp_path):
    synthetic = Synthetic([vgg16()])
    arithmetic = draw(synthetic, tmp_path).figure.axes[0]
    assert not [x for x in arithmetic.lines if x.get_gid() == "FMA peak"]
    peak = 5e10
    ceilings = {"fma_flops_per_second": peak, "instruction_set": "AVX2+FMA", "threads": 2}
    synthetic.document["cnnbench"]["machine"] = {"ceilings": ceilings}
    for record in synthetic.records:
        record["direct_equivalent"] = record["layer"] == "conv3_2"
    page = draw(synthetic, tmp_path)
    arithmetic = page.figure.axes[0]
    (line,) = [x for x in arithmetic.lines if x.get_gid() == "FMA peak"]
    assert [x / y for x, y in zip(*line.get_data())] == pytest.approx([peak, peak])
    rings = [x.get_gid() for x in arithmetic.lines if (x.get_gid() or "").endswith("direct-equivalent")]
    assert rings == ["conv3_2/forward direct-equivalent"]
    caption = " ".join(" ".join(t.get_text() for t in texts(page)).split())
    assert "Red: the FMA peak of a rank, 50.0 GFLOP/s. Ringed: direct-equivalent" in caption
    assert overlaps(page) == []
