"""Where a model's probabilities are, for any process that reads a part of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.alignment import wrong_length
from hardneg_cli.io.tables.matrix import matrix
from hardneg_cli.io.tables.row_groups import FileLayout, RowGroupSpan, is_divisible, layout, read
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.io.files.source import Source

    Block: TypeAlias = NDArray[np.floating]


@dataclass(frozen=True)
class PartitionedModel:
    """Columns of files in which the dataset's rows stand in their order.

    rows: (N,) the number of each of them among the files' rows, ascending, −1 where there is none; None: the first N.
    length: how many rows the files must have, if that is known. width: of the lists in a list column.
    """

    name: str
    files: tuple[Source, ...]
    columns: tuple[str, ...]
    rows: NDArray[np.int64] | None = None
    length: int | None = None
    width: int | None = None

    @cached_property
    def layout(self) -> FileLayout:
        found = layout(self.files)
        if self.length not in (None, found.rows):
            raise wrong_length(self.name, found.rows, self.length or 0)
        return found

    def cuts(self, rows: int) -> list[int]:
        """Which of the dataset's N `rows` begin a row group: the places where a part had best begin."""
        import numpy as np

        edges = np.array(self.layout.edges)
        if self.rows is not None:
            edges = np.searchsorted(np.maximum.accumulate(self.rows), edges)
        return sorted({0, rows, *np.minimum(edges, rows).tolist()})

    def reading(self, start: int, stop: int) -> Callable[[], Iterator[Block]]:
        """What reads the rows from `start` to before `stop`, in any process."""
        if self.rows is None:
            return partial(_matrices, self.layout.spans(start, stop), self.columns, self.width)
        chosen = self.rows[start:stop]
        there = chosen[chosen >= 0]
        first, last = (int(there[0]), int(there[-1])) if len(there) else (0, 0)  # one row tells the precision
        places = chosen - first * (chosen >= 0)
        return partial(_picked, self.layout.spans(first, last + 1), self.columns, self.width, places)


def partitioned(
    name: str, files: tuple[Source, ...], columns: tuple[str, ...], rows: NDArray[np.int64] | None, length: int | None,
    width: int | None = None,
) -> PartitionedModel | None:  # fmt: skip
    """None for files that cannot be read in parts, and for rows in another order."""
    import numpy as np

    if not is_divisible(files) or (rows is not None and (np.diff(rows[rows >= 0]) < 0).any()):
        return None
    return PartitionedModel(name, files, columns, rows, length, width)


def _matrices(lots: tuple[RowGroupSpan, ...], columns: tuple[str, ...], width: int | None) -> Iterator[Block]:
    for batch in read(lots, ReadRequest(numbers=columns)):
        yield matrix(batch, width)


def _picked(
    lots: tuple[RowGroupSpan, ...], columns: tuple[str, ...], width: int | None, chosen: NDArray[np.int64]
) -> Iterator[Block]:
    """For each of the `chosen` rows its numbers, NaN for −1."""
    import numpy as np

    until = np.maximum.accumulate(chosen)  # a row that is not there comes with the one before it
    done = seen = 0
    for block in _matrices(lots, columns, width):
        stop = int(np.searchsorted(until, seen + len(block)))
        picked = block[np.maximum(until[done:stop] - seen, 0)]
        picked[chosen[done:stop] < 0] = np.nan
        yield picked
        done, seen = stop, seen + len(block)
