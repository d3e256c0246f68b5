"""Figure (c): several networks side by side, each quantity relative to the first network.

Ratios are on a log axis and bars grow from 1, so that "a tenth" is as long as "ten times".
"""

import math
from dataclasses import dataclass

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from . import style

ROW, GROUP_GAP = 0.185, 0.5  # inches; rows
COLOURS = [
    (style.GREY, ""),
    (style.BLUE, ""),
    (style.ORANGE, "/////"),
    (style.GREEN, "....."),
    (style.PURPLE, "xxxxx"),
    (style.SKY, "|||||"),
    (style.VERMILLION, "-----"),
]


@dataclass(frozen=True)
class Quantity:
    """One group of bars: a value a model (None where not known), its sd if any, and how it is written."""

    title: str
    values: list
    texts: list
    sds: list

    def ratios(self):
        """Each value relative to the first; None where either is unknown or 0."""
        base = self.values[0]
        return [value / base if value and base else None for value in self.values]


def models_compared(result, compared, pass_name, backend):
    """The models in the order of the comparison, each with its record of the view `network`, or None."""
    found = {
        r.model: r
        for r in result.records
        if (r.view, r.pass_name, r.backend) == ("network", pass_name, backend)
    }
    return [(name, found.get(name)) for name in compared.models]


def quantities(result, compared, models):
    """What is compared. FLOPs and bytes are one rank's; an epoch is shared by all ranks."""
    records = [r for _, r in models]

    def of(get, write, sd=lambda r: None):
        values = [get(r) if r else None for r in records]
        return (
            values,
            ["not measured" if v is None else write(v, r) for v, r in zip(values, records)],
            [sd(r) if r else None for r in records],
        )

    parameters = [result.parameters.get(name) for name, _ in models]
    groups = [
        Quantity(
            "parameters",
            parameters,
            [f"{p:,}" if p is not None else "unknown" for p in parameters],
            [None] * len(models),
        ),
        Quantity("FLOPs a step", *of(lambda r: r.flops, lambda v, r: style.format_si(v, "FLOP"))),
        Quantity("bytes a step", *of(lambda r: r.bytes, lambda v, r: style.format_si(v, "B"))),
        Quantity("time a step", *of(lambda r: r.mean, _time_with_sd, lambda r: r.sd)),
    ]
    if compared.samples_per_epoch:
        epoch = compared.samples_per_epoch
        groups.append(
            Quantity(
                f"time an epoch\n({epoch:,} samples)",
                *of(lambda r: r.mean * epoch / (r.batch * r.ranks), lambda v, r: style.format_time(v)),
            )
        )
    return groups


def draw(result, compared, pass_name, backend):
    """The page of one (comparison, pass, backend), or None where fewer than two of its networks were measured."""
    models = models_compared(result, compared, pass_name, backend)
    records = [r for _, r in models if r]
    if len(records) < 2:
        return None
    groups = quantities(result, compared, models)
    height = ROW * (len(groups) * (len(models) + GROUP_GAP) - GROUP_GAP) + 0.1
    page = style.Page(
        height + 0.5,
        f"{style.literal(compared.name)}, {pass_name}: what the networks cost",
        style.machine_facts(result, records),
        _caption(groups, models, records),
        style.remark(result),
    )
    title_width = max(
        style.text_width(line, style.NORMAL, "bold") for g in groups for line in g.title.split("\n")
    )
    left = (
        style.MARGIN
        + title_width
        + max(style.text_width(style.literal(n), style.SMALL) for n, _ in models)
        + 0.25
    )
    axes = page.axes(left, 0.42, style.WIDTH - left - style.MARGIN - 0.05, height)
    ticks = _draw_bars(axes, groups, models)
    axes.set_yticks(ticks, [style.literal(name) for _ in groups for name, _ in models])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(ticks) + 0.7, -0.7)
    for i, group in enumerate(groups):
        middle = ticks[i * len(models)] + (len(models) - 1) / 2
        axes.annotate(
            group.title,
            (0, middle),
            ((style.MARGIN - left) * 72, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            size=style.NORMAL,
            weight="bold",
            ha="left",
            va="center",
        )
    axes.set_xlabel(f"relative to {style.literal(models[0][0])}")
    return page


def _draw_bars(axes, groups, models):
    """Returns the position of every row."""
    axes.set_xscale("log")
    known = [x for g in groups for x in g.ratios() if x] + [1.0]
    low, high = min(min(known), 0.7), max(max(known), 1.4)
    ticks, at = [], 0.0
    texts = []
    for group in groups:
        for i, (value, ratio, sd) in enumerate(zip(group.values, group.ratios(), group.sds)):
            colour, hatch = COLOURS[i % len(COLOURS)]
            if ratio:
                axes.barh(
                    at,
                    ratio - 1,
                    0.78,
                    left=1,
                    color=colour,
                    hatch=hatch,
                    edgecolor="white",
                    linewidth=0.3,
                    zorder=2,
                )
                if ratio == 1:
                    axes.plot(1, at, marker="D", markersize=4, color=colour, linestyle="none", zorder=4)
                if sd and sd < value:
                    axes.errorbar(
                        ratio,
                        at,
                        xerr=sd / group.values[0],
                        fmt="none",
                        ecolor=style.INK,
                        elinewidth=0.8,
                        capsize=1.8,
                        zorder=4,
                    )
            text = group.texts[i] + (f"  ({_ratio(ratio)})" if ratio and i else "")
            right = max(1.0, (ratio or 1) * (1 + (sd or 0) / value if value else 1))
            texts.append((right, at, text))
            ticks.append(at)
            at += 1
        at += GROUP_GAP
    _make_room(axes, low, high, texts)
    for x, y, text in texts:
        axes.annotate(
            text, (x, y), (6, 0), textcoords="offset points", va="center", ha="left", size=style.SMALL
        )
    axes.axvline(1, color=style.INK, linewidth=0.8, zorder=3)
    wide = axes.get_xlim()[1] / axes.get_xlim()[0] > 40
    axes.xaxis.set_major_locator(LogLocator(10, subs=(1,) if wide else (1, 2, 5), numticks=20))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _ratio(x)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x")
    return ticks


def _make_room(axes, low, high, texts):
    """Sets the limits so that every text fits between its bar and the right edge."""
    width = axes.get_position().width * style.WIDTH
    low, right = low / 1.15, high * 1.1
    for _ in range(60):

        def end(x, text):
            return axes_fraction(x, low, right) * width + 6 / 72 + style.text_width(text, style.SMALL) + 0.05

        if all(end(x, text) <= width for x, _, text in texts):
            break
        right *= (right / low) ** 0.05
    axes.set_xlim(low, right)


def axes_fraction(x, low, high):
    """Where x lies on a log axis: 0 at low, 1 at high."""
    return math.log(x / low) / math.log(high / low)


def _ratio(x):
    return f"{style.plain_number(x)}×"


def _time_with_sd(mean, record):
    if record.sd is None:
        return style.format_time(mean)
    factor, unit = style.time_unit(mean)
    text = style.significant(mean * factor)
    places = len(text.partition(".")[2])
    sd = record.sd * factor
    if sd < 0.5 * 10.0**-places:  # show at least one digit of it
        return f"{text} ± {style.significant(sd, 1)} {unit}"
    return f"{text} ± {sd:.{places}f} {unit}"


def _caption(groups, models, records):
    ranks = max(r.ranks for r in records)
    text = f"Bars: ratio to {style.literal(models[0][0])}, on a log axis; beside them the values themselves. "
    flops, times = groups[1].ratios(), groups[3].ratios()
    for (name, _), f, t in list(zip(models, flops, times))[1:]:
        if f and t:
            text += f"{style.literal(name)}: {_ratio(f)} the FLOPs, {_ratio(t)} the time. "
    text += f"Times: mean of {style.number_range([r.n for r in records], 'step', 'steps')}"
    text += ", one clock pair round the whole step"
    text += f", the maximum over {ranks} ranks" if ranks > 1 else ""
    text += (
        " (view network); whiskers: ± sd of a step. "
        if any(r.sd is not None for r in records)
        else " (view network). "
    )
    return text + "FLOPs and bytes: one step of one rank, each tensor read or written once."
