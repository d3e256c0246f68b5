"""What all figures share: page, colours, units, title and caption. Sizes are in inches, fonts in points.

Colours are those of Okabe & Ito (2008), which stay apart for the colour-blind; hatches and markers carry the
same meaning again for print without colour.
"""

import re

import matplotlib.font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cnnbench_plots.own_matplotlib import matplotlib
from cnnbench_results.units import format_time, significant, time_unit  # noqa: F401: part of the style, for the figures

WIDTH = 7.2  # A4 with margins of 14 mm
MARGIN = 0.08
SMALL, NORMAL, LARGE = 7, 8, 10
GREY, LIGHT, INK = "#5a5a5a", "#dddddd", "#1a1a1a"
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"

# direction: (name, colour, hatch, marker)
DIRECTIONS = {
    "forward": ("forward", BLUE, "", "o"),
    "backward_data": ("backward data", ORANGE, "/////", "s"),
    "backward_weights": ("backward weights", GREEN, ".....", "^"),
    "reorder": ("reorder", "#8c8c8c", "xxxxx", "D"),
}
OTHER_DIRECTION = (PURPLE, "|||||", "P")

RC = {
    "font.family": "DejaVu Sans",
    "font.size": SMALL,
    "axes.labelsize": SMALL + 0.5,
    "axes.titlesize": NORMAL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL + 0.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GREY,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "hatch.linewidth": 0.6,
    "axes.axisbelow": True,
    "grid.color": LIGHT,
    "grid.linewidth": 0.5,
    "svg.hashsalt": "cnnbench",  # the same result gives the same file
}
matplotlib.rcdefaults()  # a caller may have loaded matplotlib before, with the user's settings
matplotlib.rcParams.update(RC)


def direction_style(direction):
    """(name, colour, hatch, marker) of a direction."""
    return DIRECTIONS.get(direction, (direction.replace("_", " "), *OTHER_DIRECTION))


def stacking_order(records):
    """The directions of these records in the order in which they are stacked and listed."""
    present = {r.direction for r in records}
    return [d for d in DIRECTIONS if d in present] + sorted(present - set(DIRECTIONS))


def marker_handle(marker, colour, filled):
    """A marker alone, for a legend."""
    face = colour if filled else "white"
    return Line2D([], [], linestyle="none", marker=marker, markersize=6, color=colour, markerfacecolor=face)


def literal(text):
    """A name as matplotlib prints it unchanged ($ would start a formula); long ones are cut."""
    text = " ".join(text.split())
    return (text if len(text) <= 28 else text[:27] + "…").replace("$", r"\$")


def plain_number(value):
    """Three significant digits without trailing zeros: 0.005, 2, 16.3, 1,200."""
    text = significant(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def format_si(value, unit):
    """ "171 MFLOP", "5.36 MB": decimal prefixes."""
    for factor, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{significant(value / factor)} {prefix}{unit}"
    return f"{significant(value)} {unit}"


def number_range(values, singular, plural):
    """ "100 steps", or "10 to 100 steps" where they differ."""
    low, high = min(values), max(values)
    if low == high:
        return f"{low} {singular if low == 1 else plural}"
    return f"{low} to {high} {plural}"


def machine_facts(result, records):
    """The line under the title: CPU, ranks, threads, batch, backend with its version."""
    cpus = [re.sub(r"\((R|TM|r|tm)\)|\bCPU\b|\bProcessor\b", "", name) for name in result.cpus]
    cpus = [" ".join(name.split()) or "unknown CPU" for name in cpus]
    names = list(dict.fromkeys(r.backend for r in records))
    backends = [f"{name} {result.versions[name]}" if name in result.versions else name for name in names]
    threads = number_range([r.threads for r in records], "thread", "threads")
    ranks = number_range([r.ranks for r in records], "rank", "ranks")
    batches = " / ".join(str(b) for b in dict.fromkeys(r.batch for r in records))
    facts = [" + ".join(cpus), f"{ranks} × {threads}", f"batch {batches} a rank", ", ".join(backends)]
    facts += [f"gap {gap}" for gap in dict.fromkeys(r.gap for r in records) if gap != "none"]
    return " · ".join(facts)


def remark(result):
    """What a reader must know of a result that is not complete and valid."""
    if result.status == "invalid":
        return "INVALID: a layer failed its verification; these times mean nothing until that is mended."
    return (
        ""
        if result.status == "complete"
        else f"The run is {result.status}: it ended before all was measured."
    )


_renderer = None


def text_width(text, size, weight="normal"):
    """Width of a text in inches."""
    global _renderer
    if _renderer is None:
        _renderer = FigureCanvasAgg(Figure(dpi=100)).get_renderer()
    font = matplotlib.font_manager.FontProperties(size=size, weight=weight)
    lines = text.replace(r"\$", "$").split("\n")
    return max(_renderer.get_text_width_height_descent(line, font, False)[0] for line in lines) / 100


def wrap(text, size, width):
    """Breaks a text between words into lines that fit into `width`."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


class Page:
    """A figure of the page's width: title, facts, a body in which axes are placed by inches, a caption."""

    def __init__(self, body_height, title, facts, caption, warning=""):
        width = WIDTH - 2 * MARGIN
        fact_lines = wrap(facts, SMALL + 0.5, width)
        warning_lines = wrap(warning, SMALL + 0.5, width) if warning else []
        caption_lines = wrap(caption, SMALL, width)
        line = 0.145
        top = 0.3 + line * (len(fact_lines) + len(warning_lines)) + 0.06
        self.bottom = MARGIN + 0.135 * len(caption_lines) + 0.05
        self.height = top + body_height + self.bottom
        self.figure = Figure(figsize=(WIDTH, self.height), dpi=100)
        FigureCanvasAgg(self.figure)
        self._text(self.height - 0.08, title, LARGE, INK, weight="bold")
        self._text(self.height - 0.3, "\n".join(fact_lines), SMALL + 0.5, GREY)
        if warning_lines:
            self._text(
                self.height - 0.3 - line * len(fact_lines),
                "\n".join(warning_lines),
                SMALL + 0.5,
                "#B00000",
                weight="bold",
            )
        self._text(self.bottom - 0.05, "\n".join(caption_lines), SMALL, GREY)

    def _text(self, y, text, size, colour, **more):
        self.figure.text(
            MARGIN / WIDTH,
            y / self.height,
            text,
            size=size,
            color=colour,
            va="top",
            ha="left",
            linespacing=1.25,
            **more,
        )

    def axes(self, left, bottom, width, height, **more):
        """Axes by inches from the left of the page and the bottom of the body."""
        box = (left / WIDTH, (self.bottom + bottom) / self.height, width / WIDTH, height / self.height)
        axes = self.figure.add_axes(box, **more)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes

    def legend(self, entries, top):
        """One row of (handle, text), aligned with the title; `top` from the bottom of the body."""
        handles, labels = zip(*entries)
        return self.figure.legend(
            handles,
            labels,
            loc="upper left",
            ncol=len(entries),
            frameon=False,
            borderaxespad=0,
            borderpad=0,
            bbox_to_anchor=(MARGIN / WIDTH, (self.bottom + top) / self.height),
            columnspacing=1.5,
            handlelength=1.7,
            handletextpad=0.5,
        )

    def save(self, folder, name):
        """Writes name.png (200 dpi) and name.svg; returns their paths. Raises OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / f"{name}.png", folder / f"{name}.svg"]
        self.figure.savefig(paths[0], dpi=200)
        self.figure.savefig(paths[1], metadata={"Date": None})
        return paths


def file_name(*parts):
    """A file's name of names from the result: anything unusual becomes a hyphen."""
    return "-".join(re.sub(r"[^A-Za-z0-9_.+]+", "-", part).strip("-.") or "x" for part in parts)
