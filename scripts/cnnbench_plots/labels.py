"""Labels in a scatter plot that overlap neither points nor one another."""

import math

from matplotlib import patheffects

from . import style

HALO = [patheffects.withStroke(linewidth=1.8, foreground="white")]


class Labeller:
    """Remembers what is taken in axes, as boxes in pixels. Limits and position of the axes must be final."""

    def __init__(self, axes, points, size=6.0):
        """`points` are (x, y) of markers; `size` their width in typographic points."""
        self.axes = axes
        self.scale = axes.figure.dpi / 72
        half = size / 2 * self.scale
        self.points = [tuple(axes.transData.transform(p)) for p in points]
        self.taken = [(x - half, y - half, x + half, y + half) for x, y in self.points]
        corners = axes.transAxes.transform([(0, 0), (1, 1)])
        self.inside = (*corners[0], *corners[1])

    def free(self, box):
        if (
            box[0] < self.inside[0]
            or box[1] < self.inside[1]
            or box[2] > self.inside[2]
            or box[3] > self.inside[3]
        ):
            return False
        return not any(
            box[0] < t[2] and t[0] < box[2] and box[1] < t[3] and t[1] < box[3] for t in self.taken
        )

    def name(self, x, y, text, size=style.SMALL):
        """Writes a name near (x, y), as close as there is room, with a leader where it is not adjacent.
        False, and nothing is written, where there is no room at all."""
        px, py = self.axes.transData.transform((x, y))
        width = style.text_width(text, size) * self.axes.figure.dpi + 2 * self.scale
        height = size * 1.4 * self.scale
        for distance in (6, 10, 15, 21, 28, 36, 46, 58):
            for degrees in (0, 180, 20, 340, 160, 200, 40, 320, 140, 220, 90, 270, 60, 300, 120, 240):
                angle = math.radians(degrees)
                dx, dy = (distance * self.scale * f(angle) for f in (math.cos, math.sin))
                # The text's near side, not its middle, is at this distance.
                cx = px + dx + math.copysign(width / 2, dx) * min(1, abs(math.cos(angle)) * 1.5)
                cy = py + dy
                box = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
                leader = self._leader((px, py), box) if self.free(box) else None
                if leader is not None:
                    self._write(x, y, text, size, cx - px, cy - py, distance > 10)
                    self.taken += [box, *leader]
                    return True
        return False

    def _leader(self, point, box):
        """Small boxes along the straight line from the point to the label's box; None where it would run over
        another marker or label."""
        px, py = point
        ex, ey = min(max(px, box[0]), box[2]), min(max(py, box[1]), box[3])
        steps = max(2, int(math.hypot(ex - px, ey - py) / (2 * self.scale)))
        path = [(px + (ex - px) * k / steps, py + (ey - py) * k / steps) for k in range(steps)]
        # What the point's own marker overlaps cannot be avoided.
        path = [(x, y) for x, y in path if math.hypot(x - px, y - py) > 4.5 * self.scale]
        if any(t[0] <= x <= t[2] and t[1] <= y <= t[3] for x, y in path for t in self.taken):
            return None
        return [(x - 1, y - 1, x + 1, y + 1) for x, y in path]

    def _write(self, x, y, text, size, dx, dy, leader):
        arrow = (
            {"arrowstyle": "-", "color": style.GREY, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2.5}
            if leader
            else None
        )
        self.axes.annotate(
            text,
            (x, y),
            (dx / self.scale, dy / self.scale),
            textcoords="offset points",
            ha="center",
            va="center",
            size=size,
            color=style.INK,
            path_effects=HALO,
            arrowprops=arrow,
            zorder=5,
        )

    def along(self, start, end, text, size=style.SMALL):
        """Writes a text on the line that is straight on the page from `start` to `end` (data coordinates),
        where there is room, nearest to the end first."""
        (ax, ay), (bx, by) = self.axes.transData.transform([start, end])
        length = math.hypot(bx - ax, by - ay)
        width = style.text_width(text, size) * self.axes.figure.dpi
        height = size * 1.2 * self.scale
        if length < width + 8 * self.scale:
            return False
        ux, uy = (bx - ax) / length, (by - ay) / length
        steps = 24
        for k in range(steps + 1):
            middle = length - width / 2 - 4 * self.scale - (length - width - 8 * self.scale) * k / steps
            boxes = []
            for j in range(9):
                at = middle + (j / 8 - 0.5) * (width - height)
                x, y = ax + ux * at, ay + uy * at
                boxes.append((x - height / 2, y - height / 2, x + height / 2, y + height / 2))
            if all(self.free(box) for box in boxes):
                where = self.axes.transData.inverted().transform((ax + ux * middle, ay + uy * middle))
                self.axes.text(
                    *where,
                    text,
                    size=size,
                    color=style.GREY,
                    ha="center",
                    va="center",
                    rotation=math.degrees(math.atan2(by - ay, bx - ax)),
                    rotation_mode="anchor",
                    zorder=1.5,
                    bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8}
                )
                self.taken.extend(boxes)
                return True
        return False
