"""Arrow IPC: files (also called Feather 2) and streams, read batch by batch; rewriting keeps the batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_cells import is_picture
from hardneg_cli.io.tables.arrow_edits import edited, filled_texts, marked, wanted_of
from hardneg_cli.io.tables.arrow_errors import readable
from hardneg_cli.io.tables.class_labels import class_labels
from hardneg_cli.io.tables.ipc_layout import CONTINUATION, MAGIC, RECORDS, IpcMessage, confirmed
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm_length, require

if TYPE_CHECKING:
    import pyarrow as pa

    Reader: TypeAlias = pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader

EXTENSIONS = (".arrow", ".feather", ".ipc", ".arrows")
CHEAP_TO_READ_AGAIN = True
FEATHER_1 = b"FEA1"


def recognises(head: bytes) -> bool:
    return head.startswith((MAGIC, FEATHER_1, CONTINUATION))


def columns(source: Source, *, encoding: str | None) -> list[str]:
    with _reader(source) as (reader, _):
        return list(reader.schema.names)


def class_names(source: Source) -> dict[str, tuple[str, ...]]:
    with _reader(source) as (reader, _):
        return class_labels(reader.schema)


def picture_columns(source: Source) -> tuple[str, ...]:
    with _reader(source) as (reader, _):
        return tuple(field.name for field in reader.schema if is_picture(field.type))


def typed(source: Source, *, encoding: str | None) -> pa.Table:
    import pyarrow as pa

    with _reader(source) as (reader, _):
        table = pa.Table.from_batches([batch for batch, _ in _batches(reader)], reader.schema)
        table.validate(full=True)
    return table


def as_filled(source: Source, fills: Mapping[str, str]) -> dict[str, str]:
    with _reader(source) as (reader, _):
        return filled_texts(reader.schema, fills, source.name)


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    with _reader(source) as (reader, _):
        require(source, reader.schema.names, wanted)
        row = 0
        for whole, _ in _batches(reader):
            batch = whole.select([*wanted.text, *wanted.numbers])
            batch.validate(full=True)  # else text may reach into what is no text, or beyond the file
            yield wanted_of(batch, wanted, source, row)
            row += batch.num_rows


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    import pyarrow as pa

    with _reader(source) as (reader, messages):
        row = 0
        options = pa.ipc.IpcWriteOptions(compression=_compression(messages, reader.schema))
        with _writer(reader, out.file, marked(reader.schema, edits), options) as writer:
            for batch, metadata in _batches(reader):
                batch.validate(full=True)
                table = edited(pa.Table.from_batches([batch]), edits, source, row)
                writer.write_batch(_whole(table), custom_metadata=metadata)
                row += batch.num_rows
    confirm_length(source, edits, row)


@contextmanager
def _reader(source: Source) -> Iterator[tuple[Reader, list[IpcMessage]]]:
    """The file, and what its messages claim, which was held against it."""
    import pyarrow as pa

    if source.head.startswith(FEATHER_1):
        raise InputError(f"{source.name}: Feather version 1 is not read; write it again as version 2, or as Parquet")
    with readable(source, "an Arrow file"), source.seekable() as stream:
        messages = confirmed(source.name, cast("BinaryIO", stream))
        is_file = source.head.startswith(MAGIC)
        with pa.ipc.open_file(stream) if is_file else pa.ipc.open_stream(stream) as reader:
            yield reader, messages


def _batches(reader: Reader) -> Iterator[tuple[pa.RecordBatch, pa.KeyValueMetadata | None]]:
    """Batches, each with its own metadata."""
    if not hasattr(reader, "num_record_batches"):
        yield from reader.iter_batches_with_custom_metadata()
        return
    for index in range(reader.num_record_batches):
        yield tuple(reader.get_batch_with_custom_metadata(index))


def _writer(
    reader: Reader, out: BinaryIO, schema: pa.Schema, options: pa.ipc.IpcWriteOptions
) -> pa.ipc.RecordBatchStreamWriter:
    import pyarrow as pa

    if hasattr(reader, "num_record_batches"):
        return pa.ipc.new_file(out, schema, options=options)
    return pa.ipc.new_stream(out, schema, options=options)


def _whole(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch, be it empty."""
    import pyarrow as pa

    arrays = [column.combine_chunks() for column in table.columns]
    flat = [array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array for array in arrays]
    return pa.RecordBatch.from_arrays(flat, schema=table.schema)


def _compression(messages: Sequence[IpcMessage], schema: pa.Schema) -> str | None:
    """The codec of the first batch, which is the one of all that pyarrow writes.

    Before version 25 pyarrow dies of views of short texts that it is to compress: these are written as they are.
    """
    import pyarrow as pa

    if int(pa.__version__.split(".")[0]) < 25 and "_view" in str(schema.types):
        return None
    return next((message.codec for message in messages if message.kind == RECORDS), None)
