"""What a Parquet file's footer and page headers claim, held against the file before any page is unpacked.

pyarrow takes memory for what a page header claims, and a value that a dictionary holds once may stand in millions of
rows. So the headers of the wanted columns' pages are read here first; they are Thrift structures in the compact
protocol (parquet.thrift), of which only sizes and counts are looked at. Costs some 20 microseconds a page.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.limits import most_rows, most_unpacked, refuse_bomb
from hardneg_cli.io.tables.thrift_compact import Struct, read_struct

if TYPE_CHECKING:
    from pyarrow.parquet import ColumnChunkMetaData, FileMetaData

DATA, DICTIONARY, DATA_2 = 0, 2, 3  # page types; an index page is passed over
HEADER_BYTES, LONGEST_HEADER = 1 << 10, 1 << 24
SMALL_DICTIONARY = 1 << 10  # bytes: no value in it is worth looking at
VALUE_BYTES = 8
NESTED_FOLD = 4
ADVICE = "write it with smaller row groups"
LENGTH = struct.Struct("<I").unpack_from  # of a text in a page
TAME = ("UNCOMPRESSED", "SNAPPY")  # codecs that cannot make much of little: 22 times at most
TEXTS = ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY")


@dataclass(frozen=True)
class ParquetChunk:
    """A column's pages of one row group. page: the largest, unpacked. longest: value that may stand in many rows."""

    page: int
    longest: int


def confirm_footer(name: str, metadata: FileMetaData, size: int) -> None:
    """Raises InputError where the rows that a footer claims cannot be."""
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    if min(rows, default=0) < 0 or sum(rows) != metadata.num_rows:
        raise InputError(f"{name}: its footer claims {metadata.num_rows:,} rows, and its row groups {sum(rows):,}")
    if sum(rows) > most_rows(size):
        raise InputError(f"{name}: claims {sum(rows):,} rows in {size:,} bytes, which cannot be")


def longest_values(
    name: str,
    metadata: FileMetaData,
    stream: BinaryIO,
    columns: Set[str] | None = None,
    groups: Sequence[int] | None = None,
) -> int:
    """How long a row of the `columns` (None: all) may get at most by values that a page holds once.

    Raises InputError for row groups whose pages lie outside of them, or unpack to more than they may.
    """
    size, schema = stream.seek(0, 2), metadata.schema
    longest = 0
    for number in range(metadata.num_row_groups) if groups is None else groups:
        group = metadata.row_group(number)
        chunks = []
        for index in range(group.num_columns):
            column = group.column(index)
            if columns is not None and not {column.path_in_schema, column.path_in_schema.partition(".")[0]} & columns:
                continue
            where = f"{name}: column {quote(column.path_in_schema)}, row group {number + 1}"
            try:
                flat = not schema.column(index).max_repetition_level
                if column.num_values < 0 or (flat and column.num_values != group.num_rows):
                    raise ValueError(f"it claims {column.num_values:,} values in {group.num_rows:,} rows")
                chunk = _chunk(stream, column, size, flat=flat)
            except ValueError as error:
                raise InputError(f"{where}: cannot be read: {error}") from error
            if not flat:
                _confirm_nested(where, column, chunk, size)
            chunks.append(chunk)
        refuse_bomb(f"{name}: row group {number + 1}", sum(one.page for one in chunks), size, advice=ADVICE)
        longest = max(longest, sum(one.longest for one in chunks))
    return longest


def _confirm_nested(where: str, column: ColumnChunkMetaData, chunk: ParquetChunk, size: int) -> None:
    """All values may belong to one row."""
    refuse_bomb(where, column.num_values * VALUE_BYTES, size, advice=ADVICE)
    if column.num_values * chunk.longest > NESTED_FOLD * most_unpacked(size):
        refuse_bomb(where, column.num_values * chunk.longest, size, advice=ADVICE)


def _chunk(stream: BinaryIO, column: ColumnChunkMetaData, size: int, *, flat: bool) -> ParquetChunk:
    start = column.data_page_offset
    if column.has_dictionary_page and column.dictionary_page_offset:
        start = min(start, column.dictionary_page_offset)
    if start < 0 or column.total_compressed_size < 0 or start + column.total_compressed_size > size:
        raise ValueError("its pages lie outside of the file; is it cut off?")
    of_text = column.physical_type in TEXTS
    if not of_text and flat and column.compression in TAME:
        return ParquetChunk(0, 0)
    largest = longest = values = 0
    for place, header in _pages(stream, start, start + column.total_compressed_size, column.num_values):
        unpacked = _whole(header, 2)
        if _whole(header, 1) == DICTIONARY:
            longest = max(longest, _longest(stream, column, place, header) if of_text else 0)
        elif of_text and "DELTA_BYTE_ARRAY" in column.encodings:  # values share the bytes that they begin with
            longest = max(longest, unpacked)
        largest = max(largest, unpacked)
        values += _values(header)
    if values != column.num_values:
        raise ValueError(f"its pages claim {values:,} values, and it claims {column.num_values:,}")
    return ParquetChunk(largest, longest)


def _pages(stream: BinaryIO, place: int, stop: int, values: int) -> Iterator[tuple[int, Struct]]:
    """Where the content of each page begins, and its header, up to the last value."""
    found = 0
    while place < stop and found < values:
        header, length = _header(stream, place, stop)
        unpacked, packed = _whole(header, 2), _whole(header, 3)
        place += length
        if unpacked < 0 or not 0 <= packed <= stop - place or _values(header) < 0:
            raise ValueError("a page reaches beyond it; is the file cut off?")
        yield place, header
        found += _values(header)
        place += packed


def _header(stream: BinaryIO, place: int, stop: int) -> tuple[Struct, int]:
    """A page's header, and how many bytes it takes: some hundred, unless it holds statistics of long values."""
    some = HEADER_BYTES
    while True:
        stream.seek(place)
        data = bytes(stream.read(min(some, stop - place)))
        try:
            return read_struct(data)
        except EOFError:
            if len(data) < some or some >= LONGEST_HEADER:
                raise ValueError("a page's header is cut off") from None
            some *= 16


def _longest(stream: BinaryIO, column: ColumnChunkMetaData, place: int, header: Struct) -> int:
    """The longest value of a dictionary page; all of the page where that cannot be told."""
    unpacked, packed = _whole(header, 2), _whole(header, 3)
    if unpacked <= SMALL_DICTIONARY:
        return unpacked
    counted = header.get(7)
    values = _whole(counted, 1) if isinstance(counted, dict) else 0
    if column.physical_type != "BYTE_ARRAY":
        return unpacked // max(1, values)
    stream.seek(place)
    data = _decompressed(bytes(stream.read(packed)), column.compression, unpacked)
    if data is None or len(data) > most_unpacked(0):
        return unpacked
    longest, at, last = 0, 0, len(data) - 4
    while at <= last:
        (length,) = LENGTH(data, at)
        if length > longest:
            longest = length
        at += 4 + length
    return min(longest, unpacked)


def _decompressed(data: bytes, compression: str, size: int) -> bytes | None:
    import pyarrow as pa

    if compression == "UNCOMPRESSED":
        return data
    if compression not in ("SNAPPY", "GZIP", "ZSTD", "BROTLI") or size > most_unpacked(len(data)):
        return None
    try:
        return bytes(pa.decompress(data, size, codec=compression.lower(), asbytes=True))
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"its dictionary cannot be unpacked: {error}") from error


def _values(header: Struct) -> int:
    """How many values a data page claims; 0 of other pages."""
    counted = header.get({DATA: 5, DATA_2: 8}.get(_whole(header, 1), 0))
    return _whole(counted, 1) if isinstance(counted, dict) else 0


def _whole(struct: Struct, field: int) -> int:
    found = struct.get(field)
    if not isinstance(found, int):
        raise ValueError("a page's header lacks a size")
    return found
