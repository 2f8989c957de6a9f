"""Hard negatives: rows that a model, or their looks, put close to a class that is not theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import RowDigest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

NO_ROW = -1
EVEN = 0.5  # the hardness at which the other class is as close as the row's own


@dataclass(frozen=True)
class HardNegatives:
    """P pairs of a class and a row that is not of it, in the order of their use; a row may be in several.

    rows: (P,) row numbers. anchor_class: (P,) class code, never the row's own. hardness: (P,) 0 … 1, the other class's
    share of what speaks for the other class or the row's own; above a half the other one is ahead.
    anchor, positive: (P,) two rows of the anchor class, −1 where there is none. similarity: (P,) cosine of row and
    anchor. by_likeness: whether what speaks for a class is a cosine, and no probability.
    notes: what to tell of the search.
    """

    rows: Rows
    anchor_class: NDArray[np.int32]
    hardness: NDArray[np.float64]
    anchor: Rows
    positive: Rows
    similarity: NDArray[np.float64]
    by_likeness: bool = False
    notes: tuple[str, ...] = ()

    @classmethod
    def of_rows(
        cls, rows: Rows, anchor_class: NDArray[np.int32], hardness: NDArray[np.float64], notes: tuple[str, ...] = ()
    ) -> HardNegatives:
        """Without anchors."""
        import numpy as np

        nobody = np.full(len(rows), NO_ROW)
        return cls(rows, anchor_class, hardness, nobody, nobody, np.full(len(rows), np.nan), notes=notes)

    def take(self, places: Rows | NDArray[np.bool_]) -> HardNegatives:
        return HardNegatives(
            self.rows[places], self.anchor_class[places], self.hardness[places], self.anchor[places],
            self.positive[places], self.similarity[places], self.by_likeness, self.notes,
        )  # fmt: skip

    def firsts(self) -> Rows:
        """(R,) the place of each row's first pair, ascending."""
        import numpy as np

        return np.sort(np.unique(self.rows, return_index=True)[1])

    def capped(self, limit: int | None, per_class: int | None) -> HardNegatives:
        """The pairs of the first rows: at most so many in all, and of each anchor class, by each row's first pair."""
        import numpy as np

        first = self.firsts()
        if per_class is not None:
            first = first[turns(self.anchor_class[first]) < per_class]
        kept = self.rows[first[:limit]]
        return self.take(np.isin(self.rows, kept))


def hardness_of(probabilities: RowDigest, rows: Rows) -> NDArray[np.float64]:
    """(n,) the most probable other class's share of what it and the given label have; ½ where both have nothing."""
    import numpy as np

    other = probabilities.p_other[rows].astype(np.float64)
    both = probabilities.p_given[rows] + other
    return np.where(both > 0, other / np.where(both > 0, both, 1), EVEN)


def hardest(dataset: Dataset, rows: Rows, probabilities: RowDigest, most: int) -> Rows:
    """At most so many of the rows, the hardest first, ties by id."""
    import numpy as np

    order = np.lexsort((dataset.id_rank[rows], -hardness_of(probabilities, rows).round(9)))
    return rows[order[:most]]


def turns(codes: NDArray[np.int32]) -> Rows:
    """(n,) how many of the places before it have the same code."""
    import numpy as np

    order = np.argsort(codes, kind="stable")
    place = np.empty(len(codes), np.int64)
    place[order] = np.arange(len(codes)) - np.searchsorted(codes[order], codes[order])
    return place
