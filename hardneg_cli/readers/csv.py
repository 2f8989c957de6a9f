"""Comma-, tab-, semicolon- and bar-separated text, with a header, in any encoding, compressed or not.

Every cell is text, exactly as written. Quoted cells may hold line ends; blank lines are passed over. Rewriting
replaces the changed cells and nothing else: quotes, line ends, byte order mark and column order stay.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from hardneg_cli.errors import InputError
from hardneg_cli.files import delimited, delimited_edits, linenumbers
from hardneg_cli.files.batches import Edits, Wanted, confirm_length, require
from hardneg_cli.files.delimited import UnclosedQuoteError
from hardneg_cli.files.delimited_file import Table, first_undecodable, table_of, unclosed
from hardneg_cli.files.source import Source
from hardneg_cli.files.textfile import BOMS, chunks, undecodable

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

EXTENSIONS = (".csv", ".tsv", ".tab", ".txt")
CHEAP_TO_READ_AGAIN = False
BLOCK_BYTES = (1 << 20, 1 << 24, 1 << 28)
FOREIGN = (b"PAR1", b"ARROW1", b"FEA1", b"PK\x03\x04", b"\x93NUMPY", b"%PDF", b"\x89PNG", b"\xff\xff\xff\xff")
# A last row of our own: if it does not come back as it is, a quote before it was never closed. It is a number,
# so that it may stand in a column of numbers.
END = "-1.2345678901234567e-300"
WRONG_CELL = re.compile(r"(?s)column #(\d+): Row #(\d+): CSV conversion error to (\w+): (?:invalid value '(.*)')?")


def recognises(head: bytes) -> bool:
    if any(head.startswith(bom) for bom, _ in BOMS):
        return not head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith((b"{", b"["))
    return b"\0" not in head and not head.startswith(FOREIGN) and not head.lstrip().startswith((b"{", b"["))


def columns(source: Source, *, encoding: str | None) -> list[str]:
    return table_of(source, encoding).names


def read(source: Source, wanted: Wanted) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    table = table_of(source, wanted.encoding)
    require(source, table.names, wanted)
    reading = _Reading(source, table, wanted)
    for block_bytes in BLOCK_BYTES:
        try:
            yield from _batches(reading, block_bytes)
        except UnicodeDecodeError:
            raise undecodable(source, table.encoding, first_undecodable(source, table)) from None
        except _NulByteError:  # pyarrow loses count of quotes where a block ends after one
            continue
        except pa.ArrowInvalid as error:
            if not _too_long(str(error)):
                raise _explained(reading, str(error)) from error
        else:
            return
    longest = f"a row over {BLOCK_BYTES[-1]:,} bytes; is a quote left open?"
    raise InputError(f"{source.name}: after row {reading.done}: {longest}")


def rewrite(source: Source, out: BinaryIO, edits: Edits) -> None:
    table = table_of(source, edits.encoding)
    raw = delimited_edits.raw_encoding(source, table.encoding)
    editing = delimited_edits.Editing(source, edits, table.grammar, table.names, table.encoding, raw)
    row = -1  # the header
    out.write(table.encoding.bom)
    try:
        for block in delimited.blocks(chunks(source, raw), table.grammar):
            out.write("".join(delimited_edits.edited(editing, block, row)).encode(raw.name))
            row += len(block.rows)
    except UnclosedQuoteError as error:
        raise unclosed(source, error.number) from None
    confirm_length(source, edits, row)


def line_numbers(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]]:
    return linenumbers.of_delimited(source, encoding)


@dataclass
class _Reading:
    """One reading, which may begin again with larger blocks: how far it came, and which rows were ragged."""

    source: Source
    table: Table
    wanted: Wanted
    done: int = 0
    reported: int = 0
    ragged: list[Any] = field(default_factory=list)

    def meet_ragged(self, row: Any) -> str:
        """pyarrow's question what to do with a row."""
        self.ragged.append(row)
        if self.wanted.skip_ragged is None or END in row.text:
            return "error"
        if len(self.ragged) > self.reported:
            self.reported += 1
            self.wanted.skip_ragged(_ragged(row))
        return "skip"


class _NulByteError(Exception):
    """A NUL byte, which only the largest blocks may hold."""


class _Ended(io.RawIOBase):
    """A stream of UTF-8, and `end` behind it."""

    def __init__(self, stream: Any, end: bytes, may_hold_nul: bool) -> None:
        self._stream, self._end, self._held, self._may_hold_nul = stream, end, b"", may_hold_nul

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for: pyarrow takes each answer for a block.

        A carriage return that would end a block waits for the next one, because pyarrow would take a line feed
        that follows it for the same line end, and lose it, even inside quotes.
        """
        data, self._held = self._held, b""
        while len(data) < size and (more := self._stream.read(size - len(data)) or self._take_end(size - len(data))):
            data += more
        if data.endswith(b"\r") and len(data) > 1:
            data, self._held = data[:-1], b"\r"
        if not self._may_hold_nul and b"\0" in data:
            raise _NulByteError
        return data

    def _take_end(self, size: int) -> bytes:
        end, self._end = self._end[:size], self._end[size:]
        return end


def _batches(reading: _Reading, block_bytes: int) -> Iterator[pa.RecordBatch]:
    """What was not yielded before, without the row `END`."""
    import pyarrow.csv

    reading.ragged.clear()
    row, held = 0, None
    with pyarrow.csv.open_csv(_stream(reading, block_bytes), *_options(reading, block_bytes)) as batches:
        for batch in batches:
            if held is not None:
                yield from _new(reading, held, row)
                row += held.num_rows
            held = batch
    if held is None or held.column(reading.table.names[-1])[-1].as_py() not in (END, float(END)):
        raise unclosed(reading.source, row + (held.num_rows if held else 0) + len(reading.ragged))
    yield from _new(reading, held.slice(0, held.num_rows - 1), row)


def _new(reading: _Reading, batch: pa.RecordBatch, row: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.compute as pc

    batch = batch.slice(max(0, reading.done - row))
    if not batch.num_rows:
        return
    reading.done += batch.num_rows
    text, numbers = reading.wanted.text, reading.wanted.numbers
    arrays = [batch.column(name) for name in text]
    columns = (batch.column(name) for name in numbers)
    arrays += [pc.fill_null(column, float("nan")) if column.null_count else column for column in columns]
    yield pa.RecordBatch.from_arrays(arrays, names=[*text, *numbers])


def _stream(reading: _Reading, block_bytes: int) -> _Ended:
    import pyarrow as pa

    table, stream = reading.table, reading.source.open()
    stream.read(len(table.encoding.bom))
    if table.encoding.name != "utf-8":
        stream = pa.transcoding_input_stream(stream, table.encoding.name, "utf8")
    last = table.grammar.delimiter * (len(table.names) - 1) + END
    return _Ended(stream, f"\n{last}\n".encode(), block_bytes == BLOCK_BYTES[-1])


def _options(reading: _Reading, block_bytes: int) -> tuple[Any, Any, Any]:
    import pyarrow as pa
    from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions

    names, numbers = reading.table.names, set(reading.wanted.numbers)
    included = dict.fromkeys((*reading.wanted.text, *reading.wanted.numbers, names[-1]))
    types = {name: pa.float64() if name in numbers else pa.string() for name in included}
    return (
        ReadOptions(block_size=block_bytes, use_threads=False),  # with threads pyarrow does not know row numbers
        ParseOptions(
            delimiter=reading.table.grammar.delimiter,
            newlines_in_values=True,
            invalid_row_handler=reading.meet_ragged,
        ),
        ConvertOptions(column_types=types, include_columns=list(included), strings_can_be_null=False, null_values=[""]),
    )


def _too_long(message: str) -> bool:
    return any(part in message for part in ("straddling object", "cannot infer number of columns", "out of sync"))


def _explained(reading: _Reading, message: str) -> InputError:
    """pyarrow's trouble in our words; its row numbers count the header."""
    name = reading.source.name
    if END in message:
        found = re.search(r"Row #(\d+)", message)
        return unclosed(reading.source, int(found[1]) - 1 if found else reading.done)
    if message.startswith("CSV parse error") and reading.ragged:
        return InputError(f"{name}: {_ragged(reading.ragged[-1])}; mend it, or skip such rows with --on-bad-rows skip")
    if not (match := WRONG_CELL.search(message)):
        return InputError(f"{name}: {message}")
    column, row = reading.table.names[int(match[1])], int(match[2]) - 1
    if match[3] == "string":
        return undecodable(reading.source, reading.table.encoding, f"row {row}, column {column!r}")
    return InputError(f"{name}: row {row}, column {column!r}: {match[4]!r} is not a number")


def _ragged(row: Any) -> str:
    return f"row {row.number - 1}: {row.actual_columns} cells instead of {row.expected_columns}"
