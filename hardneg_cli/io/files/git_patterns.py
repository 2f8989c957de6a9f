"""Patterns of files, matched in a tree of git as they are in a folder."""

from __future__ import annotations

import fnmatch
import glob
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from hardneg_cli.io.files.git_names import LINK, SUBMODULE, LeavesRepository, Missing, TreePath, resolved

MAGIC = frozenset("*?[")


def is_pattern(name: str) -> bool:
    return bool(MAGIC & set(name)) and not Path(name).exists()


def files_now(name: str) -> list[str]:
    """The file of that name, or those that it matches as a pattern."""
    return sorted(glob.glob(name, recursive=True)) if is_pattern(name) else [name]


def root_of(pattern: str) -> Path:
    """The folder that a pattern of files begins in."""
    parts = Path(pattern).parts
    return Path(*parts[: next((place for place, part in enumerate(parts) if MAGIC & set(part)), len(parts) - 1)])


def files_in(folder: TreePath, wanted: Sequence[str]) -> Iterator[tuple[str, TreePath]]:
    """The files below a folder that fit the pattern, by their path from there, sorted."""
    below = f"{folder.commit}:{folder.path}"
    listed = folder.repository("ls-tree", "-r", "-z", "--full-tree", below).split("\0")
    for line in sorted(filter(None, listed), key=lambda line: line.partition("\t")[2]):
        about, _, name = line.partition("\t")
        mode = about.partition(" ")[0]
        parts = (*PurePosixPath(folder.path).parts, *name.split("/"))
        if mode in (LINK, SUBMODULE) and _may_hold(name.split("/"), wanted):
            linked = mode == LINK and resolved(folder.repository, folder.commit, parts, folder=True)
            if not isinstance(linked, Missing):
                raise LeavesRepository(f"{'/'.join(parts)} was a link or a submodule, which a pattern does not cross")
        elif mode != SUBMODULE and _fits(name.split("/"), wanted):
            found = resolved(folder.repository, folder.commit, parts)
            if isinstance(found, TreePath):
                yield name, found


def _may_hold(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether what the pattern is for could stand in a folder of that name."""
    pairs = zip(parts, pattern, strict=False)
    return "**" in pattern or (len(parts) < len(pattern) and all(fnmatch.fnmatchcase(*pair) for pair in pairs))


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """As glob does: `**` is any number of folders, and a star finds no hidden file."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return _fits(parts, pattern[1:]) or (len(parts) > 1 and _fits(parts[1:], pattern))
    if not parts or (parts[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return fnmatch.fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])
