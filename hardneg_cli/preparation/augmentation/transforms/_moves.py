"""Pictures moved within their frame; what comes in from outside has the color of the nearest edge."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image


def moved(picture: Image, matrix: tuple[float, float, float, float, float, float]) -> Image:
    """matrix: where each pixel of the new picture is in the old one, x = a·x' + b·y' + c and y = d·x' + e·y' + f."""
    from PIL.Image import Resampling, Transform

    wide, high = picture.size
    frame = bordered(picture)
    a, b, c, d, e, f = matrix
    left, top = wide, high  # of the picture within its frame
    placed = (a, b, c + left, d, e, f + top)
    return frame.transform((wide, high), Transform.AFFINE, placed, Resampling.BILINEAR)


def bordered(picture: Image) -> Image:
    """The picture in a frame of three times its size, on each side of which its edge goes on."""
    import numpy as np
    from PIL.Image import fromarray

    pixels = np.asarray(picture)
    wide, high = picture.size
    around = [(high, high), (wide, wide)] + [(0, 0)] * (pixels.ndim - 2)
    return fromarray(np.pad(pixels, around, mode="edge"), picture.mode)
