"""Columns of numbers as one matrix: a column for each number, or one column of lists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.tables.arrow_cells import is_list

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Sizes = NDArray[np.int64]

CELLS_AT_ONCE = 1 << 16  # so that what columns are woven into stays in the cache
NO_LIST = -1  # the size of a null


@dataclass(frozen=True)
class StackedNumbers:
    """N rows of numbers.

    values: N×D, NaN in all of a row that is no list of D numbers, D being the most frequent size of a list that has
    any. sizes: (N,) how many numbers each list has, `NO_LIST` for a null; None for a column for each number.
    """

    values: Matrix
    sizes: Sizes | None = None


def matrix(batch: pa.RecordBatch, width: int | None = None) -> Matrix:
    """A batch's number columns as one array, or one column of lists of `width` numbers.

    A row of NaN stands for a list of another size. Raises InputError for lists where no width is given.
    """
    import numpy as np

    if width is not None:
        return _rectangle(*_lists(batch.column(0)), width)
    columns = _scalars(batch)
    height = len(columns[0])
    values = np.empty((height, len(columns)), np.result_type(*columns))
    rows = max(1, CELLS_AT_ONCE // len(columns))
    for start in range(0, height, rows):
        values[start : start + rows] = np.stack([column[start : start + rows] for column in columns]).T
    return values


def stacked(batches: Iterable[pa.RecordBatch]) -> StackedNumbers:
    """All batches' rows. Raises InputError for lists beside other columns."""
    import numpy as np

    parts = list(batches)
    if not any(is_list(column.type) for batch in parts for column in batch.columns):
        return StackedNumbers(np.concatenate([matrix(batch) for batch in parts]))
    if len(parts[0].columns) > 1:
        names = [field.name for batch in parts for field in batch.schema if is_list(field.type)]
        raise InputError(f"column {quote(names[0])} holds lists of numbers, which cannot stand beside other columns")
    lists = [_lists(batch.column(0)) for batch in parts]
    width = _most_frequent([sizes for _, sizes in lists])
    values = np.concatenate([_rectangle(flat, sizes, width) for flat, sizes in lists])
    return StackedNumbers(values, np.concatenate([sizes for _, sizes in lists]))


def list_size(batch: pa.RecordBatch) -> int | None:
    """How many numbers the lists of a batch's first column have, most of them; None where it holds no lists."""
    column = batch.column(0)
    return _most_frequent([_lists(column)[1]]) if is_list(column.type) else None


def _scalars(batch: pa.RecordBatch) -> list[Matrix]:
    for field in batch.schema:
        if is_list(field.type):
            raise InputError(f"column {quote(field.name)} holds lists where each row has to have one number")
    return [column.to_numpy(zero_copy_only=False) for column in batch.columns]


def _lists(column: pa.Array) -> tuple[Matrix, Sizes]:
    """All numbers of the lists that there are, one after the other, and each row's size; a number is a list of one."""
    import numpy as np
    import pyarrow.compute as pc
    from pyarrow import types

    if not is_list(column.type):  # a part of a file in which there is no list, or a number where lists should be
        numbers = column.to_numpy(zero_copy_only=False)
        missing = np.isnan(numbers)
        return numbers[~missing], np.where(missing, NO_LIST, 1)
    if types.is_fixed_size_list(column.type) and not column.null_count:
        sizes = np.full(len(column), column.type.list_size, np.int64)
    else:
        sizes = pc.list_value_length(column).fill_null(NO_LIST).to_numpy(zero_copy_only=False).astype(np.int64)
        sizes[column.is_null().to_numpy(zero_copy_only=False)] = NO_LIST
    return column.flatten().to_numpy(zero_copy_only=False), sizes


def _rectangle(flat: Matrix, sizes: Sizes, width: int) -> Matrix:
    import numpy as np

    if (sizes == width).all():
        return flat.reshape(len(sizes), width)
    values = np.full((len(sizes), width), np.nan, flat.dtype if flat.dtype.kind == "f" else np.float64)
    values[sizes == width] = flat[np.repeat(sizes == width, np.maximum(sizes, 0))].reshape(-1, width)
    return values


def _most_frequent(sizes: Sequence[Sizes]) -> int:
    """The most frequent size of lists that are not empty, the larger of two; 0 where all are."""
    import numpy as np

    counts: Counter[int] = Counter()
    for part in sizes:
        counts.update(
            dict(zip(*(found.tolist() for found in np.unique(part[part > 0], return_counts=True)), strict=True))
        )
    return max(counts, key=lambda size: (counts[size], size), default=0)
