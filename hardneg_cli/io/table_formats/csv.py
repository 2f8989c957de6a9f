"""Comma-, tab-, semicolon- and bar-separated text, with a header, in any encoding, compressed or not.

Every cell is text, exactly as written. Quoted cells may hold line ends; blank lines are passed over. Rewriting
replaces the changed cells and nothing else: quotes, line ends, byte order mark and column order stay.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.delimited import edits as delimited_edits
from hardneg_cli.io.delimited.chunks import block_bytes, parts
from hardneg_cli.io.delimited.dialect import Dialect, endless, first_undecodable, table_of, unclosed
from hardneg_cli.io.delimited.grammar import EndlessRecordError, blocks
from hardneg_cli.io.delimited.lone_quotes import swallowing
from hardneg_cli.io.delimited.row_lines import row_lines
from hardneg_cli.io.delimited.sentinel import END, NulByteError, SentinelStream, is_last, last_row, line_ends
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.limits import RECORD
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import BOMS, chunks, undecodable
from hardneg_cli.io.tables.formulas import is_queue, unescaped
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm_length, require
from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from pyarrow.csv import ConvertOptions, InvalidRow, ParseOptions

EXTENSIONS = (".csv", ".tsv", ".tab", ".txt")
CHEAP_TO_READ_AGAIN = False
BLOCK_BYTES = (1 << 20, 1 << 24, RECORD)
MAY_HAVE_AN_INDEX = True
FOREIGN = (b"PAR1", b"ARROW1", b"FEA1", b"PK\x03\x04", b"\x93NUMPY", b"%PDF", b"\x89PNG", b"\xff\xff\xff\xff")
WRONG_CELL = re.compile(r"(?s)column #(\d+): Row #(\d+): CSV conversion error to (\w+): (?:invalid value '(.*)')?")


def recognises(head: bytes) -> bool:
    if any(head.startswith(bom) for bom, _ in BOMS):
        return not head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith((b"{", b"["))
    return b"\0" not in head and not head.startswith(FOREIGN) and not head.lstrip().startswith((b"{", b"["))


def columns(source: Source, *, encoding: str | None) -> list[str]:
    return table_of(source, encoding).names


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    table = table_of(source, wanted.encoding)
    require(source, table.names, wanted)
    reading = _Reading(source, table, wanted)
    if (yield from _in_parts(reading)):
        return
    reading.decodable = table.encoding.name != "utf-8" or _is_utf8(source, table)
    for size in BLOCK_BYTES:
        try:
            yield from _batches(reading, size)
        except UnicodeDecodeError:
            raise undecodable(source, table.encoding, first_undecodable(source, table)) from None
        except NulByteError:  # pyarrow loses count of quotes where a block ends after one
            continue
        except pa.ArrowInvalid as error:
            if not _too_long(str(error)):
                raise _explained(reading, str(error)) from error
        else:
            return
    longest = f"a row over {BLOCK_BYTES[-1]:,} bytes; is a quote left open?"
    raise InputError(f"{source.name}: after row {reading.done}: {longest}")


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    table = table_of(source, edits.encoding)
    raw = delimited_edits.raw_encoding(source, table.encoding)
    editing = delimited_edits.RecordEdits(source, edits, table.grammar, table.names, table.encoding, raw)
    row = -1  # the header
    out.keep(table.encoding.prefix)
    try:
        for block in blocks(chunks(source, raw), table.grammar):
            out.replace_each(block.records, delimited_edits.edited(editing, block, row), raw.name)
            row += len(block.rows)
    except EndlessRecordError as error:
        raise endless(source, error) from None
    confirm_length(source, edits, row)


def line_numbers(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]]:
    return row_lines(source, encoding)


@dataclass
class _Reading:
    """One reading, which may begin again with larger blocks: how far it came, and which rows were ragged."""

    source: Source
    table: Dialect
    wanted: ReadRequest
    decodable: bool = True
    done: int = 0
    reported: int = 0
    ragged: list[InvalidRow] = field(default_factory=list)

    def meet_ragged(self, row: InvalidRow) -> str:
        """pyarrow's question what to do with a row."""
        self.ragged.append(row)
        if self.wanted.skip_ragged is None or END in row.text:
            return "error"
        if len(self.ragged) > self.reported:
            self.reported += 1
            self.wanted.skip_ragged(_ragged(row))
        return "skip"


@dataclass(frozen=True)
class _ParsedPart:
    """Of a part: its text, its rows and the row `END`, and how many line ends it has, at its end one too."""

    text: bytes
    rows: pa.Table
    lines: int


def _in_parts(reading: _Reading) -> Generator[pa.RecordBatch, None, bool]:
    """The rows, parsed by all cores; False once something needs a closer look, which begins with the first row."""
    if reading.table.encoding.name != "utf-8":
        return False
    row = first = 0
    texts = parts(_opened(reading), literal=reading.table.grammar.literal)
    for part in in_order(lambda item: _parsed(reading, *item), enumerate(texts)):
        if part is None:
            return False
        for batch in part.rows.slice(0, len(part.rows) - 1).to_batches():
            yield from _new(reading, batch, row)
            row += batch.num_rows
        if part.lines > row + 1 - first:
            _refuse_swallowed(reading, iter([part.text.decode(errors="replace")]), first)
        first = row + 1
    return True


def _parsed(reading: _Reading, number: int, text: bytes) -> _ParsedPart | None:
    """A part, the first of which begins with the header; None where it needs a closer look."""
    import pyarrow as pa
    import pyarrow.csv

    if not (size := block_bytes(text)) or (not number and not text.strip(b"\r\n")):
        return None
    read = pyarrow.csv.ReadOptions(
        block_size=size, use_threads=not number, column_names=reading.table.names if number else None
    )
    try:
        rows = pyarrow.csv.read_csv(pa.BufferReader(text + last_row(reading.table)), read, *_options(reading))
    except pa.ArrowInvalid:
        return None  # it can tell what is wrong, and in which row
    if not is_last(rows, reading.table):  # the part ends within quotes
        return None
    return _ParsedPart(text, rows, line_ends(text) + (not text.endswith((b"\n", b"\r"))))


def _batches(reading: _Reading, size: int) -> Iterator[pa.RecordBatch]:
    """What was not yielded before, without the row `END`."""
    import pyarrow.csv

    reading.ragged.clear()
    row, held = 0, None
    read = pyarrow.csv.ReadOptions(block_size=size, use_threads=False)  # with threads it does not know row numbers
    parse, convert = _options(reading)
    if reading.decodable:  # else pyarrow says on standard error that it cannot show a row
        parse.invalid_row_handler = reading.meet_ragged
    stream = _stream(reading, size)
    with pyarrow.csv.open_csv(stream, read, parse, convert) as batches:
        for batch in batches:
            if held is not None:
                yield from _new(reading, held, row)
                row += held.num_rows
            held = batch
    if held is None or not is_last(held, reading.table):
        raise unclosed(reading.source, row + (held.num_rows if held else 0) + len(reading.ragged))
    yield from _new(reading, held.slice(0, held.num_rows - 1), row)
    if stream.lines > row + held.num_rows + len(reading.ragged) + 2:  # the last row stands between two
        _refuse_swallowed(reading, chunks(reading.source, reading.table.encoding), 0)


def _refuse_swallowed(reading: _Reading, texts: Iterator[str], first: int) -> None:
    """Raises InputError where a quote at the beginning of a cell has swallowed the lines up to the next quote."""
    if reading.table.grammar.literal or (row := swallowing(texts, reading.table.grammar, first)) is None:
        return
    raise InputError(
        f"{reading.source.name}: {f'row {row}' if row else 'header'}: text in quotes spans lines and goes on behind "
        "the closing quote; is a quote part of the text? Then put the cell in quotes, and double the quote"
    )


def _new(reading: _Reading, batch: pa.RecordBatch, row: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    import pyarrow.compute as pc

    batch = batch.slice(max(0, reading.done - row))
    if not batch.num_rows:
        return
    reading.done += batch.num_rows
    text, numbers = reading.wanted.text, reading.wanted.numbers
    arrays = [batch.column(name) for name in text]
    if is_queue(reading.table.names):
        arrays = [unescaped(column) for column in arrays]
    columns = (batch.column(name) for name in numbers)
    arrays += [pc.fill_null(column, float("nan")) if column.null_count else column for column in columns]
    yield pa.RecordBatch.from_arrays(arrays, names=[*text, *numbers])


def _is_utf8(source: Source, table: Dialect) -> bool:
    try:
        for _ in chunks(source, table.encoding):
            pass
    except UnicodeDecodeError:
        return False
    return True


def _stream(reading: _Reading, size: int) -> SentinelStream:
    import pyarrow as pa

    stream, encoding = _opened(reading), reading.table.encoding
    if encoding.name != "utf-8":
        stream = pa.transcoding_input_stream(stream, encoding.name, "utf8")
    return SentinelStream(stream, last_row(reading.table), size == BLOCK_BYTES[-1])


def _opened(reading: _Reading) -> pa.NativeFile:
    """The file after its byte order mark."""
    stream = reading.source.open()
    stream.read(len(reading.table.encoding.prefix))
    return stream


def _options(reading: _Reading) -> tuple[ParseOptions, ConvertOptions]:
    import pyarrow as pa
    from pyarrow.csv import ConvertOptions, ParseOptions

    names, grammar, numbers = reading.table.names, reading.table.grammar, set(reading.wanted.numbers)
    included = dict.fromkeys((*reading.wanted.text, *reading.wanted.numbers, names[-1]))
    types = {name: pa.float64() if name in numbers else pa.string() for name in included}
    return (
        ParseOptions(
            delimiter=grammar.delimiter, quote_char=False if grammar.literal else '"', newlines_in_values=True
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
    match = WRONG_CELL.search(message)
    if not reading.decodable and (match is None or match[3] != "string"):
        return undecodable(reading.source, reading.table.encoding, first_undecodable(reading.source, reading.table))
    if match is None:
        return InputError(f"{name}: {message}")
    column, row = reading.table.names[int(match[1])], int(match[2]) - 1
    if match[3] == "string":
        return undecodable(reading.source, reading.table.encoding, f"row {row}, column {quote(column)}")
    return InputError(f"{name}: row {row}, column {quote(column)}: {quote(match[4])} is not a number")


def _ragged(row: InvalidRow) -> str:
    lines = line_ends(row.text.encode(errors="replace")) + 1
    over = f", in {lines:,} lines" if lines > 1 else ""
    return f"row {row.number - 1}: {row.actual_columns} cells instead of {row.expected_columns}{over}"
