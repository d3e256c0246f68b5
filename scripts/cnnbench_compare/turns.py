"""The ratio of two backends that took turns in one launch, as the program computes it, by numpy and scipy."""

import math
from typing import NamedTuple

import numpy
from scipy import stats

BURST = 5  # steps of one backend before the next one's turn
FEWEST = 4  # bursts for an interval
MOST_BATCHES = 20  # of successive rounds
ALPHA = 0.05
SPREAD = 0.01  # of the logarithm of a ratio, in any case
SECONDS_OF_ONE_INSTANCE = 1e-6
SHARE_OF_ONE_INSTANCE = 0.05
ENOUGH_INSTANCES = 8  # their placement is among the differences between batches
FEWEST_BATCHES = 5  # of the longest length
LEAST_OF_LONGER = 8  # steps of a batch of twice the length
LEAST_FOR_BATCHES = 20  # steps; fewer are taken for independent


class TurnsRatio(NamedTuple):
    """`other` over `first`: above 1 is slower."""

    ratio: float
    low: float
    high: float
    p: float


def batch_count(values):
    return min(values, max(10, min(20, values // 20)))


def batch_means(values, batches):
    """The means of `batches` runs of successive values."""
    ends = [i * len(values) // batches for i in range(batches + 1)]
    return numpy.array([values[a:b].mean() for a, b in zip(ends, ends[1:])])


def placement_sd(instances, seconds):
    """What is not in the samples of so many instances of each program, of steps of so many seconds."""
    if instances >= ENOUGH_INSTANCES:
        return SPREAD
    one = math.hypot(SHARE_OF_ONE_INSTANCE, SECONDS_OF_ONE_INSTANCE / seconds)
    return math.hypot(SPREAD, one / math.sqrt(instances))


def compare_turns(first, other, instances=1):
    """The TurnsRatio of the steps of two backends, in the order of time; at least FEWEST bursts of each.
    `instances` of either's program were measured.
    """
    rounds = min(len(first), len(other)) // BURST
    medians = [
        numpy.median(numpy.asarray(s)[: rounds * BURST].reshape(rounds, BURST), axis=1) for s in (first, other)
    ]
    ratios = numpy.log(medians[1] / medians[0])
    ordered, cut = numpy.sort(ratios), rounds // 5
    kept = ordered[cut : rounds - cut]
    share, mean = len(kept) / rounds, kept.mean()
    count = min(rounds, MOST_BATCHES)
    if instances >= ENOUGH_INSTANCES:
        count = min(count, instances)
    batches = batch_means(ratios.clip(kept[0], kept[-1]), count)
    error = batches.std(ddof=1) / math.sqrt(len(batches)) / share
    seconds = min(numpy.median(first), numpy.median(other))
    total = math.hypot(error, placement_sd(instances, seconds))
    degrees = min(1e4, (share * len(batches) - 1) * (total / error) ** 4) if error > 0 else 1e4
    reach = stats.t.ppf(1 - ALPHA / 2, degrees) * total
    p = 2 * stats.t.sf(abs(mean) / total, degrees)
    return TurnsRatio(*(float(numpy.exp(x)) for x in (mean, mean - reach, mean + reach)), float(p))


def median_interval(steps):
    """The 95 % interval of the median of steps in the order of time, at least LEAST_FOR_BATCHES."""
    steps = numpy.asarray(steps)
    median, n = numpy.median(steps), len(steps)
    below = numpy.where(steps < median, 1.0, numpy.where(steps > median, 0.0, 0.5))

    def rank_by(batches):
        error = batch_means(below, batches).std(ddof=1) / math.sqrt(batches)
        return math.floor((0.5 - stats.t.ppf(1 - ALPHA / 2, batches - 1) * error) * n)

    batches = batch_count(n)
    rank = min(rank_by(batches), int(stats.binom.ppf(ALPHA / 2, n, 0.5)))  # never narrower than independent
    if rank < 1:
        return None
    while (batches := batches // 2) >= FEWEST_BATCHES and n >= batches * LEAST_OF_LONGER:
        rank = min(rank, max(1, rank_by(batches)))
    ordered = numpy.sort(steps)
    return float(ordered[rank - 1]), float(ordered[n - rank])
