"""Figure (d): a photo, and beside it what each filter of a convolution makes of it."""

import numpy as np

from . import style

GAP = 0.12
COLUMNS = 3  # of pictures a row, the photo included


def draw(photo, maps, layer, facts, caption):
    """The page: `photo` [height, width, 3] in 0 … 1; `maps` [n, height, width], a feature map each, in grey
    from the 1st to the 99th percentile."""
    count = 1 + len(maps)
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    width = (style.WIDTH - 2 * style.MARGIN - GAP * (columns - 1)) / columns
    height = width * photo.shape[0] / photo.shape[1]
    pitch = height + 0.22
    title = f"A photo and what {len(maps)} filters of {style.literal(layer)} see"
    if len(maps) == 1:
        title = f"A photo and what one filter of {style.literal(layer)} sees"
    page = style.Page(rows * pitch - 0.08, title, facts, caption)
    for place in range(count):
        left = style.MARGIN + place % columns * (width + GAP)
        axes = page.axes(left, 0.04 + (rows - 1 - place // columns) * pitch, width, height)
        axes.set(xticks=[], yticks=[], frame_on=False)
        name = f"filter {place}" if place else "photo"
        axes.set_title(name, size=style.NORMAL, loc="left", pad=3)
        if place == 0:
            axes.imshow(photo, aspect="auto")
        else:
            low, high = np.percentile(maps[place - 1], (1, 99))
            axes.imshow(maps[place - 1], "gray", vmin=low, vmax=max(high, low + 1e-12), aspect="auto")
    return page
