"""The files of a folder of pictures: what is a picture there, its hash, and why one cannot be used.

Hidden files and folders, and folders that begin with two underscores, are no part of it, as for `datasets`. Links to
folders are not followed, and a link that leaves the folder is no picture of it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.file_names import with_slashes
from hardneg_cli.io.files.folders import PARQUET, SEVERAL, is_saved_dataset
from hardneg_cli.io.files.limits import STREAM, in_words
from hardneg_cli.io.files.open_flags import CAREFULLY
from hardneg_cli.runtime.threads import in_order

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff")
METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
OF_SYSTEMS = ("thumbs.db", "desktop.ini")  # what systems leave in folders that they have shown
LFS = b"version https://git-lfs.github.com/spec/"
LFS_POINTER = "is a git-lfs pointer, not the picture: run 'git lfs pull' first"
MOST_PICTURES = 2_000_000
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class PictureFile:
    """path: below its folder, parted by `/`. sha256: of its bytes, in hexadecimal.

    trouble: why it cannot be used, in which case there is no hash.
    """

    path: str
    sha256: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class FolderNames:
    """Paths below a folder, sorted: pictures, files of metadata, other files, and links to folders."""

    pictures: tuple[str, ...]
    metadata: tuple[str, ...]
    others: tuple[str, ...]
    linked: tuple[str, ...] = ()


def holds_pictures(folder: str) -> bool:
    """Whether a folder is one of pictures, and no dataset of Parquet or Arrow files, which may have some beside it.

    Its subfolders hold pictures and no Parquet files; or it holds pictures itself, and no Parquet files at all.
    """
    if is_saved_dataset(folder) or (Path(folder) / SEVERAL).is_file():
        return False
    nested = top = beside = False
    for path in _paths(folder):
        name = path.rpartition("/")[2].lower()
        if name.endswith(PARQUET) and name not in METADATA:
            if "/" in path:
                return False
            beside = True
        elif name.endswith(PICTURES):
            nested, top = nested or "/" in path, top or "/" not in path
    return nested or (top and not beside)


def is_picture_folder(name: str) -> bool:
    """Whether the data of this name are a folder of pictures."""
    return os.path.isdir(name) and holds_pictures(name)


def sorted_out(paths: Iterator[str], linked: tuple[str, ...] = ()) -> FolderNames:
    """What is what among the paths of files. Raises InputError for more pictures than there may be."""
    pictures: list[str] = []
    metadata: list[str] = []
    others: list[str] = []
    for path in paths:
        called = path.rpartition("/")[2]
        name = called.lower()
        if name.endswith(PICTURES):
            pictures.append(path)
        elif called in METADATA:
            metadata.append(path)
        elif name not in OF_SYSTEMS:
            others.append(path)
        if len(pictures) > MOST_PICTURES:
            raise InputError(f"a folder holds more than {MOST_PICTURES:,} pictures: name a part of it")
    return FolderNames(tuple(sorted(pictures)), tuple(sorted(metadata)), tuple(sorted(others)), linked)


def names_in(folder: str) -> FolderNames:
    """The files below a folder. Raises InputError for a folder that cannot be read."""
    linked: list[str] = []
    found = sorted_out(_paths(folder, linked))
    return FolderNames(found.pictures, found.metadata, found.others, tuple(sorted(linked)))


def hashed(folder: str, paths: tuple[str, ...]) -> Iterator[PictureFile]:
    """The pictures with their hashes, read on several threads, a piece at a time."""
    yield from in_order(partial(picture_file, folder, os.path.realpath(folder)), paths)


def picture_file(folder: str, within: str, path: str) -> PictureFile:
    """One of them. within: the folder once all links are followed, which the picture's file must not leave."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return PictureFile(readable(path), trouble="its name is no UTF-8")
    try:
        real = os.path.realpath(os.path.join(folder, path), strict=True)
        if not Path(real).is_relative_to(within):
            return PictureFile(path, trouble="is a link that leaves the folder")
        return _read(path, real)
    except OSError as error:
        return PictureFile(path, trouble=(error.strerror or str(error)).lower())


def _read(path: str, real: str) -> PictureFile:
    number = os.open(real, os.O_RDONLY | CAREFULLY)
    with open(number, "rb", buffering=0) as file:
        status = os.fstat(number)
        if not stat.S_ISREG(status.st_mode):
            return PictureFile(path, trouble="is no file, but a pipe, a device or a folder")
        if status.st_size > STREAM:
            return PictureFile(
                path, trouble=f"{in_words(status.st_size)} are too many for a picture ({in_words(STREAM)} at most)"
            )
        found, length = sha256(), 0
        while piece := file.read(CHUNK_BYTES):
            if not length and piece.startswith(LFS):
                return PictureFile(path, trouble=LFS_POINTER)
            found.update(piece)
            length += len(piece)
    return PictureFile(path, found.hexdigest()) if length else PictureFile(path, trouble="is empty")


def regular(folder: str, path: str) -> Path:
    """A file below the folder that is no picture. Raises InputError for what is no file, or leaves the folder."""
    found = Path(folder, path)
    try:
        real = Path(os.path.realpath(found, strict=True))
        if stat.S_ISREG(real.stat().st_mode) and real.is_relative_to(os.path.realpath(folder)):
            return found
    except OSError as error:
        raise InputError(f"{found}: cannot be read: {error.strerror or error}") from error
    raise InputError(f"{found}: is no file of this folder")


def readable(path: str) -> str:
    """A path as text, be its bytes what they may."""
    return os.fsencode(path).decode(errors="backslashreplace")


def _paths(folder: str, linked: list[str] | None = None) -> Iterator[str]:
    """The files below a folder, in no order; `linked` takes the links to folders, which are not followed.

    Raises InputError for a folder that cannot be read where `linked` is given; else such a one holds nothing.
    """

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: cannot be read: {error.strerror or error}") from error

    for place, folders, names in os.walk(folder, onerror=None if linked is None else refuse):
        below = with_slashes(os.path.relpath(place, folder))
        prefix = "" if below == "." else f"{below}/"
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        if linked is not None:
            linked += [prefix + name for name in folders if os.path.islink(os.path.join(place, name))]
        yield from (prefix + name for name in names if not name.startswith("."))
