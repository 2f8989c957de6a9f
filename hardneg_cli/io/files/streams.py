"""Inputs that can be read once, as standard input and pipes, and those that are no data: devices, sockets, folders."""

from __future__ import annotations

import os
import select
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import BinaryIO, TypeAlias

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.file_names import IS_WINDOWS
from hardneg_cli.io.files.limits import DOCUMENT, STREAM, in_words

CHUNK_BYTES = 1 << 20
POLL_SECONDS = 0.02
STANDARD_INPUT = "standard input"
Key: TypeAlias = tuple[int, int] | str  # of a stream: its device and inode, or `-`

_held: ContextVar[dict[Key, bytearray] | None] = ContextVar("held", default=None)


@contextmanager
def read_once() -> Iterator[None]:
    """Within, each stream is read once, and is the same bytes for whoever asks again."""
    if _held.get() is not None:
        yield
        return
    token = _held.set({})
    try:
        yield
    finally:
        _held.reset(token)


def standard_input() -> bytearray:
    """All of standard input. Raises InputError where it is closed, a device, a folder, or longer than the limit."""
    if sys.stdin is None:
        raise InputError(f"{STANDARD_INPUT} is closed")
    found = _status_of_standard_input()
    if found is not None and not os.isatty(sys.stdin.fileno()):
        _refuse(STANDARD_INPUT, found, socket_too=False)
    return _once(_key("-") or "-", lambda: _bytes(STANDARD_INPUT, sys.stdin.buffer))


def is_stream(path: Path) -> bool:
    """Whether this is a pipe. Raises InputError for a device, a socket or a folder."""
    found = path.stat()
    if stat.S_ISFIFO(found.st_mode):
        return True
    _refuse(str(path), found)
    return False


def stream(path: Path) -> bytearray:
    """All that comes through a pipe; a signal ends the wait. Raises InputError beyond the limit."""

    def read() -> bytearray:
        with path.open("rb", buffering=0) as pipe:
            return _bytes(str(path), pipe)

    found = path.stat()
    return _once((found.st_dev, found.st_ino), read)


def is_input(name: str) -> bool:
    """Whether something to read is called so: a file, a pipe, or standard input for `-`; a folder is not."""
    try:
        return name == "-" or (Path(name).exists() and not Path(name).is_dir())
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False


def document(path: str | Path, most: int = DOCUMENT) -> bytes:
    """A file of at most so many bytes that is read as a whole, as a list of names is: a pipe, too, or `-`.

    Raises InputError for what is no file, or longer than the limit; OSError where it cannot be read.
    """
    if str(path) == "-":
        return bytes(standard_input())
    path = Path(path)
    if is_stream(path):
        return bytes(stream(path))
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(f"{path}: more than {in_words(most)}")
    return data


def refuse_naming_twice(names: Iterable[str]) -> None:
    """Raises InputError where two of the names are the same stream, which can be read only once."""
    seen: dict[Key, str] = {}
    for name in names:
        key = _key(name)
        if key is None:
            continue
        if key in seen:
            both = f" (as {seen[key]} and as {name})" if seen[key] != name else ""
            one = STANDARD_INPUT if name == "-" else name
            raise InputError(f"{one} is named twice{both}, but a stream can be read only once")
        seen[key] = name


def _once(key: Key, read: Callable[[], bytearray]) -> bytearray:
    held = _held.get()
    if held is None:
        return read()
    if key not in held:
        held[key] = read()
    return held[key]


def _bytes(name: str, file: BinaryIO) -> bytearray:
    data = bytearray()  # it grows without a second copy
    try:
        while (more := file.read(CHUNK_BYTES)) != b"":
            if more is None:  # whoever opened it wants nobody to wait
                _wait_for(file)
                continue
            data += more
            if len(data) > STREAM:
                raise InputError(f"{name}: more than {in_words(STREAM)} through a pipe; name a file instead")
    except OSError as error:
        raise InputError(f"{name}: cannot be read: {error.strerror or error}") from error
    return data


def _wait_for(pipe: BinaryIO) -> None:
    """Until there is something to read; Windows tells that of sockets alone."""
    if IS_WINDOWS:
        time.sleep(POLL_SECONDS)
    else:
        select.select([pipe], [], [])


def _refuse(name: str, found: os.stat_result, *, socket_too: bool = True) -> None:
    kind = found.st_mode
    if stat.S_ISDIR(kind):
        raise InputError(f"{name} is a directory: name a file, or a pattern such as {name}/*.parquet")
    if stat.S_ISCHR(kind) and _device(found) == _device(os.stat(os.devnull)):
        raise InputError(f"{name} is empty")
    if stat.S_ISCHR(kind) or stat.S_ISBLK(kind):
        raise InputError(f"{name} is a device, not a file")
    if stat.S_ISSOCK(kind) and socket_too:
        raise InputError(f"{name} is a socket, not a file")


def _device(found: os.stat_result) -> int:
    """Which one it is; Windows does not tell them apart."""
    return getattr(found, "st_rdev", 0)


def _status_of_standard_input() -> os.stat_result | None:
    """None where Python's standard input is no file of the system."""
    try:
        return os.fstat(sys.stdin.fileno())
    except (OSError, AttributeError):
        return None


def _key(name: str) -> Key | None:
    """What tells the stream of that name from others; None for what is no stream."""
    if name == "-":
        found = None if sys.stdin is None else _status_of_standard_input()
        return (found.st_dev, found.st_ino) if found is not None and stat.S_ISFIFO(found.st_mode) else "-"
    try:
        found = os.stat(name)
    except (OSError, ValueError):  # no such file, or no name of one
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISFIFO(found.st_mode) else None
