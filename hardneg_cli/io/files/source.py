"""One input file: its name for messages, and its bytes, decompressed, as often as they are needed."""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, did_you_mean, quote
from hardneg_cli.io.files import remote, streams
from hardneg_cli.io.files.folders import files_of
from hardneg_cli.io.files.limits import STREAM, in_words, refuse_bomb
from hardneg_cli.io.files.picture_folder import holds_pictures

if TYPE_CHECKING:
    import pyarrow as pa

HEAD_BYTES = 1 << 16
CHUNK_BYTES = 1 << 20
LISTING = "hardneg_cli.io.tables.picture_listing"  # by its name: metadata are tables, whose readers need this module
MOST_BESIDE = 10_000  # files that are looked through for a name like one that is not there
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".zst")
SHEET = re.compile(r"\.(?:xls[xm]|npz)(?:\.(?:gz|bz2|zst))?#(?P<sheet>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class PictureListing:
    """A folder of pictures, one a row. notes: what to say about it.

    troubles: why rows cannot be used, by row. unlabeled: why rows have no label, where no other column is the label.
    metadata: the files with further columns, by their paths below the folder, with the row of each of their rows.
    renamed: columns of these that are called otherwise here, because the list has one of that name. in_splits: whether
    the classes stand in folders of splits.
    """

    folder: Path
    troubles: Mapping[int, str]
    unlabeled: Mapping[int, str]
    notes: tuple[str, ...] = ()
    metadata: Mapping[str, tuple[int, ...]] = field(default_factory=dict, repr=False)
    renamed: Mapping[str, str] = field(default_factory=dict)
    in_splits: bool = False


@dataclass(frozen=True)
class Source:
    """A file, a remote one (`path` is None, `url` is not), or a pipe's content held in memory (both are None).

    `name` is what the user typed, but for the `sheet` of a workbook that was named behind it; `suffix` is the extension
    below any compression (`.csv` of `a.csv.gz`). `partition`: columns that are not in the file, with the value that all
    its rows have. `pictures`: what is listed in it, where it is a folder of pictures.
    """

    name: str
    path: Path | None = None
    data: bytes | bytearray = field(default=b"", repr=False)
    url: str | None = None
    sheet: str | None = None
    partition: tuple[tuple[str, str | None], ...] = ()
    pictures: PictureListing | None = None

    @cached_property
    def known(self) -> dict[object, Any]:
        """What a reader has found out about the file and need not look for again."""
        return {}

    @cached_property
    def compression(self) -> str | None:
        """`gzip`, `bz2`, `zstd` or None, told by the first bytes."""
        first = self._raw_head()
        return next((kind for magic, kind in COMPRESSIONS.items() if first.startswith(magic)), None)

    @cached_property
    def head(self) -> bytes:
        """The first decompressed bytes (at most `HEAD_BYTES`)."""
        with self.open() as stream:
            return bytes(stream.read(HEAD_BYTES))

    @cached_property
    def size(self) -> int:
        """How many bytes there are, packed as they are."""
        if self.url:
            with remote.opened(self.url) as file:
                return file.seek(0, io.SEEK_END)
        return self.path.stat().st_size if self.path else len(self.data)

    @property
    def suffix(self) -> str:
        name = Path(self.name)
        return (Path(name.stem) if name.suffix.lower() in COMPRESSED_SUFFIXES else name).suffix.lower()

    def open(self) -> pa.NativeFile:
        """A fresh stream of the decompressed bytes.

        Reading it raises InputError where they are far more than a file of this size holds.
        """
        import pyarrow as pa

        try:
            raw = self._raw()
            if self.compression is None:
                return raw
            unpacked = pa.CompressedInputStream(raw, self.compression)
            return pa.PythonFile(_Unpacked(self.name, unpacked, self.size), mode="r")
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read: {error}") from error

    def seekable(self) -> pa.NativeFile:
        """The decompressed bytes as a file that can seek; it is not mapped, because mapped pages stay in memory.

        Raises InputError where they are far more than a file of this size holds.
        """
        import pyarrow as pa

        if not self.compression:
            return self._raw()
        held = bytearray()
        with self.open() as stream:
            while more := stream.read(CHUNK_BYTES):
                held += more
                if len(held) > STREAM:
                    raise InputError(f"{self.name}: unpacks to more than {in_words(STREAM)}; unpack it first")
        return pa.BufferReader(pa.py_buffer(held))

    def _raw(self) -> pa.NativeFile:
        """The bytes as they are, as a file that can seek."""
        import pyarrow as pa

        if self.url:
            return pa.PythonFile(remote.opened(self.url), mode="r")
        # the bytes of a name, as it need not be UTF-8
        return pa.OSFile(os.fsencode(self.path)) if self.path else pa.BufferReader(pa.py_buffer(self.data))

    def _raw_head(self) -> bytes:
        with self._raw() as raw:
            return bytes(raw.read(4))


class _Unpacked(io.RawIOBase):
    """What a packed stream of `size` bytes holds. Reading it ends with an InputError where that is too much."""

    def __init__(self, name: str, stream: pa.NativeFile, size: int) -> None:
        self._name, self._stream, self._size, self._unpacked = name, stream, size, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        try:
            data = bytes(self._stream.read(None if size < 0 else size))
        except OSError as error:
            raise InputError(f"{self._name}: cannot be read: {error}") from error
        self._unpacked += len(data)
        refuse_bomb(self._name, self._unpacked, self._size, advice="unpack it first, if it is to be trusted")
        return data

    def close(self) -> None:
        self._stream.close()
        super().close()


def sources(pattern: str, *, may_be_remote: bool = False) -> tuple[Source, ...]:
    """The file called `pattern`, the folder's files, those that match it as a glob (sorted), or standard input for `-`.

    may_be_remote: they are only read, so that a URL will do.
    Raises InputError for a missing or empty file, a folder that is no dataset, and a git-lfs or DVC pointer.
    """
    pattern, sheet = parted(pattern)
    if sheet is not None:
        return tuple(replace(source, sheet=sheet) for source in sources(pattern, may_be_remote=may_be_remote))
    if is_a_url := remote.is_remote(pattern) and not Path(pattern).exists():
        pattern = remote.local(pattern)
        is_a_url = remote.is_remote(pattern)
    if is_a_url and not may_be_remote:
        raise InputError(f"{pattern} is remote: copy it to this machine first")
    if is_a_url:
        found: tuple[Source, ...] = tuple(Source(url, url=url) for url in remote.matching(pattern))
    elif pattern == "-":
        found = (Source(streams.STANDARD_INPUT, data=streams.standard_input()),)
    elif os.path.isdir(pattern):
        found = _folder(pattern)
    elif _exists(pattern):
        found = (_file(pattern),)
    else:
        found = tuple(_file(name) for name in sorted(glob.glob(pattern, recursive=True)))
    if not found:
        raise InputError(f"no file {quote(pattern, MOST_OF_A_PATH)}{_beside(pattern)}")
    for source in found:
        _refuse_what_is_no_data(source)
    return found


def _folder(name: str) -> tuple[Source, ...]:
    """The files of a folder that is one dataset, or the list of its pictures as one file."""
    if not holds_pictures(name):
        return tuple(replace(_file(one.name), partition=one.partition) for one in files_of(name))
    listing_of: Callable[[str], Source] = import_module(LISTING).listing_of
    return (listing_of(name),)


def parted(name: str) -> tuple[str, str | None]:
    """A workbook's name and the sheet named behind it, `book.xlsx#Sheet`, or an archive's and the array's.

    A file of the whole name goes first.
    """
    found = SHEET.search(name)
    if found is None or not found["sheet"] or os.path.exists(name):
        return name, None
    return name[: found.start("sheet") - 1], found["sheet"]


def _exists(pattern: str) -> bool:
    """Whether there is a file of that very name."""
    try:
        return bool(pattern) and Path(pattern).exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def _file(name: str) -> Source:
    """What is there: a file, or what comes through a pipe. Raises InputError for what is no data."""
    path = Path(name)
    try:
        return Source(name, data=streams.stream(path)) if streams.is_stream(path) else Source(name, path)
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error


def _beside(pattern: str) -> str:
    """What is called much the same, in the folder that is named."""
    folder = Path(pattern).parent
    try:
        names = [str(path) for path in islice(folder.iterdir(), MOST_BESIDE)]
    except (OSError, ValueError):
        return ""
    return did_you_mean(pattern, names)


def _refuse_what_is_no_data(source: Source) -> None:
    try:
        head = source.head
    except (OSError, EOFError) as error:
        raise InputError(f"{source.name}: cannot be read: {error}") from error
    if not head.strip() and len(head) < HEAD_BYTES:
        raise InputError(f"{source.name} is empty")
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        raise InputError(f"{source.name} is a git-lfs pointer, not the data: run 'git lfs pull' first")
    if source.suffix == ".dvc" or (head.startswith(b"outs:") and b"md5:" in head[:200]):
        raise InputError(f"{source.name} is a DVC pointer, not the data: run 'dvc pull' and name the file it points to")
