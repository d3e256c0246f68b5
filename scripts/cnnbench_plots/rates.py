"""Figure (b): time against FLOPs, one point a direction of a layer; those without FLOPs apart, against bytes.

Both are log-log, each with its own axis of time: the cheap layers would squeeze the dear ones. A dashed
line joins points of the same rate (GFLOP/s or GB/s), so that the distance from it reads as a factor in speed.
"""

import math

from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from . import style
from .labels import Labeller

HEIGHT, LEGEND_ROW, KINDS_A_ROW = 4.3, 0.18, 7
# kind: (colour, filled?); conv and dense, the only ones with FLOPs, differ in brightness too
KINDS = {
    "conv": (style.BLUE, True),
    "dense": (style.ORANGE, True),
    "max_pool": (style.GREEN, True),
    "avg_pool": (style.YELLOW, True),
    "activation": (style.SKY, True),
    "dropout": (style.PURPLE, False),
    "softmax": (style.BLACK, False),
    "lrn": (style.VERMILLION, True),
    "batch_norm": (style.VERMILLION, False),
    "standardize": (style.PURPLE, True),
    "flatten": (style.GREY, True),
}
# The largest markers are drawn first, so that no direction hides another at the same place.
SIZES = {"reorder": 7, "backward_data": 7, "forward": 5.5, "backward_weights": 5}
OTHER_KIND = (style.GREY, False)


def draw(result, model, pass_name, backend, view):
    """The page of one (model, pass, backend, view), or None where there is no point to draw."""
    records = result.select(view, model, pass_name, backend)
    timed = [r for r in records if r.mean > 0]
    arithmetic = [r for r in timed if r.flops > 0]
    moving = [r for r in timed if r.flops == 0 and r.bytes > 0]
    if not arithmetic and not moving:
        return None
    left_out = [r for r in records if r not in arithmetic and r not in moving]
    title = f"{style.literal(model)}, {pass_name}: time against FLOPs" + (
        " (isolated layers)" if view == "isolated" else ""
    )
    above = 0.59 + LEGEND_ROW * (1 + math.ceil(len(_kinds(arithmetic + moving)) / KINDS_A_ROW))
    page = style.Page(
        HEIGHT + above,
        title,
        style.machine_facts(result, records),
        _caption(view, records, moving, left_out, result.fma_peak),
        style.remark(result),
    )
    left, gap, room = 0.7, 0.55, style.WIDTH - 0.7 - style.MARGIN - 0.05
    shares = [1.0] if not (arithmetic and moving) else [0.62, 0.38]
    at = left
    panels = [
        (arithmetic, "flops", "GFLOP/s", "FLOPs of one step of one rank"),
        (moving, "bytes", "GB/s", "bytes (layers with 0 FLOPs)"),
    ]
    for (points, work, unit, label), share in zip([p for p in panels if p[0]], shares):
        width = share * (room - gap * (len(shares) - 1))
        axes = page.axes(at, 0.42, width, HEIGHT)
        _draw_panel(axes, points, work, unit, result.fma_peak if work == "flops" else None)
        axes.set_xlabel(label)
        if at == left:
            axes.set_ylabel("time of one step")
        at += width + gap
    _add_legend(page, HEIGHT + above - 0.05, arithmetic + moving)
    return page


def stand_out(points, work, most=4):
    """The points to be named: the slowest layers and those of the lowest rate, each at its worst point."""
    chosen = {}
    slowest = sorted(points, key=lambda r: -r.mean)
    lowest = sorted(points, key=lambda r: getattr(r, work) / r.mean)
    for ranking in (slowest, lowest):
        layers = list(dict.fromkeys(r.layer for r in ranking))[:most]
        for r in ranking:
            if r.layer in layers:
                chosen.setdefault(r.layer, r)
    return list(chosen.values())


def rate_lines(points, work):
    """Rates (in work a second) of the lines of one panel: they enclose the points, in decades, or in parts of
    one where the points span little."""
    rates = [getattr(r, work) / r.mean for r in points]
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    steps = (1,) if high - low > 3 else (1, 3) if high - low == 3 else (1, 2, 5)
    lines = [digit * 10.0**power for power in range(low, high + 1) for digit in steps]
    below = [x for x in lines if x <= min(rates)][-1]
    above = ([x for x in lines if x >= max(rates)] or lines[-1:])[0]
    return [x for x in lines if below <= x <= above]


def _limits(values, below, above):
    """Limits of a log axis with a factor of room on both sides; a decade at least, so that it has ticks."""
    low, high = min(values), max(values)
    widen = max(1, math.sqrt(12 * low / high / below / above))
    return low / below / widen, high * above * widen


def _draw_panel(axes, points, work, unit, peak):
    axes.set_xscale("log")
    axes.set_yscale("log")
    x_limits = _limits([getattr(r, work) for r in points], 2.2, 5)  # room for names on the right
    y_limits = _limits([r.mean for r in points], 1.8, 2.2)
    axes.set_xlim(*x_limits)
    axes.set_ylim(*y_limits)
    for axis, (low, high) in ((axes.xaxis, x_limits), (axes.yaxis, y_limits)):
        axis.set_major_locator(LogLocator(10, subs=(1, 2, 5) if high / low < 100 else (1,), numticks=15))
        axis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{THIN SPACE}"))
    axes.yaxis.set_major_formatter(EngFormatter(unit="s", sep=" "))
    for r in sorted(points, key=lambda r: -SIZES.get(r.direction, 5.5)):
        colour, filled = KINDS.get(r.kind, OTHER_KIND)
        marker = style.direction_style(r.direction)[3]
        axes.plot(
            getattr(r, work),
            r.mean,
            linestyle="none",
            marker=marker,
            markersize=SIZES.get(r.direction, 5.5),
            markerfacecolor=colour if filled else "white",
            markeredgecolor="white" if filled else colour,
            markeredgewidth=0.5 if filled else 1.1,
            zorder=3,
            gid=f"{r.layer}/{r.direction}",
        )
        if r.direct_equivalent:
            axes.plot(
                getattr(r, work),
                r.mean,
                linestyle="none",
                marker="o",
                markersize=9,
                markerfacecolor="none",
                markeredgecolor=style.INK,
                markeredgewidth=0.7,
                zorder=2,
                gid=f"{r.layer}/{r.direction} direct-equivalent",
            )
    if peak:
        ends = max(x_limits[0], y_limits[0] * peak), min(x_limits[1], y_limits[1] * peak)
        if ends[0] < ends[1]:
            line = {"color": style.VERMILLION, "linewidth": 0.9, "zorder": 1, "gid": "FMA peak"}
            axes.plot(ends, [x / peak for x in ends], **line)
    labeller = Labeller(axes, [(getattr(r, work), r.mean) for r in points])
    segments = []
    for rate in rate_lines(points, work):
        start, end = max(x_limits[0], y_limits[0] * rate), min(x_limits[1], y_limits[1] * rate)
        if start < end:
            segment = ((start, start / rate), (end, end / rate))
            axes.plot(
                *zip(*segment),
                color="#a0a0a0",
                linewidth=0.6,
                linestyle=(0, (5, 4)),
                zorder=1,
                gid=f"rate {rate:g}",
            )
            segments.append((rate, segment))
    for r in stand_out(points, work):
        labeller.name(getattr(r, work), r.mean, style.literal(r.layer))
    for rate, segment in segments:
        labeller.along(*segment, f"{style.plain_number(rate / 1e9)} {unit}")


def _kinds(points):
    known = list(KINDS)
    return sorted({r.kind for r in points}, key=lambda k: (known.index(k) if k in known else len(known), k))


def _add_legend(page, top, points):
    """A row of markers (direction), then rows of colours (kind)."""
    shapes = []
    for direction in style.stacking_order(points):
        name, _, _, marker = style.direction_style(direction)
        shapes.append((style.marker_handle(marker, style.GREY, filled=False), name))
    colours = []
    for kind in _kinds(points):
        colours.append(
            (style.marker_handle("o", *KINDS.get(kind, OTHER_KIND)), kind.replace("_", " ") or "other")
        )
    page.legend(shapes, top)
    for row in range(0, len(colours), KINDS_A_ROW):
        top -= LEGEND_ROW
        page.legend(colours[row : row + KINDS_A_ROW], top)


def _caption(view, records, moving, left_out, peak):
    ranks = max(r.ranks for r in records)
    text = f"Points: mean of {style.number_range([r.n for r in records], 'step', 'steps')}"
    text += f", each the maximum over {ranks} ranks" if ranks > 1 else ""
    text += (
        ", one layer alone in a loop with hot caches (view isolated). "
        if view == "isolated"
        else ", every operation timed inside a running step (view layers). "
    )
    text += (
        "FLOPs: 2 per multiply-add, convolutions and dense layers only. Dashed: the same rate everywhere. "
    )
    if peak:
        text += f"Red: the FMA peak of a rank, {style.format_si(peak, 'FLOP/s')}. "
    if any(r.direct_equivalent for r in records):
        text += "Ringed: direct-equivalent, FLOPs of the convolution by its definition in the time of Winograd's "
        text += "algorithm, which multiplies up to five times less and may stay below the FMA peak's line. "
    text += "Named: the slowest layers and those of the lowest rate. "
    if moving:
        text += "Right: layers that count no FLOPs, against the bytes they read and write once. "
    if left_out:
        total = style.format_time(sum(r.mean for r in left_out))
        count = style.number_range([len(left_out)], "operation", "operations")
        text += f"Left out: {count} with neither FLOPs nor bytes, such as reorders, or no measurable time; "
        text += f"together {total}. "
    return text
