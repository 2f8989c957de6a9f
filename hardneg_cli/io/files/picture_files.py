"""The bytes of pictures: of a data URI, of a cell of bytes, or of a file in a folder.

Pictures come from that folder and from what is below it, whatever a path or a link says: else a table from elsewhere
could have any file of the machine read and shown.
"""

from __future__ import annotations

import base64
import json
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

from hardneg_cli.io.files.file_names import IS_WINDOWS, on_another_drive
from hardneg_cli.io.files.open_flags import CAREFULLY

MOST_READ = 1 << 26  # bytes of a file
DATA_URI = re.compile(r"data:image/[a-z0-9+.-]+[;,]", re.IGNORECASE)
BASE64 = re.compile(r"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR)[A-Za-z0-9+/]{40,}={0,2}")  # PNG, JPEG, GIF, WebP
ADDRESS = re.compile(r"[a-z][a-z0-9+-]+://", re.IGNORECASE)


class Unusable(Exception):
    """What cannot be had or shown as a picture; the message says why."""


def picture_bytes(cell: str | None, folder: Path) -> bytes:
    """The bytes of the picture that a cell holds or names, as they are. Raises Unusable where there are none."""
    if not cell or not cell.strip():
        raise Unusable("no picture")
    found = bytes_or_path(cell)
    return found if isinstance(found, bytes) else file_bytes(picture_file(found, folder))


def bytes_or_path(cell: str) -> bytes | str:
    """The bytes that the cell itself holds, else the path that it is.

    It holds them as a data URI, as Hugging Face's `{"bytes": …, "path": …}`, or as base64, which bytes are as text.
    Raises Unusable for what is broken of it.
    """
    if DATA_URI.match(cell):
        return _of_uri(cell)
    if BASE64.fullmatch(cell):
        return _unpacked(cell.encode())
    if not cell.startswith("{"):
        return cell
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    if not (isinstance(found, dict) and found and found.keys() <= {"bytes", "path"}):
        return cell
    held, path = found.get("bytes"), found.get("path")
    if isinstance(held, str) and held:
        return _unpacked(held.encode())
    if isinstance(path, str) and path.strip():
        return path
    raise Unusable("no picture")


def picture_file(cell: str, folder: Path) -> str:
    """The file that the cell names, once all links are followed. Raises Unusable for one outside of the folder."""
    if cell[:5].lower() == "data:" or ADDRESS.match(cell):
        raise Unusable("is no picture's path or data URI")
    if IS_WINDOWS and on_another_drive(cell, os.path.realpath(folder)):
        raise Unusable("is not in the data's folder")
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


def _of_uri(cell: str) -> bytes:
    head, _, data = cell.partition(",")
    content = unquote_to_bytes(data)
    return _unpacked(content) if head.rstrip().lower().endswith(";base64") else content


def _unpacked(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:  # binascii's own is one
        raise Unusable("is broken base64") from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | CAREFULLY)
