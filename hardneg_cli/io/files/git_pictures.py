"""A folder of pictures as it was at a revision: its files by their paths, with the hashes of their contents.

A picture that git-lfs keeps is known by the hash in its pointer, so that nothing has to be fetched. Others are read as
git keeps them.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.git import GitRepository, hook_repository
from hardneg_cli.io.files.git_commits import PREFIX, commit_of, is_before_the_first, parted
from hardneg_cli.io.files.git_index import is_hook, staged_tree
from hardneg_cli.io.files.git_names import (
    LINK,
    SUBMODULE,
    LeavesRepository,
    Missing,
    TreePath,
    name_in_repository,
    resolved,
    typed_name,
)
from hardneg_cli.io.files.git_revision import FileAtRevision, nothing_yet, range_notes, source_of
from hardneg_cli.io.files.picture_folder import CHUNK_BYTES, LFS, PictureFile, readable, sorted_out
from hardneg_cli.io.files.source import Source

POINTER_BYTES = 1024
OID = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)


@dataclass(frozen=True)
class PicturesAtRevision:
    """title: the folder, for messages. found: what else is known of it, but no sources.

    pictures, metadata (by path): nothing where the folder was not there.
    """

    title: str
    found: FileAtRevision
    pictures: tuple[PictureFile, ...] = ()
    metadata: tuple[tuple[str, Source], ...] = ()


def pictures_at(folder: str, revision: str) -> PicturesAtRevision:
    """What a folder of pictures held at the revision; `REV:PATH` names another one there. O(bytes of the pictures).

    Raises InputError as `at_revision` does.
    """
    name = typed_name(folder)
    title = f"{PREFIX}{parted(revision)[0]}:{name.path}"
    if is_before_the_first(name.repository, revision):
        return PicturesAtRevision(title, FileAtRevision((), (nothing_yet(folder),)))
    commit, explicit = commit_of(name.repository, revision)
    parts = name.parts if explicit is None else tuple(part for part in explicit.split("/") if part)
    now = TreePath(name.repository, commit, name.path)
    try:
        tree = resolved(name.repository, commit, parts, folder=True)
    except LeavesRepository as error:
        raise InputError(f"{PREFIX}{revision}: {error}; name the base's own folder with --base FOLDER") from None
    if isinstance(tree, Missing):
        if explicit is not None:
            raise InputError(f"{PREFIX}{revision}: there is no folder {explicit!r} at that revision")
        note = f"{folder} is not in {revision}: all of its rows count as added"
        return PicturesAtRevision(title, FileAtRevision((), (*range_notes(revision), note), (now,)))
    return pictures_of(tree, title, FileAtRevision((), range_notes(revision), (now,), explicit is None))


def staged_pictures(folder: str) -> PicturesAtRevision | None:
    """What a commit is about to have in the folder, where a hook of it asks; None elsewhere."""
    hooked = hook_repository() if is_hook() else None
    name = name_in_repository(folder)
    if hooked is None or name is None or name.repository.top != hooked.top:
        return None
    with staged_tree(hooked) as (repository, tree):
        found = resolved(repository, tree, name.parts, folder=True)
        return None if isinstance(found, Missing) else pictures_of(found, folder, FileAtRevision(()))


def pictures_of(tree: TreePath, title: str, found: FileAtRevision) -> PicturesAtRevision:
    """The pictures and metadata files below a folder of a tree."""
    blobs = dict(_blobs(tree))
    names = sorted_out(iter(blobs))
    metadata = tuple(
        (path, source_of(TreePath(tree.repository, tree.commit, _below(tree, path)), f"{title}/{path}"))
        for path in names.metadata
    )
    pictures = tuple(_hashed(tree.repository, {path: blobs[path] for path in names.pictures}))
    return PicturesAtRevision(title, found, pictures, metadata)


def _below(tree: TreePath, path: str) -> str:
    return f"{tree.path}/{path}" if tree.path else path


def _blobs(tree: TreePath) -> Iterator[tuple[str, str]]:
    """The files below the folder that are no hidden ones, by path, with the hash of each; of links it is empty."""
    listed = tree.repository("ls-tree", "-r", "-z", "--full-tree", f"{tree.commit}:{tree.path}").split("\0")
    for line in filter(None, listed):
        about, _, path = line.partition("\t")
        mode, _, hash_ = about.split(" ")
        *folders, name = path.split("/")
        hidden = name.startswith(".") or any(one.startswith((".", "__")) for one in folders)
        if not hidden and mode != SUBMODULE:
            yield path, "" if mode == LINK else hash_


def _hashed(repository: GitRepository, blobs: dict[str, str]) -> Iterator[PictureFile]:
    with repository.running("cat-file", "--batch") as git:
        for path, hash_ in blobs.items():
            if hash_:
                yield _picture(git, path, hash_)
            else:
                yield PictureFile(readable(path), trouble="is a link")


def _picture(git: subprocess.Popen[bytes], path: str, hash_: str) -> PictureFile:
    """The next answer of git: `HASH blob SIZE`, the content, and a line's end; `HASH missing` for what is not here."""
    assert git.stdin is not None
    assert git.stdout is not None
    git.stdin.write(hash_.encode() + b"\n")
    git.stdin.flush()
    words = git.stdout.readline().split()
    if len(words) != 3:
        raise InputError(f"{readable(path)}: git does not have it here; where a clone is partial, fetch it first")
    left, found, start = int(words[2]), sha256(), b""
    is_short = left < POINTER_BYTES
    while left:
        piece = git.stdout.read(min(left, CHUNK_BYTES))
        if not piece:
            raise InputError(f"{readable(path)}: git cannot read it")
        start = start or piece
        found.update(piece)
        left -= len(piece)
    git.stdout.read(1)
    if is_short and start.startswith(LFS) and (oid := OID.search(start)):
        return PictureFile(readable(path), oid[1].decode())
    return PictureFile(readable(path), found.hexdigest()) if start else PictureFile(readable(path), trouble="is empty")
