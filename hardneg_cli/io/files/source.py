"""One input file: its name for messages, and its bytes, decompressed, as often as they are needed."""

from __future__ import annotations

import glob
import io
import os
import re
import sys
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files import remote

if TYPE_CHECKING:
    import pyarrow as pa

HEAD_BYTES = 1 << 16
COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\x28\xb5\x2f\xfd": "zstd"}
COMPRESSED_SUFFIXES = (".gz", ".bz2", ".zst")
SHEET = re.compile(r"\.xls[xm](?:\.(?:gz|bz2|zst))?#(?P<sheet>.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Source:
    """A file, a remote one (`path` is None, `url` is not), or standard input held in memory (both are None).

    `name` is what the user typed, but for the `sheet` of a workbook that was named behind it; `suffix` is the extension
    below any compression (`.csv` of `a.csv.gz`).
    """

    name: str
    path: Path | None = None
    data: bytes = field(default=b"", repr=False)
    url: str | None = None
    sheet: str | None = None

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
        """A fresh stream of the decompressed bytes."""
        import pyarrow as pa

        try:
            return pa.input_stream(self._raw(), compression=self.compression)
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read: {error}") from error

    def seekable(self) -> pa.NativeFile | io.BytesIO:
        """The decompressed bytes as a file that can seek; it is not mapped, because mapped pages stay in memory."""
        import pyarrow as pa

        if self.compression:
            with self.open() as stream:
                return io.BytesIO(stream.read())
        if self.url:
            return pa.PythonFile(remote.opened(self.url), mode="r")
        return pa.OSFile(str(self.path)) if self.path else io.BytesIO(self.data)

    def _raw(self) -> BinaryIO | str | pa.Buffer:
        import pyarrow as pa

        if self.url:
            return remote.opened(self.url)
        return str(self.path) if self.path else pa.py_buffer(self.data)

    def _raw_head(self) -> bytes:
        if self.url:
            with remote.opened(self.url) as file:
                return file.read(4)
        if self.path is None:
            return self.data[:4]
        with self.path.open("rb") as stream:
            return stream.read(4)


def sources(pattern: str, *, may_be_remote: bool = False) -> tuple[Source, ...]:
    """The file called `pattern`, the files that match it as a glob (sorted), or standard input for `-`.

    may_be_remote: they are only read, so that a URL will do.
    Raises InputError for a missing or empty file, a directory, and a git-lfs or DVC pointer.
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
        found = (Source("standard input", data=sys.stdin.buffer.read()),)
    elif pattern and Path(pattern).exists():
        found = (Source(pattern, Path(pattern)),)
    else:
        found = tuple(Source(name, Path(name)) for name in sorted(glob.glob(pattern, recursive=True)))
    if not found:
        raise InputError(f"no file {pattern!r}{_beside(pattern)}")
    for source in found:
        _refuse_what_is_no_data(source)
    return found


def parted(name: str) -> tuple[str, str | None]:
    """A workbook's name and the sheet named behind it, `book.xlsx#Sheet`; a file of the whole name goes first."""
    found = SHEET.search(name)
    if found is None or not found["sheet"] or os.path.exists(name):
        return name, None
    return name[: found.start("sheet") - 1], found["sheet"]


def _beside(pattern: str) -> str:
    folder = Path(pattern).parent
    names = [str(path) for path in folder.iterdir()] if folder.is_dir() else []
    return did_you_mean(pattern, names)


def _refuse_what_is_no_data(source: Source) -> None:
    if source.path and source.path.is_dir():
        raise InputError(f"{source.name} is a directory: name a file, or a pattern such as {source.name}/*.parquet")
    try:
        head = source.head
    except (OSError, EOFError) as error:
        raise InputError(f"{source.name}: cannot be read: {error}") from error
    if not head.strip():
        raise InputError(f"{source.name} is empty")
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        raise InputError(f"{source.name} is a git-lfs pointer, not the data: run 'git lfs pull' first")
    if source.suffix == ".dvc" or (head.startswith(b"outs:") and b"md5:" in head[:200]):
        raise InputError(f"{source.name} is a DVC pointer, not the data: run 'dvc pull' and name the file it points to")
