"""Files are written whole or not at all, those of a run together, and never over an input."""

from __future__ import annotations

import io
import os
import secrets
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, quote
from hardneg_cli.io.files.disk_sync import sync_file
from hardneg_cli.io.files.file_names import identity, trouble_of

LONGEST_STEM = 200  # bytes of a name that its temporary file's name begins with
DESCRIPTORS = "/proc/self/fd"
REPLACING, NEW = 0o600, 0o666  # before it is as open as the file it replaces; what the umask leaves of a new one


@dataclass(frozen=True)
class _Part:
    """A file on its way to a name. part: its temporary name; None for a pipe or a device, which has no whole.

    nameless: it has that name only once it is whole, so that a kill leaves nothing.
    """

    path: str | Path
    target: str
    part: str | None
    file: BinaryIO
    nameless: bool = False


class WholeFiles:
    """Binary files that take their names together, once all of them are complete and on disk.

    Links are followed. A file that replaces another has its mode, and as far as this process may give them away its
    owner, group, access control list and other extended attributes. Where one cannot take its name, those before it
    are again what they were; only where the file system knows no second names for a file, they stay.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: TracebackType | BaseException | None) -> None:
        try:
            if kind is None:
                self.finish()
                _take_names([part for part in self._parts if part.part])
        finally:
            for one in self._parts:
                with suppress(OSError, InputError):  # what its buffer holds has no room; that has been said
                    one.file.close()
                if one.part:
                    Path(one.part).unlink(missing_ok=True)

    def open(self, path: str | Path, *, first: bool = False) -> BinaryIO:
        """A file to write; what stands at `path` is as it was to the end. first: it takes its name before the others.

        Raises InputError, here and when it is written, for what cannot be written.
        """
        target = os.path.realpath(path)
        if os.path.exists(path) and not os.path.isfile(path):
            out = cast("BinaryIO", io.BufferedWriter(_Output(path, os.fspath(path), os.O_WRONLY)))
            one = _Part(path, target, None, out)
        else:
            part = os.path.join(os.path.dirname(target), _temporary(os.path.basename(target)))
            mode = REPLACING if os.path.exists(target) else NEW
            number = _nameless(os.path.dirname(target), mode)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            out = cast("BinaryIO", io.BufferedRandom(_Output(path, part, flags, mode, number)))
            one = _Part(path, target, part, out, number is not None)
        self._parts.insert(0 if first else len(self._parts), one)
        return out

    def finish(self) -> None:
        """See that all of it is on disk, so that nothing is left to fail but the names."""
        for one in self._parts:
            if one.file.closed:
                continue
            one.file.flush()
            with _naming(one.path):
                if one.part:
                    _resemble(one.file.fileno(), one.target)
                    sync_file(one.file.fileno())
                    if one.nameless:
                        _give_name(one.file.fileno(), one.part)
                one.file.close()


@contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """A binary file that takes its name only once it is complete and on disk, see `WholeFiles`."""
    with WholeFiles() as files:
        yield files.open(path)


class _Output(io.FileIO):
    """Bytes to a file; its errors name what is being written, not the temporary file."""

    def __init__(
        self, path: str | Path, name: str, flags: int, mode: int = NEW, number: int | None = None
    ) -> None:  # fmt: skip
        self._path = path
        opened = (lambda *_: os.open(name, flags, mode)) if number is None else (lambda *_: number)
        with _naming(path):
            super().__init__(name, "w+" if flags & os.O_RDWR else "w", opener=opened)

    def write(self, data: bytes) -> int:  # type: ignore[override]  # any buffer, as in the class above
        with _naming(self._path):
            return super().write(data) or 0


@contextmanager
def _naming(path: str | Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # whoever reads has enough
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _nameless(folder: str, mode: int) -> int | None:
    """A new file in the folder that has no name yet (open(2), O_TMPFILE); None where the system has no such thing."""
    if not hasattr(os, "O_TMPFILE") or not os.path.isdir(DESCRIPTORS):
        return None
    try:
        return os.open(folder, os.O_RDWR | os.O_TMPFILE, mode)
    except OSError:  # with a name the reason will be told, if there is one besides
        return None


def _give_name(number: int, name: str) -> None:
    """Python calls linkat(2), which follows the link there, only where a folder is named, though it plays no part."""
    os.link(f"{DESCRIPTORS}/{number}", name, src_dir_fd=number, follow_symlinks=True)


def _temporary(name: str) -> str:
    """Where the name is as long as names may be, a part of it."""
    return f".{os.fsdecode(os.fsencode(name)[:LONGEST_STEM])}.{secrets.token_hex(4)}.part"


def _resemble(file: int, target: str) -> None:
    """Give the open file what the one at `target` has besides its content, as far as that can be done.

    Only root may give files away; where the group is another one than before, it may do no more than everybody.
    """
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return
    mode = stat.S_IMODE(old.st_mode)
    if hasattr(os, "fchown"):
        with suppress(OSError):
            os.fchown(file, -1, old.st_gid)
        with suppress(OSError):
            os.fchown(file, old.st_uid, -1)
        new = os.fstat(file)
        if new.st_gid != old.st_gid:
            mode = mode & ~0o070 | (mode & 0o007) << 3
        if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
            mode &= 0o777
    if sys.platform == "linux":
        with suppress(OSError):  # a file system without them
            for name in os.listxattr(target):
                with suppress(OSError):  # one that the system alone sets
                    os.setxattr(file, name, os.getxattr(target, name))
    if os.chmod in os.supports_fd:
        os.chmod(file, mode)


def _take_names(parts: Iterable[_Part]) -> None:
    """Rename all, or where one fails none."""
    waiting = list(parts)
    taken: list[tuple[str, str | None, bool]] = []
    whole = False
    try:
        for one in waiting:
            there = os.path.lexists(one.target)
            taken.append((one.target, _second_name(one.target) if there and len(waiting) > 1 else None, there))
            with _naming(one.path):
                os.replace(cast("str", one.part), one.target)
        whole = True
    finally:
        for target, before, there in [] if whole else reversed(taken):
            if before:
                os.replace(before, target)
            elif not there:
                Path(target).unlink(missing_ok=True)
        for _, before, _ in taken:
            if before:
                Path(before).unlink(missing_ok=True)


def _second_name(target: str) -> str | None:
    """Another name of the file, by which it can be called back; None where there can be none."""
    name = os.path.join(os.path.dirname(target), _temporary(os.path.basename(target)))
    try:
        os.link(target, name)
    except OSError:
        return None
    return name


def refuse_overwriting(outputs: Iterable[str | Path], inputs: Iterable[Path | None]) -> None:
    """Raises InputError for an output that is also an input, for one named twice, and for a missing folder."""
    read = [path for path in inputs if path is not None]
    seen: set[str] = set()
    for output in outputs:
        target = Path(output)
        if not target.absolute().parent.is_dir():
            raise InputError(f"{output}: there is no folder {quote(str(target.parent), MOST_OF_A_PATH)}")
        if target.is_dir():
            raise InputError(f"{output}: is a directory")
        if target.exists() and any(path.exists() and path.samefile(target) for path in read):
            raise InputError(f"{output}: is also an input; write to another file")
        if not target.exists() and (trouble := trouble_of(target.name)):
            raise InputError(f"{output}: cannot be the name of a file: {trouble}")
        if identity(target) in seen:
            raise InputError(f"{output}: is named as an output twice")
        seen.add(identity(target))
