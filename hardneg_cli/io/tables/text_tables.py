"""Tables as lines of text: separated by a character, or JSON."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.formulas import escaped, escaped_name, is_queue

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.io.tables.json_records import Json

DIGITS, DECIMALS = 18, 6
UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def separated(table: pa.Table, out: BinaryIO, *, delimiter: str) -> None:
    """The table as delimiter-separated lines; numbers with a fixed number of decimals, null as nothing.

    A cell is quoted where it has to be: with a delimiter, a quote or a line end in it, alone and empty in its line, or
    at its beginning like a command in the log of a CI server. In a queue no cell is a formula, see `formulas`.
    """
    import pyarrow as pa

    names = table.column_names
    text = [is_queue(names) and not pa.types.is_floating(kind) and not pa.types.is_integer(kind)
            for kind in table.schema.types]  # fmt: skip
    header = pa.Table.from_arrays([pa.array([escaped_name(name) if any(text) else name]) for name in names], names)
    _write_lines(header.to_batches()[0], out, delimiter)
    for batch in as_text(table).to_batches(max_chunksize=1 << 16):
        columns = [escaped(column) if shown else column for column, shown in zip(batch.columns, text, strict=True)]
        _write_lines(pa.RecordBatch.from_arrays(columns, names), out, delimiter)


def _write_lines(batch: pa.RecordBatch, out: BinaryIO, delimiter: str) -> None:
    import pyarrow.compute as pc

    special = f'[{re.escape(delimiter)}"\r\n]' + ("|^$" if batch.num_columns == 1 else "")
    cells: list[pa.Array] = []
    for column in batch.columns:
        if batch.num_columns > 1 and not _holds_any(column, (delimiter, '"', "\r", "\n", *(() if cells else ("::",)))):
            cells.append(column)
            continue
        awkward = pc.match_substring_regex(column, special if cells else f"{special}|^\\s*::")
        if pc.any(awkward).as_py():
            doubled = pc.replace_substring(column, '"', '""')
            column = pc.if_else(awkward, pc.binary_join_element_wise('"', doubled, '"', ""), column)
        cells.append(column)
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*cells, delimiter), "", "\n")
    out.write(memoryview(lines.buffers()[2])[: pc.sum(pc.binary_length(lines)).as_py()])


def _holds_any(column: pa.StringArray, parts: Iterable[str]) -> bool:
    """Whether one of the parts stands in any cell, or across two: quickly told, and nothing is awkward without."""
    import numpy as np

    _, places, letters = column.buffers()
    if places is None or letters is None:
        return False
    bounds = np.frombuffer(places, np.int32)[column.offset : column.offset + len(column) + 1]
    text = bytes(memoryview(letters)[bounds[0] : bounds[-1]])
    return any(part.encode() in text for part in parts)


def json_objects(table: pa.Table, *, separators: tuple[str, str] = (", ", ": ")) -> Iterator[bytes]:
    """A JSON object for each row; besides what JSON must, it escapes whatever ends a line or steers a terminal."""
    for batch in table.to_batches(max_chunksize=1 << 14):
        for row in batch.to_pylist():
            try:
                text = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=separators)
            except ValueError:
                text = json.dumps(_finite(row), ensure_ascii=False, separators=separators)
            yield inert_json(text)


def _finite(row: dict[str, Json]) -> dict[str, Json]:
    """JSON knows no infinity, and has null for what is unknown."""
    return {name: None if isinstance(cell, float) and not math.isfinite(cell) else cell for name, cell in row.items()}


def inert_json(text: str) -> bytes:
    """The same JSON, with escapes for what ends a line, steers a terminal or is a command in the log of a CI server."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text.replace("##[", "#\\u0023[")).encode()


def as_text(table: pa.Table) -> pa.Table:
    """Every column as text: fixed decimals for numbers, `true` and `false`, null and NaN as the empty text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def column(values: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_floating(values.type):
            values = _decimals(values)
        return pc.fill_null(pc.cast(values, pa.string()), "")

    return pa.table({name: column(table[name]) for name in table.column_names})


def _decimals(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """With a fixed number of decimals; what has no room for them, such as 1e15, as the shortest text that means it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.decimal128(DIGITS, DECIMALS)
    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        known = pc.if_else(pc.is_nan(values), None, values)
        fits = pc.less(pc.abs(known), 10.0 ** (DIGITS - DECIMALS - 1))
        text = pc.cast(pc.cast(pc.if_else(fits, known, None), kind), pa.string())
        return pc.if_else(fits, text, pc.cast(known, pa.string()))
