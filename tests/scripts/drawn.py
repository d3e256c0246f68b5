"""Reads back what a page shows, for the tests of the plots."""

from cnnbench_results.result import read_result
from matplotlib.text import Text


def read(synthetic, folder):
    return read_result(synthetic.write(folder / "run"))


def bars(axes, label):
    """(left, width) of the bars of one direction, row by row."""
    (container,) = [c for c in axes.containers if c.get_label() == label]
    return [(bar.get_x(), bar.get_width()) for bar in container]


def whiskers(axes, label):
    """(row, half-width) of every error bar, or None where there are none."""
    found = [c for c in axes.containers if c.get_label() == label]
    if not found:
        return None
    segments = found[0].lines[2][0].get_segments()
    return [(segment[0][1], (segment[1][0] - segment[0][0]) / 2) for segment in segments]


def line(axes, label):
    """The points of the line with that label."""
    (found,) = [x for x in axes.lines if x.get_label() == label]
    return list(zip(*found.get_data()))


def texts(page):
    """Every text that a reader sees: tick labels only where their tick is within the axis."""
    page.figure.draw_without_rendering()
    hidden = set()
    for axes in page.figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks() + axis.get_minor_ticks():
                if not low <= tick.get_loc() <= high:
                    hidden |= {tick.label1, tick.label2}
    found = page.figure.findobj(lambda artist: isinstance(artist, Text) and artist not in hidden)
    return [text for text in found if text.get_visible() and text.get_text().strip()]


def overlaps(page):
    """Pairs of texts that lie over one another (those at a slant aside), and texts that leave the page."""
    shown = [(t.get_text(), t.get_window_extent()) for t in texts(page) if t.get_rotation() in (0, 90)]
    page_box = page.figure.bbox
    bad = [
        (a, b)
        for i, (a, x) in enumerate(shown)
        for b, y in shown[i + 1 :]
        if min(x.x1, y.x1) - max(x.x0, y.x0) > 1 and min(x.y1, y.y1) - max(x.y0, y.y0) > 1.5
    ]
    outside = [
        text
        for text, box in shown
        if box.x0 < 0 or box.y0 < 0 or box.x1 > page_box.x1 or box.y1 > page_box.y1
    ]
    return bad + outside


def caption(page):
    return " ".join(" ".join(t.get_text() for t in texts(page)).split())


def drawn_by(figure):
    """Draws results of one network and pass with a module of cnnbench_plots."""

    def draw(made, folder, model="lenet", pass_name="forward"):
        return figure.draw(read(made, folder), model, pass_name)

    return draw
