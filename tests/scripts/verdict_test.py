"""Verdicts on launches whose true difference is known: how often they are wrong or find it."""

import numpy
import pytest
from cnnbench_compare import significance
from cnnbench_compare.verdict import FASTER, INCONCLUSIVE, SAME, SLOWER, TOO_FEW, compare_rows

DISTRIBUTIONS = {
    "normal": lambda generator, size: generator.standard_normal(size),
    "skewed": lambda generator, size: generator.standard_exponential(size) - 1,  # sd 1
    "coarse": lambda generator, size: generator.standard_normal(size).round(),  # a clock of few ticks: ties
}


def rows(generator, count, launches, ratio=1.0, sd=0.01, distribution="normal"):
    """`count` rows of two arms; in the first row `other` takes `ratio` times as long."""
    draw = DISTRIBUTIONS[distribution]
    made = [[1 + sd * draw(generator, launches) for _ in range(2)] for _ in range(count)]
    made[0][1] = made[0][1] * ratio
    return made


def share(wanted, seed, simulations, *arguments, **more):
    """The share of simulated tables in which the first row has this verdict."""
    generator = numpy.random.default_rng(seed)
    found = [compare_rows(rows(generator, *arguments, **more))[0].verdict for _ in range(simulations)]
    return sum(verdict in wanted for verdict in found) / simulations


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
@pytest.mark.parametrize("launches", [4, 9, 20])
def test_the_same_against_itself_is_called_different_in_at_most_5_percent(launches, distribution):
    assert share((FASTER, SLOWER), launches, 300, 1, launches, distribution=distribution) <= 0.05


@pytest.mark.parametrize("distribution", ["normal", "skewed"])
def test_a_table_of_many_layers_has_a_false_alarm_in_at_most_5_percent(distribution):
    generator = numpy.random.default_rng(20)
    alarms = 0
    for _ in range(100):
        found = compare_rows(rows(generator, 20, 9, distribution=distribution))
        alarms += any(c.verdict in (FASTER, SLOWER) for c in found)
    assert alarms / 100 <= 0.05


@pytest.mark.parametrize("ratio, verdict", [(1.02, SLOWER), (1 / 1.02, FASTER)])
def test_2_percent_are_found_with_9_launches_of_sd_1_percent_in_at_least_80_percent(ratio, verdict):
    assert share([verdict], 2, 600, 1, 9, ratio=ratio) >= 0.8


def test_2_percent_are_never_found_the_wrong_way_round():
    assert share([FASTER], 2, 200, 1, 9, ratio=1.02) == 0


def test_a_layer_among_20_is_found_too_where_the_change_is_larger():
    assert share([SLOWER], 3, 40, 20, 9, ratio=1.03) >= 0.8


def test_what_does_not_differ_is_called_same_where_the_spread_is_small():
    assert share([SAME], 4, 200, 1, 9, sd=0.003) >= 0.8
    assert share([SAME], 4, 200, 1, 9, sd=0.03) == 0


@pytest.mark.parametrize("launches", [4, 9])
def test_what_differs_by_1_percent_is_called_same_in_at_most_5_percent(launches):
    assert share([SAME], 5, 500, 1, launches, ratio=1.01, sd=0.002) <= 0.05


def test_slower_is_the_second_arm_taking_longer():
    first, other = [1.0, 1.01, 1.02, 1.03], [2.0, 2.02, 2.04, 2.06]
    (slower,), (faster,) = compare_rows([(first, other)]), compare_rows([(other, first)])
    assert (slower.verdict, faster.verdict) == (SLOWER, FASTER)
    assert slower.ratio == pytest.approx(2)
    assert faster.ratio == pytest.approx(0.5)
    assert (slower.delta, faster.delta) == (1, -1)
    assert slower.p == slower.p_holm == pytest.approx(2 / 70)


def test_an_interval_without_1_is_not_enough_where_the_test_is_not_significant(monkeypatch):
    monkeypatch.setattr(significance, "mann_whitney", lambda first, other: 0.06)
    assert compare_rows([([1.0, 1.0, 1.1, 1.1], [2.0, 2.1, 2.2, 2.3])])[0].verdict == INCONCLUSIVE


def test_a_significant_test_is_not_enough_where_the_interval_holds_1(monkeypatch):
    monkeypatch.setattr(significance, "ratio_interval", lambda first, other: (0.98, 2.2))
    assert compare_rows([([1.0, 1.0, 1.1, 1.1], [2.0, 2.1, 2.2, 2.3])])[0].verdict == INCONCLUSIVE


def test_a_row_alone_is_slower_but_not_among_rows_for_which_that_may_be_chance():
    clear = ([1.0, 1.01, 1.02, 1.03, 1.04], [1.05, 1.06, 1.07, 1.08, 1.035])  # p = 0.0159 (U = 1)
    unclear = ([1.0, 1.5, 2.0, 2.5, 3.0], [1.1, 1.6, 2.1, 2.6, 2.9])
    assert compare_rows([clear])[0].verdict == SLOWER
    found = compare_rows([clear, unclear, unclear, unclear])
    assert [c.verdict for c in found] == [INCONCLUSIVE] * 4
    assert found[0].p_holm == pytest.approx(4 * found[0].p)


@pytest.mark.parametrize(
    "launches, count, verdict", [(3, 1, TOO_FEW), (4, 1, SLOWER), (4, 2, TOO_FEW), (5, 2, SLOWER)]
)
def test_too_few_launches_give_no_verdict_however_large_the_difference(launches, count, verdict):
    generator = numpy.random.default_rng(6)
    assert compare_rows(rows(generator, count, launches, ratio=10))[0].verdict == verdict


@pytest.mark.parametrize("launches", [1, 2, 3])
def test_too_few_launches_are_not_called_the_same_either_and_have_no_interval(launches):
    (found,) = compare_rows([([1.0] * launches, [1.0] * launches)])
    assert (found.verdict, found.ratio, found.interval) == (TOO_FEW, 1, None)


def test_equal_times_are_the_same():
    assert compare_rows([([1.0] * 4, [1.0] * 4)])[0].verdict == SAME


def test_a_time_of_0_has_no_ratio_and_no_verdict_of_a_difference():
    (found,) = compare_rows([([0.0] * 5, [1.0] * 5)])
    assert (found.ratio, found.interval, found.verdict) == (None, None, INCONCLUSIVE)
