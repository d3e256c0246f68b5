"""The figure of the rates of several backends shows what the result says."""

import pytest
from cnnbench_plots import backend_rates
from cnnbench_results.result import ResultError
from drawn import caption, drawn_by, read
from matplotlib.colors import to_hex
from synthetic_backends import THREE, mark_direct_equivalent, rows_of, several_backends
from synthetic_result import lenet, two_layers


rates_of = drawn_by(backend_rates)


def rate_bars(axes, backend):
    (found,) = [c for c in axes.containers if c.get_label() == backend]
    return list(found)


def legend_texts(page):
    return [t.get_text() for legend in page.figure.legends for t in legend.get_texts()]


def test_rates_are_those_of_the_result_for_layers_that_count_flops(tmp_path):
    made = several_backends(lenet(), THREE)
    (axes,) = rates_of(made, tmp_path).figure.axes
    names = ["conv1", "conv2", "hidden", "output"]
    assert [t.get_text() for t in axes.get_xticklabels()] == names
    for backend in THREE:
        expected = [
            r["gflops_per_second"]
            for name in names
            for r in rows_of(made, "layer", name)
            if r["backend"] == backend
        ]
        assert [b.get_height() for b in rate_bars(axes, backend)] == pytest.approx(expected)
    assert axes.get_ylim()[0] == 0


def test_direct_equivalent_rates_are_hatched_and_explained(tmp_path):
    made = mark_direct_equivalent(several_backends(lenet(), THREE), ["conv2"], "gemm:openblas")
    page = rates_of(made, tmp_path)
    (axes,) = page.figure.axes
    ink = backend_rates.DIRECT_EQUIVALENT["edgecolor"]
    for backend in THREE:
        marked = [to_hex(bar.get_edgecolor()) == ink for bar in rate_bars(axes, backend)]
        assert marked == [False, backend == "gemm:openblas", False, False]
    assert "direct-equivalent (Winograd)" in legend_texts(page)
    assert "may exceed the FMA peak" in caption(page)


def test_the_fma_peak_is_the_roof_of_direct_convolution(tmp_path):
    made = mark_direct_equivalent(several_backends(lenet(), THREE), [], "onednn", peak=1.23e12)
    page = rates_of(made, tmp_path)
    (axes,) = page.figure.axes
    (roof,) = [line for line in axes.lines if line.get_label() == "FMA peak"]
    assert list(roof.get_ydata()) == [1230, 1230]
    assert axes.get_ylim()[1] > 1230
    assert legend_texts(page)[-1] == "FMA peak: roof of direct convolution (1.23 TFLOP/s)"
    assert "direct-equivalent (Winograd)" not in legend_texts(page)


def test_without_a_peak_or_such_layers_there_is_neither_roof_nor_hatch(tmp_path):
    page = rates_of(several_backends(lenet(), THREE), tmp_path)
    assert [line for line in page.figure.axes[0].lines if line.get_label() == "FMA peak"] == []
    assert legend_texts(page) == list(THREE)
    unmeasured = mark_direct_equivalent(several_backends(lenet(), THREE), [], "onednn", peak=None)
    assert legend_texts(rates_of(unmeasured, tmp_path)) == list(THREE)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda top: top["records"][0].update(direct_equivalent=1), "records[0].direct_equivalent is neither"),
        (
            lambda top: top["machine"]["ceilings"].update(fma_flops_per_second="fast"),
            "cnnbench.machine.ceilings.fma_flops_per_second has the wrong type",
        ),
    ],
)
def test_malformed_marks_and_ceilings_are_refused(tmp_path, change, words):
    made = mark_direct_equivalent(several_backends(two_layers(), THREE), [], "onednn")
    change(made.document["cnnbench"])
    with pytest.raises(ResultError) as error:
        read(made, tmp_path)
    assert words in str(error.value)
