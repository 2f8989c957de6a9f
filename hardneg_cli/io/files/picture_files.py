"""The bytes of pictures: of a data URI, or of a file in a folder.

Pictures come from that folder and from what is below it, whatever a path or a link says: else a table from elsewhere
could have any file of the machine read and shown.
"""

from __future__ import annotations

import base64
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

MOST_READ = 1 << 26  # bytes of a file
DATA_URI = re.compile(r"data:image/[a-z0-9+.-]+[;,]", re.IGNORECASE)
ADDRESS = re.compile(r"[a-z][a-z0-9+-]+://", re.IGNORECASE)


class Unusable(Exception):
    """What cannot be had or shown as a picture; the message says why."""


def picture_bytes(cell: str | None, folder: Path) -> bytes:
    """The bytes of the picture that a cell holds or names, as they are. Raises Unusable where there are none."""
    if not cell or not cell.strip():
        raise Unusable("no picture")
    if DATA_URI.match(cell):
        return _embedded(cell)
    return file_bytes(picture_file(cell, folder))


def picture_file(cell: str, folder: Path) -> str:
    """The file that the cell names, once all links are followed. Raises Unusable for one outside of the folder."""
    if cell[:5].lower() == "data:" or ADDRESS.match(cell):
        raise Unusable("is no picture's path or data URI")
    try:
        path = os.path.realpath(folder / cell, strict=True)
    except OSError as error:
        raise Unusable((error.strerror or str(error)).lower()) from error
    except ValueError as error:  # a path with a NUL
        raise Unusable("no such file or directory") from error
    if not Path(path).is_relative_to(os.path.realpath(folder)):
        raise Unusable("is not in the data's folder")
    return path


def file_bytes(path: str) -> bytes:
    """A regular file's bytes; a pipe or a device might have no end."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise Unusable("is not a file")
            if status.st_size > MOST_READ:
                raise Unusable(f"{status.st_size / 1e6:,.0f} MB are too many ({MOST_READ / 1e6:,.0f} MB at most)")
            return file.read(MOST_READ)
    except OSError as error:
        raise Unusable((error.strerror or str(error)).lower()) from error


def _embedded(cell: str) -> bytes:
    head, _, data = cell.partition(",")
    try:
        content = unquote_to_bytes(data)
        return base64.b64decode(content, validate=True) if head.rstrip().lower().endswith(";base64") else content
    except ValueError as error:  # binascii's own is one
        raise Unusable("is a broken data URI") from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
