"""Groups of rows that are copies of each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SAMPLE_ROWS = 10_000


@dataclass(frozen=True)
class Copies:
    """group: (N,) the group of each row. size: (N,) how many rows that group has.

    empty: (N,) bool, rows that are alike because they have no content at all.
    """

    group: NDArray[np.int64]
    size: NDArray[np.int64]
    empty: NDArray[np.bool_]

    @classmethod
    def of(cls, group: NDArray[np.int64], empty: NDArray[np.bool_] | None = None) -> Copies:
        import numpy as np

        return cls(group, np.bincount(group)[group], np.zeros(len(group), bool) if empty is None else empty)

    def label_counts(self, labels: NDArray[np.int32], k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(N,) rows of the group that carry the row's label; (N,) code of the group's only commonest label or −1."""
        import numpy as np

        pair, place, count = np.unique(self.group * k + labels, return_inverse=True, return_counts=True)
        group, label = pair // k, (pair % k).astype(np.int64)
        order = np.lexsort((count, group))
        last = np.r_[group[order][1:] != group[order][:-1], True]
        most, top = np.zeros(self.group.max() + 1, np.int64), np.zeros(self.group.max() + 1, np.int64)
        most[group[order][last]], top[group[order][last]] = count[order][last], label[order][last]
        tied = np.bincount(group, count == most[group]) > 1
        return count[place], np.where(tied, -1, top)[self.group]

    def keepers(self, labels: NDArray[np.int32], k: int, id_rank: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) the row of each row's group worth keeping: of the group's commonest label, the first by id."""
        import numpy as np

        carried, _ = self.label_counts(labels, k)
        order = np.lexsort((id_rank, -carried, self.group))
        first = np.r_[True, self.group[order][1:] != self.group[order][:-1]]
        keeper = np.empty(self.group.max() + 1, np.int64)
        keeper[self.group[order][first]] = order[first]
        return keeper[self.group]


@dataclass(frozen=True)
class AlikeRows:
    """first: (N,) the first row that is like each. rows: those that are like another one, or seem so."""

    first: NDArray[np.int64]
    rows: NDArray[np.int64]

    @classmethod
    def in_all_columns(cls, content: pa.Table, fold: Callable[[pa.ChunkedArray], pa.ChunkedArray]) -> AlikeRows:
        """Rows whose cells are the same in every column, once folded.

        Column by column, each only for the rows that are alike so far: O(N) in the length of one column and of copies.
        """
        import numpy as np

        first = np.zeros(content.num_rows, np.int64)
        rows = np.arange(content.num_rows)
        for name in _most_telling_first(content):
            cells = fold(some_of(content[name], rows)).combine_chunks()
            code = cells.dictionary_encode().indices.to_numpy().astype(np.int64)
            pair = first[rows] * (int(code.max(initial=0)) + 1) + code
            _, start, group, count = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
            first[rows] = rows[start][group]
            rows = rows[count[group] > 1]
        return cls(first, rows)


def some_of(column: pa.ChunkedArray, rows: NDArray[np.int64]) -> pa.ChunkedArray:
    """The cells of some rows."""
    import pyarrow as pa

    if len(rows) == len(column):
        return column
    return pa.chunked_array([column.combine_chunks().take(pa.array(rows))], column.type)


def _most_telling_first(content: pa.Table) -> list[str]:
    """The columns with the most different cells among the first rows, short ones first: few rows are left then."""
    import pyarrow.compute as pc

    def rank(name: str) -> tuple[int, int, str]:
        cells = content[name].slice(0, SAMPLE_ROWS)
        return -pc.count_distinct(cells).as_py(), pc.sum(pc.binary_length(cells)).as_py() or 0, name

    return sorted(content.column_names, key=rank)
