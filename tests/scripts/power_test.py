"""The smallest difference that a comparison can see is found by the comparison as often as it says."""

import math
import statistics

import numpy
import pytest
from cnnbench_compare import power
from cnnbench_compare.verdict import SLOWER, compare_rows


def launches(generator, count, sd):
    return numpy.exp(sd * generator.standard_normal(count))


@pytest.mark.parametrize("first, other, rows", [(4, 4, 1), (9, 9, 1), (7, 12, 1), (9, 9, 5)])
def test_it_is_called_slower_in_80_percent_of_comparisons(first, other, rows):
    sd, simulations = 0.03, 300
    ratio = power.detectable_ratio(sd, first, other, rows)
    generator = numpy.random.default_rng([first, other, rows])
    same = ([1.0] * first, [1.0] * other)  # p = 1: rows that make the correction as large as it can be
    found = 0
    for _ in range(simulations):
        row = (launches(generator, first, sd), ratio * launches(generator, other, sd))
        found += compare_rows([row, *[same] * (rows - 1)])[0].verdict == SLOWER
    assert found / simulations == pytest.approx(power.POWER, abs=3 * (0.8 * 0.2 / simulations) ** 0.5)


def test_more_launches_see_less_and_more_rows_see_more():
    shifts = [power.detectable_shift(n, n, 1) for n in (4, 9, 20)]
    assert shifts == sorted(shifts, reverse=True)
    assert power.detectable_shift(9, 9, 1) < power.detectable_shift(9, 9, 20)


def test_it_grows_with_the_spread():
    assert math.log(power.detectable_ratio(0.02, 9, 9, 1)) == pytest.approx(
        2 * math.log(power.detectable_ratio(0.01, 9, 9, 1))
    )


def test_too_few_launches_see_nothing():
    assert power.detectable_ratio(0.01, 3, 3, 1) is None
    assert power.detectable_ratio(0.01, 4, 4, 2) is None
    assert power.detectable_ratio(None, 9, 9, 1) is None


def test_the_sd_of_a_launch_leaves_out_what_separates_the_arms():
    first, other = [1.0, 1.01, 1.02], [2.0, 2.02, 2.04]
    alone = statistics.stdev(math.log(x) for x in first)
    assert power.launch_sd(first, other) == pytest.approx(alone)
    assert power.launch_sd(first, [1.0]) == pytest.approx(alone)


def test_the_sd_is_not_known_of_single_launches_and_of_times_of_0():
    assert power.launch_sd([1.0], [2.0]) is None
    assert power.launch_sd([0.0, 1.0], [2.0, 1.0]) is None
