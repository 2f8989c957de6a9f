"""What stands around each row: its twins, which have the same content, and its nearest rows by the features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.io.tables.queue_view import MOST_NEAREST, MOST_TWINS, Kind, RowAround
from hardneg_cli.io.tables.row_snippets import snippets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Surroundings:
    """group: (N,) rows of a group have the same content. nearest: (N, k) rows, distances: (N, k); None: not known."""

    group: NDArray[np.int64] | None = None
    nearest: NDArray[np.int32] | None = None
    distances: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, copies: Copies | None, neighbors: Neighbors | None) -> Surroundings:
        """Of evidence that was gathered: the first few neighbors, in little memory."""
        import numpy as np

        group = None
        if copies is not None:  # rows without any content are no twins
            group = np.where(copies.empty, copies.group.max(initial=0) + 1 + np.arange(len(copies.group)), copies.group)
        if neighbors is None:
            return cls(group)
        few = slice(MOST_NEAREST)
        return cls(group, neighbors.rows[:, few].astype(np.int32), neighbors.distances[:, few].astype(np.float32))

    def around(
        self, dataset: Dataset, rows: NDArray[np.int64], shown: Sequence[str] = ()
    ) -> list[tuple[RowAround, ...]]:  # fmt: skip
        """For each of `rows` its twins, those with another label first, then its nearest other rows.

        shown: the columns to quote rows by, where there is no text.
        """
        import numpy as np

        found: list[list[tuple[int, Kind, float | None]]] = []
        for row in rows.tolist():
            twins = self._twins(dataset, row)
            here: list[tuple[int, Kind, float | None]] = [(twin, "twin", None) for twin in twins[:MOST_TWINS]]
            if self.nearest is not None and self.distances is not None:
                same = set(twins)
                pairs = zip(self.nearest[row].tolist(), self.distances[row].tolist(), strict=True)
                here += [(other, "near", float(f"{far:.4g}")) for other, far in pairs if other not in same]
            found.append(here)
        others = np.unique(np.array([other for here in found for other, _, _ in here], np.int64))
        quoted = _quoted(dataset, others, shown)
        place = {row: number for number, row in enumerate(others.tolist())}
        return [
            tuple(
                RowAround(*quoted[place[other]][:2], kind, far, *quoted[place[other]][2:]) for other, kind, far in here
            )
            for here in found
        ]

    def _twins(self, dataset: Dataset, row: int) -> list[int]:
        if self.group is None:
            return []
        order, start = self._by_group
        first, last = start[self.group[row]], start[self.group[row] + 1]
        twins = [twin for twin in order[first:last].tolist() if twin != row]
        labels, rank = dataset.labels, dataset.id_rank
        return sorted(twins, key=lambda twin: (bool(labels[twin] == labels[row]), int(rank[twin])))

    @cached_property
    def _by_group(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The rows, group by group, and where each group begins."""
        import numpy as np

        assert self.group is not None
        sizes = np.bincount(self.group)
        return np.argsort(self.group, kind="stable"), np.r_[0, np.cumsum(sizes)]


def _quoted(dataset: Dataset, rows: NDArray[np.int64], shown: Sequence[str]) -> list[tuple[str, str, str, str]]:
    """id, label, text and picture of each of these rows."""
    import pyarrow as pa

    image, text = dataset.columns.image, dataset.columns.text
    names = [text] if text else [name for name in shown if name != image]
    table = dataset.texts(list(dict.fromkeys([*names, *([image] if image else [])]))).take(pa.array(rows))
    ids = dataset.ids.take(pa.array(rows)).to_pylist()
    labels = [dataset.classes[code] for code in dataset.labels[rows].tolist()]
    texts = snippets(table, names) if names else [""] * len(rows)
    pictures = [cell or "" for cell in table[image].to_pylist()] if image else [""] * len(rows)
    return list(zip(ids, labels, texts, pictures, strict=True))
