"""What a row stands among: its copies and its nearest rows, with their labels, for whoever decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.picture_copies import compared_content
from hardneg_cli.data.row_identity import keyed
from hardneg_cli.data.text_normalization import bare
from hardneg_cli.errors import InputError, Unavailable, quote
from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.runtime.evidence_store import EvidenceStore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_COPIES = 5
MOST_NEAREST = 5
SPARE = 25  # rows looked at beyond the nearest, so that equal distances are told apart by id
DIGITS = 5  # distances closer than this many significant digits are equal
EXCERPT = 300  # characters


@dataclass(frozen=True)
class ContextRow:
    """Another row; `how` says what it is to the first one."""

    id: str
    label: str
    text: str
    how: str


@dataclass(frozen=True)
class RowContext:
    """copies: the first few of `copied`. trouble: why there are no neighbors, or why the row cannot be decided."""

    copies: tuple[ContextRow, ...] = ()
    copied: int = 0
    nearest: tuple[ContextRow, ...] = ()
    trouble: str = ""


class RowContexts:
    """Looks around in a dataset; what that takes is gathered when the first row is asked for.

    features: column patterns or a file; without them the text column serves. show: the columns to quote others by.
    """

    def __init__(self, dataset: Dataset, features: str | None, show: Sequence[str]) -> None:
        self.dataset = dataset
        content = dataset.content.column_names
        self._quoted = dataset.columns.text or next((name for name in show if name in content), None)
        self._evidence = EvidenceStore(
            {"dataset": dataset, "feature_choice": feature_choice(features, dataset.columns)}, {}
        )

    @property
    def classes(self) -> tuple[str, ...]:
        return self.dataset.classes

    def of(self, item: QueueItem) -> RowContext:
        """O(N·D) for each row, where there are features; O(N) for its copies."""
        row = self._places.get(item.id)
        if row is None:
            return RowContext(trouble=f"no row of {self.dataset.name} has this id: an answer would be stale")
        if changed := self._changed(row, item):
            return RowContext(trouble=f"{self.dataset.name} has changed since: {changed}: an answer would be stale")
        rows, same = self._copies(row)
        copies = tuple(self._other(int(r), "same" if s else "nearly the same") for r, s in zip(rows, same, strict=True))
        try:
            return RowContext(copies[:MOST_COPIES], len(copies), self._nearest(row))
        except InputError as error:
            return RowContext(copies[:MOST_COPIES], len(copies), trouble=f"no neighbors: {error}")

    @cached_property
    def _places(self) -> dict[str, int]:
        return {id_: row for row, id_ in enumerate(self.dataset.ids.to_pylist())}

    def _changed(self, row: int, item: QueueItem) -> str:
        import numpy as np

        label = self.dataset.classes[self.dataset.labels[row]]
        if label != item.given:
            return f"its label is now {quote(label)}"
        return "" if self.dataset.row_hashes(np.array([row]))[0] == item.row_hash else "its content"

    def _copies(self, row: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """The other rows that only case, blanks and punctuation tell apart from this one; which of them are the same.

        Those that are the same come first, then by id.
        """
        import numpy as np

        found = np.flatnonzero(self._alike == self._alike[row])
        found = found[found != row]
        if not len(found):
            return found, found > 0
        group = self._evidence["copies"].group
        same = group[found] == group[row]
        order = np.lexsort((self.dataset.id_rank[found], ~same))
        return found[order], same[order]

    @cached_property
    def _alike(self) -> NDArray[np.int64]:
        """(N,) groups of rows whose letters and digits are the same; without content every row is alone."""
        import numpy as np
        import pyarrow as pa

        content = compared_content(self.dataset)
        if not content.num_columns:
            return np.arange(len(self.dataset))
        cells = pa.table({name: bare(content[name]) for name in content.column_names})
        group: NDArray[np.int64] = keyed(cells).combine_chunks().dictionary_encode().indices.to_numpy()
        return group

    def _nearest(self, row: int) -> tuple[ContextRow, ...]:
        """The nearest rows by Euclidean distance, ties by id, as `evidence/neighbors.py` orders them for all rows."""
        import numpy as np

        try:
            values = self._evidence["features"].matrix
        except Unavailable:
            return ()
        squares = self._lengths - 2 * (values @ values[row])
        squares[row] = np.inf
        some = np.argpartition(squares, min(MOST_NEAREST + SPARE, len(squares) - 1))[: MOST_NEAREST + SPARE]
        some = some[some != row]
        if not len(some):
            return ()
        distances = np.linalg.norm(values[some].astype(np.float64) - values[row], axis=1)
        scale = 10.0 ** (np.floor(np.log10(distances.max())) - DIGITS) if distances.max() > 0 else 1.0
        order = np.lexsort((self.dataset.id_rank[some], np.rint(distances / scale)))[:MOST_NEAREST]
        return tuple(self._other(int(some[place]), f"{distances[place]:.3g}") for place in order)

    @cached_property
    def _lengths(self) -> NDArray[np.floating]:
        """(N,) the rows' squared lengths."""
        import numpy as np

        values = self._evidence["features"].matrix
        lengths: NDArray[np.floating] = np.einsum("nd,nd->n", values, values)
        return lengths

    def _other(self, row: int, how: str) -> ContextRow:
        text = (self.dataset.content[self._quoted][row].as_py() or "") if self._quoted else ""
        label = self.dataset.classes[self.dataset.labels[row]]
        return ContextRow(self.dataset.ids[row].as_py(), label, text[:EXCERPT], how)
