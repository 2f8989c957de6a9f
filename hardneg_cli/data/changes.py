"""How a dataset's rows differ from those of its base, row by row, by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    edited_in: (N,) bool by column, for those in which any row was edited; empty where only hashes are known.
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
    edited_in: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def added(self) -> NDArray[np.bool_]:
        added: NDArray[np.bool_] = self.place == NOWHERE
        return added

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(N,) bool: there is no row with this id, content and label in the base."""
        return self.added | self.edited | self.relabeled
