"""How small a difference a comparison can see, given how much launches differ."""

import functools
import math
import statistics

import numpy

from . import significance

POWER = 0.8
SIMULATIONS = 2000


def launch_sd(first, other):
    """The relative sd of a launch, from two arms of the same thing: of the logarithms, pooled over the arms
    (n − 2 degrees of freedom), so that what separates the arms does not count. None for fewer than 3 launches
    or a time of 0.
    """
    if len(first) + len(other) < 3 or min(*first, *other) <= 0:
        return None
    squares = 0.0
    for arm in (first, other):
        logs = [math.log(x) for x in arm]
        squares += sum((x - statistics.fmean(logs)) ** 2 for x in logs)
    return math.sqrt(squares / (len(first) + len(other) - 2))


def detectable_ratio(sd, first, other, rows):
    """The ratio of the times of two arms of these many launches that is called slower with a probability of
    POWER, where launches have this relative sd (normal logarithms) and only one of the table's `rows`
    differs. None where no ratio is. Changes within ±verdict.MARGIN count here even where their verdict is
    `same`.
    """
    shift = detectable_shift(first, other, rows)
    return None if shift is None or sd is None else math.exp(shift * sd)


@functools.lru_cache(maxsize=None)
def detectable_shift(first, other, rows):
    """As detectable_ratio(), in units of the sd, by simulation.

    For each pair of simulated arms there is a smallest shift of `other` that makes it slower: a shift moves
    the bootstrap interval of the difference as it is, and U counts the pairs whose difference is less than
    the shift (Hodges & Lehmann 1963), so U reaches its critical value u at the u-th smallest of these
    differences. POWER of the pairs need no more than the quantile that is returned.
    """
    critical = _critical_u(first, other, rows)
    if critical is None:
        return None
    generator = numpy.random.default_rng([significance.SEED, first, other])
    needed = []
    for _ in range(SIMULATIONS):
        a, b = generator.standard_normal(first), generator.standard_normal(other)
        for_test = numpy.sort(numpy.subtract.outer(a, b), axis=None)[critical - 1]
        differences = significance.resampled_medians(b, 1) - significance.resampled_medians(a, 0)
        for_interval = -numpy.quantile(differences, significance.ALPHA / 2)
        needed.append(max(for_test, for_interval))
    return float(numpy.quantile(needed, POWER))


def _critical_u(first, other, rows):
    """The smallest U of `other` that is significant where only one of `rows` differs; None where there is
    none.
    """
    if not significance.can_decide(first, other, rows):
        return None
    chances = significance.rank_sum_chances(range(1, first + other + 1), other)
    pairs, smallest_sum = first * other, other * (other + 1) // 2
    tails = 2 * chances[smallest_sum : smallest_sum + pairs + 1][::-1].cumsum()  # of U ≥ pairs, pairs − 1, …
    return pairs + 1 - int((tails * rows <= significance.ALPHA).sum())
