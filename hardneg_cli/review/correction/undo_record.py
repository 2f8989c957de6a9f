"""What a run keeps in its provenance so that it can be undone: each file's way back, byte for byte."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NotRequired, TypedDict, cast

from hardneg_cli.errors import InputError, Refused, quote
from hardneg_cli.io.files.inverse_edits import InverseEdits, RewriteTarget, revert
from hardneg_cli.io.files.limits import DOCUMENT, most_unpacked
from hardneg_cli.io.files.scratch_file import scratch_file
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.streams import document as document_bytes
from hardneg_cli.io.files.zstd_patch import patched, write_patch
from hardneg_cli.io.tables import table_files

if TYPE_CHECKING:
    from typing_extensions import Buffer

VERSION = 2
EDITS, PATCH = "inverse edits", "zstd patch"
CHUNK_BYTES = 1 << 20
LINE_BYTES = 6 << 10  # of the data in one line of the document
DOCUMENT_FOLD = 3  # of the data, at least of those that the run left
DAMAGED = (KeyError, TypeError, ValueError, AttributeError, RecursionError)  # what a document of another shape leads to


class MovesDocument(TypedDict):
    """What happened to a folder of pictures, see `picture_record`."""

    moves: list[dict[str, str]]
    made: list[str]


class ProvenanceDocument(TypedDict):
    """As far as undoing reads it; of what a file holds indeed nothing is known yet."""

    v: int
    files: list[dict[str, str]]
    undo: NotRequired[list[dict[str, str]]]
    pictures: NotRequired[MovesDocument]


@dataclass(frozen=True)
class UndoRecord:
    """From the bytes written to those before: as inverse edits of text, else as a patch of the bytes on disk.

    packed: the compression below which the edits are meant; None: as on disk. They lead to the same file only where
    packing again gives the same bytes: they are taken if that was tried. sha256: of what the record leads to.
    """

    kind: str
    packed: str | None
    sha256: str
    size: int
    data: BinaryIO = field(repr=False)

    def facts(self) -> dict[str, str | None]:
        return {"kind": self.kind, "packed": self.packed, "sha256": self.sha256}

    def lines(self) -> Iterator[str]:
        self.data.seek(0)
        while piece := self.data.read(LINE_BYTES):
            yield base64.b64encode(piece).decode()


@dataclass(frozen=True)
class RecordedFile:
    """One file as a provenance tells about it; `lines` are None where it was not changed. Raises TypeError."""

    name: str
    written: str
    before: str
    after: str
    kind: str = ""
    packed: str | None = None
    sha256: str = ""
    lines: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        names = (self.name, self.written, self.kind, self.packed or "")
        for text in (*names, self.before, self.after, self.sha256, *(self.lines or ())):
            if not isinstance(text, str):
                raise TypeError(f"{quote(text)} instead of a text")


def undo_record(source: Source, before: str, out: BinaryIO, edited: str, recorded: BinaryIO) -> UndoRecord:
    """From `out` back to the file of `source`, whose hash is `before`.

    recorded: the inverse edits, which lead to text with the hash `edited`; if that is not the file's, a patch takes
    their place.
    """
    if _leads_back(source, before, edited):
        return UndoRecord(EDITS, source.compression, edited, recorded.tell(), recorded)
    recorded.seek(0)
    recorded.truncate()
    with raw(source) as wanted:
        write_patch(wanted, out, recorded)
    return UndoRecord(PATCH, None, before, recorded.tell(), recorded)


def restore(source: Source, kept: RecordedFile, told: str, out: BinaryIO, inverse: InverseEdits | None) -> str:
    """Write the file as it was before; a note where that is so but for its compression.

    Raises Refused where it would be another file, and InputError for a provenance that is damaged.
    """
    try:
        data = io.BytesIO(b"".join(base64.b64decode(line, validate=True) for line in kept.lines or ()))
        most = most_unpacked(data.getbuffer().nbytes + source.size)
        with table_files.compressed(out, kept.packed) as inner:
            hashed = _Hashed(inner)
            if kept.kind == EDITS:
                with source.open() if kept.packed else raw(source) as there:
                    revert(there, data, RewriteTarget(cast("BinaryIO", hashed), inverse), most)
            else:
                with raw(source) as there:
                    hashed.writelines(patched(there, data, most))
    except ValueError as error:
        raise InputError(f"{told}: what it keeps of {kept.name} is damaged: {error}") from error
    if hashed.hash.hexdigest() != kept.sha256:
        raise Refused(f"{told}: what it keeps of {kept.name} does not lead back to that file; nothing was written")
    if kept.packed and digest(out) != kept.before:
        return f"{kept.name}: the same content as before, but packed otherwise: its {kept.packed} is another version"
    return ""


def read_recorded_files(path: str | Path, size: int) -> list[RecordedFile]:
    """The files of a provenance of data that take `size` bytes now.

    Raises InputError for what is none, keeps nothing to undo with, or is far larger than such a one.
    """
    document = provenance_document(path, size)
    files, changed = document["files"], document.get("undo")
    if changed is None:
        raise InputError(f"{path}: keeps nothing to undo with: it was written by an older hardneg; restore a copy")
    try:
        backs = {one["file"]: (one["kind"], one["packed"], one["sha256"], tuple(one["data"])) for one in changed}
        return [
            RecordedFile(
                one["name"], one["written"], one["sha256_before"], one["sha256_after"], *backs.get(one["name"], ())
            )
            for one in files
        ]
    except DAMAGED as error:
        raise InputError(f"{path}: is damaged: {quote(error)}") from error


def provenance_document(path: str | Path, size: int) -> ProvenanceDocument:
    """A provenance of data that take `size` bytes now. Raises InputError for what is none, and for other versions."""
    most = max(DOCUMENT, DOCUMENT_FOLD * size)
    try:
        document: ProvenanceDocument = json.loads(document_bytes(path, most))
        version = document["v"]
        document["files"]
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except DAMAGED as error:
        raise InputError(f"{path}: is not what --provenance wrote: {error}") from error
    if version == 1:
        raise InputError(f"{path}: was written by an older hardneg, and only that can undo it; or restore a copy")
    if version != VERSION:
        raise InputError(f"{path}: is of version {quote(version)}, and this hardneg knows version {VERSION}")
    return document


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
    held = scratch_file()
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


def _leads_back(source: Source, before: str, edited: str) -> bool:
    """Whether text with the hash `edited`, packed as the file of `source` is, is that file, whose hash is `before`."""
    if source.compression is None:
        return edited == before
    content, hashed = sha256(), _Hashed()
    with source.open() as stream, table_files.compressed(cast("BinaryIO", hashed), source.compression) as packing:
        while piece := bytes(stream.read(CHUNK_BYTES)):
            content.update(piece)
            packing.write(piece)
    return content.hexdigest() == edited and hashed.hash.hexdigest() == before


class _Hashed:
    """A file whose bytes are hashed, and passed on if there is somebody who takes them."""

    def __init__(self, out: BinaryIO | None = None) -> None:
        self.hash = sha256()
        self._out = out

    def write(self, data: Buffer) -> int:
        self.hash.update(data)
        if self._out is not None:
            self._out.write(data)
        return memoryview(data).nbytes

    def writelines(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self.write(piece)

    def flush(self) -> None:
        """Nothing is held back."""
