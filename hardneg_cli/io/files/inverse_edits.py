"""A file that is rewritten, and the edits that turn it into the one before: the same edits, the other way round.

An edit is a line `gap written removed`: behind `gap` bytes that are alike, `written` bytes of the rewritten file stand
instead of `removed` bytes, which follow the line. All edits are packed together as gzip.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO, Literal, Protocol

from hardneg_cli.errors import quote
from hardneg_cli.io.files.limits import UNPACKED

CHUNK_BYTES = 1 << 20
EDIT = re.compile(rb"(\d{1,18}) (\d{1,18}) (\d{1,18})\n")
LINE_BYTES = 3 * 19


class ByteStream(Protocol):
    def read(self, size: int, /) -> bytes: ...


class InverseEdits:
    """The edits that undo a rewriting, written to `file` while it goes on; they are complete once this is closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0)
        self._before = sha256()
        self._gap = 0

    def __enter__(self) -> InverseEdits:
        return self

    def __exit__(self, *_: object) -> None:
        self._packed.close()

    @property
    def sha256(self) -> str:
        """Of the file before, as far as the rewriting told; the edits lead to it if that is its hash indeed."""
        return self._before.hexdigest()

    def keep(self, data: bytes) -> None:
        self._before.update(data)
        self._gap += len(data)

    def replace(self, old: bytes, new: bytes) -> None:
        self._before.update(old)
        start = _alike(old, new, "big")
        stop = _alike(old[start:], new[start:], "little")
        removed, written = len(old) - start - stop, len(new) - start - stop
        self._packed.write(b"%d %d %d\n" % (self._gap + start, written, removed) + old[start : start + removed])
        self._gap = stop


@dataclass(frozen=True)
class RewriteTarget:
    """Where a file is rewritten to. Text is kept or replaced, piece by piece; other formats write to `file` itself."""

    file: BinaryIO
    inverse: InverseEdits | None = None

    def keep(self, data: bytes) -> None:
        """Bytes that are the same in both files."""
        self.file.write(data)
        if self.inverse is not None:
            self.inverse.keep(data)

    def replace(self, old: bytes, new: bytes) -> None:
        """Bytes of the file before, and those that stand in their place now."""
        if old == new:
            self.keep(new)
            return
        self.file.write(new)
        if self.inverse is not None:
            self.inverse.replace(old, new)

    def replace_each(self, old: Sequence[str], new: Sequence[str], encoding: str) -> None:
        """Texts in turn, each as it was and as it is now; what does not change is the same object."""
        if self.inverse is None:
            self.file.write("".join(new).encode(encoding))
            return
        begun = 0
        for place, (before, after) in enumerate(zip(old, new, strict=True)):
            if before is not after:
                self.keep("".join(new[begun:place]).encode(encoding))
                self.replace(before.encode(encoding), after.encode(encoding))
                begun = place + 1
        self.keep("".join(new[begun:]).encode(encoding))


def revert(rewritten: ByteStream, edits: BinaryIO, target: RewriteTarget, most: int = UNPACKED) -> None:
    """Write to `target` the file from which `rewritten`, a stream, was made.

    Raises ValueError for edits that are damaged, were made for another file, or unpack to more than `most` bytes.
    O(bytes) with bounded memory.
    """
    try:
        with gzip.GzipFile(fileobj=edits) as lines:
            while line := lines.readline(LINE_BYTES):
                if lines.tell() > most:
                    raise ValueError("its edits unpack to more than they may")
                _revert_one(rewritten, line, lines, target, most)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"its edits cannot be unpacked: {error}") from error
    while data := bytes(rewritten.read(CHUNK_BYTES)):
        target.keep(data)


def _revert_one(rewritten: ByteStream, line: bytes, lines: gzip.GzipFile, target: RewriteTarget, most: int) -> None:
    edit = EDIT.fullmatch(line)
    if edit is None:
        raise ValueError(f"{quote(line)} is no edit")
    gap, written, removed = map(int, edit.groups())
    if lines.tell() + removed > most:
        raise ValueError("an edit unpacks to more than it may")
    while gap:
        data = _next(rewritten, gap)
        target.keep(data)
        gap -= len(data)
    while written or removed:
        data, old = _next(rewritten, written), _next(lines, removed)
        target.replace(data, old)
        written, removed = written - len(data), removed - len(old)


def _next(stream: ByteStream, size: int) -> bytes:
    """At most a chunk of the next `size` bytes."""
    data = bytes(stream.read(min(size, CHUNK_BYTES)))
    if size and not data:
        raise ValueError("an edit lies beyond the end")
    return data


def _alike(one: bytes, other: bytes, order: Literal["big", "little"]) -> int:
    """How many bytes are the same at the beginning ("big"), or at the end ("little"): as numbers, these are high."""
    size = min(len(one), len(other))
    pair = (one[:size], other[:size]) if order == "big" else (one[len(one) - size :], other[len(other) - size :])
    differing = int.from_bytes(pair[0], order) ^ int.from_bytes(pair[1], order)
    return size - (differing.bit_length() + 7) // 8
