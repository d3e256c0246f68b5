"""A photo as the input of a network: read and fitted, or drawn where there is none."""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from cnnbench_plots.own_matplotlib import matplotlib
from cnnbench_results.result import ResultError

# A portrait of Grace Hopper by the United States Navy, in the public domain; Debian ships it in
# python-matplotlib-data.
SHIPPED = "grace_hopper.jpg"


def shipped_photo():
    """The path of the photo that comes with matplotlib, or None where it was left out."""
    path = Path(matplotlib.get_data_path(), "sample_data", SHIPPED)
    return path if path.is_file() else None


def read_photo(path, height, width):
    """An image file as [height, width, 3] in 0 … 1: the largest middle part of that shape, resized. Raises
    ResultError."""
    try:
        with Image.open(path) as file:
            photo = file.convert("RGB")
    except UnidentifiedImageError:
        raise ResultError(f"{path}: no image that can be read; expected a PNG or JPEG file") from None
    except Image.DecompressionBombError:
        raise ResultError(f"{path}: too large an image") from None
    except (OSError, SyntaxError, ValueError) as error:  # a cut or broken file is any of these to PIL
        raise ResultError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
    scale = min(photo.width / width, photo.height / height)
    part = width * scale, height * scale
    left, top = (photo.width - part[0]) / 2, (photo.height - part[1]) / 2
    box = (left, top, left + part[0], top + part[1])
    return np.asarray(photo.resize((width, height), Image.Resampling.LANCZOS, box), np.float32) / 255


def drawn_picture(height, width):
    """A picture in place of a photo, [height, width, 3] in 0 … 1: hills before a sky with a sun and a fence,
    so that there are edges of every direction, soft ones and fine ones."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    y, x = y / height, x / height  # one unit is the height, so that a circle is one
    right = width / height
    picture = np.stack([0.45 + 0.4 * y, 0.65 + 0.25 * y, 0.95 - 0.1 * y], axis=2)
    sun = np.hypot(y - 0.25, x - 0.7 * right)
    picture[sun < 0.12] = (1.0, 0.85, 0.35)
    hills = [
        (0.45, 0.10, 4, 0.0, (0.45, 0.55, 0.60)),
        (0.62, 0.07, 7, 1.5, (0.35, 0.50, 0.30)),
        (0.80, 0.04, 11, 4.0, (0.25, 0.35, 0.15)),
    ]
    for base, swing, waves, phase, colour in hills:
        ground = base + swing * np.sin(waves * x + phase)
        shade = np.clip(1.25 - 0.8 * (y - ground), 0.6, 1.25)
        below = y > ground
        picture[below] = (shade[..., None] * np.float32(colour))[below]
    posts = (np.mod(x, 0.09) < 0.025) & (y > 0.72) & (y < 0.93)
    rails = (np.abs(y - 0.78) < 0.008) | (np.abs(y - 0.87) < 0.008)
    picture[posts | rails] = (0.9, 0.88, 0.82)
    return np.clip(picture, 0, 1)
