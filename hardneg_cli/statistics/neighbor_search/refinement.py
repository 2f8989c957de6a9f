"""Re-ranking: which of a row's candidates are nearest, by distances in double precision, equal ones by place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search.packed_keys import NOTHING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

CELLS = 1 << 18  # differences at once: two megabytes, which stay in a processor's cache
FARTHEST_POWER = 1000  # of two, whose powers are numbers
DIGITS = 5  # distances closer than this many significant digits are equal


def reranked(values: Matrix, rows: Rows, candidates: Rows, most: int, power: int) -> tuple[Rows, Numbers]:
    """(B, most) places and distances of the nearest candidates (B, C) of each row, nearest first.

    power: of two, by which differences are multiplied before they are squared, so that no square is out of reach.
    """
    import numpy as np

    distances = np.concatenate(
        [np.empty((0, candidates.shape[1]))]
        + [
            _distances(values, rows[start : start + size], candidates[start : start + size], power)
            for size in [max(1, CELLS // max(1, candidates.shape[1] * values.shape[1]))]
            for start in range(0, len(rows), size)
        ]
    )
    known = np.where(np.isfinite(distances), distances, 0).max(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        scale = 10.0 ** (np.floor(np.log10(known)) - DIGITS)
    rounded = np.rint(distances / np.where(scale > 0, scale, 1))
    nearest = np.lexsort((candidates, rounded), axis=1)[:, :most]
    return np.take_along_axis(candidates, nearest, axis=1), np.take_along_axis(distances, nearest, axis=1)


def _distances(values: Matrix, rows: Rows, candidates: Rows, power: int) -> Numbers:
    """(B, C) straight from the differences; infinite for NOTHING."""
    import numpy as np

    taken = values.take(candidates.ravel(), axis=0)  # many times as fast as values[candidates]
    away = taken.reshape(*candidates.shape, -1) - values[rows].astype(np.float64)[:, None]
    if abs(power) < FARTHEST_POWER:
        away *= 2.0**power  # likewise, and the same
    else:
        np.ldexp(away, power, out=away)
    found: Numbers = np.ldexp(np.sqrt(np.einsum("bcd,bcd->bc", away, away)), -power)
    found[candidates == NOTHING] = np.inf
    return found
