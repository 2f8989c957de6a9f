"""An inverted file (Jégou et al. 2011): rows in regions around centroids, their nearest looked for in regions nearby.

All rows of a region look into the same regions, so that their distances are one matrix product. Nothing is random and
everything is added up in a fixed order: the same rows give the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.neighbor_search import packed_keys
from hardneg_cli.statistics.neighbor_search.candidates import SPARE, above, panels, pruned, raised
from hardneg_cli.statistics.neighbor_search.matmul import product, shared_out, unshared
from hardneg_cli.statistics.neighbor_search.points import PANEL, ScaledPoints
from hardneg_cli.statistics.neighbor_search.refinement import reranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

ROWS_A_REGION = 200
MOST_REGIONS = 1 << 12
TAUGHT = 32  # rows a region that the centroids are learned from
ROUNDS = 6  # of k-means


@dataclass(frozen=True)
class InvertedFile:
    """of: (N,) each row's region. members: the rows of each region. nearby: (R, R) the regions, nearest first."""

    of: Rows
    members: list[Rows]
    nearby: Rows

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
            gaps = (centers**2).sum(axis=1) - 2 * centers @ centers.T
        np.fill_diagonal(gaps, -np.inf)
        return cls(of, members, np.argsort(gaps, axis=1, kind="stable"))

    def ranks(self, rows: Rows, others: Rows) -> Rows:
        """(B, k) how many regions nearer than the others' one there are: (B, k) `others` of (B,) `rows`."""
        import numpy as np

        rank = np.empty_like(self.nearby)
        np.put_along_axis(rank, self.nearby, np.arange(len(rank))[None, :], axis=1)
        return rank[self.of[rows][:, None], self.of[others]]

    def pairs(self, looked: int) -> int:
        """How many pairs of rows have to be looked at."""
        import numpy as np

        sizes = np.array([len(rows) for rows in self.members])
        return int((sizes * sizes[self.nearby[:, :looked]].sum(axis=1)).sum())

    def nearest(self, values: Matrix, points: ScaledPoints, most: int, looked: int) -> tuple[Rows, Numbers]:
        """(N, k) places and distances of the nearest rows in the `looked` nearest regions; −1 and infinite for none."""
        import numpy as np

        n = len(points)
        places, distances = np.empty((n, most), np.int64), np.empty((n, most))
        parts = [
            (number, rows[at : at + PANEL])
            for number, rows in enumerate(self.members)
            for at in range(0, len(rows), PANEL)
        ]

        def look(part: tuple[int, Rows]) -> tuple[Rows, Numbers]:
            others = np.sort(np.concatenate([self.members[region] for region in self.nearby[part[0], :looked]]))
            return _among(values, points, part[1], others, most)

        with unshared(), progress("looking for the nearest rows", total=len(parts)) as advance:
            for (_, rows), found in zip(parts, shared_out(look, parts), strict=True):
                places[rows], distances[rows] = found
                advance(1)
        return places, distances


def _among(values: Matrix, points: ScaledPoints, rows: Rows, others: Rows, most: int) -> tuple[Rows, Numbers]:
    """(B, k) places and distances of the nearest of the others; these are in order, so that equal ones stay so."""
    import numpy as np

    kept = most + SPARE
    floor = raised(points, rows, rows if len(rows) > kept else others[:PANEL], kept)
    queries, keys = points.queries(rows), np.empty(0, np.uint64)
    for start in range(0, len(others), PANEL):
        found = above(points, queries, rows, floor, kept, others[start : start + PANEL])
        keys = pruned(floor, np.arange(len(rows)), [keys, found], kept)
    count, keys = packed_keys.best(keys, len(rows), kept)
    return reranked(values, rows, packed_keys.places(count, keys, kept), most, points.power)


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
