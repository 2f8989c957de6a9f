"""Tables that other libraries hold in memory, as Arrow tables: pandas, polars, `datasets`, whatever narwhals takes."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.source import Source

if TYPE_CHECKING:
    import pyarrow as pa

Frame: TypeAlias = Any  # of whatever library; some have no types of their own


def as_table(data: Frame, labels: str | None = None) -> pa.Table | None:
    """The rows and columns of a frame, by their names as text.

    labels: the name under which the row labels of pandas are a column, the first; others are left out.
    None for what is no frame. Raises InputError for one with columns that Arrow has no type for.
    """
    import pyarrow as pa

    if isinstance(data, pa.Table):
        return data
    if isinstance(data, pa.RecordBatch):
        return pa.Table.from_batches([data])
    library = _library(data)
    try:
        if library == "pandas" and hasattr(data, "columns"):
            named = data.set_axis([str(name) for name in data.columns], axis=1)
            return pa.Table.from_pandas(_with_plain_columns(_with_row_labels(named, labels)), preserve_index=False)
        if library == "datasets":
            return _of_datasets(data)
        return _of_any(data)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        reason = "; ".join(str(part) for part in error.args)
        raise InputError(f"a column of the {type(data).__name__} cannot be read: {reason}") from error


def in_memory(data: Frame, name: str = "table", labels: str | None = None) -> Source:
    """A frame as an Arrow file in memory, so that it is read as any other file is; `labels`: see `as_table`.

    Raises InputError for no frame.
    """
    import pyarrow as pa

    table = as_table(data, labels)
    if table is None:
        raise InputError(f"{name}: neither a path nor a data frame, but {type(data).__name__}")
    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return Source(name, data=out.getvalue())


def like(data: Frame, table: pa.Table, dropped: Collection[int] = ()) -> Frame:
    """The table, an edit of `data`, in the library that holds `data`: pandas, polars, `datasets`; else Arrow.

    Its columns have the types that they have there; the row labels of pandas stay. dropped: the rows of `data` that
    the table lacks.
    """
    library = _library(data)
    if library == "pandas":
        return _typed_as(data, table, dropped)
    if library == "datasets":
        return type(data)(table)
    if library == "polars":
        import polars as pl

        return pl.DataFrame(table).cast(
            {name: kind for name, kind in data.lazy().collect_schema().items() if name in table.column_names}
        )
    return table


def _library(data: Frame) -> str:
    """The name of the package that its class is from."""
    return type(data).__module__.partition(".")[0]


def _with_row_labels(data: Frame, name: str | None) -> Frame:
    """A frame of pandas with its row labels as the first column, where that is what they are called."""
    if name is None or data.index.name != name or name in data.columns:
        return data
    return data.reset_index()


def _with_plain_columns(data: Frame) -> Frame:
    """A frame of pandas without what Arrow cannot hold: sparse columns, categories by interval, numbers beside texts.

    Raises InputError for a name that stands twice.
    """
    if not data.columns.is_unique:
        raise InputError(f"more than one column is called {listing(sorted(data.columns[data.columns.duplicated()]))}")
    plain = {}
    for name, kind in data.dtypes.items():
        if hasattr(data[name], "sparse"):
            plain[name] = kind.subtype
        elif getattr(getattr(kind, "categories", None), "dtype", None) == "interval":
            plain[name] = str
    mixed = {name: data[name].map(str, na_action="ignore") for name in data.columns if _is_mixed(data[name])}
    return data.astype(plain).assign(**mixed) if plain or mixed else data


def _is_mixed(column: Frame) -> bool:
    """Whether a column of pandas holds single values of several kinds, as 1 and "a"."""
    from pandas.api.types import infer_dtype, is_scalar

    if column.dtype != object or not infer_dtype(column).startswith("mixed"):
        return False
    return all(is_scalar(value) for value in column)


def _typed_as(data: Frame, table: pa.Table, dropped: Collection[int]) -> Frame:
    """The frame of pandas with the columns in which the table is another; they keep their types."""
    import numpy as np

    rows = np.setdiff1d(np.arange(len(data)), list(dropped))
    found = data.iloc[rows].copy()
    before = as_table(data)
    assert before is not None
    names = {str(name): name for name in data.columns}
    for column in table.column_names:
        name = names.get(column, column)
        if column not in names:
            if column not in data.index.names:
                found[name] = table[column].to_pandas().to_numpy()
        elif not table[column].equals(before[column].take(rows)):
            values = table[column].to_pandas()
            kind = data[name].dtype
            if values.dtype != kind and not hasattr(kind, "categories"):
                values = values.astype(kind)
            found[name] = values.set_axis(found.index)
    return found


def _of_datasets(data: Frame) -> pa.Table:
    """A `datasets.Dataset`: its rows in its own order, with what it says of its columns, class names among it."""
    if isinstance(data, dict):
        raise InputError(f"{type(data).__name__} holds several datasets: hand over one of them ({', '.join(data)})")
    if not hasattr(data, "__len__"):
        raise InputError(f"{type(data).__name__} is a stream: hand over a Dataset, whose rows can be read again")
    table = data.with_format("arrow")[:]
    return table.replace_schema_metadata(data.features.arrow_schema.metadata)


def _of_any(data: Frame) -> pa.Table | None:
    import narwhals as nw
    import pyarrow as pa

    frame = nw.from_native(data, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect()
    if isinstance(frame, nw.DataFrame):
        return frame.to_arrow()
    return pa.table(data) if hasattr(data, "__arrow_c_stream__") and hasattr(data, "columns") else None
