"""Approximate search: each row looks into so many regions as it takes, and how much is found is measured each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.neighbor_search.inverted_file import InvertedFile
from hardneg_cli.statistics.neighbor_search.packed_keys import NOTHING
from hardneg_cli.statistics.neighbor_search.points import ScaledPoints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.statistics.neighbor_search.inverted_file import Allowed

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Truth: TypeAlias = Callable[[Rows], tuple[Rows, Numbers]]

AIMED, LEAST = 0.99, 0.98  # the recall to aim at, and what is put up with
LESS_AIMED, LESS = 0.97, 0.955  # the same where the nearest rows are in so many regions that it would not be cheap
JUDGED = 10  # the recall is of so many nearest rows
TUNED_ON, MEASURED_ON = 256, 500  # rows
CHEAP = 0.01  # of all rows: to look at so many for each row takes little time


@dataclass(frozen=True)
class NeighborSearchResult:
    """rows: (N, k) places, nearest first, ties by place. distances: (N, k). notes: what to tell of the search."""

    rows: Rows
    distances: Numbers
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class RegionSearch:
    """The `most` nearest of the rows `asked`, among those that they are `allowed`, by default all.

    what: a note calls them.
    """

    values: Matrix
    points: ScaledPoints
    asked: Rows
    most: int
    allowed: Allowed | None = None
    what: str = "neighbors"

    def run(self, truth: Truth, worth: float = 1.0) -> NeighborSearchResult | None:
        """Into more and more regions, until the recall will do or all are looked into.

        truth: places and distances of rows' `JUDGED` nearest, which the recall is measured by, on random rows. worth:
        the share of all rows that a row may be compared with; None if that does not suffice.
        """
        import numpy as np

        n = len(self.points)
        some = np.random.default_rng(0).choice(
            len(self.asked), min(len(self.asked), TUNED_ON + MEASURED_ON), replace=False
        )
        near, far = truth(self.asked[some])
        many = len(some) * TUNED_ON // (TUNED_ON + MEASURED_ON)
        tuned, measured = self.asked[some[:many]], some[many:]
        regions = InvertedFile.around(self.points)
        known = np.where(near[:many] == NOTHING, tuned[:, None], near[:many])
        looked, least = _regions_needed(regions, self.points, tuned, known)
        while regions.pairs(self.points, tuned, looked) <= worth * n:
            found, distances = regions.nearest(self.values, self.points, self.asked, self.most, looked, self.allowed)
            recall = float((distances[measured, : far.shape[1]] <= far[many:, -1:] * (1 + 1e-9)).mean())
            whole = self.allowed is not None or np.isfinite(distances).all()
            if (recall >= least and whole) or looked == len(regions.members):
                note = (
                    f"{self.what}: approximate among {n:,} rows ({looked} of {len(regions.members):,} regions looked "
                    f"into); recall@{far.shape[1]} {recall:.3f} on {len(measured)} random rows"
                )
                return NeighborSearchResult(found, distances, (note,))
            looked = min(2 * looked, len(regions.members))
        return None


def _regions_needed(regions: InvertedFile, points: ScaledPoints, rows: Rows, truth: Rows) -> tuple[int, float]:
    """The fewest regions to look into that hold the share of the nearest rows to aim at, and the least recall."""
    import numpy as np

    ranks = regions.ranks(points, rows, truth)
    high, low = (int(np.quantile(ranks, aimed, method="higher")) + 1 for aimed in (AIMED, LESS_AIMED))
    if regions.pairs(points, rows, high) < CHEAP * len(points):
        return high, LEAST
    return low, LESS
