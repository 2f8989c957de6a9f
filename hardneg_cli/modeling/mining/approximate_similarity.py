"""The same as `SimilarRows.nearest_of_others` for all classes at once, by regions, where rows are many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.modeling.mining.hard_negatives import NO_ROW
from hardneg_cli.modeling.mining.similarity import SimilarRows, rounded
from hardneg_cli.statistics.neighbor_search.filtered import nearest_allowed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.statistics.neighbor_search.inverted_file import Allowed

    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Bools = NDArray[np.bool_]

EXACT_ROWS = 30_000  # up to so many every pair is looked at
POSITIVES = 10  # of a row's own class, of which the nearest that is no copy is taken


@dataclass(frozen=True)
class SimilarPairs:
    """positive: (M,) the nearest row of the class found, −1 for none; alike: (M,) its cosine, −inf for none.

    near: (M, k) the nearest rows of other classes, cosine: (M, k) theirs, −inf where there are no more. notes: how good
    they are. A positive that was missed makes the guard stricter, as what is left has a smaller cosine.
    """

    positive: Rows
    alike: Numbers
    near: Rows
    cosine: Numbers
    notes: tuple[str, ...]


def similar_pairs(likeness: SimilarRows, most: int) -> SimilarPairs:
    """Of all rows."""
    import numpy as np

    classes, groups = likeness.classes, likeness.groups

    def apart(some: Rows, others: Rows) -> Bools:
        return np.ones(len(some), bool) if groups is None else np.not_equal(groups[some], groups[others])

    def own(some: Rows, others: Rows) -> Bools:
        found: Bools = np.equal(classes[some], classes[others]) & apart(some, others)
        return found

    def other(some: Rows, others: Rows) -> Bools:
        found: Bools = np.not_equal(classes[some], classes[others]) & apart(some, others)
        return found

    places, distances, positives = _found(likeness, POSITIVES, own, "positives")
    near, cosine, negatives = _found(likeness, most, other, "negatives")
    notes = (*positives, *negatives)
    best = distances[:, 0]
    return SimilarPairs(np.where(np.isfinite(best), places[:, 0], NO_ROW), best, near, cosine, notes)


def _found(
    likeness: SimilarRows, most: int, allowed: Allowed, what: str
) -> tuple[Rows, Numbers, tuple[str, ...]]:  # fmt: skip
    """(M, k) places and settled cosines, the most alike first, ties by place; what to tell of the search."""
    import numpy as np

    found = nearest_allowed(likeness.vectors, most, allowed, what)
    cosine: Numbers = rounded(1 - found.distances**2 / 2).astype(np.float64, copy=False)
    order = np.lexsort((found.rows, -cosine), axis=1)
    return np.take_along_axis(found.rows, order, axis=1), np.take_along_axis(cosine, order, axis=1), found.notes
