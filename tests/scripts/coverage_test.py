"""Coverage of intervals: coverage.py, and the program's formulas once more by scipy."""

import sys
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from cnnbench_compare import coverage, turns  # noqa: E402


class Result:
    """What coverage.py reads of a result: two backends, of which `differing` ran another implementation."""

    def __init__(self, steps, differing=()):
        self.backend_times = []
        self.document = {
            "records": [
                {
                    "model": "net",
                    "pass": "forward",
                    "backend": backend,
                    "view": "network" if layer == "" else "layers",
                    "layer": layer,
                    "direction": "forward",
                    "implementation": backend if layer in differing else "jit",
                    "samples": list(samples),
                }
                for (backend, layer), samples in steps.items()
            ]
        }


def noise(seed, count=200, burst_sd=0.0):
    """Steps around 1 whose bursts of five share something."""
    random = numpy.random.default_rng(seed)
    shared = numpy.repeat(random.normal(0, burst_sd, count // 5), 5)
    return numpy.exp(random.normal(0, 0.02, count) + shared)


def table_of(seed, burst_sd=0.03):
    return {
        f"layer{i}": (
            noise(100 * seed + 2 * i, burst_sd=burst_sd),
            noise(100 * seed + 2 * i + 1, burst_sd=burst_sd),
            20,
        )
        for i in range(8)
    }


def test_rows_are_the_layers_of_equal_implementations_with_their_sum_and_the_network():
    steps = {(b, layer): noise(i) for i, (b, layer) in enumerate((b, x) for b in "ab" for x in ("c", "f", ""))}
    assert list(coverage.equal_rows(Result(steps), "net", "forward")) == ["c", "f", "Σ layers", "network"]
    assert list(coverage.equal_rows(Result(steps, ("c",)), "net", "forward")) == ["f"]
    assert coverage.equal_rows(Result(steps), "net", "train") == {}


def test_equal_backends_are_rarely_told_apart_and_a_slower_layer_is_found():
    equals = coverage.Equals()
    for seed in range(100):
        coverage.add_table(equals, table_of(seed))
    assert equals.tables == 100 and equals.rows == equals.slowed == 800
    assert equals.named <= 9  # 5 expected
    assert equals.held >= 0.93 * equals.rows
    assert equals.found >= 0.8 * equals.slowed


def test_a_ratio_has_the_interval_of_a_t_test():
    first, other = noise(1), 1.1 * noise(2)
    found = turns.compare_turns(first, other)
    assert found.low < found.ratio < found.high
    assert found.ratio == pytest.approx(1.1, rel=0.01)
    assert (found.p < 0.05) == (found.low > 1)


def test_parts_of_a_series_hold_its_median():
    medians = coverage.Medians()
    coverage.add_series(medians, noise(3, 10000, burst_sd=0.05), 100)
    assert medians.parts == 100
    assert medians.held >= 90
