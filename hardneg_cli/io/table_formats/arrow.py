"""Arrow IPC: files (also called Feather 2) and streams, read batch by batch; rewriting keeps the batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.arrow_edits import edited, marked, wanted_of
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm_length, require

if TYPE_CHECKING:
    import pyarrow as pa

    Reader: TypeAlias = pa.ipc.RecordBatchFileReader | pa.ipc.RecordBatchStreamReader

EXTENSIONS = (".arrow", ".feather", ".ipc", ".arrows")
CHEAP_TO_READ_AGAIN = True
MAGIC, FEATHER_1, CONTINUATION = b"ARROW1", b"FEA1", b"\xff\xff\xff\xff"


def recognises(head: bytes) -> bool:
    return head.startswith((MAGIC, FEATHER_1, CONTINUATION))


def columns(source: Source, *, encoding: str | None) -> list[str]:
    with _reader(source) as reader:
        return list(reader.schema.names)


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    with _reader(source) as reader:
        require(source, reader.schema.names, wanted)
        row = 0
        for batch, _ in _batches(reader):
            yield wanted_of(batch, wanted, source, row)
            row += batch.num_rows


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    import pyarrow as pa

    with _reader(source) as reader:
        row = 0
        options = pa.ipc.IpcWriteOptions(compression=_compression(source))
        with _writer(reader, out.file, marked(reader.schema, edits), options) as writer:
            for batch, metadata in _batches(reader):
                table = edited(pa.Table.from_batches([batch]), edits, source, row)
                writer.write_batch(_whole(table), custom_metadata=metadata)
                row += batch.num_rows
    confirm_length(source, edits, row)


@contextmanager
def _reader(source: Source) -> Iterator[Reader]:
    import pyarrow as pa

    if source.head.startswith(FEATHER_1):
        raise InputError(f"{source.name}: Feather version 1 is not read; write it again as version 2, or as Parquet")
    try:
        with source.seekable() as stream:
            is_file = source.head.startswith(MAGIC)
            with pa.ipc.open_file(stream) if is_file else pa.ipc.open_stream(stream) as reader:
                yield reader
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowKeyError) as error:
        raise InputError(f"{source.name}: not an Arrow file that can be read: {error}") from error


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


def _compression(source: Source) -> str | None:
    """The codec of the first batch; pyarrow does not tell, but its metadata does (Message.fbs of the Arrow format)."""
    import pyarrow as pa

    with source.seekable() as stream:
        stream.seek(8 if source.head.startswith(MAGIC) else 0)
        for message in pa.ipc.MessageReader.open_stream(stream):
            if message.type == "record batch":
                return _codec(message.metadata.to_pybytes())
    return None


def _codec(metadata: bytes) -> str | None:
    header = _field(metadata, _follow(metadata, 0), 2)
    compression = _field(metadata, _follow(metadata, header), 3)
    if not compression:
        return None
    codec = _field(metadata, _follow(metadata, compression), 0)
    return "zstd" if codec and metadata[codec] == 1 else "lz4"


def _field(buffer: bytes, table: int, index: int) -> int:
    """Where a field of a flatbuffer's table stands; 0 if it is left out."""
    fields = table - int.from_bytes(buffer[table : table + 4], "little", signed=True)
    size = int.from_bytes(buffer[fields : fields + 2], "little")
    slot = 4 + 2 * index
    offset = int.from_bytes(buffer[fields + slot : fields + slot + 2], "little") if slot < size else 0
    return table + offset if offset else 0


def _follow(buffer: bytes, position: int) -> int:
    return position + int.from_bytes(buffer[position : position + 4], "little")
