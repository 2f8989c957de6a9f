"""What a run keeps in its provenance so that it can be undone: each file's way back, byte for byte."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from hardneg_cli.errors import InputError, Refused
from hardneg_cli.io.files.binary_delta import read_delta, write_delta
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files

if TYPE_CHECKING:
    from typing_extensions import Buffer

VERSION = 1
LINE_BYTES = 6 << 10  # of the delta in one line of the document
DAMAGED = (KeyError, TypeError, ValueError, AttributeError)  # what a document of another shape leads to


@dataclass(frozen=True)
class UndoDelta:
    """From the bytes written to those before. packed: the compression below which the delta applies; None: as on disk.

    A delta below the compression is small, but leads to the same file only where packing again gives the same bytes:
    it is kept if that was tried. sha256: of what the delta leads to.
    """

    packed: str | None
    sha256: str
    size: int
    delta: BinaryIO = field(repr=False)

    def lines(self) -> Iterator[str]:
        self.delta.seek(0)
        while piece := self.delta.read(LINE_BYTES):
            yield base64.b64encode(piece).decode()


@dataclass(frozen=True)
class RecordedFile:
    """One file as a provenance tells about it; `lines` are None where it was not changed."""

    name: str
    written: str
    before: str
    after: str
    packed: str | None = None
    sha256: str = ""
    lines: tuple[str, ...] | None = None


def way_back(source: Source, before: str, out: BinaryIO, delta: BinaryIO) -> UndoDelta:
    """From `out` back to the file of `source`, whose hash is `before`; `delta` is an empty file to keep it in."""
    packed, sha256 = None, before
    with ExitStack() as stack:
        there, wanted = out, stack.enter_context(raw(source))
        if source.compression:
            unpacked = stack.enter_context(_unpacked(wanted, source.compression))
            if _packed_again(unpacked, source.compression) == before:
                packed, sha256 = source.compression, digest(unpacked)
                there, wanted = stack.enter_context(_unpacked(out, packed)), unpacked
        write_delta(there, wanted, delta)
    return UndoDelta(packed, sha256, delta.tell(), delta)


def restore(source: Source, kept: RecordedFile, told: str, out: BinaryIO) -> str:
    """Write the file as it was before; a note where that is so but for its compression.

    Raises Refused where it would be another file, and InputError for a provenance that is damaged.
    """
    try:
        delta = b"".join(base64.b64decode(line, validate=True) for line in kept.lines or ())
        with ExitStack() as stack:
            there = stack.enter_context(raw(source))
            if kept.packed:
                there = stack.enter_context(_unpacked(there, kept.packed))
            hashed = sha256()
            with table_files.compressed(out, kept.packed) as inner:
                for piece in read_delta(there, delta):
                    hashed.update(piece)
                    inner.write(piece)
    except ValueError as error:
        raise InputError(f"{told}: what it keeps of {kept.name} is damaged: {error}") from error
    if hashed.hexdigest() != kept.sha256:
        raise Refused(f"{told}: what it keeps of {kept.name} does not lead back to that file; nothing was written")
    if kept.packed and digest(out) != kept.before:
        return f"{kept.name}: the same content as before, but packed otherwise: its {kept.packed} is another version"
    return ""


def read_recorded_files(path: str | Path) -> tuple[Mapping[str, Any], list[RecordedFile]]:
    """A provenance: all of it, and its files. Raises InputError for what is none, or keeps nothing to undo with."""
    try:
        document = json.loads(Path(path).read_bytes())
        version, files, changed = document["v"], document["files"], document.get("undo")
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DAMAGED as error:
        raise InputError(f"{path}: is not what --provenance wrote: {error}") from error
    if version != VERSION:
        raise InputError(f"{path}: is of version {version!r}, and this hardneg knows version {VERSION}")
    if changed is None:
        raise InputError(f"{path}: keeps nothing to undo with: it was written by an older hardneg; restore a copy")
    try:
        backs = {one["file"]: (one["packed"], one["sha256"], tuple(one["delta"])) for one in changed}
        kept = [
            RecordedFile(
                one["name"], one["written"], one["sha256_before"], one["sha256_after"], *backs.get(one["name"], ())
            )
            for one in files
        ]
    except DAMAGED as error:
        raise InputError(f"{path}: is damaged: {error!r}") from error
    return document, kept


def sha256_of(source: Source) -> str:
    """The hash of a file's bytes as they are on disk."""
    with raw(source) as stream:
        return digest(stream)


def digest(file: BinaryIO) -> str:
    """The hash of all of a file's bytes."""
    file.flush()
    file.seek(0)
    return file_digest(cast("Any", file), "sha256").hexdigest()


def raw(source: Source) -> BinaryIO:
    """The bytes on disk as a real file, which the caller closes."""
    if source.path:
        return source.path.open("rb")
    held = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
    held.write(source.data)
    held.seek(0)
    return held


def fitting(source: Source, kept: Sequence[RecordedFile]) -> RecordedFile | None:
    """What a provenance tells about this very file, before its run or after; files may have moved, so by content."""
    now, name = sha256_of(source), Path(source.name).name
    found = [one for one in kept if now in (one.before, one.after)]
    found.sort(key=lambda one: (name not in (Path(one.written).name, Path(one.name).name), one.after != now))
    if not found:
        return None
    # as before already: there is nothing to do
    return found[0] if found[0].after == now else RecordedFile(found[0].name, found[0].written, now, now)


def _unpacked(packed: BinaryIO, compression: str) -> BinaryIO:
    import pyarrow as pa

    packed.flush()
    packed.seek(0)
    held = tempfile.TemporaryFile()  # noqa: SIM115 -- the caller closes it
    # pyarrow closes what it read: that must not be the caller's file
    with pa.input_stream(os.fdopen(os.dup(packed.fileno()), "rb"), compression=compression) as stream:
        shutil.copyfileobj(stream, held)
    held.flush()
    return held


def _packed_again(unpacked: BinaryIO, compression: str) -> str:
    hashed = _Hashed()
    unpacked.seek(0)
    with table_files.compressed(hashed, compression) as inner:  # type: ignore[arg-type]
        shutil.copyfileobj(unpacked, inner)
    return hashed.hash.hexdigest()


class _Hashed:
    """A file of which only the hash is kept."""

    def __init__(self) -> None:
        self.hash = sha256()

    def write(self, data: Buffer) -> int:
        self.hash.update(data)
        return memoryview(data).nbytes

    def flush(self) -> None:
        """Nothing is held back."""
