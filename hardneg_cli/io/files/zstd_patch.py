"""A file packed against one that is much like it: Zstandard with the other file as what came before.

The file is packed in frames, each against the part of the other file around the same place, so that memory is bounded
whatever the size. Before a frame stands a line: where that part begins, its length, and the length of the frame.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import BinaryIO

from hardneg_cli.errors import quote
from hardneg_cli.io.files.limits import UNPACKED

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FRAME_BYTES, REFERENCE_BYTES = 1 << 25, 1 << 26
OUTPUT_BYTES = 1 << 20
WINDOW_LOG = 25  # of the bytes of a frame
HEADER = re.compile(rb"(\d{1,18}) (\d{1,18}) (\d{1,18})\n")
HEADER_BYTES = 3 * 19
LEVEL = 3
SHORTEST_PREFIX = 8


def write_patch(wanted: BinaryIO, there: BinaryIO, out: BinaryIO) -> None:
    """Write to `out` what `patched` needs to turn `there` into `wanted`; both are files that can seek."""
    size, length = there.seek(0, 2), wanted.seek(0, 2)
    options: dict[int, int] = {
        zstd.CompressionParameter.compression_level: LEVEL,
        zstd.CompressionParameter.window_log: WINDOW_LOG,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    wanted.seek(0)
    for at in range(0, length, FRAME_BYTES):
        middle = (at + FRAME_BYTES // 2) * size // max(length, FRAME_BYTES)
        start = max(0, min(middle - REFERENCE_BYTES // 2, size - REFERENCE_BYTES))
        reference = _read(there, start, REFERENCE_BYTES)
        packing = zstd.ZstdCompressor(options=options, zstd_dict=_prefix(reference))
        frame = packing.compress(wanted.read(FRAME_BYTES), mode=zstd.ZstdCompressor.FLUSH_FRAME)
        out.write(b"%d %d %d\n" % (start, len(reference), len(frame)) + frame)


def patched(there: BinaryIO, patch: BinaryIO, most: int = UNPACKED) -> Iterator[bytes]:
    """The wanted file in pieces. Raises ValueError for a patch that is damaged, made for another file, or leads to
    more than `most` bytes.
    """
    size = FRAME_BYTES
    while line := patch.readline(HEADER_BYTES):
        header = HEADER.fullmatch(line)
        if header is None:
            raise ValueError(f"{quote(line)} begins no frame")
        if size != FRAME_BYTES:
            raise ValueError("a frame follows one that is too short")
        start, length, packed = map(int, header.groups())
        if length > REFERENCE_BYTES:
            raise ValueError(f"a frame goes by {length:,} bytes of another file")
        size = 0
        try:
            for piece in _unpacked(patch.read(packed), _read(there, start, length)):
                size += len(piece)
                most -= len(piece)
                if size > FRAME_BYTES or most < 0:
                    raise ValueError("a frame unpacks to more than it may")
                yield piece
        except zstd.ZstdError as error:
            raise ValueError(f"a frame cannot be unpacked: {error}") from error


def _unpacked(frame: bytes, reference: bytes) -> Iterator[bytes]:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG + 1}
    unpacking = zstd.ZstdDecompressor(zstd_dict=_prefix(reference), options=options)
    while not unpacking.eof:
        if unpacking.needs_input and not frame:
            raise ValueError("a frame is cut off")
        yield unpacking.decompress(frame, OUTPUT_BYTES)
        frame = b""


def _prefix(reference: bytes) -> tuple[zstd.ZstdDict, int]:
    """What comes before a frame: the bytes as they are, unlike a dictionary, of which little is looked at."""
    return zstd.ZstdDict(reference.ljust(SHORTEST_PREFIX, b"\0"), is_raw=True).as_prefix


def _read(file: BinaryIO, start: int, length: int) -> bytes:
    try:
        file.seek(start)
    except (OSError, OverflowError) as error:
        raise ValueError(f"a frame goes by what lies beyond the end: {error}") from error
    return file.read(length)
