"""Candidates: what a panel of rows has to remember of another one, and the proof that nothing else can be nearer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search import packed_keys
from hardneg_cli.statistics.neighbor_search.matmul import product
from hardneg_cli.statistics.neighbor_search.points import PANEL, ScaledPoints
from hardneg_cli.statistics.neighbor_search.refinement import reranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Keys = NDArray[np.uint64]
    Proved = tuple[Rows, Numbers, NDArray[np.bool_]]

SPARE = 10  # candidates beyond those asked for, so that equal distances at the end are told apart by place
SAMPLE = 1 << 11  # rows that say how far the nearest can be at most
CROWDED = 2  # times what is kept: more candidates than that are pruned at once
SLACK = 1e-4  # of a squared distance: more than what makes two of them equal
REACH = 1e16  # squared, in units of the usual row: what is farther out may be near a row that is out of reach
TINY = 1e-30  # squared, likewise: what single precision cannot tell from nothing


def panels(n: int) -> list[Rows]:
    """The rows in panels."""
    import numpy as np

    return [np.arange(start, min(start + PANEL, n)) for start in range(0, n, PANEL)]


def rank(kept: int, n: int) -> int:
    """Which of the nearest in the sample to go by, so that but for rare chance `kept` rows are no farther."""
    if n <= SAMPLE:
        return kept
    share = kept * SAMPLE / n
    return min(kept, math.ceil(share + 2.5 * math.sqrt(share) + 1.5))


def floor_of(points: ScaledPoints, rows: Rows, *, kept: int, rank: int) -> Matrix:
    """(B,) −d²/2 of each row and its rank-th nearest in the sample, and a little less: candidates are above it."""
    import numpy as np

    n, size = len(points), min(len(points), max(SAMPLE, kept + 1))
    return raised(points, rows, np.arange(size) * n // size, rank)


def raised(points: ScaledPoints, rows: Rows, among: Rows, rank: int) -> Matrix:
    """(B,) the same, with the rank-th nearest of certain rows; minus infinity where there are not as many."""
    import numpy as np

    near = product(points.queries(rows), points.cells[among])
    near[rows[:, None] == among] = -np.inf
    if len(among) < rank:
        return np.full(len(rows), -np.inf, near.dtype)
    near.partition(-rank, axis=1)
    least = near[:, -rank]
    return np.nextafter(least - SLACK * np.abs(least) - points.noise(rows, rows), -np.inf, dtype=near.dtype)


def above(points: ScaledPoints, queries: Matrix, rows: Rows, floor: Matrix, kept: int, others: Rows) -> Keys:
    """The candidates of some rows among others."""
    import numpy as np

    near = product(queries, points.cells[others])
    near[rows[:, None] == others] = -np.inf
    flat = np.flatnonzero(near > floor[:, None])
    row, column = np.divmod(flat, len(others))
    return packed(points, near.take(flat), rows, row, others[column], kept)


def packed(points: ScaledPoints, near: Matrix, rows: Rows, row: Rows, places: Rows, kept: int) -> Keys:
    """Keys of candidates at −d²/2; what may be rounding is no distance."""
    import numpy as np

    squared = -2 * near
    squared[squared <= points.noise(rows[row], places)] = 0
    keys = packed_keys.packed(row, squared, np.asarray(places))
    return packed_keys.best(keys, len(rows), kept)[1] if len(keys) > CROWDED * kept * PANEL else keys


def pruned(floor: Matrix, where: Rows, keys: Sequence[Keys], kept: int) -> Keys:
    """The best candidates of some rows; their floor rises to the last of those."""
    import numpy as np

    count, best = packed_keys.best(np.concatenate(keys), len(where), kept)
    floor[where] = np.maximum(floor[where], -packed_keys.reach(count, best, kept) / 2)
    return best


def proved(
    values: Matrix, points: ScaledPoints, rows: Rows, keys: Keys, floor: Matrix, *, most: int, kept: int
) -> Proved:  # fmt: skip
    """(B, k) places and distances of the nearest, (B,) whether nothing passed over can be nearer.

    A computed d² is wrong by at most error·(|x|² + |y|²), and |y| is at most |x| + d. Of copies, the first are kept.
    """
    import numpy as np

    count, keys = packed_keys.best(keys, len(rows), kept)
    places, distances = reranked(values, rows, packed_keys.places(count, keys, kept), most, points.power)
    own, e = points.squares[rows], points.error
    squared = np.ldexp(distances[:, -1], points.power) ** 2
    others = (-2 * floor.astype(np.float64) - 3 * e * own - TINY) / (1 + 2 * e)
    sure = (squared * (1 + SLACK) <= others) & (np.maximum(own, squared) < REACH) | (squared == 0)
    return places, distances, (count == kept) & (sure | (kept == len(points) - 1))
