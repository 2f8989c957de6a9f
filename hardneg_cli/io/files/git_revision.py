"""Files as they were at a revision, read by git itself, so that its filters (LFS among them) are run."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.git import GitRepository, last_word, repository_of
from hardneg_cli.io.files.source import Source

PREFIX = "git:"
LFS = b"version https://git-lfs.github.com/spec/"
MAGIC = frozenset("*?[")


@dataclass(frozen=True)
class FileAtRevision:
    """sources: the files at that revision, none if there were none. notes: what is to be said about that."""

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()


def at_revision(data: str, revision: str) -> FileAtRevision:
    """The file or files called `data` as they were at `revision`; `REV:PATH` names another path, `REV...` the commit
    at which REV and HEAD parted.

    A file that git renamed since is found by its old name. One that is new has no source, which a note tells.
    Raises InputError where git cannot tell: no repository, no such revision, history that a shallow clone lacks,
    a pointer in place of the content, a file that DVC keeps.
    """
    if data == "-":
        raise InputError(f"{PREFIX}{revision}: standard input has no history: name the data's file, or the base's")
    if not revision:
        raise InputError(f"{PREFIX} names no revision; examples are {PREFIX}HEAD, {PREFIX}origin/main...")
    if MAGIC & set(data) and not Path(data).exists():
        return _matching(data, revision)
    repository = repository_of(Path(data))
    if revision == "HEAD" and repository.unborn:
        return FileAtRevision((), (f"nothing has been committed yet: all rows of {data} count as added",))
    path = repository.path_of(Path(data))
    commit, explicit = _commit(repository, revision)
    if explicit is None:
        explicit = path if _exists(repository, commit, path) else _renamed(repository, commit, path)
    elif not _exists(repository, commit, explicit):
        raise InputError(f"{PREFIX}{revision}: there is no {explicit!r} at that revision")
    if explicit is None:
        _refuse_dvc(repository, commit, revision, data, path)
        return FileAtRevision((), (f"{data} is not in {revision}: all of its rows count as added",))
    notes = (f"{data} was called {explicit!r} at {revision}",) if explicit != path else ()
    return FileAtRevision((_source(repository, commit, revision, explicit),), notes)


def _matching(pattern: str, revision: str) -> FileAtRevision:
    """The files of that revision that the glob `pattern` matches."""
    fixed = [part for part in Path(pattern).parts if not MAGIC & set(part)]
    root = Path(*fixed[: _first_magic(pattern)])
    repository = repository_of(root / "any")
    within = repository.path_of(root)
    wanted = [*Path(within).parts, *Path(pattern).parts[_first_magic(pattern) :]]
    commit, explicit = _commit(repository, revision)
    if explicit is not None:
        raise InputError(f"{PREFIX}{revision}: a path cannot be named for a pattern of several files")
    names = repository("ls-tree", "-r", "-z", "--name-only", "--full-tree", commit).split("\0")
    found = sorted(name for name in names if name and _fits(name.split("/"), wanted))
    notes = () if found else (f"nothing matches {pattern} in {revision}: all rows count as added",)
    return FileAtRevision(tuple(_source(repository, commit, revision, name) for name in found), notes)


def _first_magic(pattern: str) -> int:
    return next(place for place, part in enumerate(Path(pattern).parts) if MAGIC & set(part))


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """As glob does: `**` is any number of folders, and a star finds no hidden file."""
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return _fits(parts, pattern[1:]) or (len(parts) > 1 and _fits(parts[1:], pattern))
    if not parts or (parts[0].startswith(".") and not pattern[0].startswith(".")):
        return False
    return fnmatch.fnmatchcase(parts[0], pattern[0]) and _fits(parts[1:], pattern[1:])


def _commit(repository: GitRepository, revision: str) -> tuple[str, str | None]:
    """The hash of the commit, and the path that `REV:PATH` names."""
    for text, path in ((revision, None), _parted(revision)):
        if text.endswith("..."):
            commit = _merge_base(repository, text, text.removesuffix("..."))
        else:
            commit = _parsed(repository, text)
        if commit:
            return commit, path
    raise _unresolved(repository, revision)


def _parted(revision: str) -> tuple[str, str | None]:
    text, colon, path = revision.partition(":")
    return text, path if colon else None


def _parsed(repository: GitRepository, text: str) -> str:
    return os.fsdecode(
        repository.output("rev-parse", "--verify", "--quiet", "--end-of-options", f"{text}^{{commit}}").stdout
    ).strip()


def _merge_base(repository: GitRepository, revision: str, text: str) -> str:
    other = _parsed(repository, text)
    if not other:
        return ""
    found = os.fsdecode(repository.output("merge-base", other, "HEAD").stdout).strip()
    if not found:
        raise InputError(f"{PREFIX}{revision}: no common ancestor with HEAD{_deeper(repository)}")
    return found


def _unresolved(repository: GitRepository, revision: str) -> InputError:
    names = repository("for-each-ref", "--format=%(refname:short)").split()
    text = _parted(revision)[0].removesuffix("...")
    hint = _deeper(repository) or did_you_mean(text, names) or "; fetch more history if it is not here yet (git fetch)"
    return InputError(f"{PREFIX}{revision}: git knows no such revision{hint}")


def _deeper(repository: GitRepository) -> str:
    if not repository.shallow:
        return ""
    return (
        "; this clone is shallow: fetch more history with 'git fetch --unshallow' or 'git fetch --depth N' "
        "(fetch-depth: 0 in a checkout step)"
    )


def _exists(repository: GitRepository, commit: str, path: str) -> bool:
    return repository.output("cat-file", "-t", f"{commit}:{path}").stdout.strip() == b"blob"


def _renamed(repository: GitRepository, commit: str, path: str) -> str | None:
    """The name that the file had at the commit: followed through the commits since, or in one step, if staged."""
    since = ("log", "--follow", "-M", "--diff-filter=R", "--name-status", "-z", "--format=", f"{commit}..HEAD")
    pairs = _pairs(repository.output(*since, "--", f":(top,literal){path}").stdout)
    if pairs and _exists(repository, commit, pairs[-1][0]):
        return pairs[-1][0]
    staged = repository.output("diff", "-M", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff", commit).stdout
    return next((old for old, new in _pairs(staged) if new == path), None)


def _pairs(listed: bytes) -> list[tuple[str, str]]:
    """Old and new names of `R100 NUL old NUL new NUL …`."""
    words = [os.fsdecode(word) for word in listed.split(b"\0") if word.strip()]
    return [(old, new) for _, old, new in zip(words[::3], words[1::3], words[2::3], strict=False)]


def _source(repository: GitRepository, commit: str, revision: str, path: str) -> Source:
    """The content as a checkout would write it."""
    name = f"{PREFIX}{_parted(revision)[0]}:{path}"
    read = repository.output("cat-file", "--filters", f"{commit}:{path}")
    if read.returncode:
        raise InputError(f"{name}: {last_word(read) or 'git cannot read it'}")
    if read.stdout.startswith(LFS):
        raise InputError(
            f"{name}: git-lfs has only its pointer here, not the data: run 'git lfs install' and "
            f"'git lfs fetch origin {commit[:12]}' first"
        )
    return Source(name, data=read.stdout)


def _refuse_dvc(repository: GitRepository, commit: str, revision: str, data: str, path: str) -> None:
    kept = Path(f"{data}.dvc").is_file() or _exists(repository, commit, f"{path}.dvc")
    if kept:
        raise InputError(
            f"{data} is kept by DVC, not by git: get the base with "
            f"'dvc get {repository.top} {path} --rev {_parted(revision)[0]} -o base{Path(path).suffix}', "
            f"then name it with --base"
        )
