"""The nearest rows among those that a pair of rows is allowed to be of, such as rows of another class, in regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search.candidates import SPARE
from hardneg_cli.statistics.neighbor_search.inverted_file import InvertedFile
from hardneg_cli.statistics.neighbor_search.matmul import product, unshared
from hardneg_cli.statistics.neighbor_search.packed_keys import NOTHING
from hardneg_cli.statistics.neighbor_search.points import ScaledPoints
from hardneg_cli.statistics.neighbor_search.refinement import reranked
from hardneg_cli.statistics.neighbor_search.search import (
    JUDGED,
    MEASURED_ON,
    TUNED_ON,
    NeighborSearchResult,
    recall_note,
    regions_needed,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.statistics.neighbor_search.inverted_file import Allowed

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

ASKED_AT_ONCE = 64  # rows that are compared with all


def nearest_allowed(
    values: Matrix, most: int, allowed: Allowed, what: str = "neighbors"
) -> NeighborSearchResult:  # fmt: skip
    """(N, `most`) the nearest allowed rows; places −1 at infinite distances where there are no more.

    what: the note calls them. The recall is measured on 500 random rows; regions are added until it is what
    `search.nearest` puts up with, at most all of them, which is an exact search: O(N²·D).
    """
    import numpy as np

    n, judged = len(values), min(JUDGED, most)
    points = ScaledPoints.of(values, np.float32)
    some = np.random.default_rng(0).choice(n, min(n, TUNED_ON + MEASURED_ON), replace=False)
    truth, far = _truth(values, points, some, judged, allowed)
    tuned, measured = some[: len(some) // 3], some[len(some) // 3 :]
    regions = InvertedFile.around(points)
    known = np.where(truth == NOTHING, some[:, None], truth)[: len(tuned)]
    looked, least = regions_needed(regions, points, tuned, known)
    while True:
        looked = min(looked, len(regions.members))
        found, distances = regions.nearest(values, points, most, looked, allowed)
        recall = float((distances[measured, :judged] <= far[len(tuned) :, -1:] * (1 + 1e-9)).mean())
        if recall >= least or looked == len(regions.members):
            break
        looked *= 2
    note = recall_note(what, n, recall, judged, len(measured), looked, regions)
    return NeighborSearchResult(found, distances, (note,))


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
