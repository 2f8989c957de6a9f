"""Arrow tables: what was wanted of them, and their edits; types, metadata and all other columns stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.errors import quote
from hardneg_cli.io.files.limits import refuse_bomb
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_cells import as_numbers, as_text, of_number_or_text, of_text, without_nan
from hardneg_cli.io.tables.arrow_rows import is_plain, spread, taken, without
from hardneg_cli.io.tables.class_labels import with_text_column
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm, confirm_gap, within

if TYPE_CHECKING:
    import pyarrow as pa


def wanted_of(batch: pa.RecordBatch, wanted: ReadRequest, source: Source, first: int) -> pa.RecordBatch:
    """The wanted columns as text and as numbers; `first` is the number of the batch's first row."""
    import pyarrow as pa

    for name in (*wanted.text, *wanted.numbers):
        if not is_plain(batch.column(name).type):
            refuse_bomb(f"{source.name}: column {quote(name)}", spread(batch.column(name)), source.size)
    arrays = [
        as_text(without_nan(batch.column(name)) if name in wanted.nan_is_null else batch.column(name))
        for name in wanted.text
    ]
    for name in wanted.numbers:

        def where(position: int, name: str = name) -> str:
            return f"{source.name}: row {first + position + 1}, column {quote(name)}"

        arrays.append(as_numbers(batch.column(name), where))
    return pa.RecordBatch.from_arrays(arrays, names=[*wanted.text, *wanted.numbers])


def edited(table: pa.Table, edits: CellEdits, source: Source, first: int) -> pa.Table:
    """The table, which begins with row `first` of the file, with the edits that concern it."""
    import numpy as np
    import pyarrow as pa

    stop = first + table.num_rows
    rows = within(edits.rows, first, stop)
    _confirm(table, edits, source, first, rows)
    written = {edits.column: edits.cells, **edits.fills}
    for name, cells in written.items():
        column = table.schema.get_field_index(name)
        make = of_text if name == edits.column else of_number_or_text
        changed = _changed(table.column(column), cells, f"{source.name}: column {quote(name)}", first, make)
        table = table.set_column(column, table.schema.field(column), changed)
    if edits.mark is None:
        dropped = np.isin(np.arange(first, stop), list(edits.drop))
        return without(table, dropped) if dropped.any() else table
    marks = [edits.mark_of(row) for row in range(first, stop)]
    return table.append_column(edits.mark, pa.array(marks, pa.string()))


def marked(schema: pa.Schema, edits: CellEdits) -> pa.Schema:
    """The schema of an edited table; what Hugging Face's `datasets` writes of columns knows the new one as well."""
    import pyarrow as pa

    if edits.mark is None:
        return schema
    return with_text_column(schema.append(pa.field(edits.mark, pa.string())), edits.mark)


def _confirm(table: pa.Table, edits: CellEdits, source: Source, first: int, rows: Sequence[int]) -> None:
    import numpy as np

    column = taken(table.column(edits.column), np.array(rows, np.int64) - first)
    texts = [text for chunk in column.chunks for text in as_text(chunk).to_pylist()]
    for row, text in zip(rows, texts, strict=True):
        confirm(source, edits, row, text)
    for name, cells in edits.fills.items():
        gaps = [row for row in rows if row in cells]
        column = taken(table.column(name), np.array(gaps, np.int64) - first)
        texts = [text for chunk in column.chunks for text in as_text(without_nan(chunk)).to_pylist()]
        for row, text in zip(gaps, texts, strict=True):
            confirm_gap(source, name, row, text)


def _changed(
    column: pa.ChunkedArray, cells: Mapping[int, str], where: str, first: int, make: Callable[..., pa.Array]
) -> pa.ChunkedArray:
    """New values are put behind the old ones, and rows take theirs from there: that works for every type."""
    import numpy as np
    import pyarrow as pa

    every = sorted(cells)
    rows = within(every, first, first + len(column))
    if pa.types.is_dictionary(column.type):
        # the same dictionary in every part of a file, whatever rows it holds: Arrow files allow only one
        texts = list(dict.fromkeys(cells[row] for row in every))
    else:
        texts = list(dict.fromkeys(cells[row] for row in rows))
    if not texts:
        return column
    place = {text: len(column) + index for index, text in enumerate(texts)}
    order = np.arange(len(column))
    order[[row - first for row in rows]] = [place[cells[row]] for row in rows]
    return taken(pa.chunked_array([*column.chunks, make(texts, column.type, where)]), order)


def filled_texts(schema: pa.Schema, fills: Mapping[str, str], name: str) -> dict[str, str]:
    """By column, what a cell that is filled with this text is read as; raises InputError where its type cannot."""
    read = {}
    for column, text in fills.items():
        made = of_number_or_text([text], schema.field(column).type, f"{name}: column {quote(column)}")
        read[column] = as_text(made).to_pylist()[0]
    return read
