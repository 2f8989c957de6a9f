"""A dataset's columns as text, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def cells(rows: Dataset, name: str, places: NDArray[np.int64], id_: str | None = None) -> pa.Array:
    """The column's text in these rows, ids for the column `id_`; empty where there is no such column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if name == id_:
        return rows.ids.take(pa.array(places))
    table = rows.roles if name in rows.roles.column_names else rows.content
    if name not in table.column_names:
        return pa.repeat("", len(places))
    return pc.fill_null(table[name].take(pa.array(places)).combine_chunks(), "")
