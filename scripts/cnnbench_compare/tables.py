"""The report of a comparison as text of at most 100 columns, and as CSV."""

import statistics
import textwrap

from cnnbench_results.units import format_time

from . import significance, verdict

WIDTH = 100
UNKNOWN = "-"
DIRECTIONS = {"backward_data": "backward data", "backward_weights": "backward weights"}


def paragraph(text, indent="  "):
    """Lines of at most WIDTH columns; all but the first are indented. Words longer than that, paths, stay
    whole.
    """
    return textwrap.fill(
        text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def layout(header, rows):
    """A table as lines: the first column to the left, and cut where the lines become too long, the others to
    the right.
    """
    widths = [max(len(cell) for cell in column) for column in zip(header, *rows)]
    room = max(12, WIDTH - sum(widths[1:]) - 2 * (len(widths) - 1))
    widths[0] = min(widths[0], room)
    lines = []
    for cells in [header, *rows]:
        name = cells[0] if len(cells[0]) <= widths[0] else cells[0][: widths[0] - 1] + "…"
        rest = [f"{cell:>{width}}" for cell, width in zip(cells[1:], widths[1:])]
        lines.append("  ".join([f"{name:<{widths[0]}}", *rest]).rstrip())
    lines.insert(1, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    return lines


def title(key):
    """What a table is about, from the key of one of its rows."""
    if key.view == "network":
        return "Whole networks (view network)"
    what = {
        "layers": "Layers of {} in a running step",
        "isolated": "Layers of {}, each alone",
        "prefix": "The start of {} up to each layer",
    }.get(key.view, "{}").format(f"{key.model}, {key.pass_name} on {key.backend}")
    return f"{what} (view {key.view})"


def row_name(key):
    if key.view == "network":
        return key.run
    if key.direction == "step":
        return key.layer
    return f"{key.layer} {DIRECTIONS.get(key.direction, key.direction)}"


def number(value, form):
    return UNKNOWN if value is None else format(value, form)


def interval_text(interval):
    return UNKNOWN if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def p_text(p):
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def column_name(name):
    return name if len(name) <= 12 else name[:11] + "…"


def medians(comparison):
    return [format_time(statistics.median(arm)) for arm in (comparison.first, comparison.other)]


def comparison_table(pairs, comparisons, first_name, other_name):
    """One table with its title, and below it what a reader must know of these rows."""
    header = ["", column_name(first_name), column_name(other_name), "ratio"]
    rows = [
        [row_name(pair.key), *medians(c), number(c.ratio, ".3f")] for pair, c in zip(pairs, comparisons)
    ]
    if all(c.launches == 1 for c in comparisons):
        header += [f"step sd, {column_name(name)}" for name in (first_name, other_name)]
        for row, pair in zip(rows, pairs):
            row += [percent(step_sd(records)) for records in (pair.first, pair.other)]
    else:
        header += ["95 % interval", "p (Holm)", "delta", "verdict"]
        for row, c in zip(rows, comparisons):
            row += [interval_text(c.interval), p_text(c.p_holm), f"{c.delta:+.2f}", c.verdict]
    return "\n".join([paragraph(title(pairs[0].key)), *layout(header, rows), *notes(comparisons)])


def notes(comparisons):
    """What is to be said of the rows of one table."""
    lines = []
    rows = len(comparisons)
    few = [c for c in comparisons if c.verdict == verdict.TOO_FEW]
    if few:
        lines.append(
            f"No verdict{'' if len(few) == rows else f' on {len(few)} rows'}: too few launches. With "
            f"{min(c.launches for c in few)} of an arm the test cannot reach {significance.ALPHA:g} in a "
            f"table of {rows} {'row' if rows == 1 else 'rows'}, whatever the times are; it needs "
            f"{significance.launches_needed(rows)} launches an arm."
        )
    if any(c.ratio is None for c in comparisons):
        lines.append("A row without a ratio has a launch with a median of 0 s: less than the clock can tell.")
    return [paragraph(line) for line in lines]


def legend(comparisons, first_name, other_name):
    """How the numbers of these rows are defined."""
    lines = [
        f"ratio: {other_name} / {first_name}, of the medians over launches of the median step; above 1 is "
        "slower."
    ]
    if any(c.launches > 1 for c in comparisons):
        lines += [
            "95 % interval: of the ratio, row by row; percentile bootstrap over launches, from "
            f"{significance.FEWEST} an arm.",
            "p (Holm): exact Mann–Whitney test over launches, corrected for the rows of the table.",
            f"delta: Cliff's; +1 where every launch of {other_name} is slower than each of {first_name}.",
            f"verdict: same (interval within ±{100 * verdict.MARGIN:g} %), slower or faster (p at most "
            f"{significance.ALPHA:g} and an interval without 1), else inconclusive.",
        ]
    if any(c.launches == 1 for c in comparisons):
        lines.append(
            "step sd: the spread of the steps within one launch. It does not show how much launches "
            "differ, so it is no evidence for or against a difference."
        )
    return "\n".join(paragraph(line) for line in lines)


def percent(value):
    return UNKNOWN if value is None else f"±{100 * value:.1f} %"


def relative_sd(values):
    """Sample sd over the median; None where not defined."""
    if len(values) < 2 or min(values) <= 0:
        return None
    return statistics.stdev(values) / statistics.median(values)


def step_sd(records):
    """The sd of the steps within a launch over its median, the median of several launches; None where not
    known.
    """
    known = [r.sd / r.median for r in records if r.sd is not None and r.median > 0]
    return statistics.median(known) if known else None


CSV_HEADER = [
    *("first", "other", "view", "model", "pass", "backend", "layer", "direction"),
    *("first_launches", "other_launches", "first_median_seconds", "other_median_seconds"),
    *("first_launch_sd", "other_launch_sd"),
    *("first_step_sd", "other_step_sd", "ratio", "ratio_low", "ratio_high", "p", "p_holm", "cliffs_delta"),
    *("verdict", "launches_needed"),
]


def csv_rows(pairs, comparisons, first_name, other_name):
    """The rows of one table under CSV_HEADER. Spreads are relative to the median; what is not known is empty.
    """
    needed = significance.launches_needed(len(comparisons))
    for pair, c in zip(pairs, comparisons):
        arms, records = (c.first, c.other), (pair.first, pair.other)
        yield [
            *(first_name, other_name, *pair.key),
            *map(len, arms),
            *map(statistics.median, arms),
            *map(relative_sd, arms),
            *map(step_sd, records),
            *(c.ratio, *(c.interval or (None, None)), c.p, c.p_holm, c.delta, c.verdict, needed),
        ]
