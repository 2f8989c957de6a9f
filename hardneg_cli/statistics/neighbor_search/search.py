"""The rows nearest to each row: exactly, or where rows are many in regions, with the recall measured each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search import exact
from hardneg_cli.statistics.neighbor_search.in_regions import (
    JUDGED,
    MEASURED_ON,
    TUNED_ON,
    NeighborSearchResult,
    RegionSearch,
)
from hardneg_cli.statistics.neighbor_search.points import ScaledPoints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

EXACT_ROWS = 50_000  # up to so many the search is exact
WORTH = 0.12  # of all rows: to look at more takes longer than an exact search, which sees each pair once
WORTH_ONE_WAY = 2 * WORTH  # where only some rows ask, an exact search does not see each pair once
FEW_ASKED = 4 * (TUNED_ON + MEASURED_ON)  # rows: to measure the recall would take as long


def nearest(values: Matrix, most: int, *, exact_rows: int = EXACT_ROWS) -> NeighborSearchResult:
    """The `most` nearest other rows of each row of `values` (N×D, finite); fewer where there are no more."""
    import numpy as np

    n = len(values)
    if n <= max(exact_rows, 10 * most):
        return NeighborSearchResult(*exact.nearest(values, most))
    found = _in_regions(values, np.arange(n), most, WORTH)
    return found or NeighborSearchResult(*exact.nearest(values, most), (_exact_note(n),))


def nearest_to(
    values: Matrix, rows: Rows, most: int, *, exact_rows: int = EXACT_ROWS
) -> NeighborSearchResult:  # fmt: skip
    """The same for (R,) some of the rows, among all of them: (R, k)."""
    import numpy as np

    n = len(values)
    few = n <= max(exact_rows, 10 * most) or len(rows) <= FEW_ASKED
    found = None if few else _in_regions(values, rows, most, WORTH_ONE_WAY)
    if found is not None:
        return found
    points = ScaledPoints.of(values, np.float64 if n <= exact.FEW else np.float32)
    return NeighborSearchResult(*exact.nearest_to(values, points, rows, most), () if few else (_exact_note(n),))


def _in_regions(values: Matrix, rows: Rows, most: int, worth: float) -> NeighborSearchResult | None:
    import numpy as np

    points = ScaledPoints.of(values, np.float32)

    def truth(some: Rows) -> tuple[Rows, Numbers]:
        return exact.nearest_to(values, points, some, min(JUDGED, most))

    return RegionSearch(values, points, rows, most).run(truth, worth)


def _exact_note(n: int) -> str:
    return f"neighbors: exact among {n:,} rows, as these features have no regions that a faster search could keep to"
