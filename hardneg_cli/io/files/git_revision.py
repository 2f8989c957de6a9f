"""Files as they were at a revision: what their names meant then, as a checkout would have written them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, quote
from hardneg_cli.io.files.git import bare_repository, hook_repository, repository_of
from hardneg_cli.io.files.git_commits import PREFIX, RANGE, commit_of, is_before_the_first, parted, range_start
from hardneg_cli.io.files.git_content import GitFile
from hardneg_cli.io.files.git_dvc import how_to_get, is_in_dvc
from hardneg_cli.io.files.git_names import (
    LeavesRepository,
    Missing,
    TreePath,
    TypedName,
    name_in_repository,
    resolved,
    typed_name,
)
from hardneg_cli.io.files.git_patterns import files_in, files_now, is_pattern, root_of
from hardneg_cli.io.files.source import Source

STDIN = "-"


@dataclass(frozen=True)
class FileAtRevision:
    """sources: the files at that revision, none if there were none. notes: what is to be said about that.

    names: what the file was called there, and is called now; links are not followed. same: whether it is that file at
    an earlier time, and not another one that was named.
    """

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    names: tuple[TreePath, ...] = ()
    same: bool = True

    def beside(self, suffix: str) -> tuple[Source, ...]:
        """The files there whose names are those of this one with something at the end."""
        found = {}
        for name in self.names:
            file = resolved(name.repository, name.commit, PurePosixPath(name.path + suffix).parts)
            if isinstance(file, TreePath):
                found[file.commit, file.path] = source_of(file, f"{PREFIX}{name.commit[:12]}:{name.path}{suffix}")
        return tuple(found.values())


def at_revision(data: str, revision: str) -> FileAtRevision:
    """The file or files called `data` as they were at `revision`; `REV:PATH` names another path, `REV...` the commit
    at which REV and HEAD parted.

    The name is looked up as it was typed: links and submodules are followed as they were at the revision, which is one
    of the repository that the working folder is in. A file that git renamed since is found by its old name. One that
    is new has no source, which a note tells. Standard input needs REV:PATH.
    Raises InputError where git cannot tell: no repository, no such revision, history that a shallow clone lacks,
    a name that led out of the repository or leads to what is in no commit, a pointer in place of the content, a file
    that DVC keeps.
    """
    if not revision:
        raise InputError(f"{PREFIX} names no revision; examples are {PREFIX}HEAD, {PREFIX}origin/main...")
    name = _stdin_name(revision) if data == STDIN else typed_name(_in_pattern(data))
    if is_before_the_first(name.repository, revision):
        return FileAtRevision((), (nothing_yet(data),))
    commit, explicit = commit_of(name.repository, revision)
    found = _found(data, name, revision, commit, explicit)
    return replace(found, notes=(*range_notes(revision), *found.notes))


def nothing_yet(data: str) -> str:
    return f"nothing has been committed yet: all rows of {data} count as added"


def range_notes(revision: str) -> tuple[str, ...]:
    """What is to be said where HEAD is not what it is elsewhere."""
    start = range_start(revision)
    words = (
        f"{PREFIX}{revision} is where HEAD and {quote(start)} parted, as pre-commit asks about what follows ({RANGE})"
    )
    return (words,) if start else ()


def _found(data: str, name: TypedName, revision: str, commit: str, explicit: str | None) -> FileAtRevision:
    try:
        if data != STDIN:
            _refuse_no_content(data)
        if data != STDIN and is_pattern(data):
            return _matching(name, commit, revision, data)
        if explicit is not None:
            return _explicit(name, commit, revision, explicit)
        if data == STDIN:
            raise InputError(f"{PREFIX}{revision}: standard input has no history: name its path too, as in REV:PATH")
        return _by_name(name, commit, revision)
    except LeavesRepository as error:
        raise InputError(f"{PREFIX}{revision}: {error}{_instead(name)}") from None


def files_at(data: str, revision: str, path: str | Path) -> tuple[Source, ...]:
    """The files that a path or pattern, typed as `data` is, had in them at the revision of data's repository.

    revision: as in `at_revision`, of which a PATH is left out. A path outside the repository had none.
    Raises InputError as `at_revision` does.
    """
    known = _stdin_name(revision) if data == STDIN else typed_name(_in_pattern(data))
    name = name_in_repository(_in_pattern(str(path)))
    text = parted(revision)[0]
    if name is None or name.repository.top != known.repository.top or is_before_the_first(known.repository, text):
        return ()
    commit, _ = commit_of(known.repository, revision)
    if is_pattern(str(path)):
        return _matching(name, commit, text, str(path)).sources
    found = resolved(known.repository, commit, name.parts)
    return () if isinstance(found, Missing) else (source_of(found, f"{PREFIX}{text}:{name.path}"),)


def file_at(data: str, revision: str, path: str | Path) -> Source | None:
    """As `files_at`, for a path of one file; None where it was not there."""
    return next(iter(files_at(data, revision, path)), None)


def source_of(found: TreePath, name: str) -> Source:
    """The content of a file of a tree, by that name."""
    file = GitFile(name, found.repository, found.object, found.path, f"{found.commit}:")
    return Source(name, data=file.content())


def _in_pattern(data: str) -> str:
    """A name in the folder that a pattern of files begins in, or the name."""
    return str(root_of(data) / "any") if is_pattern(data) else data


def _refuse_no_content(data: str) -> None:
    for path in files_now(data):
        name = name_in_repository(path)
        if name is not None and name.is_no_content:
            raise LeavesRepository(f"{path} is a link to {Path(path).resolve()}, and what that holds is in no commit")


def _by_name(name: TypedName, commit: str, revision: str) -> FileAtRevision:
    now = TreePath(name.repository, commit, name.path)
    found = resolved(name.repository, commit, name.parts)
    if isinstance(found, TreePath):
        return FileAtRevision((source_of(found, _title(revision, name.path)),), names=(now,))
    for repository, at, path in ((found.repository, found.commit, found.path), (name.repository, commit, name.path)):
        if is_in_dvc(repository, at, path):
            is_other = repository is not name.repository or "..." in revision or range_start(revision)
            rev = at if is_other else parted(revision)[0]
            raise InputError(f"{name.typed} is kept by DVC, not by git: {how_to_get(repository, rev, path)}")
    if found.through:
        raise LeavesRepository(f"{found.through} was a link that led to {found.path}, and nothing was there")
    if name.link:
        raise LeavesRepository(f"{name.link} is a link now, and git had nothing called {name.path}")
    old = _renamed(found)
    if old is None:
        return FileAtRevision((), (f"{name.typed} is not in {revision}: all of its rows count as added",), (now,))
    then = TreePath(found.repository, found.commit, old)
    source = source_of(then, _title(revision, old))
    return FileAtRevision(
        (source,), (f"{name.typed} was called {quote(old, MOST_OF_A_PATH)} at {revision}",), (then, now)
    )


def _explicit(name: TypedName, commit: str, revision: str, explicit: str) -> FileAtRevision:
    parts = PurePosixPath(explicit).parts
    if explicit.startswith(("./", "../")):  # as git has it: from the working folder
        parts = (*Path.cwd().relative_to(name.repository.top).parts, *parts)
    found = resolved(name.repository, commit, parts)
    if isinstance(found, Missing):
        raise InputError(f"{PREFIX}{revision}: there is no {quote(explicit, MOST_OF_A_PATH)} at that revision")
    path = "/".join(parts)
    names = tuple(TreePath(name.repository, commit, one) for one in dict.fromkeys((path, name.path)) if one)
    notes = (
        (f"{name.typed} was called {quote(path, MOST_OF_A_PATH)} at {revision}",) if name.path not in ("", path) else ()
    )
    return FileAtRevision((source_of(found, _title(revision, path)),), notes, names, same=path == name.path)


def _matching(name: TypedName, commit: str, revision: str, pattern: str) -> FileAtRevision:
    """The files of that revision that the glob `pattern` matches; `name` is one in the folder that it begins in."""
    if parted(revision)[1] is not None:
        raise InputError(f"{PREFIX}{revision}: a path cannot be named for a pattern of several files")
    wanted = Path(pattern).parts[len(root_of(pattern).parts) :]
    folder = resolved(name.repository, commit, name.parts[:-1], folder=True)
    found = [] if isinstance(folder, Missing) else [*files_in(folder, wanted)]
    notes = () if found else (f"nothing matches {pattern} in {revision}: all rows count as added",)
    within = name.parts[:-1]
    sources = tuple(source_of(file, _title(revision, _joined(within, path))) for path, file in found)
    now = TreePath(name.repository, commit, _joined(within, *wanted))
    return FileAtRevision(sources, notes, (now,))


def _joined(within: Sequence[str], *more: str) -> str:
    return "/".join((*within, *more))


def _stdin_name(revision: str) -> TypedName:
    """A name for what has none, in the repository of the working folder, which may be bare."""
    repository = hook_repository() or bare_repository() or repository_of(Path.cwd())
    if repository is None:
        raise InputError(f"{PREFIX}{revision}: the working folder is in no git repository")
    return TypedName(STDIN, repository, ())


def _instead(name: TypedName) -> str:
    """What to do where a name cannot be followed."""
    if name.link and Path(name.typed).exists():
        real = Path(name.typed).resolve()
        if repository_of(real.parent) is not None:
            return f"; to judge the file behind the link, name it: {os.path.relpath(real)}"
    return "; name the base's own file with --base FILE"


def _title(revision: str, path: str) -> str:
    return f"{PREFIX}{parted(revision)[0]}:{path}"


def _renamed(missing: Missing) -> str | None:
    """The name that the file had at the commit: followed through the commits since, or in one step, if staged."""
    repository, commit, path = missing.repository, missing.commit, missing.path
    options = ("-M", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff", "--no-textconv")
    since = ("log", "--follow", "--no-show-signature", "--format=", *options, f"{commit}..HEAD", "--", path)
    pairs = _pairs(repository.output(*since).stdout)
    if pairs and repository.kind(f"{commit}:{pairs[-1][0]}") == "blob":
        return pairs[-1][0]
    staged = repository.output("diff-index", "--cached", *options, "--ignore-submodules=all", commit).stdout
    return next((old for old, new in _pairs(staged) if new == path), None)


def _pairs(listed: bytes) -> list[tuple[str, str]]:
    """Old and new names of `R100 NUL old NUL new NUL …`."""
    words = [os.fsdecode(word) for word in listed.split(b"\0") if word.strip()]
    return [(old, new) for _, old, new in zip(words[::3], words[1::3], words[2::3], strict=False)]
