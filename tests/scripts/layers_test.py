"""The figure of the layers shows what the records say."""

import itertools
import statistics

import pytest
from cnnbench_plots import layers
from drawn import bars, line, overlaps, read, texts, whiskers
from synthetic_result import Network, Synthetic, lenet, overfeat, two_layers, vgg16

TRAINING = "forward-backward"


def records_of(synthetic, view, layer=None, direction=None):
    return [
        r
        for r in synthetic.records
        if r["view"] == view and layer in (None, r["layer"]) and direction in (None, r["direction"])
    ]


def layer_total(synthetic, layer):
    return sum(r["summary"]["mean"] for r in records_of(synthetic, "layers", layer))


def test_a_bar_is_as_long_as_the_mean_of_its_direction(tmp_path):
    network = lenet()
    synthetic = Synthetic([network], passes=[TRAINING], reorders=["hidden"])
    axes = layers.draw(read(synthetic, tmp_path), "lenet", TRAINING, "onednn").figure.axes[0]
    assert axes.get_xlabel() == "time of one step [ms]"
    ends = [0.0] * len(network.layers)
    for direction in ("forward", "backward_data", "backward_weights", "reorder"):
        for i, (left, width) in enumerate(bars(axes, direction)):
            found = records_of(synthetic, "layers", network.layers[i]["layer"], direction)
            mean = found[0]["summary"]["mean"] if found else 0
            assert width == pytest.approx(mean * 1e3)
            assert left == pytest.approx(ends[i])  # stacked on the directions before
            ends[i] += width
    assert bars(axes, "reorder")[6][1] > 0


def test_layers_are_in_the_order_of_the_network_whatever_the_order_of_the_records(tmp_path):
    network = vgg16()
    synthetic = Synthetic([network])
    synthetic.records.reverse()
    axes = layers.draw(read(synthetic, tmp_path), "vgg16", "forward", "onednn").figure.axes[0]
    assert [t.get_text() for t in axes.get_yticklabels()] == [layer["layer"] for layer in network.layers]
    assert axes.yaxis_inverted()


def test_what_is_no_layer_of_the_network_comes_last(tmp_path):
    synthetic = Synthetic([lenet()])
    loss = dict(synthetic.records[0], layer="loss", kind="")
    synthetic.records.insert(0, loss)
    axes = layers.draw(read(synthetic, tmp_path), "lenet", "forward", "onednn").figure.axes[0]
    assert axes.get_yticklabels()[-1].get_text() == "loss"


def test_whiskers_are_the_sd_of_the_sum_in_each_step(tmp_path):
    network = lenet()
    synthetic = Synthetic([network], passes=[TRAINING])
    parts = records_of(synthetic, "layers", "conv2")
    assert len(parts) == 3
    for (
        part
    ) in parts:  # vary together: the sd of the sum is the sum of the sds, not the root of their squares
        part["samples"] = [0.01, 0.02, 0.03]
        part["summary"].update(n=3, mean=0.02, sd=0.01)
    axes = layers.draw(read(synthetic, tmp_path), "lenet", TRAINING, "onednn").figure.axes[0]
    assert dict(whiskers(axes, "sd"))[3] == pytest.approx(30)  # ms


def test_the_line_is_the_running_sum_of_the_bars(tmp_path):
    network = vgg16()
    synthetic = Synthetic([network], passes=[TRAINING], ranks=2)
    page = layers.draw(read(synthetic, tmp_path), "vgg16", TRAINING, "onednn")
    expected = list(itertools.accumulate(layer_total(synthetic, layer["layer"]) for layer in network.layers))
    axes = page.figure.axes[1]
    assert axes.get_xlabel() == "cumulative time [s]"
    assert line(axes, "running sum") == [(pytest.approx(t), i) for i, t in enumerate(expected)]


def test_the_band_is_the_sd_of_the_running_sum(tmp_path):
    synthetic = Synthetic([two_layers()], speed=0.01)
    page = layers.draw(read(synthetic, tmp_path), "filters", "forward", "onednn")
    steps = [sum(step) for step in zip(*(r["samples"] for r in records_of(synthetic, "layers")))]
    (band,) = [c for c in page.figure.axes[1].collections if c.get_label() == "band"]
    at_last = [x for x, y in band.get_paths()[0].vertices if y == 1]
    assert max(at_last) - min(at_last) == pytest.approx(2 * statistics.stdev(steps) * 1e3)


def test_prefixes_are_points_at_their_layers(tmp_path):
    network = overfeat()
    synthetic = Synthetic([network], views=["layers", "prefix"])
    axes = layers.draw(read(synthetic, tmp_path), "overfeat", "forward", "onednn").figure.axes[1]
    factor = {"s": 1, "ms": 1e3}[axes.get_xlabel().partition("[")[2].rstrip("]")]
    prefixes = records_of(synthetic, "prefix")
    assert len(prefixes) == 12
    assert line(axes, "prefix") == [
        (pytest.approx(r["summary"]["mean"] * factor), i) for i, r in enumerate(prefixes)
    ]
    assert [w for _, w in whiskers(axes, "prefix sd")] == pytest.approx(
        [r["summary"]["sd"] * factor for r in prefixes]
    )


def test_prefixes_alone_are_drawn_without_bars(tmp_path):
    synthetic = Synthetic([overfeat()], views=["prefix"])
    page = layers.draw(read(synthetic, tmp_path), "overfeat", "forward", "onednn")
    (axes,) = page.figure.axes
    assert len(line(axes, "prefix")) == 12
    assert not [x for x in axes.lines if x.get_label() == "running sum"]
    assert overlaps(page) == []


def test_other_views_never_add_to_the_bars(tmp_path):
    synthetic = Synthetic([lenet()], views=["network", "layers", "isolated", "prefix"])
    axes = layers.draw(read(synthetic, tmp_path), "lenet", "forward", "onednn").figure.axes[0]
    shown = [width for _, width in bars(axes, "forward")]
    assert shown == pytest.approx([r["summary"]["mean"] * 1e3 for r in records_of(synthetic, "layers")])


def test_one_step_has_no_whiskers_and_says_so(tmp_path):
    page = layers.draw(
        read(Synthetic([two_layers()], steps=1, views=["layers", "prefix"]), tmp_path),
        "filters",
        "forward",
        "onednn",
    )
    assert whiskers(page.figure.axes[0], "sd") is None
    caption = " ".join(" ".join(t.get_text() for t in texts(page)).split())
    assert "No whiskers: an sd needs at least two steps" in caption
    assert "mean of 1 step," in caption


@pytest.mark.parametrize("speed, unit", [(1e-4, "s"), (1, "ms"), (1e4, "µs")])
def test_the_unit_suits_the_times(tmp_path, speed, unit):
    axes = layers.draw(
        read(Synthetic([lenet(32)], speed=speed), tmp_path), "lenet", "forward", "onednn"
    ).figure.axes[0]
    assert axes.get_xlabel() == f"time of one step [{unit}]"


def test_the_title_names_model_pass_machine_ranks_threads_batch_and_backend(tmp_path):
    page = layers.draw(
        read(Synthetic([vgg16()], passes=[TRAINING], ranks=2, threads=3), tmp_path),
        "vgg16",
        TRAINING,
        "onednn",
    )
    title, facts = [t.get_text() for t in page.figure.texts[:2]]
    assert title == "vgg16, forward-backward: time of each layer"
    assert facts == "Intel Xeon Gold 6338 @ 2.00GHz · 2 ranks × 3 threads · batch 4 a rank · onednn 3.5.3"


@pytest.mark.parametrize("status, words", [("invalid", "INVALID"), ("partial", "The run is partial")])
def test_a_result_that_is_not_complete_says_so_in_the_figure(tmp_path, status, words):
    synthetic = Synthetic([lenet()])
    synthetic.document["cnnbench"]["status"] = status
    page = layers.draw(read(synthetic, tmp_path), "lenet", "forward", "onednn")
    assert any(t.get_text().startswith(words) for t in page.figure.texts)


def deep():
    network = Network("deep", 3, 224, 1)
    for i in range(100):
        network.conv(f"stage{i}_conv", 4, 3)
    return network


def with_odd_names():
    return (
        Network("a_model_with_a_name_longer_than_any_page_should_have_to_show", 3, 32, 1)
        .conv("$x_1$ and ${\\bad", 8, 3)
        .conv("_a_layer_with_a_name_that_is_much_too_long_for_a_label", 8, 3)
    )


@pytest.mark.parametrize(
    "network",
    [two_layers(), lenet(), overfeat(), vgg16(), deep(), with_odd_names()],
    ids=lambda n: n.name[:8],
)
@pytest.mark.parametrize("steps", [1, 10])
def test_no_text_overlaps_another_or_leaves_the_page(tmp_path, network, steps):
    result = read(Synthetic([network], passes=[TRAINING], views=["layers", "prefix"], steps=steps), tmp_path)
    page = layers.draw(result, network.name, TRAINING, "onednn")
    assert overlaps(page) == []
    assert min(t.get_fontsize() for t in texts(page)) >= 7
    assert page.figure.get_figwidth() <= 8.27 - 2 * 0.4  # A4
