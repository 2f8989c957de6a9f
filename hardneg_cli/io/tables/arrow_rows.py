"""Rows of Arrow columns of any type: taken by number, and how much they are when each row has its own copy.

pyarrow has no kernel that takes rows of views and of run-end encoded columns. Such columns, and dictionaries, may hold
a value once that stands in many rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

NUMBER_BYTES = 8


def taken(column: pa.ChunkedArray, rows: NDArray[np.int64]) -> pa.ChunkedArray:
    """The values of these rows, in this order. O(rows); without a kernel, O(runs of rows that follow one another)."""
    import pyarrow as pa

    try:
        return column.take(pa.array(rows))
    except pa.ArrowNotImplementedError:
        return pa.chunked_array(_runs(column, rows), column.type)


def without(table: pa.Table, dropped: NDArray[np.bool_]) -> pa.Table:
    """The table without its `dropped` rows."""
    import numpy as np
    import pyarrow as pa

    keep, columns = pa.array(~dropped), []
    for column in table.columns:
        try:
            columns.append(column.filter(keep))
        except pa.ArrowNotImplementedError:
            columns.append(pa.chunked_array(_runs(column, np.flatnonzero(~dropped)), column.type))
    return pa.table(columns, schema=table.schema)


def is_plain(kind: pa.DataType) -> bool:
    """Whether every row of such a column has its own value in any case."""
    from pyarrow import types

    return bool(types.is_primitive(kind) or types.is_string(kind) or types.is_large_string(kind))


def spread(array: pa.Array) -> int:
    """The bytes of a valid array's values, each row with its own; where values are nested, at least that many."""
    import pyarrow as pa
    from pyarrow import types

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return spread(array.storage)
    if types.is_dictionary(kind):
        return len(array) * _longest(array.dictionary)
    if types.is_run_end_encoded(kind):
        return len(array) * _longest(array.values)
    if types.is_string_view(kind) or types.is_binary_view(kind):
        return int(_view_lengths(array).sum())
    if types.is_list_view(kind) or types.is_large_list_view(kind):
        return int(_sum(array.sizes)) * max(NUMBER_BYTES, _longest(array.values))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_map(kind) or types.is_fixed_size_list(kind):
        return spread(array.values)
    if types.is_struct(kind):
        return sum(spread(array.field(index)) for index in range(kind.num_fields))
    if types.is_null(kind):
        return len(array) * NUMBER_BYTES
    return int(array.nbytes)


def _longest(values: pa.Array) -> int:
    """The bytes of the longest value, or more."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types

    kind = values.type
    if isinstance(values, pa.ExtensionArray):
        return _longest(values.storage)
    if not len(values) or types.is_null(kind):
        return 0
    if types.is_string_view(kind) or types.is_binary_view(kind):
        return int(_view_lengths(values).max())
    if any(is_(kind) for is_ in (types.is_string, types.is_large_string, types.is_binary, types.is_large_binary)):
        return int(pc.max(pc.binary_length(values)).as_py() or 0)
    return NUMBER_BYTES if types.is_primitive(kind) else spread(values)


def _view_lengths(array: pa.Array) -> NDArray[np.int32]:
    """How long each text is: the first of the four numbers of a view."""
    import numpy as np

    views = np.frombuffer(array.buffers()[1], np.int32)[4 * array.offset : 4 * (array.offset + len(array))]
    return np.where(array.is_valid().to_numpy(zero_copy_only=False), views[::4], 0)


def _sum(numbers: pa.Array) -> int:
    import pyarrow.compute as pc

    return int(pc.sum(numbers).as_py() or 0)


def _runs(column: pa.ChunkedArray, rows: NDArray[np.int64]) -> list[pa.Array]:
    import numpy as np

    breaks = np.flatnonzero(np.diff(rows) != 1) + 1
    starts, stops = [0, *breaks.tolist()], [*breaks.tolist(), len(rows)]
    pieces = [
        column.slice(int(rows[start]), stop - start)
        for start, stop in zip(starts, stops, strict=True) if stop > start
    ]  # fmt: skip
    return [chunk for piece in pieces for chunk in piece.chunks]
