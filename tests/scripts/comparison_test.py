"""The figure of several networks side by side shows what the records say."""

import pytest
from cnnbench_plots import comparison
from drawn import overlaps, read, texts
from synthetic_result import Network, Synthetic, mlp_and_cnns

TRAINING = "forward-backward"


def synthetic(networks=None, **more):
    return Synthetic(
        networks or mlp_and_cnns(),
        passes=[TRAINING],
        views=["network"],
        comparison="mlp-vs-cnn",
        samples_per_epoch=60000,
        **more,
    )


def draw(result):
    return comparison.draw(result, result.comparisons[0], TRAINING, "onednn")


def ratios(page):
    """Where every bar ends, in the order of the rows; bars begin at 1."""
    found = [
        container[0] for container in page.figure.axes[0].containers if hasattr(container[0], "get_width")
    ]
    assert all(bar.get_x() + min(bar.get_width(), 0) <= 1 for bar in found)
    return [bar.get_width() + 1 for bar in found]


def values(page):
    return [t.get_text() for t in page.figure.axes[0].texts][:-5]


def test_bars_are_the_ratios_to_the_first_network(tmp_path):
    made = synthetic()
    network = [r for r in made.records if r["view"] == "network"]
    expected = []
    for get in (
        lambda i: made.document["cnnbench"]["models"][i]["parameters"],
        lambda i: network[i]["flops"],
        lambda i: network[i]["bytes"],
        lambda i: network[i]["summary"]["mean"],
        lambda i: network[i]["summary"]["mean"],
    ):
        expected += [get(i) / get(0) for i in range(3)]
    assert ratios(draw(read(made, tmp_path))) == pytest.approx(expected)


def test_the_parameters_are_those_of_the_published_networks(tmp_path):
    assert values(draw(read(synthetic(), tmp_path)))[:3] == [
        "669,706",
        "110,986  (0.166×)",
        "5,958  (0.0089×)",
    ]


def test_an_epoch_takes_its_samples_divided_by_batch_and_ranks_steps(tmp_path):
    made = synthetic(ranks=2)
    for r, mean in zip(made.records, (0.1, 0.2, 0.05)):
        r["summary"].update(mean=mean, sd=0.001)
    shown = values(draw(read(made, tmp_path)))
    # 60000 / (128 · 2) = 234.375 steps
    assert shown[12:] == ["23.4 s", "46.9 s  (2×)", "11.7 s  (0.5×)"]
    assert shown[9:12] == ["100 ± 1 ms", "200 ± 1 ms  (2×)", "50.0 ± 1.0 ms  (0.5×)"]


def test_without_an_epoch_there_is_no_such_group(tmp_path):
    made = synthetic()
    made.document["cnnbench"]["comparisons"][0]["samples_per_epoch"] = None
    assert len(ratios(draw(read(made, tmp_path)))) == 12


def test_the_caption_sets_flops_against_time(tmp_path):
    made = synthetic()
    for r, mean in zip(made.records, (0.1, 2.1, 0.175)):
        r["summary"]["mean"] = mean
    caption = " ".join(draw(read(made, tmp_path)).figure.texts[-1].get_text().split())
    flops = [r["flops"] for r in made.records]
    assert f"cnn_mnist_small: {flops[2] / flops[0]:.3f}× the FLOPs, 1.75× the time." in caption
    assert f"cnn_mnist: {flops[1] / flops[0]:.1f}× the FLOPs, 21× the time." in caption


def test_a_network_that_was_not_measured_says_so(tmp_path):
    made = synthetic()
    del made.records[2]
    page = draw(read(made, tmp_path))
    assert values(page).count("not measured") == 4
    assert overlaps(page) == []


def test_a_network_of_the_run_that_is_not_compared_is_left_out(tmp_path):
    networks = mlp_and_cnns()
    made = synthetic(networks, compared=[n.name for n in networks[1:]])
    assert len(values(draw(read(made, tmp_path)))) == 2 * 5
    assert values(draw(read(made, tmp_path)))[:2] == ["110,986", "5,958  (0.0537×)"]


def test_one_network_is_no_comparison(tmp_path):
    assert draw(read(synthetic(mlp_and_cnns()[:1]), tmp_path)) is None


def test_a_first_network_without_flops_has_no_ratio(tmp_path):
    networks = [Network("pools", 8, 64, 2).pool("pool1"), *mlp_and_cnns()[:1]]
    shown = values(draw(read(synthetic(networks), tmp_path)))
    assert shown[2] == "0 FLOP"
    assert "×" not in shown[3]


def many():
    return [
        Network(f"network_number_{i}_with_a_long_name", 3, 32, 8).conv("conv", 8 + i, 3).dense("dense", 10)
        for i in range(9)
    ]


@pytest.mark.parametrize(
    "networks", [mlp_and_cnns(), mlp_and_cnns()[:2], many(), [*mlp_and_cnns()[::-1]]], ids=len
)
@pytest.mark.parametrize("steps", [1, 5])
def test_no_text_overlaps_another_or_leaves_the_page(tmp_path, networks, steps):
    page = draw(read(synthetic(networks, steps=steps), tmp_path))
    assert overlaps(page) == []
    assert min(t.get_fontsize() for t in texts(page)) >= 7
