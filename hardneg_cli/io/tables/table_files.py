"""Data files as a stream of record batches, and back: the reader is found by the file's content, then its extension.

Rows are numbered alike by `read` and `rewrite`: data rows from 0, headers, blank lines and skipped rows not
counted. Messages count from 1.
"""

from __future__ import annotations

import bz2
import gzip
import io
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO

from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.inverse_edits import InverseEdits, RewriteTarget
from hardneg_cli.io.files.limits import refuse_bomb
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.table_formats import TABLE_FORMATS, TableFormat
from hardneg_cli.io.tables.unnamed_columns import has_index, without_index

if TYPE_CHECKING:
    import pyarrow as pa
    from typing_extensions import Buffer


@dataclass(frozen=True)
class ReadRequest:
    """What a reader is asked for.

    `text` columns come as `pa.string()`, as written (null where the format knows a null); `numbers` as float64,
    or float32 where the file has float32 or float16, never null (a missing number is NaN), lists of numbers as
    lists. A ragged row is an error, unless `skip_ragged` takes a note of it: `row 17: 3 cells instead of 2`.
    `nan_is_null`: text columns in which the NaN of a column of floats is a null.
    """

    text: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    encoding: str | None = None
    skip_ragged: Callable[[str], None] | None = None
    nan_is_null: tuple[str, ...] = ()


@dataclass(frozen=True)
class CellEdits:
    """What is to change in `column`, by row; `drop` rows vanish, or get "1" in a new column called `mark`.

    marks: what every row gets in the new column instead. `fills` are values for cells of other columns that hold
    nothing, by column and row; a column of numbers gets a number.
    `expect` is what stands in `column` now (empty for a null), checked while rewriting.
    """

    column: str
    cells: Mapping[int, str]
    drop: frozenset[int] = frozenset()
    mark: str | None = None
    expect: Mapping[int, str] = field(default_factory=dict)
    encoding: str | None = None
    skip_ragged: bool = False
    marks: Sequence[str] | None = None
    fills: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    @cached_property
    def rows(self) -> list[int]:
        """The rows to look at, in order."""
        return sorted({*self.cells, *self.drop, *self.expect, *(row for cells in self.fills.values() for row in cells)})

    def fills_of(self, row: int) -> dict[str, str]:
        """What the row's cells are filled with, by column."""
        return {column: cells[row] for column, cells in self.fills.items() if row in cells}

    def removes(self, row: int) -> bool:
        return self.mark is None and row in self.drop

    def mark_of(self, row: int) -> str:
        """What the row gets in the new column; nothing beyond the last one, which `confirm_length` refuses."""
        if self.marks is None:
            return "1" if row in self.drop else ""
        return self.marks[row] if row < len(self.marks) else ""


def reader_of(source: Source) -> TableFormat:
    """The reader that recognizes the file's first bytes, the one for its extension if several do; else that one."""
    named = [reader for reader in TABLE_FORMATS if source.suffix in reader.EXTENSIONS]
    fitting = [reader for reader in TABLE_FORMATS if reader.recognises(source.head)]
    for reader in (*(one for one in fitting if one in named), *fitting, *named):
        if source.sheet is not None and not reader.SHEETS:
            raise InputError(f"{source.name}: has no sheets, such as {quote(source.sheet)}; leave #{source.sheet} out")
        return reader
    supported = ", ".join(extension for reader in TABLE_FORMATS for extension in reader.EXTENSIONS)
    raise InputError(f"{source.name}: not a kind of file that can be read (known: {supported})")


def cheap_to_read_again(source: Source) -> bool:
    """Whether a second pass costs little: nothing to unpack and no text to parse."""
    return source.compression is None and reader_of(source).CHEAP_TO_READ_AGAIN


def columns(sources: Sequence[Source], encoding: str | None = None) -> list[str]:
    """The names of the columns, which must be the same in every file; their order may differ.

    A first column without a name is none of them: see `unnamed_columns`.
    """
    first, *others = sources
    names = _columns(first, encoding)
    for other in others:
        theirs = _columns(other, encoding)
        if lost := sorted(set(names).difference(theirs)):
            raise InputError(f"{other.name}: no column {listing(lost)}, which {first.name} has")
        if new := sorted(set(theirs).difference(names)):
            raise InputError(f"{other.name}: column {listing(new)}, which {first.name} does not have")
    return names


def class_names(sources: Sequence[Source], column: str) -> tuple[str, ...] | None:
    """What the files' metadata calls the numbers 0, 1, … in `column`; None where it does not say.

    Raises InputError where one file calls them otherwise than another.
    """
    first, *others = (reader_of(source).class_names(source).get(column) for source in sources)
    for source, names in zip(sources[1:], others, strict=True):
        if names != first:
            raise InputError(
                f"{source.name}: names the classes of column {quote(column)} otherwise than {sources[0].name}"
            )
    return first


def picture_columns(sources: Sequence[Source]) -> tuple[str, ...]:
    """The columns that hold pictures themselves, by the types in the first file."""
    return reader_of(sources[0]).picture_columns(sources[0])


def have_index(sources: Sequence[Source], encoding: str | None = None) -> bool:
    """Whether every file has row labels, which are read as the column `INDEX`."""
    return all(
        reader.MAY_HAVE_AN_INDEX and has_index(reader.columns(source, encoding=encoding))
        for source, reader in ((source, reader_of(source)) for source in sources)
    )


def read(sources: Sequence[Source], wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    """All files in turn; a batch has the text columns, then the numbers, in the order wanted. No rows is an error."""
    for _, batch in read_by_file(sources, wanted):
        yield batch


def read_by_file(sources: Sequence[Source], wanted: ReadRequest) -> Iterator[tuple[int, pa.RecordBatch]]:
    """As `read`, each batch with the place of its file among the `sources`."""
    rows = 0
    for place, source in enumerate(sources):
        for batch in read_file(source, wanted):
            rows += batch.num_rows
            yield place, batch
    if not rows:
        raise InputError(f"{sources[0].name}: no rows")


def read_file(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    """As `read`, one file, which may have no rows. Raises InputError for more text than a file of its size holds."""
    held, beside = 0, dict(source.partition)
    own = wanted if not beside else replace(
        wanted, text=tuple(name for name in wanted.text if name not in beside),
        numbers=tuple(name for name in wanted.numbers if name not in beside),
    )  # fmt: skip
    if beside and not own.text + own.numbers:  # how many rows there are the file alone says
        own = replace(own, text=(reader_of(source).columns(source, encoding=wanted.encoding)[0],))
    try:
        for batch in reader_of(source).read(source, own):
            if beside:
                batch = _with_partition(batch, wanted, source)
            if wanted.text:  # which is held until all is read
                held += batch.select(list(wanted.text)).nbytes
                refuse_bomb(source.name, held, source.size)
            yield batch
    except OSError as error:
        raise InputError(f"{source.name}: cannot be read: {error}") from error


def _with_partition(batch: pa.RecordBatch, wanted: ReadRequest, source: Source) -> pa.RecordBatch:
    """The batch with the wanted columns that the names of the file's folders say. Raises InputError for no number."""
    import pyarrow as pa

    beside, arrays = dict(source.partition), []
    for name in (*wanted.text, *wanted.numbers):
        if name not in beside:
            arrays.append(batch.column(name))
            continue
        value = pa.scalar(beside[name], pa.string())
        if name in wanted.numbers:
            try:
                value = value.cast(pa.float64()) if value.is_valid else pa.scalar(float("nan"))
            except pa.ArrowInvalid as error:
                raise InputError(f"{source.name}: {quote(name)} is {quote(str(beside[name]))}, no number") from error
        arrays.append(pa.repeat(value, batch.num_rows))
    return pa.RecordBatch.from_arrays(arrays, names=[*wanted.text, *wanted.numbers])


def rewrite(source: Source, out: BinaryIO, edits: CellEdits, inverse: InverseEdits | None = None) -> None:
    """Write the file with its edits to `out`, compressed as it was; all that needs no change stays as it is.

    inverse: takes down, where the file is text, how to come back; it is about the text, not about what it is packed in.
    """
    reader, names = reader_of(source), _columns(source, edits.encoding)
    if edits.column not in names:
        raise InputError(f"{source.name}: no column {quote(edits.column)}{did_you_mean(edits.column, names)}")
    if edits.column in dict(source.partition):
        raise InputError(
            f"{source.name}: {quote(edits.column)} stands in the names of its folders, and rows are not moved from one "
            "to another: write it as a column of the files"
        )
    if edits.mark in names:
        raise InputError(f"{source.name}: there is a column {quote(edits.mark)} already")
    with compressed(out, source.compression) as inner:
        reader.rewrite(source, RewriteTarget(inner, inverse), edits)


def require(source: Source, names: Sequence[str], wanted: ReadRequest) -> None:
    """Raises InputError unless every wanted column is there, wanted once."""
    known, requested = set(names), wanted.text + wanted.numbers
    for name in requested:
        if name not in known:
            raise InputError(f"{source.name}: no column {quote(name)}{did_you_mean(name, names)}")
    if twice := _repeated(requested):
        raise InputError(f"{source.name}: column {listing(twice)} is asked for twice")


def within(rows: Sequence[int], first: int, stop: int) -> Sequence[int]:
    """Those of the sorted `rows` that lie in [first, stop)."""
    return rows[bisect_left(rows, first) : bisect_left(rows, stop)]


def confirm(source: Source, edits: CellEdits, row: int, found: str | None) -> None:
    """Raises InputError where a cell does not hold what the edits were made for."""
    expected = edits.expect.get(row)
    if expected is not None and expected != (found or ""):
        raise InputError(
            f"{source.name}: row {row + 1}: column {quote(edits.column)} holds {quote(found or '')}, not "
            f"{quote(expected)}; "
            "the file has changed since it was read"
        )


def confirm_gap(source: Source, column: str, row: int, found: str | None) -> None:
    """Raises InputError where a cell that is to be filled holds something."""
    if (found or "").strip():
        raise InputError(
            f"{source.name}: row {row + 1}: column {quote(column)} holds {quote(found or '')}, and was to be filled; "
            "the file has changed since it was read"
        )


def as_filled(source: Source, fills: Mapping[str, str]) -> dict[str, str]:
    """By column, the text that a cell will be read as that is filled with this one.

    Raises InputError where the column cannot hold it, or stands in no file.
    """
    for name in fills:
        if name in dict(source.partition):
            raise InputError(f"{source.name}: {quote(name)} stands in the names of its folders, which are not filled")
    return reader_of(source).as_filled(source, fills)


def confirm_length(source: Source, edits: CellEdits, rows: int) -> None:
    """Raises InputError where the edits reach beyond the last row, or not to it though they are of every row."""
    if edits.marks is not None and len(edits.marks) != rows:
        raise InputError(
            f"{source.name}: {rows:,} rows instead of {len(edits.marks):,}: it has changed since it was read"
        )
    if edits.rows and edits.rows[-1] >= rows:
        raise InputError(f"{source.name}: no row {edits.rows[-1] + 1:,} to change; the file has {rows:,} rows")


def compressed(out: BinaryIO, compression: str | None) -> AbstractContextManager[Any]:
    """`out`, packing what is written; it is left open, and nothing depends on the clock."""
    if compression == "gzip":
        return gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0)
    if compression == "bz2":
        return bz2.BZ2File(out, "wb")
    if compression == "zstd":
        return _zstd(out)
    return nullcontext(out)


def _columns(source: Source, encoding: str | None) -> list[str]:
    reader = reader_of(source)
    try:
        names = reader.columns(source, encoding=encoding)
    except OSError as error:
        raise InputError(f"{source.name}: cannot be read: {error}") from error
    if reader.MAY_HAVE_AN_INDEX:
        names = without_index(names)
    names = [*names, *(name for name, _ in source.partition)]
    if "" in names:
        raise InputError(f"{source.name}: column {names.index('') + 1} has no name; give it one, or remove it")
    if twice := _repeated(names):
        raise InputError(f"{source.name}: more than one column is called {listing(twice)}")
    return names


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]


def _zstd(out: BinaryIO) -> AbstractContextManager[Any]:
    import pyarrow as pa

    stream: AbstractContextManager[Any] = pa.CompressedOutputStream(pa.PythonFile(_LeftOpen(out), mode="w"), "zstd")
    return stream


class _LeftOpen(io.RawIOBase):
    """Passes on what is written, but not that it is closed, as pyarrow does at the end of a stream."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        return self._out.write(data)
