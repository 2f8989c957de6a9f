"""How a dataset's rows differ from those of its base, row by row, by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

NOWHERE = -1


@dataclass(frozen=True)
class Changes:
    """The N rows of a dataset against the M rows of its base; content is compared in the columns that both have.

    place: (N,) each row's number in the base, −1 for an added row.
    edited: (N,) bool, the row was there with other content. before: N labels in the base, null for an added row.
    relabeled: (N,) bool, the row was there with another label.
    dropped: ids of the base's rows that are gone, in their order there; dropped_labels: their labels.
    classes: the labels that the base uses, sorted. new_columns, lost_columns: content columns of one side alone.
    """

    place: NDArray[np.int64]
    edited: NDArray[np.bool_]
    relabeled: NDArray[np.bool_]
    before: pa.Array
    dropped: pa.Array
    dropped_labels: pa.Array
    classes: tuple[str, ...]
    new_columns: tuple[str, ...] = ()
    lost_columns: tuple[str, ...] = ()

    @property
    def added(self) -> NDArray[np.bool_]:
        return self.place == NOWHERE

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(N,) bool: there is no row with this id, content and label in the base."""
        return self.added | self.edited | self.relabeled
