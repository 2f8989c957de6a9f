"""A lock on a file: one process at a time, and nothing of it left beside the file when nobody holds it.

The lock is a file of its own, `<file>.lock`, because the file itself may be replaced. Whoever holds it takes its name
away before letting go; whoever waited for it then holds a file without a name, which filelock sees (from 3.21 on), and
tries again. One that a kill left behind is free, and gone when the next run is done with it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

from hardneg_cli.errors import Busy, InputError

LOCK_SUFFIX = ".lock"
POLL_SECONDS = 0.002  # far below what one append takes, so that one of many writers does not starve


@contextmanager
def locked(path: str | Path, patience: float) -> Iterator[None]:
    """Hold the lock of the file. Raises Busy if somebody else holds it for `patience` seconds.

    Where the file is a link, it is the lock of what the link leads to. Raises InputError where there can be no lock.
    """
    from filelock import FileLock, Timeout

    name = lock_of(path)
    _refuse_other_files(name)
    lock = FileLock(name, timeout=patience, poll_interval=POLL_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(f"{path}: another run is writing to it; try again") from None
    except OSError as error:
        raise InputError(f"{path}{LOCK_SUFFIX}: cannot be written: {error.strerror or error}") from error
    own = _identity(name)
    try:
        yield
    finally:
        if own is not None and _identity(name) == own:  # else somebody took it away, and another one has the name
            with suppress(PermissionError):  # another user's, in a folder where only they may take it away
                os.unlink(name)
        lock.release()


def lock_of(path: str | Path) -> str:
    """The name of the file's lock."""
    return os.path.realpath(path) + LOCK_SUFFIX


def _refuse_other_files(name: str) -> None:
    """Raises InputError for a file of that name that has something in it: it is no lock, and not ours to take away."""
    try:
        found = os.lstat(name)
        with open(name, "rb") if stat.S_ISREG(found.st_mode) and found.st_size else BytesIO() as file:
            first = file.readline(20).strip()
    except FileNotFoundError:
        return
    # where files cannot be locked, filelock writes down which process has it
    if not stat.S_ISREG(found.st_mode) or (first and not first.isdigit()):
        raise InputError(f"{name}: is in the way: it has the name of a lock, and is another file")


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(name)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
