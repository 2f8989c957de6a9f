"""What the messages of an Arrow file or stream claim, held against the file before any of it is believed.

pyarrow takes memory for what a message claims, and trusts where its buffers are said to lie. So the messages are read
here first: their headers are flatbuffers (Message.fbs and File.fbs of the Arrow format), of which only the few fields
are looked at that tell sizes and places.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.limits import most_rows, refuse_bomb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAGIC, CONTINUATION = b"ARROW1", b"\xff\xff\xff\xff"
SCHEMA, DICTIONARY, RECORDS = 1, 2, 3
CODECS = {0: "lz4", 1: "zstd"}
HEADER_BYTES = 1 << 28  # of one message: what names, sizes and places of all columns take
BLOCK_BYTES, PAIR_BYTES, SIZE_BYTES = 24, 16, 8
ADVICE = "write it in smaller batches, or not compressed"


@dataclass(frozen=True)
class FlatTable:
    """A table of a flatbuffer. Raises ValueError wherever its bytes point outside."""

    buffer: bytes
    position: int

    @classmethod
    def root(cls, buffer: bytes) -> FlatTable:
        return cls(buffer, _number(buffer, "<I", 0))

    def number(self, index: int, kind: str, default: int = 0) -> int:
        """A field's number; `kind` as in `struct`."""
        place = self._place(index)
        return _number(self.buffer, kind, place) if place else default

    def table(self, index: int) -> FlatTable | None:
        place = self._place(index)
        return FlatTable(self.buffer, place + _number(self.buffer, "<I", place)) if place else None

    def structs(self, index: int, size: int) -> bytes:
        """The bytes of a vector of structs that take `size` bytes each."""
        place = self._place(index)
        if not place:
            return b""
        start = place + _number(self.buffer, "<I", place)
        stop = start + 4 + size * _number(self.buffer, "<I", start)
        if stop > len(self.buffer):
            raise ValueError("a vector reaches beyond its message")
        return self.buffer[start + 4 : stop]

    def _place(self, index: int) -> int:
        """Where a field stands; 0 if it is left out."""
        fields = self.position - _number(self.buffer, "<i", self.position)
        slot = 4 + 2 * index
        offset = _number(self.buffer, "<H", fields + slot) if slot < _number(self.buffer, "<H", fields) else 0
        return self.position + offset if offset else 0


@dataclass(frozen=True)
class IpcMessage:
    """kind: SCHEMA, DICTIONARY or RECORDS; another number is passed over. rows: of records. codec: None if not packed.

    unpacked: the bytes of the body once its buffers are unpacked. body: those that it takes in the file.
    """

    kind: int
    rows: int = 0
    codec: str | None = None
    unpacked: int = 0
    body: int = 0


def confirmed(name: str, stream: BinaryIO) -> list[IpcMessage]:
    """All messages of a file that can seek, which is left at its beginning.

    Raises InputError for what lies outside of the file, and for what would unpack to more than it may.
    """
    import numpy as np

    size = stream.seek(0, 2)
    found = []
    rows = 0
    try:
        for message in _messages(stream, size):
            found.append(message)
            refuse_bomb(f"{name}: batch {len(found)}", message.unpacked, max(size, message.body), advice=ADVICE)
            rows += message.rows
    except (ValueError, struct.error, np.exceptions.AxisError) as error:
        raise InputError(f"{name}: not an Arrow file that can be read: {error}") from error
    if rows > most_rows(size):
        raise InputError(f"{name}: claims {rows:,} rows in {size:,} bytes, which cannot be")
    stream.seek(0)
    return found


def _messages(stream: BinaryIO, size: int) -> Iterator[IpcMessage]:
    stream.seek(0)
    if stream.read(len(MAGIC)) == MAGIC:
        yield from _of_file(stream, size)
    else:
        yield from _of_stream(stream, size)


def _of_file(stream: BinaryIO, size: int) -> Iterator[IpcMessage]:
    """Those that the footer names: it alone tells where they are."""
    end = size - len(MAGIC) - 4
    length = _number(_read(stream, end, 4, size), "<i", 0)
    if not 0 < length <= end - len(MAGIC):
        raise ValueError("its footer does not fit into it; is it cut off?")
    footer = FlatTable.root(_read(stream, end - length, length, size))
    for index in (2, 3):
        for place, header, body in struct.iter_unpack("<qi4xq", footer.structs(index, BLOCK_BYTES)):
            yield _message(stream, place, header, body, size)


def _of_stream(stream: BinaryIO, size: int) -> Iterator[IpcMessage]:
    """One after the other, up to the end or the mark of the end."""
    place = 0
    while place + 4 <= size:
        prefix = _read(stream, place, min(8, size - place), size)
        lead = 8 if prefix.startswith(CONTINUATION) else 4
        length = _number(prefix, "<i", lead - 4)
        if length == 0:
            return
        message = _message(stream, place, lead + length, None, size)
        yield message
        place += lead + length + message.body


def _message(stream: BinaryIO, place: int, length: int, body: int | None, size: int) -> IpcMessage:
    """The message at `place`, whose header takes `length` bytes with what stands before it."""
    if not 0 <= place <= size or not 4 < length <= min(size - place, HEADER_BYTES):
        raise ValueError("a message lies outside of it; is it cut off?")
    header = _read(stream, place, length, size)
    lead = 8 if header.startswith(CONTINUATION) else 4
    root = FlatTable.root(header[lead:])
    claimed = root.number(3, "<q")
    start = place + length
    if not 0 <= claimed <= size - start or body not in (None, claimed):
        raise ValueError("a batch lies outside of it; is it cut off?")
    kind, content = root.number(1, "<B"), root.table(2)
    if kind == DICTIONARY and content is not None:
        content = content.table(1)
    if kind not in (DICTIONARY, RECORDS) or content is None:
        return IpcMessage(kind, body=claimed)
    return _records(stream, kind, content, start, claimed, size)


def _records(stream: BinaryIO, kind: int, records: FlatTable, start: int, body: int, size: int) -> IpcMessage:
    import numpy as np

    rows = records.number(0, "<q")
    nodes = np.frombuffer(records.structs(1, PAIR_BYTES), "<i8").reshape(-1, 2)
    buffers = np.frombuffer(records.structs(2, PAIR_BYTES), "<i8").reshape(-1, 2)
    if rows < 0 or (nodes < 0).any() or (buffers < 0).any() or (buffers > body).any():
        raise ValueError("a batch claims sizes that cannot be")
    if (buffers.sum(axis=1) > body).any():
        raise ValueError("a column's values lie outside of their batch")
    compression = records.table(3)
    if compression is None:
        return IpcMessage(kind, rows if kind == RECORDS else 0, None, body, body)
    codec = CODECS.get(compression.number(0, "<b"))
    unpacked = _unpacked(stream, start, buffers, size)
    return IpcMessage(kind, rows if kind == RECORDS else 0, codec, unpacked, body)


def _unpacked(stream: BinaryIO, start: int, buffers: NDArray[np.int64], size: int) -> int:
    """What packed buffers claim to unpack to: the first bytes of each say it; -1 stands for one that is not packed."""
    total = 0
    for offset, length in buffers.tolist():
        if not length:
            continue
        if length < SIZE_BYTES:
            raise ValueError("a packed column is too short to be one")
        claimed = _number(_read(stream, start + offset, SIZE_BYTES, size), "<q", 0)
        if claimed < -1:
            raise ValueError("a packed column claims a size that cannot be")
        total += length if claimed == -1 else claimed
    return total


def _read(stream: BinaryIO, place: int, length: int, size: int) -> bytes:
    if place < 0 or length < 0 or place + length > size:
        raise ValueError("it is cut off")
    stream.seek(place)
    return bytes(stream.read(length))


def _number(buffer: bytes, kind: str, place: int) -> int:
    if place < 0:
        raise ValueError("a header points outside of itself")
    try:
        found: int = struct.unpack_from(kind, buffer, place)[0]
    except struct.error as error:
        raise ValueError("a header points outside of itself") from error
    return found
