"""Figure (e): a heat map of the speed of several backends relative to the first: layers down, backends
across.

Colours run from orange over white to blue on a log2 scale with white at 1, so that twice as fast and half as
fast are equally strong. The two stay apart for the colour-blind, and every cell has its number.
"""

import math

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from . import backends, style

SLOW_TO_FAST = LinearSegmentedColormap.from_list(
    "slow to fast", ["#7a3200", style.VERMILLION, "#f5c9a8", "#ffffff", "#a9cfe8", style.BLUE, "#003a5d"]
)
MOST_OCTAVES = 4  # speed-ups beyond 16 have the strongest colour
FEWEST_OCTAVES = 1
# Inches; GAP: of a row, above the totals.
ROW, LEAST_ROW, MOST_HEIGHT, GAP = 0.2, 0.135, 8.6, 0.35
LEAST_SCALE, MOST_SCALE = 0.6, 2.6


def draw(result, model, pass_name):
    """The page of (e), or None."""
    comparison = backends.compared(result, model, pass_name)
    if comparison is None:
        return None
    rows = comparison.layers + comparison.totals
    columns = comparison.backends
    row = max(LEAST_ROW, min(ROW, MOST_HEIGHT / len(rows)))
    gap = GAP if comparison.layers and comparison.totals else 0
    height = row * (len(rows) + gap)
    names = [style.literal(name) for name in columns]
    left = max(style.text_width(style.literal(name), style.SMALL) for name, _ in rows) + 0.22
    bar = 0.85  # the colour bar with its numbers
    cell = min(0.95, (style.WIDTH - left - bar - style.MARGIN) / len(columns))
    longest = max(style.text_width(name, style.SMALL) for name in names)
    turned = longest > cell - 0.06
    head = (longest + 0.1) if turned else 0.22
    body = max(height, LEAST_SCALE)
    page = style.Page(
        body + head + 0.1,
        f"{style.literal(model)}, {pass_name}: speed-up of each backend over "
        + style.literal(comparison.reference),
        style.machine_facts(result, backends.records(result, model, pass_name)),
        _speed_up_caption(comparison, result, model, pass_name),
        style.remark(result),
    )
    axes = page.axes(left, 0.06 + body - height, cell * len(columns), height)
    octaves = _octaves(comparison)
    for i, (_, times) in enumerate(rows):
        y = _position(i, comparison)
        for j, backend in enumerate(columns):
            _draw_cell(axes, j, y, times.get(backend), octaves)
    axes.set_xlim(-0.5, len(columns) - 0.5)
    axes.set_ylim(len(rows) - 0.5 + gap, -0.5)
    axes.set_yticks(
        [_position(i, comparison) for i in range(len(rows))], [style.literal(name) for name, _ in rows]
    )
    axes.xaxis.tick_top()
    axes.set_xticks(range(len(columns)), names, rotation=90 if turned else 0)
    axes.tick_params(length=0, pad=3)
    for spine in axes.spines.values():
        spine.set_visible(False)
    tall = min(body, MOST_SCALE)
    _draw_scale(page.axes(left + cell * len(columns) + 0.3, 0.06 + body - tall, 0.13, tall), octaves, tall)
    return page


def _position(i, comparison):
    """Where row i lies: totals stand apart."""
    return i + (GAP if comparison.layers and i >= len(comparison.layers) else 0)


def _octaves(comparison):
    """Half the width of the colour scale, in doublings."""
    strongest = max([abs(math.log2(t.ratio)) for t in comparison.times() if t.ratio] + [0])
    return min(MOST_OCTAVES, max(FEWEST_OCTAVES, math.ceil(strongest)))


def _draw_cell(axes, x, y, time, octaves):
    box = {"xy": (x - 0.5, y - 0.5), "width": 1, "height": 1, "linewidth": 0.6, "edgecolor": style.LIGHT}
    if time is None or not time.ratio:
        axes.add_patch(
            Rectangle(**{**box, "edgecolor": "#bdbdbd"}, facecolor="#e4e4e4", hatch="//////")
        )
        text = "n/a" if time is None or not time.median else style.format_time(time.median)
        axes.text(
            x,
            y,
            text,
            ha="center",
            va="center",
            size=style.SMALL,
            color=style.INK,
            bbox={"facecolor": "#e4e4e4", "edgecolor": "none", "pad": 0.8},
        )
        return
    strength = max(-1.0, min(1.0, -math.log2(time.ratio) / octaves))
    colour = SLOW_TO_FAST((strength + 1) / 2)
    axes.add_patch(Rectangle(**box, facecolor=colour))
    brightness = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    axes.text(
        x,
        y,
        backends.factor(1 / time.ratio),
        ha="center",
        va="center",
        size=style.SMALL,
        weight="bold" if time.fastest else "normal",
        color="white" if brightness < 0.5 else style.INK,
    )


def _draw_scale(axes, octaves, tall):
    steps = 256
    axes.imshow(
        [[(i + 0.5) / steps] for i in range(steps)],
        cmap=SLOW_TO_FAST,
        vmin=0,
        vmax=1,
        origin="lower",
        aspect="auto",
        extent=(0, 1, -octaves, octaves),
    )
    axes.set_xticks([])
    axes.yaxis.tick_right()
    apart = math.ceil(0.14 * 2 * octaves / tall)
    ticks = [k for k in range(-octaves, octaves + 1) if k % apart == 0]
    axes.set_yticks(ticks, [f"{2**k}×" if k >= 0 else f"1/{2**-k}×" for k in ticks])
    axes.tick_params(axis="y", length=2, pad=2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)


def _speed_up_caption(comparison, result, model, pass_name):
    reference = style.literal(comparison.reference)
    text = f"Cells: how many times as fast as {reference}: "
    if any(t.ratio_low for t in comparison.times() if t.backend != comparison.reference):
        text += "the trimmed mean of the ratios of bursts of the same round; "
    else:
        text += "its median time of a step over the backend's; "
    text += "blue is faster, orange slower, by doublings. "
    if any(t.fastest for t in comparison.times()):
        text += "Bold: the fastest of its row, or too close to call. "
    text += "A layer has all that ran for it, reorders and all directions too (view layers). "
    if any(not t.ratio for t in comparison.times()):
        text += "Hatched: nothing of its own ran (no work, or fused into another layer), or nothing to compare. "
    text += backends.missing(comparison)
    return text + f"Medians of {backends.steps(result, model, pass_name)}."
