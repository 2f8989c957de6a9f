"""A dataset's rows with the types of its files, and more rows behind them whose cells are texts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.io.tables.arrow_cells import is_list, is_picture, of_text
from hardneg_cli.io.tables.table_files import reader_of
from hardneg_cli.preparation.augmentation.content import Cell

if TYPE_CHECKING:
    import pyarrow as pa


def typed_rows(dataset: Dataset) -> pa.Table | None:
    """The dataset's rows with the types of its files; None where these have none."""
    import pyarrow as pa

    found = [reader_of(source).typed(source, encoding=dataset.encoding) for source in dataset.sources]
    parts = [part for part in found if part is not None]
    if len(parts) < len(found):
        return None
    try:
        whole = pa.concat_tables(parts, promote_options="default") if len(parts) > 1 else parts[0]
    except pa.ArrowInvalid:  # columns of another type in another file
        return None
    return whole.take(pa.array(dataset.positions)) if whole.num_rows == dataset.rows_read else None


def appended(given: pa.ChunkedArray, cells: list[Cell], name: str) -> pa.ChunkedArray:
    """The column with more cells, texts all of them; it becomes one of texts where its type cannot hold them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = given.type
    if is_picture(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.chunked_array([*given.chunks, _picture_bytes(cells, kind)])
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        try:
            return pa.chunked_array([*given.chunks, pa.array(cells, pa.string()).cast(kind)])
        except pa.ArrowInvalid:  # an id, such as 7+1
            return pa.chunked_array([*pc.cast(given, pa.string()).chunks, pa.array(cells, pa.string())])
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.chunked_array([*given.chunks, pa.array(cells, kind)])
    known = [str(cell) for cell in cells if cell is not None]
    if not cells or len(known) < len(cells):
        return pa.chunked_array([*given.chunks, pa.array(cells, pa.string()).cast(kind)])
    more = of_text(known, kind, name)
    if pa.types.is_dictionary(kind):
        return pa.chunked_array([*given.chunks, more]).unify_dictionaries()
    return pa.chunked_array([*given.chunks, more])


def _picture_bytes(cells: list[Cell], kind: pa.DataType) -> pa.Array:
    import base64

    import pyarrow as pa

    contents = [base64.b64decode(str(cell).partition(",")[2]) for cell in cells]
    return pa.array([{"bytes": one, "path": None} for one in contents] if is_picture(kind) else contents, kind)


def is_nested(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(is_list(kind) or types.is_struct(kind) or types.is_map(kind))


def as_json(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    texts = [
        None if value is None else json.dumps(value, ensure_ascii=False, default=str) for value in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(texts, pa.string())])
