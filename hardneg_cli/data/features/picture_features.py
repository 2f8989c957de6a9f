"""Small features of pictures, which know color and rough shape, not meaning.

Four blocks of a picture brought to 64×64 pixels, each weighed so that none drowns the others where it tells nothing:
a thumbnail of 8×8 in gray, which is normalized; histograms of gradients by direction in 4×4 cells (as HOG, Dalal and
Triggs 2005, without their normalization); a histogram of colors, as square roots, so that distances are Hellinger's;
and the colors of 4×4 cells. What the blocks and weights are was chosen by the worst of seven kinds of pictures.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]
    Pixels = NDArray[np.uint8]

SIDE = 64  # pixels of the square that every picture is brought to
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue, as ITU-R BT.601 has it
THUMBNAIL, CELLS, DIRECTIONS, TONES = 8, 4, 8, 4
SHADES = 16  # of red, green and blue, that colors are counted in first
FAINT = 0.4  # the length of a thumbnail, of white as 1, below which it is not normalized: noise stays small
WEIGHTS = {"thumbnail": 0.5, "gradients": 4.0, "tones": 0.3, "colors": 0.3}


def picture_features(pixels: Pixels) -> Block:
    """(n, 304) float32 of (n, 64, 64, 3) RGB pixels. O(n) time, and about 0.5 MB for each of the n while it works."""
    import numpy as np

    colors: Block = pixels.astype(np.float32) / np.float32(255)
    gray: Block = colors @ np.array(LUMA, np.float32)
    blocks = {
        "thumbnail": _thumbnail(gray), "gradients": _gradients(gray), "tones": _tones(pixels), "colors": _colors(colors)
    }  # fmt: skip
    return np.hstack([WEIGHTS[name] * block for name, block in blocks.items()]).astype(np.float32)


def pooled(values: NDArray[np.floating], cells: int) -> NDArray[np.floating]:
    """(n, cells, cells, c) means of (n, side, side, c)."""
    n, side, _, channels = values.shape
    size = side // cells
    found: NDArray[np.floating] = values.reshape(n, cells, size, cells, size, channels).mean((2, 4))
    return found


def _thumbnail(gray: Block) -> NDArray[np.floating]:
    """The mean taken out, and at length 1 where there is contrast."""
    import numpy as np

    flat = pooled(gray[..., None], THUMBNAIL).reshape(len(gray), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    scaled: NDArray[np.floating] = flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), FAINT)
    return scaled


def _gradients(gray: Block) -> NDArray[np.floating]:
    """How strong edges of each direction are in each cell; an edge counts for the two directions nearest to its own."""
    import numpy as np

    across, down = np.zeros_like(gray), np.zeros_like(gray)
    across[:, :, 1:-1] = gray[:, :, 2:] - gray[:, :, :-2]
    down[:, 1:-1] = gray[:, 2:] - gray[:, :-2]
    turn = (np.arctan2(down, across) % np.pi) / np.pi * DIRECTIONS
    first = np.floor(turn).astype(np.int64)
    share, strength = turn - first, np.hypot(across, down)
    n, side = gray.shape[:2]
    place = np.arange(side) // (side // CELLS)
    cell = (np.arange(n)[:, None, None] * CELLS + place[:, None]) * CELLS + place
    bins, size = n * CELLS * CELLS * DIRECTIONS, (side // CELLS) ** 2
    found = np.zeros(bins)
    for direction, weight in ((first, strength * (1 - share)), (first + 1, strength * share)):
        found += np.bincount((cell * DIRECTIONS + direction % DIRECTIONS).ravel(), weight.ravel(), bins)
    shares: NDArray[np.floating] = found.reshape(n, -1) / size
    return shares


def _tones(pixels: Pixels) -> NDArray[np.floating]:
    """The shares of colors on a grid of 4×4×4; a color counts for the eight grid points around it."""
    import numpy as np

    n = len(pixels)
    step = (pixels // (256 // SHADES)).astype(np.int64).reshape(n, -1, 3)
    shade = (step[..., 0] * SHADES + step[..., 1]) * SHADES + step[..., 2]
    bins = SHADES**3
    counts = np.bincount((np.arange(n)[:, None] * bins + shade).ravel(), minlength=n * bins).reshape(n, bins)
    roots: NDArray[np.floating] = np.sqrt((counts / shade.shape[1]).astype(np.float32) @ _around())
    return roots


@cache
def _around() -> Block:
    """(16³, 4³) how much each shade counts for each point of the grid."""
    import numpy as np

    place = np.arange(SHADES) / (SHADES - 1) * (TONES - 1)
    share = np.maximum(0, 1 - np.abs(place[:, None] - np.arange(TONES)))
    every: Block = np.einsum("ra,gb,lc->rglabc", share, share, share)
    return every.reshape(SHADES**3, TONES**3).astype(np.float32)


def _colors(colors: Block) -> NDArray[np.floating]:
    """Brightness, and how much redder and bluer than gray each cell is."""
    import numpy as np

    cells = pooled(colors, CELLS)
    gray = cells @ np.array(LUMA, np.float32)
    parts = np.stack([gray, cells[..., 0] - gray, cells[..., 2] - gray], axis=-1)
    return parts.reshape(len(cells), -1)
