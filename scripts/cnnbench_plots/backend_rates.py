"""Figure (g): the GFLOP/s of each layer on several backends, a bar each, below the roof that the machine's
multiply-adds set for direct convolution.

Rates that are direct-equivalent (Winograd), which no such roof holds for, are hatched in black.
"""

import math

from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from . import backend_times, backends, style

DIRECT_EQUIVALENT = {"hatch": "//////", "edgecolor": style.INK, "linewidth": 0.6}
PLAIN = {"edgecolor": "white", "linewidth": 0.3}
PANEL, BETWEEN, LEGEND_ROW = 1.7, 0.34, 0.2


def draw(result, model, pass_name):
    """The page of one (model, pass), or None: the layers that count FLOPs, in as many panels as they need."""
    comparison = backends.compared(result, model, pass_name)
    if comparison is None:
        return None
    layers = [(name, row) for name, row in comparison.layers if any(t.gflops for t in row.values())]
    if not layers:
        return None
    known = {t.backend for _, row in layers for t in row.values() if t.gflops}
    measured = [backend for backend in comparison.backends if backend in known]
    fewer = {
        (r.layer, r.backend)
        for r in backends.records(result, model, pass_name)
        if r.view == "layers" and r.direct_equivalent
    }
    count = math.ceil(len(layers) / max(3, backend_times.PER_PANEL // len(measured)))
    size = math.ceil(len(layers) / count)
    groups = [layers[i * size : (i + 1) * size] for i in range(count)]
    names = [style.literal(name) for name in measured]
    rows = [[(backend_times.handle(k), names[k]) for k in row] for row in backend_times.legend_rows(names)]
    rows += [notes] if (notes := _notes(result.fma_peak, bool(fewer))) else []
    above = LEGEND_ROW * len(rows) + 0.12
    height = above + count * (PANEL + BETWEEN) + 0.05
    page = style.Page(
        height,
        f"{style.literal(model)}, {pass_name}: GFLOP/s of each layer on each backend",
        style.machine_facts(result, backends.records(result, model, pass_name)),
        _caption(comparison, bool(fewer), result, model, pass_name),
        style.remark(result),
    )
    left, at = 0.68, height - above
    room = style.WIDTH - left - style.MARGIN - 0.05
    roof = (result.fma_peak or 0) / 1e9
    highest = max([t.gflops for _, row in layers for t in row.values() if t.gflops] + [roof])
    for group in groups:
        at -= PANEL
        width = room * len(group) / size
        axes = page.axes(left, at, width, PANEL)
        _draw_group(axes, group, measured, fewer)
        if roof:
            axes.axhline(roof, label="FMA peak", **_roof_style())
        axes.set_xlim(-0.55, len(group) - 0.45)
        axes.set_ylim(0, highest * 1.06)
        axes.set_ylabel("GFLOP/s")
        axes.yaxis.set_label_coords(-(left - 0.16) / width, 0.5)
        axes.grid(axis="y")
        at -= BETWEEN
    for i, row in enumerate(rows):
        page.legend(row, height - 0.03 - LEGEND_ROW * i)
    return page


def _roof_style():
    return {"color": style.VERMILLION, "linewidth": 1.1, "linestyle": (0, (6, 2)), "zorder": 4}


def _notes(peak, fewer):
    """Entries of the legend beside the backends."""
    notes = []
    if fewer:
        notes.append((Patch(facecolor="white", **DIRECT_EQUIVALENT), "direct-equivalent (Winograd)"))
    if peak:
        text = f"FMA peak: roof of direct convolution ({style.format_si(peak, 'FLOP/s')})"
        notes.append((Line2D([], [], **_roof_style()), text))
    return notes


def _draw_group(axes, group, measured, fewer):
    width = 0.84 / len(measured)
    for k, backend in enumerate(measured):
        colour, hatch = backend_times.style_of(k)
        found = [(i, name, row[backend].gflops) for i, (name, row) in enumerate(group) if backend in row]
        found = [bar for bar in found if bar[2]]
        places = [i + (k - (len(measured) - 1) / 2) * width for i, _, _ in found]
        bars = axes.bar(
            places, [rate for _, _, rate in found], width, color=colour, label=backend, hatch=hatch, **PLAIN
        )
        for bar, (_, name, _) in zip(bars, found):
            if (name, backend) in fewer:
                bar.set(**DIRECT_EQUIVALENT)
    backend_times.name_groups(axes, [name for name, _ in group])


def _caption(comparison, fewer, result, model, pass_name):
    text = "Bars: the FLOPs of a layer in all its directions over its mean time, with all that ran for it, "
    text += f"reorders too (view layers), in {backends.steps(result, model, pass_name)}; "
    text += "of one rank. Layers that count no FLOPs are left out. "
    if fewer:
        text += "Direct-equivalent: FLOPs are those of the convolution by its definition; Winograd's algorithm "
        text += "multiplies up to five times less, so that it may exceed the FMA peak. "
    if result.fma_peak:
        text += "FMA peak: multiply-adds on values in registers, the best that was measured in the run. "
    return text + backends.missing(comparison)
