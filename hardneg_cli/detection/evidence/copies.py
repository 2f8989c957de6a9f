"""Copies: which rows have the same content once Unicode and white space are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.text_normalization import folded
from hardneg_cli.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

SAMPLE_ROWS = 10_000


def gather(dataset: Dataset) -> Copies:
    """Column by column, each only for the rows that are alike so far: O(N) in the length of one column and of copies.

    Groups are numbered by their first rows.
    """
    import numpy as np

    content = dataset.content
    if not content.num_columns:
        raise Unavailable("no content columns beside id, label and probabilities")
    first = np.zeros(len(dataset), np.int64)  # of the rows that are like this one
    rows = np.arange(len(dataset))
    for name in _most_telling_first(content):
        cells = _folded(content[name], rows)
        code = cells.dictionary_encode().indices.to_numpy().astype(np.int64)
        pair = first[rows] * (int(code.max(initial=0)) + 1) + code
        _, start, group, count = np.unique(pair, return_index=True, return_inverse=True, return_counts=True)
        first[rows] = rows[start][group]
        rows = rows[count[group] > 1]
    group = np.unique(first, return_inverse=True)[1]
    return Copies.of(group, _empty(content, rows))


def _most_telling_first(content: pa.Table) -> list[str]:
    """The columns with the most different cells among the first rows, short ones first: few rows are left then."""
    import pyarrow.compute as pc

    def rank(name: str) -> tuple[int, int, str]:
        cells = content[name].slice(0, SAMPLE_ROWS)
        return -pc.count_distinct(cells).as_py(), pc.sum(pc.binary_length(cells)).as_py() or 0, name

    return sorted(content.column_names, key=rank)


def _folded(column: pa.ChunkedArray, rows: NDArray[np.int64]) -> pa.Array:
    import pyarrow as pa

    chosen = column if len(rows) == len(column) else pa.chunked_array([column.combine_chunks().take(pa.array(rows))])
    return folded(chosen).combine_chunks()


def _empty(content: pa.Table, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N,) bool: those of `rows` that have no content at all; nobody asks about the others, which are unlike any."""
    import numpy as np
    import pyarrow.compute as pc

    left = rows
    for name in content.column_names:
        left = left[pc.equal(_folded(content[name], left), "").to_numpy(zero_copy_only=False)]
    empty = np.zeros(content.num_rows, bool)
    empty[left] = True
    return empty
