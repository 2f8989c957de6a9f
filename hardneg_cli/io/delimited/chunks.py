"""Delimited text in parts that end with a row, so that the rows of a part can be parsed by all cores at once.

Where a row ends is guessed by counting quotes. Whoever parses a part must see whether the guess was right.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PART_BYTES = 1 << 22
BLOCK_BYTES, SHORTEST_BLOCK = 1 << 20, (1 << 20) - (1 << 10)


def parts(stream: pa.NativeFile, *, literal: bool = False) -> Iterator[bytes]:
    """The text in parts of about `PART_BYTES`, the last of which ends with the text, or is empty: no row ends there.

    literal: quotes enclose nothing.
    """
    held = b""
    while more := stream.read(PART_BYTES):
        text = held + more
        end = text.rfind(b"\n") + 1 if literal else _row_end(text)
        yield text[:end]
        if not end:
            return
        held = text[end:]
    if held:
        yield held


def block_bytes(part: bytes) -> int:
    """How long pyarrow's blocks of the part may be; 0 where it would not read it as it is.

    It loses count of quotes in a block that ends after a NUL, and in one that ends after a carriage return it takes a
    line feed that follows for the same line end, and loses it, even inside quotes.
    """
    if not part or b"\0" in part:
        return 0
    if len(part) <= BLOCK_BYTES or b"\r" not in part:
        return BLOCK_BYTES
    for size in range(BLOCK_BYTES, SHORTEST_BLOCK, -1):
        if b"\r" not in part[size - 1 :: size]:
            return size
    return 0


def _row_end(text: bytes) -> int:
    """Past the last line feed that has an even number of quotes before it; 0 where there is none."""
    before, end = text.count(b'"'), len(text)
    while (line := text.rfind(b"\n", 0, end) + 1) > 0:
        before -= text.count(b'"', line, end)
        if before % 2 == 0:
            return line
        end = line - 1
    return 0
