"""Figure (a): what each layer costs, and the cumulative line of the OverFeat benchmark.

Layers are rows in network order, so that names never collide however many there are; both panels share them.
"""

import itertools

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import style
from cnnbench_results.result import sd_of_sums

# Inches; rows shrink to fit on a page of A4 as long as they are readable.
ROW, LEAST_ROW, MOST_HEIGHT = 0.19, 0.13, 9.0


def draw(result, model, pass_name, backend):
    """The page of one (model, pass, backend): the view `layers` as bars, the view `prefix` as points. Where
    only the prefixes were timed, their panel stands alone."""
    records = result.select("layers", model, pass_name, backend)
    prefixes = result.select("prefix", model, pass_name, backend)
    names = result.order(records + prefixes)
    parts = {name: [r for r in records if r.layer == name] for name in names}
    height = max(0.8, len(names) * max(LEAST_ROW, min(ROW, MOST_HEIGHT / len(names))))
    page = style.Page(
        height + 0.71,
        f"{style.literal(model)}, {pass_name}: "
        + ("time of each layer" if records else "time through each layer"),
        style.machine_facts(result, records + prefixes),
        _caption(records, prefixes),
        style.remark(result),
    )
    left = max(style.text_width(style.literal(name), style.SMALL) for name in names) + 0.22
    room = style.WIDTH - left - style.MARGIN - 0.12
    points = [(names.index(r.layer), r) for r in prefixes]
    if records:
        first = page.axes(left, 0.42, 0.6 * (room - 0.3), height)
        cumulative = page.axes(
            left + 0.6 * (room - 0.3) + 0.3, 0.42, 0.4 * (room - 0.3), height, sharey=first
        )
        _draw_bars(first, [parts[name] for name in names])
        cumulative.tick_params(axis="y", length=0, labelleft=False)
    else:
        first = cumulative = page.axes(left, 0.42, room, height)
    _draw_cumulative(cumulative, [parts[name] for name in names] if records else [], points)
    first.set_ylim(len(names) - 0.4, -0.6)
    first.set_yticks(range(len(names)), [style.literal(name) for name in names])
    first.tick_params(axis="y", length=0, pad=5)
    _add_legend(page, height + 0.67, style.stacking_order(records), bool(prefixes))
    return page


def _draw_bars(axes, rows):
    """`rows`: the records of each layer."""
    totals = [sum(r.mean for r in row) for row in rows]
    spreads = [sd_of_sums(row) for row in rows]
    factor, unit = style.time_unit(max(totals))
    starts = [0.0] * len(rows)
    for direction in style.stacking_order([r for row in rows for r in row]):
        _, colour, hatch, _ = style.direction_style(direction)
        means = [sum(r.mean for r in row if r.direction == direction) * factor for row in rows]
        axes.barh(
            range(len(rows)),
            means,
            0.72,
            left=starts,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.3,
            label=direction,
        )
        starts = [start + mean for start, mean in zip(starts, means)]
    known = [i for i, sd in enumerate(spreads) if sd is not None]
    if known:
        axes.errorbar(
            [totals[i] * factor for i in known],
            known,
            xerr=[spreads[i] * factor for i in known],
            fmt="none",
            ecolor=style.INK,
            elinewidth=0.8,
            capsize=1.8,
            capthick=0.8,
            label="sd",
        )
    whole = sum(totals)
    for i, (total, sd) in enumerate(zip(totals, spreads)):
        if total > 0:
            axes.annotate(
                _share(total / whole),
                ((total + (sd or 0)) * factor, i),
                (3, 0),
                textcoords="offset points",
                va="center",
                ha="left",
                size=style.SMALL,
                color=style.GREY,
            )
    widest = max(total + (sd or 0) for total, sd in zip(totals, spreads)) * factor
    axes.set_xlim(0, widest * 1.16 or 1)
    axes.set_xlabel(f"time of one step [{unit}]")
    axes.grid(axis="x")


def _draw_cumulative(axes, rows, prefixes):
    """The running sum over `rows`, the records of each layer (none: no line), and prefixes: (row, record)."""
    running = list(itertools.accumulate(sum(r.mean for r in row) for row in rows))
    spreads = [sd_of_sums([r for row in rows[: i + 1] for r in row]) for i in range(len(rows))]
    factor, unit = style.time_unit(max(running[-1:] + [r.mean for _, r in prefixes]))
    known = [i for i, sd in enumerate(spreads) if sd is not None]
    if known:
        axes.fill_betweenx(
            known,
            [(running[i] - spreads[i]) * factor for i in known],
            [(running[i] + spreads[i]) * factor for i in known],
            color="#c8c8c8",
            linewidth=0,
            label="band",
        )
    if running:
        axes.plot(
            [t * factor for t in running],
            range(len(running)),
            color=style.INK,
            linewidth=1.1,
            marker="o",
            markersize=2.6,
            clip_on=False,
            label="running sum",
        )
        axes.annotate(
            style.format_time(running[-1]),
            (running[-1] * factor, len(running) - 1),
            (-8, 0),
            size=style.SMALL,
            textcoords="offset points",
            va="center",
            ha="right",
        )
    if prefixes:
        axes.plot(
            [r.mean * factor for _, r in prefixes],
            [i for i, _ in prefixes],
            linestyle="none",
            marker="D",
            markersize=5,
            markerfacecolor="none",
            markeredgecolor=style.VERMILLION,
            markeredgewidth=1,
            clip_on=False,
            zorder=4,
            label="prefix",
        )
        with_sd = [(i, r) for i, r in prefixes if r.sd is not None]
        axes.errorbar(
            [r.mean * factor for _, r in with_sd],
            [i for i, _ in with_sd],
            xerr=[r.sd * factor for _, r in with_sd],
            fmt="none",
            ecolor=style.VERMILLION,
            elinewidth=0.8,
            label="prefix sd",
        )
        for i, r in prefixes if not rows else []:
            axes.annotate(
                style.format_time(r.mean),
                ((r.mean + (r.sd or 0)) * factor, i),
                (6, 0),
                size=style.SMALL,
                textcoords="offset points",
                va="center",
                ha="left",
                color=style.GREY,
            )
    widest = max(
        [t + (sd or 0) for t, sd in zip(running, spreads)] + [r.mean + (r.sd or 0) for _, r in prefixes]
    )
    axes.set_xlim(0, widest * factor * (1.08 if rows else 1.16) or 1)
    axes.set_xlabel(f"cumulative time [{unit}]")
    axes.grid(axis="x")


def _add_legend(page, top, directions, prefixes):
    entries = []
    for direction in directions:
        name, colour, hatch, _ = style.direction_style(direction)
        entries.append((Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.3), name))
    if directions:
        entries.append(
            (Line2D([], [], color=style.INK, linewidth=1.1, marker="o", markersize=2.6), "running sum")
        )
    if prefixes:
        entries.append((style.marker_handle("D", style.VERMILLION, filled=False), "network cut here"))
    page.legend(entries, top)


def _share(share):
    if share < 0.0005:
        return "< 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.0995 else f"{100 * share:.1f} %"


def _caption(records, prefixes):
    text = ""
    ranks = max(r.ranks for r in records + prefixes)
    maximum = f", each the maximum over {ranks} ranks" if ranks > 1 else ""
    if records:
        text += f"Bars: mean of {style.number_range([r.n for r in records], 'step', 'steps')}{maximum}"
        text += ", every operation timed inside a running step (view layers), with its share of the sum. "
        if any(r.sd is not None for r in records):
            text += "Whiskers: ± sd of the layer's total, taken from its sum in each step. "
            text += "Right: running sum of the bars; band: ± its sd. "
        else:
            text += "No whiskers: an sd needs at least two steps. Right: running sum of the bars. "
    if prefixes:
        text += "Diamonds: the network cut after this layer and timed as a whole (view prefix), mean"
        text += " ± sd" if any(r.sd is not None for r in prefixes) else ""
        text += f" of {style.number_range([r.n for r in prefixes], 'step', 'steps')}"
        text += ". " if records else f"{maximum}. "
    return text
