"""An inverted file (Jégou et al. 2011): rows in regions around centroids, their nearest looked for in regions nearby.

Each row looks into the regions whose centers are nearest to itself; where there are many dimensions, these are far
fewer than those near its region's center. Of a batch of rows, all that look into a region are compared with it by one
matrix product. Nothing is random and everything is added up in a fixed order: the same rows give the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.neighbor_search import packed_keys
from hardneg_cli.statistics.neighbor_search.candidates import CROWDED, SPARE, panels, pruned, raised
from hardneg_cli.statistics.neighbor_search.matmul import product, shared_out, unshared
from hardneg_cli.statistics.neighbor_search.points import PANEL, ScaledPoints
from hardneg_cli.statistics.neighbor_search.refinement import reranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Keys = NDArray[np.uint64]
    Allowed: TypeAlias = Callable[[Rows, Rows], NDArray[np.bool_]]  # of (P,) rows and (P,) others, which may be pairs

ROWS_A_REGION = 200
MOST_REGIONS = 1 << 11
TAUGHT = 32  # rows a region that the centroids are learned from
ROUNDS = 6  # of k-means
BATCH = 4_000  # rows that look for their nearest together: fewer than a key can number


@dataclass(frozen=True)
class InvertedFile:
    """of: (N,) each row's region. members: the rows of each region. centers: (R, W) the right side of a product."""

    of: Rows
    members: list[Rows]
    centers: Matrix

    @classmethod
    def around(cls, points: ScaledPoints) -> InvertedFile:
        """k-means on evenly spaced rows; O(N·R·D) time for R regions."""
        import numpy as np

        n = len(points)
        many = max(1, min(MOST_REGIONS, n // ROWS_A_REGION))
        taught = np.unique(np.arange(many * TAUGHT) * n // (many * TAUGHT))
        centers = points.cells[taught[:: len(taught) // many][:many], : points.dimensions].astype(np.float64)
        with unshared(), progress("dividing the rows into regions", total=ROUNDS) as advance:
            for _ in range(ROUNDS):
                centers = _moved(points, taught, centers)
                advance(1)
            of = _regions(points, np.arange(n), centers)
        order = np.argsort(of, kind="stable")
        members = np.split(order, np.searchsorted(of[order], np.arange(1, len(centers))))
        return cls(of, members, _laid_out(points, centers))

    def ranks(self, points: ScaledPoints, rows: Rows, others: Rows) -> Rows:
        """(B, k) how many regions are nearer to each of (B,) rows than the one of each of its (B, k) others."""
        import numpy as np

        with unshared():
            near = product(points.queries(rows), self.centers)
            theirs = np.take_along_axis(near, self.of[others], axis=1)
            return np.stack([(near > theirs[:, [j]]).sum(axis=1) for j in range(theirs.shape[1])], axis=1)

    def pairs(self, points: ScaledPoints, rows: Rows, looked: int) -> float:
        """How many rows one of these rows is compared with, on average."""
        import numpy as np

        sizes = np.array([len(members) for members in self.members])
        with unshared():
            return float(sizes[self._nearby(points, rows, looked)].sum(axis=1).mean())

    def nearest(
        self, values: Matrix, points: ScaledPoints, asked: Rows, most: int, looked: int, allowed: Allowed | None = None
    ) -> tuple[Rows, Numbers]:  # fmt: skip
        """(B, k) places and distances of the nearest rows in the `looked` regions nearest to each of (B,) rows.

        −1 and infinite where there are no more. allowed: which pairs count, by default all.
        """
        import numpy as np

        many = len(asked)
        places, distances = np.empty((many, most), np.int64), np.empty((many, most))
        order = np.argsort(self.of[asked], kind="stable")
        batches = [order[at : at + BATCH] for at in range(0, many, BATCH)]

        def look(batch: Rows) -> tuple[Rows, Numbers]:
            rows = asked[batch]
            keys = self._candidates(points, rows, most + SPARE, looked, allowed)
            found = packed_keys.places(*packed_keys.best(keys, len(rows), most + SPARE), most + SPARE)
            return reranked(values, rows, found, most, points.power)

        with unshared(), progress("looking for the nearest rows", total=len(batches)) as advance:
            for batch, found in zip(batches, shared_out(look, batches), strict=True):
                places[batch], distances[batch] = found
                advance(1)
        return places, distances

    def _candidates(
        self, points: ScaledPoints, rows: Rows, kept: int, looked: int, allowed: Allowed | None
    ) -> Keys:  # fmt: skip
        """Of some rows, one region's after another's; where all pairs count, a row's own region sets its floor."""
        import numpy as np

        queries, floor = points.queries(rows), np.full(len(rows), -np.inf, points.cells.dtype)
        for row, region in _grouped(self.of[rows][:, None]) if allowed is None else ():
            floor[row] = raised(points, rows[row], self.members[region][:PANEL], kept)
        everyone, keys, held = np.arange(len(rows)), [np.empty(0, np.uint64)], 0
        for row, region in _grouped(self._nearby(points, rows, looked)):
            for others in (self.members[region][at : at + PANEL] for at in range(0, len(self.members[region]), PANEL)):
                keys.append(_above(points, queries[row], rows, row, floor[row], others, allowed))
                held += len(keys[-1])
                if held > CROWDED * kept * len(rows):
                    keys = [pruned(floor, everyone, keys, kept)]
                    held = 0
        return np.concatenate(keys)

    def _nearby(self, points: ScaledPoints, rows: Rows, looked: int) -> Rows:
        """(B, looked) the regions whose centers are nearest to each row, in no order."""
        import numpy as np

        if looked >= len(self.centers):
            return np.tile(np.arange(len(self.centers)), (len(rows), 1))
        found = []
        for at in range(0, len(rows), PANEL):
            near = product(points.queries(rows[at : at + PANEL]), self.centers)
            found.append(np.argpartition(near, -looked, axis=1)[:, -looked:])
        return np.concatenate(found)


def _grouped(regions: Rows) -> Iterator[tuple[Rows, int]]:
    """Each region among (B, k) of them, in order, with the rows that name it."""
    import numpy as np

    flat = regions.ravel()
    order = np.argsort(flat, kind="stable")
    starts = np.flatnonzero(np.diff(flat[order], prepend=-1))
    for start, stop in zip(starts, [*starts[1:], len(flat)], strict=True):
        yield order[start:stop] // regions.shape[1], int(flat[order[start]])


def _above(
    points: ScaledPoints, queries: Matrix, rows: Rows, row: Rows, floor: Matrix, others: Rows, allowed: Allowed | None
) -> Keys:  # fmt: skip
    """The candidates among others of those of the rows that `row` numbers."""
    import numpy as np

    near = product(queries, points.cells[others])
    flat = np.flatnonzero(near > floor[:, None])
    mine, column = np.divmod(flat, len(others))
    mine, places, near = row[mine], others[column], near.ravel()[flat]
    apart = rows[mine] != places
    if allowed is not None:
        apart &= allowed(rows[mine], places)
    mine, places = mine[apart], places[apart]
    squared = -2 * near[apart]
    squared[squared <= points.noise(rows[mine], places)] = 0
    return packed_keys.packed(mine, squared, places)


def _regions(points: ScaledPoints, rows: Rows, centers: Numbers) -> Rows:
    """(B,) the number of the center that is nearest to each row."""
    import numpy as np

    laid = _laid_out(points, centers)

    def of(some: Rows) -> Rows:
        found: Rows = product(points.queries(rows[some]), laid).argmax(axis=1)
        return found

    return np.concatenate(list(shared_out(of, panels(len(rows)))))


def _moved(points: ScaledPoints, rows: Rows, centers: Numbers) -> Numbers:
    """The means of the rows nearest to each center; one that has none stays."""
    import numpy as np
    from scipy.sparse import csr_array

    of = _regions(points, rows, centers)
    belongs = csr_array((np.ones(len(rows)), (of, np.arange(len(rows)))), (len(centers), len(rows)))
    many = np.bincount(of, minlength=len(centers))[:, None]
    sums = belongs @ points.cells[rows, : points.dimensions].astype(np.float64)
    return np.where(many > 0, sums / np.maximum(many, 1), centers)


def _laid_out(points: ScaledPoints, centers: Numbers) -> Matrix:
    """Centers as the right side of a product."""
    import numpy as np

    d = points.dimensions
    cells = np.zeros((len(centers), points.cells.shape[1]), points.cells.dtype)
    cells[:, :d], cells[:, d], cells[:, d + 1] = centers, -(centers**2).sum(axis=1) / 2, 1
    return cells
