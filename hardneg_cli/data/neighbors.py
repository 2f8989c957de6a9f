"""Nearest neighbors: for each row the rows most like it, and how far away they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Neighbors:
    """rows: (N, k) row numbers, nearest first, never the row itself. distances: (N, k), in units of the features.

    notes: how good they are, where the search was not exact.
    """

    rows: NDArray[np.int64]
    distances: NDArray[np.float64]
    notes: tuple[str, ...] = ()
