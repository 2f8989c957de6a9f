"""Tables that other libraries hold in memory, as Arrow tables: pandas, polars, `datasets`, whatever narwhals takes."""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.errors import InputError
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
            return pa.Table.from_pandas(_with_row_labels(named, labels), preserve_index=False)
        if library == "datasets":
            return _of_datasets(data)
        return _of_any(data)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(f"a column of the {type(data).__name__} cannot be read: {error}") from error


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
        return _typed_as(data, table.to_pandas(), dropped)
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


def _typed_as(data: Frame, frame: Frame, dropped: Collection[int]) -> Frame:
    """A frame of pandas with the names, types and row labels that `data` has."""
    import numpy as np

    names = {str(name): name for name in data.columns}
    row_labels = [name for name in data.index.names if name is not None and name not in names]
    frame = frame.drop(columns=row_labels, errors="ignore").rename(columns=names)
    for name in data.columns:
        if frame[name].dtype != data[name].dtype and not hasattr(data[name].dtype, "categories"):
            frame[name] = frame[name].astype(data[name].dtype)
    return frame.set_axis(data.index[np.setdiff1d(np.arange(len(data)), list(dropped))], axis=0)


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
