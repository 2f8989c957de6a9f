"""Tables as lines of text: separated by a character, or JSON."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import pyarrow as pa

DECIMALS = 6
UNSEEN = re.compile(r"[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def separated(table: pa.Table, out: BinaryIO, *, delimiter: str) -> None:
    """The table as delimiter-separated lines; numbers with a fixed number of decimals, null as nothing."""
    writer = csv.writer(_Lines(out), delimiter=delimiter)
    writer.writerow(table.column_names)
    for batch in as_text(table).to_batches(max_chunksize=1 << 14):
        writer.writerows(zip(*(column.to_pylist() for column in batch.columns), strict=True))


class _Lines:
    """Ends each line with a line feed alone: were that the writer's terminator, it would not quote carriage returns."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, line: str) -> None:
        self._out.write((line.removesuffix("\r\n") + "\n").encode())


def json_objects(table: pa.Table, *, separators: tuple[str, str] = (", ", ": ")) -> Iterator[bytes]:
    """A JSON object for each row; besides what JSON must, it escapes whatever ends a line or steers a terminal."""
    for batch in table.to_batches(max_chunksize=1 << 14):
        for row in batch.to_pylist():
            text = json.dumps(row, ensure_ascii=False, allow_nan=False, separators=separators)
            yield UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()


def as_text(table: pa.Table) -> pa.Table:
    """Every column as text: fixed decimals for numbers, `true` and `false`, null as the empty text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def column(values: pa.ChunkedArray) -> pa.ChunkedArray:
        if pa.types.is_floating(values.type):
            values = pc.cast(values, pa.decimal128(18, DECIMALS))
        return pc.fill_null(pc.cast(values, pa.string()), "")

    return pa.table({name: column(table[name]) for name in table.column_names})
