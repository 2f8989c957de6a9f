"""The settings file of a folder: `hardneg.toml`, or `[tool.hardneg]` of `pyproject.toml`.

It is looked for in a folder and upwards to the root of that folder's repository, no further; where there is no
repository, in the folder alone. Reading one is bounded: in size, in depth and in the parts of a key.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files import remote
from hardneg_cli.io.files.open_flags import LINKS_TOO
from hardneg_cli.io.files.repository_root import repository_root

LARGEST = 1 << 18  # bytes
DEEPEST = 8  # tables within tables
KEY_PARTS = 300  # points in a line outside of texts: what reading a key costs grows with their square
LONGEST_REASON = 200
KINDS: tuple[tuple[str, tuple[str, ...]], ...] = (("hardneg.toml", ()), ("pyproject.toml", ("tool", "hardneg")))
TEXT = re.compile(r'"(?:[^"\\]|\\.?)*(?:"|$)|\'[^\']*(?:\'|$)')  # closed or not, so that it takes one look
MAGIC = frozenset("*?[")

Reader = Callable[[Path], bytes | None]


@dataclass(frozen=True)
class SettingsFile:
    """name: as messages call it. folder: where it stands, without links, to which its paths are relative."""

    name: str
    folder: Path
    table: Mapping[str, object]


def nearest(folder: Path, read: Reader | None = None, named: Callable[[Path], str] = str) -> SettingsFile | None:
    """The nearest file with settings, from `folder` upwards to the root of its repository.

    read: what gives a file's bytes, by default the work tree. named: how the file is called.
    Raises InputError for one that cannot be read.
    """
    places = [*places_of(folder)]
    for place in places:
        for name, keys in KINDS:
            path = place / name
            found = _bytes(path, within=places[-1]) if read is None else read(path)
            if found is None or (keys and keys[-1].encode() not in found):
                continue  # a pyproject.toml that does not mention us is for others to read
            table = _table(named(path), found, keys)
            if table or not keys:
                return SettingsFile(named(path), place, table)
    return None


def folder_of(data: str | None) -> Path:
    """The folder whose settings hold: that of `data`; for standard input, a URL and nothing the working folder."""
    if data is None or data == "-" or remote.is_remote(data):
        return Path.cwd()
    return Path(os.path.realpath(typed_folder(data)))


def typed_folder(data: str) -> Path:
    """The folder of a file as it was typed, in which links may be; of a pattern, the one that it begins in."""
    path = Path(data)
    if MAGIC & set(data) and not os.path.lexists(data):
        fixed = next(place for place, part in enumerate(path.parts) if MAGIC & set(part))
        path = Path(*path.parts[:fixed], "any")
    return Path(os.path.abspath(path if os.path.isdir(path) else path.parent))


def places_of(folder: Path) -> Iterator[Path]:
    """The folders in which its settings may be, the nearest first."""
    root = repository_root(folder)
    yield folder
    for place in folder.parents if root is not None else ():
        if place.is_relative_to(root or place):
            yield place


def _bytes(path: Path, within: Path) -> bytes | None:
    """The file's content, None where there is none. Raises InputError for what is no file, and for a link that leaves.

    A file that somebody put where everybody may write is nobody's settings.
    """
    if not os.path.lexists(path):
        return None
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(within):
        raise InputError(f"{path}: is a link out of {within}, so it holds no settings; --no-config leaves it unread")
    try:
        file = os.open(real, os.O_RDONLY | LINKS_TOO)  # a pipe would wait for a writer
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    state = os.fstat(file)
    if not stat.S_ISREG(state.st_mode):
        os.close(file)
        raise InputError(f"{path}: is no file, so it holds no settings; --no-config leaves it unread")
    with os.fdopen(file, "rb") as opened:
        return None if _planted(state.st_uid, path.parent) else opened.read(LARGEST + 1)


def _planted(owner: int, folder: Path) -> bool:
    """Whether a file of that owner lies in a folder of everybody's, such as /tmp, and is neither theirs nor ours."""
    state = folder.stat()
    known = {0, state.st_uid, os.getuid() if hasattr(os, "getuid") else owner}
    return bool(state.st_mode & stat.S_IWOTH) and owner not in known


def _table(name: str, content: bytes, keys: tuple[str, ...]) -> dict[str, object]:
    """The table of settings. Raises InputError for what is no TOML, or beyond the limits."""
    if len(content) > LARGEST:
        raise InputError(f"{name}: is larger than {LARGEST >> 10} KiB, which no settings are")
    try:
        text = content.decode("utf-8-sig")
        if any(TEXT.sub("", line).count(".") > KEY_PARTS for line in text.splitlines()):
            raise InputError(f"{name}: a key of more than {KEY_PARTS} parts")
        table: object = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # no UTF-8, no TOML, a number of too many digits, too deep
        raise InputError(f"{name}: cannot be read as TOML: {str(error)[:LONGEST_REASON]}") from error
    for key in keys:
        table = table.get(key, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise InputError(f"{name}: {quote(key)} is not a table; settings belong in [{'.'.join(keys)}]")
    _refuse_depth(name, table)
    return table if isinstance(table, dict) else {}


def _refuse_depth(name: str, table: object) -> None:
    level = [table]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    if level:
        raise InputError(f"{name}: tables or lists more than {DEEPEST} deep")
