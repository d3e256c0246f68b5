"""The report on a machine that was compared with itself. Every difference that it finds is a false alarm."""

import statistics

from cnnbench_results.units import format_time

from . import power, report, significance, tables, verdict

FALSE = (verdict.FASTER, verdict.SLOWER)


def text(done):
    """The report of a report.Report of two arms that ran the same; of at most 100 columns."""
    blocks = [_table(pairs, found) for pairs, found in done.tables]
    before = "\n".join(report.preface(done))
    return "\n\n".join([*([before] if before else []), *blocks, summary(done), legend(done)])


def seen(comparison, rows):
    """The ratio that this comparison could have seen; None where it could see none or the spread is not
    known.
    """
    sd = power.launch_sd(comparison.first, comparison.other)
    return power.detectable_ratio(sd, len(comparison.first), len(comparison.other), rows)


def _table(pairs, found):
    header = ["", "median", "sd", "b / a", "95 % interval", "p (Holm)", "verdict", "could see"]
    rows = []
    for pair, c in zip(pairs, found):
        could_see = seen(c, len(found))
        rows.append(
            [
                tables.row_name(pair.key),
                format_time(statistics.median([*c.first, *c.other])),
                tables.percent(power.launch_sd(c.first, c.other)),
                tables.number(c.ratio, ".3f"),
                tables.interval_text(c.interval),
                tables.p_text(c.p_holm),
                c.verdict,
                tables.UNKNOWN if could_see is None else _slower(could_see),
            ]
        )
    title = tables.paragraph(tables.title(pairs[0].key))
    return "\n".join([title, *tables.layout(header, rows), *tables.notes(found)])


def summary(done):
    """False alarms, and what could have been seen, over all tables."""
    rows = [(key, c) for key, c in done.rows()]
    judged = [(key, c) for key, c in rows if c.verdict != verdict.TOO_FEW]
    lines = []
    if judged:
        false = [f"{report.full_name(key)} {c.verdict}" for key, c in judged if c.verdict in FALSE]
        raw = sum(c.p <= significance.ALPHA for _, c in judged)
        lines += [
            f"False positives: {_share(len(false), len(judged))}{': ' if false else ''}{', '.join(false)}.",
            f"Before Holm's correction p is at most {significance.ALPHA:g} in {_share(raw, len(judged))}; at "
            "most 5 % are to be expected where launches are independent.",
        ]
    else:
        lines.append("False positives: not known, since no row has enough launches for a verdict.")
    for pairs, found in done.tables:
        known = [(seen(c, len(found)), tables.row_name(pair.key)) for pair, c in zip(pairs, found)]
        known = [(ratio, name) for ratio, name in known if ratio is not None]
        if known:
            middle, (worst, name) = statistics.median(ratio for ratio, _ in known), max(known)
            least = _slower(middle)
            if len(known) > 1:
                least += f" (median row), {_slower(worst)} ({name})"
            what = tables.title(pairs[0].key)
            lines.append(f"Smallest difference that it could have seen: {what}: {least}.")
    return "\n".join(tables.paragraph(line) for line in lines)


def _slower(ratio):
    return f"+{100 * (ratio - 1):.1f} %"


def _share(count, total):
    return f"{count} of {total} {'row' if total == 1 else 'rows'} ({100 * count / total:.1f} %)"


def legend(done):
    lines = [
        "median: over all launches, of the median step. sd: of a launch, both arms pooled. b / a: of the "
        "medians over launches, with its 95 % bootstrap interval. p (Holm): exact Mann–Whitney, corrected "
        "for the rows of the table. A verdict of faster or slower is false here.",
        "could see: the slowdown of this row alone that gets the verdict slower with a probability of "
        f"{100 * power.POWER:g} %; by simulation of {power.SIMULATIONS} comparisons with this sd.",
    ]
    return "\n".join(tables.paragraph(line) for line in lines)
