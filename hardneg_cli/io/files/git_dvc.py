"""Files that DVC keeps for a repository: git has their hashes alone."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from hardneg_cli.io.files.git import GitRepository
from hardneg_cli.io.files.source import COMPRESSED_SUFFIXES

OUTPUT = re.compile(r"^\s*(?:- )?path:\s*(.+?)\s*$", re.MULTILINE)
LOCK, POINTER = "dvc.lock", ".dvc"


def is_in_dvc(repository: GitRepository, commit: str, path: str) -> bool:
    """Whether DVC keeps the file, or a folder with it, at the commit or now."""
    name = PurePosixPath(path)
    names = [one for one in (name, *name.parents) if one.name]
    if any(_is_there(repository, commit, f"{one}{POINTER}") for one in names):
        return True
    wanted = {one.as_posix() for one in names}
    return any(
        wanted & {posixpath.normpath((folder / output.replace("\\", "/")).as_posix()) for output in outputs}
        for folder in name.parents
        for outputs in _locked(repository, commit, (folder / LOCK).as_posix())
    )


def how_to_get(repository: GitRepository, revision: str, path: str) -> str:
    """The command that writes the base."""
    name = PurePosixPath(path)
    suffix = "".join(name.suffixes[-2:]) if name.suffix in COMPRESSED_SUFFIXES else name.suffix
    words = ["dvc", "get", str(repository.top), path, "--rev", revision, "-o", f"base{suffix}"]
    return f"get the base with '{' '.join(map(shlex.quote, words))}', then name it with --base"


def _is_there(repository: GitRepository, commit: str, path: str) -> bool:
    return (repository.top / path).is_file() or repository.kind(f"{commit}:{path}") == "blob"


def _locked(repository: GitRepository, commit: str, path: str) -> Iterator[list[str]]:
    """The paths that a lock file names, then and now."""
    then = repository.output("cat-file", "blob", f"{commit}:{path}").stdout
    now = Path(repository.top, path)
    for text in (then, now.read_bytes() if now.is_file() else b""):
        yield [found.strip("'\"") for found in OUTPUT.findall(text.decode(errors="replace"))]
