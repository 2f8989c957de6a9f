"""The rows nearest to each row: exactly, or where rows are many in regions, with the recall measured each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search import exact
from hardneg_cli.statistics.neighbor_search.inverted_file import InvertedFile
from hardneg_cli.statistics.neighbor_search.points import ScaledPoints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

EXACT_ROWS = 50_000  # up to so many the search is exact
AIMED, LEAST = 0.99, 0.98  # the recall to aim at, and what is put up with
LESS_AIMED, LESS = 0.97, 0.955  # the same where the nearest rows are in so many regions that it would not be cheap
JUDGED = 10  # the recall is of so many nearest rows
TUNED_ON, MEASURED_ON = 256, 500  # rows
CHEAP = 0.01  # of all rows: to look at so many for each row takes little time
WORTH = 0.12  # of all rows: to look at more takes longer than an exact search, which sees each pair once


@dataclass(frozen=True)
class NeighborSearchResult:
    """rows: (N, k) places, nearest first, ties by place. distances: (N, k). notes: what to tell of the search."""

    rows: Rows
    distances: Numbers
    notes: tuple[str, ...] = ()


def nearest(values: Matrix, most: int, *, exact_rows: int = EXACT_ROWS) -> NeighborSearchResult:
    """The `most` nearest other rows of each row of `values` (N×D, finite); fewer where there are no more."""
    import numpy as np

    n = len(values)
    if n <= max(exact_rows, 10 * most):
        return NeighborSearchResult(*exact.nearest(values, most))
    points = ScaledPoints.of(values, np.float32)
    some = np.random.default_rng(0).choice(n, min(n, TUNED_ON + MEASURED_ON), replace=False)
    truth, far = exact.nearest_to(values, points, some, min(JUDGED, most))
    tuned, measured = some[:TUNED_ON], some[TUNED_ON:]
    regions = InvertedFile.around(points)
    looked, least = regions_needed(regions, points, tuned, truth[:TUNED_ON])
    while regions.pairs(points, tuned, looked) < WORTH * n:
        found, distances = regions.nearest(values, points, most, looked)
        recall = float((distances[measured, : far.shape[1]] <= far[TUNED_ON:, -1:] * (1 + 1e-9)).mean())
        if recall >= least and np.isfinite(distances).all():
            note = recall_note("neighbors", n, recall, far.shape[1], len(measured), looked, regions)
            return NeighborSearchResult(found, distances, (note,))
        looked *= 2
    del points, regions
    note = f"neighbors: exact among {n:,} rows, as these features have no regions that a faster search could keep to"
    return NeighborSearchResult(*exact.nearest(values, most), (note,))


def nearest_to(
    values: Matrix, rows: Rows, most: int, *, exact_rows: int = EXACT_ROWS
) -> NeighborSearchResult:  # fmt: skip
    """The same for (R,) some of the rows, among all of them: (R, k)."""
    import numpy as np

    n = len(values)
    if n <= max(exact_rows, 10 * most) or len(rows) <= WORTH * n:
        points = ScaledPoints.of(values, np.float64 if n <= exact.FEW else np.float32)
        return NeighborSearchResult(*exact.nearest_to(values, points, rows, most))
    found = nearest(values, most, exact_rows=exact_rows)
    return NeighborSearchResult(found.rows[rows], found.distances[rows], found.notes)


def regions_needed(regions: InvertedFile, points: ScaledPoints, rows: Rows, truth: Rows) -> tuple[int, float]:
    """The fewest regions to look into that hold the share of the nearest rows to aim at, and the least recall."""
    import numpy as np

    ranks = regions.ranks(points, rows, truth)
    high, low = (int(np.quantile(ranks, aimed, method="higher")) + 1 for aimed in (AIMED, LESS_AIMED))
    if regions.pairs(points, rows, high) < CHEAP * len(points):
        return high, LEAST
    return low, LESS


def recall_note(
    what: str, n: int, recall: float, judged: int, rows: int, looked: int, regions: InvertedFile
) -> str:  # fmt: skip
    """How good an approximate search is, and how that was measured."""
    return (
        f"{what}: approximate among {n:,} rows ({looked} of {len(regions.members):,} regions looked into); "
        f"recall@{judged} {recall:.3f} on {rows} random rows"
    )
