"""Parquet, read by row group and only the wanted columns; rewriting keeps types, metadata and compression."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_edits import edited, marked, wanted_of
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm_length, require

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData, ParquetFile

EXTENSIONS = (".parquet", ".pq")
CHEAP_TO_READ_AGAIN = True
DIVISIBLE = True
BUFFER_BYTES = 1 << 17  # of each column; without, a column is read whole
BATCH_ROWS, MOST_ROWS = 1 << 14, 1 << 17  # of a batch; the more only of a few columns of numbers
BATCH_CELLS = 1 << 20


def recognises(head: bytes) -> bool:
    return head.startswith(b"PAR1")


def columns(source: Source, *, encoding: str | None) -> list[str]:
    with _file(source) as file:
        return list(file.schema_arrow.names)


def groups(source: Source) -> list[int]:
    with _file(source) as file:
        return _rows(file.metadata)


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    return read_groups(source, wanted, None)


def read_groups(source: Source, wanted: ReadRequest, parts: Sequence[int] | None) -> Iterator[pa.RecordBatch]:
    """These of the row groups, which follow one another; None for all."""
    with _file(source) as file:
        require(source, file.schema_arrow.names, wanted)
        row = sum(_rows(file.metadata)[: parts[0]]) if parts else 0
        for batch in file.iter_batches(_batch_rows(wanted), row_groups=parts, columns=[*wanted.text, *wanted.numbers]):
            yield wanted_of(batch, wanted, source, row)
            row += batch.num_rows


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    import pyarrow.parquet as pq

    with _file(source) as file:
        row, schema = 0, marked(file.schema_arrow, edits)
        with pq.ParquetWriter(out.file, schema, compression=_compression(file.metadata)) as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                changed = edited(table, edits, source, row)
                writer.write_table(changed, row_group_size=max(1, changed.num_rows))
                row += table.num_rows
    confirm_length(source, edits, row)


@contextmanager
def _file(source: Source) -> Iterator[ParquetFile]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    afar = source.url is not None  # every read is a trip there, so that few large ones are best
    how = {"pre_buffer": afar, "buffer_size": 0 if afar else BUFFER_BYTES}
    try:
        with source.seekable() as stream, pq.ParquetFile(stream, **how) as file:
            yield file
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError) as error:
        raise InputError(f"{source.name}: not a Parquet file that can be read: {error}") from error


def _batch_rows(wanted: ReadRequest) -> int:
    if wanted.text or not wanted.numbers:
        return BATCH_ROWS
    return max(BATCH_ROWS, min(MOST_ROWS, BATCH_CELLS // len(wanted.numbers)))


def _rows(metadata: FileMetaData) -> list[int]:
    return [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]


def _compression(metadata: FileMetaData) -> dict[str, str] | str:
    """The codec of each column, by the column's path in the file."""
    if not metadata.num_row_groups:
        return "snappy"
    group = metadata.row_group(0)
    chunks = [group.column(index) for index in range(group.num_columns)]
    return {chunk.path_in_schema: chunk.compression.replace("UNCOMPRESSED", "NONE") for chunk in chunks}
