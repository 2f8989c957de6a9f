"""Columns of numbers as one matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

CELLS_AT_ONCE = 1 << 16  # so that what columns are woven into stays in the cache


def matrix(batch: pa.RecordBatch) -> NDArray[np.floating]:
    """A batch's number columns, scalars or one list column, as one array."""
    import numpy as np

    first = batch.column(0)
    if hasattr(first.type, "value_type") and hasattr(first, "flatten"):
        values: NDArray[np.floating] = first.flatten().to_numpy(zero_copy_only=False)
        return values.reshape(len(first), -1)
    columns = [column.to_numpy(zero_copy_only=False) for column in batch.columns]
    values = np.empty((len(first), len(columns)), np.result_type(*columns))
    rows = max(1, CELLS_AT_ONCE // len(columns))
    for start in range(0, len(first), rows):
        values[start : start + rows] = np.stack([column[start : start + rows] for column in columns]).T
    return values
