"""Points: rows centered, scaled and laid out so that a matrix product gives the distances between two panels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]

PANEL = 1 << 11  # rows of a panel: the product of two takes 16 megabytes
SAMPLED = 1 << 12  # rows from which the center and the scale are told
ALIGNED = 8  # products are fastest where the width is a multiple of this
WILD = 1e9  # times the usual length: single precision does not reach so far
AWAY = 1e30  # where rows beyond that are put, in squared units
LARGEST = 100  # as a power of two: single precision holds all distances, if not their squares


@dataclass(frozen=True)
class ScaledPoints:
    """cells: (N, W) the rows x, then −|x|²/2 and 1. With those two swapped on one side, a product is −d²/2.

    squares: (N,) |x|², infinite where x is not where it should be. dimensions: of x. power: x = features · 2^power.
    error: what d² may be wrong by, as a share of |x|² + |y|²: the bound of a sum's rounding (Higham 2002, §3.1).
    """

    cells: Matrix
    squares: NDArray[np.float64]
    dimensions: int
    power: int
    error: float

    def __len__(self) -> int:
        return len(self.cells)

    @classmethod
    def of(cls, values: Matrix, kind: type[np.floating]) -> ScaledPoints:
        """values: (N, D), finite. kind: single or double precision."""
        import numpy as np

        n, d = values.shape
        some = values[:: max(1, n // SAMPLED)].astype(np.float64)
        center = np.median(some, axis=0)
        power = _power(values, some - center)
        cells = np.zeros((n, -(-(d + 2) // ALIGNED) * ALIGNED), kind)
        squares = np.empty(n)
        for start in range(0, n, PANEL):
            block = slice(start, start + PANEL)
            x = np.ldexp(values[block] - center, power)
            squares[block] = np.einsum("nd,nd->n", x, x)
            if kind is np.float32:
                wild = squares[block] > WILD**2
                squares[block][wild] = np.inf
                x[wild] = 0
            cells[block, :d] = x
        cells[:, d] = -np.where(np.isinf(squares), AWAY, squares) / 2
        cells[:, d + 1] = 1
        return cls(cells, squares, d, power, (d + 4) * float(np.finfo(kind).eps))

    def queries(self, rows: slice | Rows) -> Matrix:
        """(B, W) a copy of some rows with the two columns swapped."""
        found: Matrix = self.cells[rows].copy()
        d = self.dimensions
        found[:, [d, d + 1]] = found[:, [d + 1, d]]
        return found

    def noise(self, one: Rows, other: Rows) -> Matrix:
        """What the computed d² of pairs of rows may be wrong by."""
        halves = self.cells[:, self.dimensions]
        found: Matrix = -2 * self.error * (halves[one] + halves[other])
        return found


def _power(values: Matrix, away: NDArray[np.float64]) -> int:
    """The power of two that brings the usual row near 1, but for what would then be too large to be squared."""
    import numpy as np

    largest = np.abs(away).max(axis=1, initial=0)
    usual = np.median(largest) or largest.max(initial=0)
    extreme = max(float(values.max(initial=0)), -float(values.min(initial=0)))
    return -int(max(np.frexp(usual)[1], np.frexp(extreme)[1] - LARGEST)) if usual else 0
