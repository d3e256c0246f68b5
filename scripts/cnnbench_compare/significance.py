"""The statistics behind a comparison of two samples of launches.

A sample has one number a launch, the median time of its steps. Steps of one launch share its memory layout
and its moment, so they are no independent evidence (Georges, Buytaert & Eeckhout 2007; Kalibera & Jones
2013).
"""

import functools
import math

import numpy
from scipy import stats

ALPHA = 0.05  # the chance of a false alarm that is accepted, for all rows of a table together
FEWEST = 4  # launches an arm for an interval: with 3 it holds the true ratio in 91 % of cases, with 2 in 67 %
RESAMPLES = 10_000
SEED = 1


def mann_whitney(first, other):
    """The exact two-sided p of Mann & Whitney's U test (1947). Values that occur twice get their mean rank,
    and p is then exact for these ranks, for which the usual table of U would be wrong.
    """
    ranks = stats.rankdata([*first, *other])
    if len(set(ranks)) == len(ranks):
        return float(stats.mannwhitneyu(first, other, method="exact").pvalue)
    doubled = numpy.rint(2 * ranks).astype(int)  # mean ranks end in .0 or .5
    chances = rank_sum_chances(doubled, len(first))
    expected = len(first) * (len(ranks) + 1)
    distance = abs(doubled[: len(first)].sum() - expected)
    return float(min(1.0, chances[abs(numpy.arange(len(chances)) - expected) >= distance].sum()))


def rank_sum_chances(ranks, size):
    """How likely each sum of `size` of these whole-numbered ranks is, if all choices are equally likely; the
    index is the sum. The shift algorithm of Streitberg & Röhmel (1986).
    """
    counts = numpy.zeros((size + 1, int(sum(ranks)) + 1))
    counts[0, 0] = 1
    for rank in ranks:  # each rank is chosen or not; the right side is the table before this rank
        counts[1:, rank:] += counts[:-1, : counts.shape[1] - rank].copy()
    return counts[size] / counts[size].sum()


def holm(ps):
    """Holm's step-down correction (1979): with these, the chance of even one false alarm in a family of tests
    is at most ALPHA where those at most ALPHA are believed. In the order of `ps`.
    """
    corrected, largest = [0.0] * len(ps), 0.0
    for done, i in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        largest = max(largest, min(1.0, (len(ps) - done) * ps[i]))
        corrected[i] = largest
    return corrected


def cliffs_delta(first, other):
    """Cliff's delta (1993): the share of pairs in which `other` is larger less that in which it is smaller;
    −1 to 1.
    """
    return float(numpy.sign(numpy.subtract.outer(numpy.asarray(other), numpy.asarray(first))).mean())


@functools.lru_cache(maxsize=64)
def _middle_ranks(size, arm):
    """For each resample of `size` values, the ranks of its two middle values (the same one for odd sizes)."""
    drawn = numpy.random.default_rng([SEED, arm, size]).integers(0, size, (RESAMPLES, size))
    drawn.sort(axis=1)
    return drawn[:, (size - 1) // 2], drawn[:, size // 2]


def resampled_medians(values, arm):
    """The medians of RESAMPLES bootstrap samples of `values`, along the last axis. `arm` (0 or 1) makes the
    choices of two arms independent; they depend on nothing else, so that a comparison can be repeated to the
    last digit.
    """
    ordered = numpy.sort(values, axis=-1)
    low, high = _middle_ranks(ordered.shape[-1], arm)
    return (ordered[..., low] + ordered[..., high]) / 2


def ratio_interval(first, other):
    """The 95 % interval of median(other) / median(first): percentile bootstrap, each arm's launches drawn
    anew (Efron & Tibshirani 1993, chapter 13). All values above 0.
    """
    ratios = resampled_medians(other, 1) / resampled_medians(first, 0)
    low, high = numpy.quantile(ratios, [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)


def can_decide(first, other, rows):
    """Whether arms of these many launches can reach ALPHA in the worst case, that only one of `rows` differs:
    the smallest p of the exact test is that of arms that do not overlap.
    """
    return min(first, other) >= FEWEST and 2 * rows / math.comb(first + other, first) <= ALPHA


def launches_needed(rows):
    """The fewest launches an arm with which a comparison of `rows` can decide."""
    launches = 1
    while not can_decide(launches, launches, rows):
        launches += 1
    return launches
