"""The verdict on each row of a table: what two samples of launches say of each other."""

import statistics
from dataclasses import dataclass

from . import significance

FASTER, SLOWER, SAME, INCONCLUSIVE, TOO_FEW = "faster", "slower", "same", "inconclusive", "too few"
MARGIN = 0.01  # a change that is surely smaller than this is none


@dataclass(frozen=True)
class Comparison:
    """`other` against `first`, each with the median seconds of every launch. None where not defined."""

    first: tuple[float, ...]
    other: tuple[float, ...]
    ratio: float | None  # of the medians over launches; above 1 is slower
    interval: tuple[float, float] | None  # 95 %, where both arms have FEWEST launches
    p: float
    p_holm: float  # corrected for the rows of the table
    delta: float  # Cliff's
    verdict: str

    @property
    def launches(self):
        """The launches of the smaller arm."""
        return min(len(self.first), len(self.other))


def compare_rows(rows):
    """Compares the rows (first, other) of one table, which are one family of tests. Gives a Comparison each.

    A row is `same` where the interval of its ratio lies within ±MARGIN (two one-sided tests at half of ALPHA
    each: Schuirmann 1987); else `slower` or `faster` where the corrected test is significant and the interval
    excludes 1; else `inconclusive`. Where the launches are too few for the test ever to become significant,
    it is `too few`.
    """
    ps = [significance.mann_whitney(first, other) for first, other in rows]
    corrected = significance.holm(ps)
    found = []
    for (first, other), p, p_holm in zip(rows, ps, corrected):
        ratio = interval = None
        if min(*first, *other) > 0:
            ratio = statistics.median(other) / statistics.median(first)
            if min(len(first), len(other)) >= significance.FEWEST:
                interval = significance.ratio_interval(first, other)
        decidable = significance.can_decide(len(first), len(other), len(rows))
        verdict = _verdict(interval, p_holm) if decidable else TOO_FEW
        delta = significance.cliffs_delta(first, other)
        found.append(Comparison(tuple(first), tuple(other), ratio, interval, p, p_holm, delta, verdict))
    return found


def _verdict(interval, p_holm):
    if interval is None:
        return INCONCLUSIVE
    low, high = interval
    if 1 - MARGIN <= low and high <= 1 + MARGIN:
        return SAME
    if p_holm <= significance.ALPHA and low > 1:
        return SLOWER
    if p_holm <= significance.ALPHA and high < 1:
        return FASTER
    return INCONCLUSIVE
