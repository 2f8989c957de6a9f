"""The nearest rows among those that a pair of rows is allowed to be of, such as rows of another class, in regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search.candidates import SPARE
from hardneg_cli.statistics.neighbor_search.in_regions import JUDGED, NeighborSearchResult, RegionSearch
from hardneg_cli.statistics.neighbor_search.matmul import product, unshared
from hardneg_cli.statistics.neighbor_search.packed_keys import NOTHING
from hardneg_cli.statistics.neighbor_search.points import ScaledPoints
from hardneg_cli.statistics.neighbor_search.refinement import reranked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.statistics.neighbor_search.inverted_file import Allowed

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

ASKED_AT_ONCE = 64  # rows that are compared with all


def nearest_allowed(
    values: Matrix, most: int, allowed: Allowed, what: str = "neighbors", asked: Rows | None = None
) -> NeighborSearchResult:  # fmt: skip
    """(N, `most`) the nearest allowed rows; places −1 at infinite distances where there are no more.

    what: the note calls them. asked: (R,) the rows that ask, by default all. Regions are looked into until the recall
    is what `RegionSearch` puts up with, at most all of them, which is an exact search: O(N²·D).
    """
    import numpy as np

    points = ScaledPoints.of(values, np.float32)

    def truth(some: Rows) -> tuple[Rows, Numbers]:
        return _truth(values, points, some, min(JUDGED, most), allowed)

    asked = np.arange(len(values)) if asked is None else asked
    found = RegionSearch(values, points, asked, most, allowed, what).run(truth)
    assert found is not None  # all regions are worth to be looked into
    return found


def nearest_allowed_exactly(values: Matrix, most: int, allowed: Allowed, asked: Rows) -> NeighborSearchResult:
    """The same by comparing the rows that ask with all: O(R·N·D)."""
    import numpy as np

    return NeighborSearchResult(*_truth(values, ScaledPoints.of(values, np.float32), asked, most, allowed))


def _truth(values: Matrix, points: ScaledPoints, rows: Rows, most: int, allowed: Allowed) -> tuple[Rows, Numbers]:
    """(B, most) places and distances of the nearest allowed rows of some rows, by looking at all."""
    import numpy as np

    found, everyone, kept = [], np.arange(len(points)), min(most + SPARE, len(points))
    with unshared():
        for some in (rows[at : at + ASKED_AT_ONCE] for at in range(0, len(rows), ASKED_AT_ONCE)):
            near = product(points.queries(some), points.cells)
            mine, place = np.repeat(some, len(points)), np.tile(everyone, len(some))
            near[~((mine != place) & allowed(mine, place)).reshape(near.shape)] = -np.inf
            top = np.argpartition(near, -kept, axis=1)[:, -kept:]
            candidates = np.where(np.isfinite(np.take_along_axis(near, top, axis=1)), top, NOTHING)
            found.append(reranked(values, some, candidates, most, points.power))
    places, distances = zip(*found, strict=True)
    return np.concatenate(places), np.concatenate(distances)
