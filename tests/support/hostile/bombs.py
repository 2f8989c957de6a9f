"""Small files that are large once they are unpacked, made without ever holding what is in them."""

from __future__ import annotations

import bz2
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

import pyarrow as pa

PIECE = 1 << 24


def repeated(kind: str, text: bytes, size: int, before: bytes = b"") -> bytes:
    """`before`, then `text` over and over, some `size` bytes in all: packed as gz, bz2 or zst, in as many streams."""
    pack = {
        "gz": gzip.compress,
        "bz2": bz2.compress,
        "zst": lambda data: bytes(pa.compress(data, "zstd", asbytes=True)),
    }
    piece = text * max(1, (PIECE >> 5 if kind == "bz2" else PIECE) // len(text))
    return (pack[kind](before) if before else b"") + pack[kind](piece) * max(1, size // len(piece))


def archive(members: Iterable[tuple[str, bytes]], name: str, begin: bytes, text: bytes, end: bytes, size: int) -> bytes:
    """A zip with these members and a large one, in which `text` stands some `size` bytes long."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as small:
        for other, content in members:
            small.writestr(other, content)
    packed, length = _deflated(begin, text, end, size)
    return _with_member(out.getvalue(), name.encode(), packed, length)


def _deflated(begin: bytes, text: bytes, end: bytes, size: int) -> tuple[bytes, int]:
    """One deflate stream and the length of what is in it: what is flushed fully can stand in it again and again."""
    piece = text * max(1, (1 << 20) // len(text))
    times = max(1, size // len(piece))
    parts = []
    for content in (begin, piece):
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        parts.append(packer.compress(content) + packer.flush(zlib.Z_FULL_FLUSH))
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = parts[0] + parts[1] * times + last.compress(end) + last.flush()
    return packed, len(begin) + len(piece) * times + len(end)


def _with_member(archive: bytes, name: bytes, packed: bytes, length: int) -> bytes:
    """A zip with one more member, without a checksum; see APPNOTE.TXT of PKWARE for what stands where."""
    *_, count, size, start, _ = struct.unpack("<4s4H2LH", archive[-22:])
    what = struct.pack("<5H3L2H", 20, 0, 8, 0, 33, 0, len(packed), length, len(name), 0)
    local = b"PK\x03\x04" + what + name + packed
    entry = b"PK\x01\x02" + struct.pack("<H", 20) + what + struct.pack("<3H2L", 0, 0, 0, 0, start) + name
    listed = archive[start : start + size] + entry
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 1, count + 1, len(listed), start + len(local), 0)
    return archive[:start] + local + listed + end
