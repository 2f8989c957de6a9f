"""Parquet files that are opened only once their footer has been held against them, and read once their pages have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, cast

from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_errors import readable
from hardneg_cli.io.tables.parquet_layout import confirm_footer, longest_values

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

BUFFER_BYTES = 1 << 17  # of each column; without, a column is read whole


@contextmanager
def opened(source: Source) -> Iterator[ParquetFile]:
    """The file, of which nothing but the footer has been read. Raises InputError for what is none, or lies."""
    import pyarrow.parquet as pq

    afar = source.url is not None  # every read is a trip there, so that few large ones are best
    how = {"pre_buffer": afar, "buffer_size": 0 if afar else BUFFER_BYTES}
    with readable(source, "a Parquet file"), source.seekable() as stream:
        size = stream.seek(0, 2)
        with pq.ParquetFile(stream, page_checksum_verification=True, **how) as file:
            confirm_footer(source.name, file.metadata, size)
            yield file


def confirm_pages(
    source: Source, file: ParquetFile, columns: Sequence[str] | None = None, groups: Sequence[int] | None = None
) -> int:
    """The pages held against the file, see `longest_values`; afar that would be a trip for each page."""
    if source.url is not None:
        return 0
    key = ("pages", columns and tuple(columns), groups and tuple(groups))
    if key not in source.known:
        chosen = None if columns is None else {*columns}
        with source.seekable() as stream:
            source.known[key] = longest_values(source.name, file.metadata, cast("BinaryIO", stream), chosen, groups)
    return int(source.known[key])


def whole_table(source: Source) -> pa.Table:
    """All of a small file. Raises InputError for one that lies, or whose text is none."""
    with opened(source) as file:
        confirm_pages(source, file)
        table = file.read(use_threads=False)
        table.validate(full=True)
    return table
