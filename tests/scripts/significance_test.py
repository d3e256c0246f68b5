"""The statistics of a comparison, against enumeration, published tables and examples done by hand."""

import itertools

import numpy
import pytest
from cnnbench_compare import significance
from scipy import stats

# The largest U that is significant at 0.05, two-sided, for equal arms: any table of Mann & Whitney's test.
CRITICAL_U = {4: 0, 5: 2, 6: 5, 7: 8, 8: 13, 9: 17, 10: 23}


def samples_with_u(size, u):
    """Two samples without ties in which U of the first is u: all of `other` is larger but for u pairs."""
    first, other = list(range(size)), [size + i for i in range(size)]
    rest = u
    for i in reversed(range(size)):  # raise the largest of `first` past as many of `other` as it takes
        past = min(rest, size)
        first[i] = size + past - 0.5 - 0.01 * (size - i)
        rest -= past
        if rest == 0:
            break
    return first, other


def enumerated_p(first, other):
    """The share of all ways to choose the first arm whose mean rank lies at least as far out."""
    ranks = [2 * r for r in stats.rankdata([*first, *other])]
    expected = len(first) * (len(ranks) + 1)
    sums = [sum(chosen) for chosen in itertools.combinations(ranks, len(first))]
    return sum(abs(s - expected) >= abs(sum(ranks[: len(first)]) - expected) for s in sums) / len(sums)


@pytest.mark.parametrize("size, critical", CRITICAL_U.items())
def test_p_crosses_5_percent_at_the_critical_values_of_the_published_tables(size, critical):
    assert significance.mann_whitney(*samples_with_u(size, critical)) <= 0.05
    assert significance.mann_whitney(*samples_with_u(size, critical + 1)) > 0.05


@pytest.mark.parametrize("levels", [1, 2, 3, 6, 1000])
@pytest.mark.parametrize("sizes", [(3, 3), (4, 6), (7, 5), (1, 5)])
def test_p_is_the_share_of_all_arrangements_with_ties_and_without(levels, sizes):
    generator = numpy.random.default_rng(levels)
    for _ in range(5):
        first, other = (generator.integers(0, levels, size).tolist() for size in sizes)
        p = significance.mann_whitney(first, other)
        assert p == pytest.approx(enumerated_p(first, other))
        assert p == pytest.approx(significance.mann_whitney(other, first))


def test_equal_samples_are_no_evidence():
    assert significance.mann_whitney([3, 3, 3, 3], [3, 3, 3, 3]) == pytest.approx(1)


def test_a_rank_sum_has_the_chances_of_its_choices():
    chances = significance.rank_sum_chances([1, 2, 3, 4], 2)  # 3 4 5 5 6 7
    assert chances[3:8].tolist() == pytest.approx([1 / 6, 1 / 6, 2 / 6, 1 / 6, 1 / 6])
    assert chances.sum() == pytest.approx(1)


def test_holm_multiplies_the_smallest_by_all_the_next_by_one_less():
    # The example of R's help and many textbooks: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm").
    assert significance.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert significance.holm([0.6, 0.7]) == [1, 1]
    assert significance.holm([0.04]) == [0.04]


def test_cliffs_delta_is_the_share_of_larger_pairs_less_that_of_smaller_ones():
    assert significance.cliffs_delta([1, 2], [3, 4]) == 1
    assert significance.cliffs_delta([3, 4], [1, 2]) == -1
    assert significance.cliffs_delta([1, 3], [2, 3]) == pytest.approx((2 - 1) / 4)  # pairs: +, −, +, =


def test_a_resampled_median_has_the_chances_of_a_binomial():
    # The median of 5 drawn from 1 … 5 is at most k where 3 or more of them are, each with a chance of k/5.
    drawn = significance.resampled_medians([5.0, 3.0, 1.0, 4.0, 2.0], 0)
    for k in range(1, 5):
        expected = stats.binom.sf(2, 5, k / 5)
        error = (expected * (1 - expected) / len(drawn)) ** 0.5
        assert (drawn <= k).mean() == pytest.approx(expected, abs=4 * error)


def test_the_median_of_an_even_number_is_between_the_middle_two():
    assert set(significance.resampled_medians([1.0, 2.0], 0)) == {1, 1.5, 2}


def test_the_arms_are_drawn_independently():
    values = numpy.arange(9.0)
    drawn = [significance.resampled_medians(values, arm) for arm in (0, 1)]
    assert abs(numpy.corrcoef(*drawn)[0, 1]) < 4 / significance.RESAMPLES**0.5


def test_an_interval_is_of_the_second_over_the_first_and_the_same_each_time():
    first, other = [1.0, 1.1, 1.2, 1.3], [2.0, 2.2, 2.4, 2.6]
    low, high = significance.ratio_interval(first, other)
    assert 2.0 / 1.3 <= low < 2 < high <= 2.6
    assert significance.ratio_interval(first, other) == (low, high)


@pytest.mark.parametrize("launches", [4, 5, 9])
@pytest.mark.parametrize("draw", ["standard_normal", "standard_exponential"])
def test_an_interval_holds_the_true_ratio_in_about_95_percent_of_cases(launches, draw):
    generator = numpy.random.default_rng(launches)
    held = 0
    for _ in range(600):
        first, other = (1 + 0.01 * getattr(generator, draw)(launches) for _ in range(2))
        low, high = significance.ratio_interval(first, 1.02 * other)
        held += low <= 1.02 <= high
    assert 0.91 <= held / 600 <= 0.99


@pytest.mark.parametrize("rows, needed", [(1, 4), (2, 5), (6, 5), (7, 6), (23, 6), (24, 7), (85, 7), (86, 8)])
def test_launches_are_enough_where_arms_that_do_not_overlap_are_significant(rows, needed):
    def smallest_corrected(launches):
        return rows * stats.mannwhitneyu(range(launches), range(100, 100 + launches), method="exact").pvalue

    assert significance.launches_needed(rows) == needed
    assert smallest_corrected(needed) <= 0.05
    assert needed == significance.FEWEST or smallest_corrected(needed - 1) > 0.05
    assert significance.can_decide(needed, needed, rows)


def test_many_launches_of_one_arm_do_not_make_up_for_few_of_the_other():
    assert not significance.can_decide(3, 1000, 1)
    assert not significance.can_decide(1, 1000, 1)
