"""What was written is on disk: by what each system has for it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

if sys.platform == "darwin":
    from fcntl import F_FULLFSYNC, fcntl


def sync_file(number: int) -> None:
    """The bytes of an open file outlive a crash. Raises OSError where they cannot be written.

    On macOS fsync(2) leaves them with the drive, which may keep them for a while; F_FULLFSYNC does not, where the file
    system has it.
    """
    if sys.platform == "darwin":
        with suppress(OSError):
            fcntl(number, F_FULLFSYNC)
            return
    os.fsync(number)


def sync_folder(folder: str) -> None:
    """A new file's name, which is in its folder, outlives a crash. Windows opens no folders, and keeps names itself."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        sync_file(number)
    finally:
        os.close(number)
