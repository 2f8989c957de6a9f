"""What a commit is about to hold, where a hook of git asks: the staged content, not what lies in the work tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.git import GitRepository, hook_repository, last_word
from hardneg_cli.io.files.git_content import GitFile
from hardneg_cli.io.files.git_names import TreePath, name_in_repository, resolved
from hardneg_cli.io.files.source import Source

INDEX = "GIT_INDEX_FILE"  # set by `git commit` for its hooks, and by nothing else of git


def is_hook() -> bool:
    """Whether a commit's hook asks."""
    return INDEX in os.environ


def staged(files: Sequence[Source]) -> dict[str, Source]:
    """Of those files that are staged with another content, the staged content, by name.

    Nothing outside of a commit's hook. Raises InputError where git cannot tell.
    """
    hooked = hook_repository() if is_hook() else None
    paths = [one for one in files if one.path is not None]
    if hooked is None or not paths:
        return {}
    with staged_tree(hooked) as (repository, tree):
        found = ((one, _staged(one, repository, tree)) for one in paths)
        return {file.name: Source(file.name, data=content) for file, content in found if content is not None}


def _staged(file: Source, repository: GitRepository, tree: str) -> bytes | None:
    """The staged content; None where that is what the file holds, or where the commit is not about it."""
    name = name_in_repository(file.name)
    if name is None or name.repository.top != repository.top or file.path is None:
        return None
    found = resolved(repository, tree, name.parts)
    if not isinstance(found, TreePath):
        return None
    now = file.path.read_bytes()
    hash_ = found.repository("rev-parse", "--verify", "--end-of-options", found.object).strip()
    if hash_ == _blob_hash(now, "sha1" if len(hash_) == 40 else "sha256"):
        return None
    content = GitFile(file.name, found.repository, hash_, found.path, f"{found.commit}:").content()
    return None if content == now else content


def _blob_hash(content: bytes, algorithm: str) -> str:
    """The name that git gives to a file's content."""
    return hashlib.new(algorithm, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def staged_tree(repository: GitRepository) -> Iterator[tuple[GitRepository, str]]:
    """The tree that the commit is to have, made beside the repository: nothing is written into it."""
    index = repository.top / os.environ[INDEX]
    with tempfile.TemporaryDirectory(prefix="hardneg-") as folder:
        if index.is_file():
            shutil.copyfile(index, Path(folder, "index"))
        objects = [str((repository.common_folder / "objects").resolve())]
        objects += filter(None, [os.environ.get("GIT_ALTERNATE_OBJECT_DIRECTORIES", "")])
        beside = repository.with_environment(
            {
                INDEX: str(Path(folder, "index")),
                "GIT_OBJECT_DIRECTORY": folder,
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": os.pathsep.join(objects),
            }
        )
        written = beside.output("write-tree", "--missing-ok")
        if written.returncode:
            raise InputError(f"what is staged cannot be told: {last_word(written)}")
        yield beside, written.stdout.decode().strip()
