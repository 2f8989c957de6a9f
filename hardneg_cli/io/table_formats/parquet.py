"""Parquet, read by row group and only the wanted columns; rewriting keeps types, metadata and compression."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_cells import is_picture
from hardneg_cli.io.tables.arrow_edits import edited, filled_texts, marked, wanted_of
from hardneg_cli.io.tables.class_labels import class_labels
from hardneg_cli.io.tables.parquet_files import confirm_pages, opened, whole_table
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm_length, require

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.parquet import FileMetaData

EXTENSIONS = (".parquet", ".pq")
CHEAP_TO_READ_AGAIN = True
DIVISIBLE = True
BATCH_ROWS, MOST_ROWS = 1 << 14, 1 << 17  # of a batch; the more only of a few columns of numbers
BATCH_CELLS = 1 << 20
BATCH_BYTES = 1 << 28  # of a batch, if each row held the longest values that a page tells once


def recognises(head: bytes) -> bool:
    return head.startswith(b"PAR1")


def columns(source: Source, *, encoding: str | None) -> list[str]:
    with opened(source) as file:
        return list(file.schema_arrow.names)


def class_names(source: Source) -> dict[str, tuple[str, ...]]:
    with opened(source) as file:
        return class_labels(file.schema_arrow)


def picture_columns(source: Source) -> tuple[str, ...]:
    with opened(source) as file:
        return tuple(field.name for field in file.schema_arrow if is_picture(field.type))


def typed(source: Source, *, encoding: str | None) -> pa.Table:
    return whole_table(source)


def as_filled(source: Source, fills: Mapping[str, str]) -> dict[str, str]:
    with opened(source) as file:
        return filled_texts(file.schema_arrow, fills, source.name)


def groups(source: Source) -> list[int]:
    with opened(source) as file:
        return _rows(file.metadata)


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    return read_groups(source, wanted, None)


def read_groups(source: Source, wanted: ReadRequest, parts: Sequence[int] | None) -> Iterator[pa.RecordBatch]:
    """These of the row groups, which follow one another; None for all."""
    with opened(source) as file:
        require(source, file.schema_arrow.names, wanted)
        row = sum(_rows(file.metadata)[: parts[0]]) if parts else 0
        columns = [*wanted.text, *wanted.numbers]
        longest = confirm_pages(source, file, columns, parts)
        rows = max(1, min(_batch_rows(wanted), BATCH_BYTES // max(1, longest)))
        for batch in file.iter_batches(rows, row_groups=parts, columns=columns):
            batch.validate(full=True)  # that text is UTF-8 nobody has looked at
            yield wanted_of(batch, wanted, source, row)
            row += batch.num_rows


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    import pyarrow.parquet as pq

    with opened(source) as file:
        confirm_pages(source, file)
        row, schema = 0, marked(file.schema_arrow, edits)
        with pq.ParquetWriter(out.file, schema, compression=_compression(file.metadata)) as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                changed = edited(table, edits, source, row)
                writer.write_table(changed, row_group_size=max(1, changed.num_rows))
                row += table.num_rows
    confirm_length(source, edits, row)


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
