"""What a row stands among: its copies and its nearest rows, with their labels, for whoever decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.data.copies import AlikeRows
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.picture_copies import compared_content
from hardneg_cli.data.surroundings import Surroundings
from hardneg_cli.data.text_normalization import bare
from hardneg_cli.errors import InputError, Unavailable, quote
from hardneg_cli.io.files.picture_files import DATA_URI
from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.runtime.evidence_store import EvidenceStore

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_COPIES = 5
MOST_NEAREST = 5
SPARE = 25  # rows looked at beyond the nearest, so that equal distances are told apart by id
DIGITS = 5  # distances closer than this many significant digits are equal
EXCERPT = 1000  # characters of a cell


@dataclass(frozen=True)
class ContextRow:
    """Another row; `how` says what it is to the first one. cells: those it is quoted by. picture: the cell of it."""

    id: str
    label: str
    cells: tuple[str, ...]
    how: str
    contradicts: bool = False
    picture: str = ""


@dataclass(frozen=True)
class RowContext:
    """What stands around a row whose cells of the columns `names` are `own`.

    copies: the first few of `copied`, of which `against` have another label, these first. trouble: why there are no
    neighbors, or why the row cannot be decided.
    """

    names: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    copies: tuple[ContextRow, ...] = ()
    copied: int = 0
    against: int = 0
    nearest: tuple[ContextRow, ...] = ()
    trouble: str = ""


class RowContexts:
    """Looks around in a dataset; what that takes is gathered when the first row is asked for.

    features: column patterns or a file; without them the text column serves. show: the columns to quote others by,
    where there is no text. known: what a run of `find` has gathered already.
    """

    def __init__(
        self, dataset: Dataset, features: str | None, show: Sequence[str], known: Surroundings | None = None
    ) -> None:  # fmt: skip
        self.dataset, self._known = dataset, known or Surroundings()
        columns, self._image = dataset.columns, _pictures_in(dataset, show)
        self._names = (columns.text,) if columns.text else tuple(name for name in show if name != self._image)
        self._evidence = EvidenceStore(
            {"dataset": dataset, "feature_choice": feature_choice(features, dataset.columns)}, {}
        )

    def of(self, item: QueueItem) -> RowContext:
        """O(N·D) for each row, where there are features; O(N) for its copies."""
        row = self._places.get(item.id)
        if row is None:
            return RowContext(trouble=f"no row of {self.dataset.name} has this id: an answer would be stale")
        if changed := self._changed(row, item):
            return RowContext(trouble=f"{self.dataset.name} has changed since: {changed}: an answer would be stale")
        rows, same = self._copies(row)
        copies = [(int(other), "same" if s else "nearly the same") for other, s in zip(rows, same, strict=True)]
        against = int((self.dataset.labels[rows] != self.dataset.labels[row]).sum())
        found = RowContext(
            self._names, self._cells(row), tuple(self._other(row, *copy) for copy in copies[:MOST_COPIES]),
            len(copies), against,
        )  # fmt: skip
        try:
            return replace(found, nearest=self._nearest(row, rows))
        except InputError as error:
            return replace(found, trouble=f"no neighbors: {error}")

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

        Those with another label come first, then those that are the same, then by id.
        """
        import numpy as np

        found = np.flatnonzero(self._alike == self._alike[row])
        found = found[found != row]
        if not len(found):
            return found, found > 0
        group = self._evidence["copies"].group if self._known.group is None else self._known.group
        same = group[found] == group[row]
        agrees = self.dataset.labels[found] == self.dataset.labels[row]
        order = np.lexsort((self.dataset.id_rank[found], ~same, agrees))
        return found[order], same[order]

    @cached_property
    def _alike(self) -> NDArray[np.int64]:
        """(N,) groups of rows whose letters and digits are the same; without content every row is alone."""
        import numpy as np

        content = compared_content(self.dataset)
        if not content.num_columns:
            return np.arange(len(self.dataset))
        return AlikeRows.in_all_columns(content, bare).first

    def _nearest(self, row: int, copies: NDArray[np.int64]) -> tuple[ContextRow, ...]:
        """The nearest rows but the copies, as far as they are known, else as they are found."""
        import numpy as np

        if self._known.nearest is None or self._known.distances is None:
            rows, distances = self._looked_for(row, copies)
        else:
            rows, distances = self._known.nearest[row].astype(np.int64), self._known.distances[row].astype(np.float64)
            others = ~np.isin(rows, copies)
            rows, distances = rows[others][:MOST_NEAREST], distances[others][:MOST_NEAREST]
        pairs = zip(rows.tolist(), distances.tolist(), strict=True)
        return tuple(self._other(row, other, f"{distance:.3g}") for other, distance in pairs)

    def _looked_for(
        self, row: int, copies: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
        """The nearest rows by Euclidean distance, ties by id, as `evidence/neighbors.py` orders them for all rows."""
        import numpy as np

        nothing = np.zeros(0, np.int64), np.zeros(0)
        try:
            values = self._evidence["features"].matrix
        except Unavailable:
            return nothing
        squares = self._lengths - 2 * (values @ values[row])
        squares[[row, *copies]] = np.inf
        some = np.argpartition(squares, min(MOST_NEAREST + SPARE, len(squares) - 1))[: MOST_NEAREST + SPARE]
        some = some[np.isfinite(squares[some])]
        if not len(some):
            return nothing
        distances = np.linalg.norm(values[some].astype(np.float64) - values[row], axis=1)
        scale = 10.0 ** (np.floor(np.log10(distances.max())) - DIGITS) if distances.max() > 0 else 1.0
        order = np.lexsort((self.dataset.id_rank[some], np.rint(distances / scale)))[:MOST_NEAREST]
        return some[order], distances[order]

    @cached_property
    def _lengths(self) -> NDArray[np.floating]:
        """(N,) the rows' squared lengths."""
        import numpy as np

        values = self._evidence["features"].matrix
        lengths: NDArray[np.floating] = np.einsum("nd,nd->n", values, values)
        return lengths

    def _other(self, row: int, other: int, how: str) -> ContextRow:
        """What `other` is to `row`."""
        labels = self.dataset.labels
        picture = self._texts[self._image][other].as_py() if self._image else ""
        return ContextRow(
            self.dataset.ids[other].as_py(), self.dataset.classes[labels[other]], self._cells(other), how,
            bool(labels[other] != labels[row]), picture or "",
        )  # fmt: skip

    def _cells(self, row: int) -> tuple[str, ...]:
        return tuple((self._texts[name][row].as_py() or "")[:EXCERPT] for name in self._names)

    @cached_property
    def _texts(self) -> pa.Table:
        """The columns that rows are quoted by, and their pictures."""
        return self.dataset.texts([*self._names, *([self._image] if self._image else [])])


def _pictures_in(dataset: Dataset, shown: Sequence[str]) -> str | None:
    """The column of pictures: the one that is named, else the first of those shown that begins with a data URI."""
    if dataset.columns.image:
        return dataset.columns.image
    names = [name for name in shown if name in dataset.content.column_names]
    return next((name for name in names if DATA_URI.match(dataset.content[name][0].as_py() or "")), None)
