"""Figure (f): the time of each layer on several backends, a bar each; the whole network in its own panel."""

import math

from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from . import backends, style

STYLES = [
    (style.GREY, ""),
    (style.BLUE, ""),
    (style.ORANGE, "//////"),
    (style.GREEN, "......"),
    (style.VERMILLION, ""),
    (style.SKY, "||||||"),
    (style.PURPLE, "xxxxxx"),
    (style.YELLOW, ""),
    ("#8a63b5", "oo"),
    ("#9ad0c2", "------"),
    ("#b08a5a", "\\\\\\\\\\\\"),
    ("#d9d9d9", "++++++"),
]
PER_PANEL = 60  # bars that stay apart in the width of a page


def draw(result, model, pass_name):
    """The page of one (model, pass), or None. Layers have as many panels as they need."""
    comparison = backends.compared(result, model, pass_name)
    if comparison is None:
        return None
    timed = {t.backend for t in comparison.times() if t.median}
    measured = [backend for backend in comparison.backends if backend in timed]
    a_panel = max(3, PER_PANEL // len(measured))
    count = math.ceil(len(comparison.layers) / a_panel)
    size = math.ceil(len(comparison.layers) / count) if count else 0
    groups = [comparison.layers[i * size : (i + 1) * size] for i in range(count)]
    panel, between = (1.42, 0.32) if count > 1 else (2.4, 0.3)
    names = [style.literal(name) for name in measured]
    rows = legend_rows(names)
    above = 0.2 * len(rows) + 0.1
    total = 0.19 * len(measured) + 0.12 if comparison.totals else 0
    height = above + total + (0.5 if total else 0) + count * (panel + between) + 0.05
    page = style.Page(
        height,
        f"{style.literal(model)}, {pass_name}: time of each layer on each backend",
        style.machine_facts(result, backends.records(result, model, pass_name)),
        _times_caption(comparison, measured, result, model, pass_name),
        style.remark(result),
    )
    at = height - above
    left = 0.68
    room = style.WIDTH - left - style.MARGIN - 0.05
    if total:
        _draw_totals(page, comparison, measured, at - total, total)
        at -= total + 0.5
    times = [t for _, row in comparison.layers for t in row.values() if t.median]
    if times:
        log = max(t.median for t in times) > 20 * min(t.median for t in times)
        middle = math.sqrt(max(t.median for t in times) * min(t.median for t in times))
        factor, unit = style.time_unit(middle if log else max(t.median for t in times))
        highest = max(t.high or t.median for t in times) * factor
        lowest = min(t.low or t.median for t in times) * factor
        for group in groups:
            at -= panel
            axes = page.axes(left, at, room * len(group) / size, panel)
            _draw_group(axes, group, measured, factor)
            axes.set_xlim(-0.55, len(group) - 0.45)
            if log:
                _log_axis(axes.yaxis, axes.set_yscale)
                axes.set_ylim(lowest / 1.5, highest * 1.3)
            else:
                axes.set_ylim(0, highest * 1.06)
            axes.set_ylabel(f"time a step [{unit}]")
            axes.yaxis.set_label_coords(-(left - 0.16) / (room * len(group) / size), 0.5)
            axes.grid(axis="y")
            at -= between
    for i, row in enumerate(rows):
        page.legend([(handle(k), names[k]) for k in row], height - 0.03 - 0.2 * i)
    return page


def style_of(index):
    """Colour and hatch of the backend of this number; from the 13th on, a colour again with another hatch."""
    again, first = divmod(index, len(STYLES))
    return STYLES[first][0], STYLES[(first + 2 * again) % len(STYLES)][1]


def handle(index):
    colour, hatch = style_of(index)
    return Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0.3)


def legend_rows(names):
    """Indices of the names that stand in each row of the legend."""
    rows, used = [[]], 0.0
    for i, name in enumerate(names):
        width = style.text_width(name, style.SMALL + 0.5) + 0.52
        if rows[-1] and used + width > style.WIDTH - 2 * style.MARGIN:
            rows.append([])
            used = 0.0
        rows[-1].append(i)
        used += width
    return rows


def _log_axis(axis, set_scale):
    set_scale("log")
    axis.set_major_locator(LogLocator(10, numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda x, _: style.plain_number(x)))
    axis.set_minor_formatter(NullFormatter())


def _draw_group(axes, group, measured, factor):
    width = 0.84 / len(measured)
    for k, backend in enumerate(measured):
        colour, hatch = style_of(k)
        mine = [(i, row.get(backend)) for i, (_, row) in enumerate(group)]
        found = [(i, t) for i, t in mine if t and t.median]
        places = [i + (k - (len(measured) - 1) / 2) * width for i, _ in found]
        axes.bar(
            places,
            [t.median * factor for _, t in found],
            width,
            color=colour,
            hatch=hatch,
            edgecolor="white",
            linewidth=0.3,
            label=backend,
        )
        known = [(x, t) for x, (_, t) in zip(places, found) if t.low is not None and t.high is not None]
        axes.errorbar(
            [x for x, _ in known],
            [t.median * factor for _, t in known],
            yerr=_distances([t for _, t in known], factor),
            fmt="none",
            ecolor=style.INK,
            elinewidth=0.7,
            capsize=min(1.8, 16 * width),
            capthick=0.6,
            label=f"{backend} interval",
        )
    name_groups(axes, [name for name, _ in group])


# Inches between names at a slant of 20 degrees below which one runs into the next.
NARROW = 0.45


def name_groups(axes, layers):
    """Names below groups of bars at 0, 1, …, at a slant where they are long, and lines between the groups."""
    room = axes.get_position().width * style.WIDTH / max(1, len(layers))
    names = [style.literal(name) for name in layers]
    slanted = max(style.text_width(name, style.SMALL) for name in names) > room - 0.05
    axes.set_xticks(
        range(len(layers)),
        names,
        rotation=(20 if room > NARROW else 32) if slanted else 0,
        ha="right" if slanted else "center",
        rotation_mode="anchor",
    )
    axes.tick_params(axis="x", length=0, pad=3)
    for i in range(1, len(layers)):
        axes.axvline(i - 0.5, color=style.LIGHT, linewidth=0.5, zorder=0)


def _distances(times, factor):
    return [[(t.median - t.low) * factor for t in times], [(t.high - t.median) * factor for t in times]]


def _draw_totals(page, comparison, measured, bottom, height):
    """The whole network on each backend as bars from the left, with its time; beside it the bound."""
    name, row = comparison.totals[-1]
    times = [row.get(backend) for backend in measured]
    known = [t for t in times if t and t.median]
    if not known:
        return
    factor, unit = style.time_unit(max(t.median for t in known))
    names = [style.literal(backend) for backend in measured]
    left = max(style.text_width(n, style.SMALL) for n in names) + 0.22
    axes = page.axes(left, bottom, style.WIDTH - left - style.MARGIN - 0.05, height)
    for k, t in enumerate(times):
        if t is None or not t.median:
            continue
        colour, hatch = style_of(k)
        axes.barh(k, t.median * factor, 0.74, color=colour, hatch=hatch, edgecolor="white", linewidth=0.3)
        if t.low is not None and t.high is not None:
            axes.errorbar(
                t.median * factor,
                k,
                xerr=_distances([t], factor),
                fmt="none",
                ecolor=style.INK,
                elinewidth=0.8,
                capsize=1.8,
            )
        text = style.format_time(t.median)
        if t.ratio and t.backend != comparison.reference:
            text += f"  ({backends.factor(1 / t.ratio)}× the speed)"
        axes.annotate(
            text,
            ((t.high or t.median) * factor, k),
            (4, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL,
        )
    longest = max(t.high or t.median for t in known) * factor
    axes.set_xlim(0, longest * 1.3)
    axes.set_ylim(len(measured) - 0.45, -0.55)
    axes.set_yticks(range(len(measured)), names)
    axes.tick_params(axis="y", length=0, pad=4)
    axes.set_xlabel(f"{name}: time a step [{unit}]")
    axes.grid(axis="x")


def _times_caption(comparison, measured, result, model, pass_name):
    text = f"Medians of {backends.steps(result, model, pass_name)}; "
    text += "whiskers: 95 % interval of the median. "
    text += "A layer has all that ran for it, reorders and all directions too (view layers). "
    if any(not row[name].median for _, row in comparison.layers for name in measured if name in row):
        text += "No bar: nothing of its own ran there (no work, or fused into another layer). "
    if any(name == "network" for name, _ in comparison.totals):
        text += "Whole network: one clock pair round the step (view network). "
    if comparison.bound and comparison.bound.median:
        bound = style.format_time(comparison.bound.median)
        text += f"Each layer by its fastest backend: {bound} in sum, a bound, "
        text += "since reorders between backends are not counted. "
    return text + backends.missing(comparison)
