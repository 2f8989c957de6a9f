"""Whether some rows lie elsewhere than others do: a test of each column, in strata."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class LocationShift:
    """In the column where it is largest. larger: the share of pairs of a row and another one of its stratum in which
    the row has the larger value, or the smaller one if these are more; 0.5 is no shift. p: that it is chance.
    """

    larger: float
    p: float


NOTHING = LocationShift(0.5, 1.0)


def location_shift(values: Array, rows: Mask, others: Mask, strata: NDArray[np.signedinteger]) -> LocationShift:
    """How far `rows` lie from `others` of the same stratum.

    values: (N, D) finite. rows, others: (N,) bool. strata: (N,) codes from 0. Rank sums by stratum, which count as they
    have rows (van Elteren 1960, On the combination of independent two sample tests of Wilcoxon), two-sided, and
    corrected for the number of columns (Bonferroni); ties make it conservative. O(N·D·log N).
    """
    import numpy as np

    larger, variance, count = np.zeros(values.shape[1]), 0.0, 0
    for stratum in np.unique(strata[rows]).tolist():
        mine, theirs = values[rows & (strata == stratum)], values[others & (strata == stratum)]
        n, m = len(mine), len(theirs)
        if not m:
            continue
        larger += n * _larger(mine, theirs)
        variance += n * (n + m + 1) / (12 * m)
        count += n
    if not count or not len(larger):
        return NOTHING
    most = float(np.abs(larger / count - 0.5).max())
    z = most * count / sqrt(variance)
    return LocationShift(0.5 + most, min(1.0, len(larger) * erfc(z / sqrt(2))))


def _larger(mine: Array, theirs: Array) -> Array:
    """(D,) the share of pairs in which mine is the larger one; ties count half."""
    import numpy as np

    found = np.empty(mine.shape[1])
    for column, values in enumerate(np.sort(theirs, axis=0).T):
        below = np.searchsorted(values, mine[:, column], "left") + np.searchsorted(values, mine[:, column], "right")
        found[column] = below.mean() / (2 * len(values))
    return found
