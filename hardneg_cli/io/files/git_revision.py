"""Files as they were at a revision: what their names meant then, as a checkout would have written them."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.git import GitRepository, bare_repository, repository_of
from hardneg_cli.io.files.git_content import GitFile
from hardneg_cli.io.files.git_dvc import how_to_get, kept_by_dvc
from hardneg_cli.io.files.git_names import (
    LINK,
    SUBMODULE,
    LeavesRepository,
    Missing,
    TreePath,
    TypedName,
    resolved,
    typed_name,
)
from hardneg_cli.io.files.source import Source

PREFIX = "git:"
STDIN = "-"
MAGIC = frozenset("*?[")


@dataclass(frozen=True)
class FileAtRevision:
    """sources: the files at that revision, none if there were none. notes: what is to be said about that.

    names: the paths of their names there, within the repository; links are not followed.
    """

    sources: tuple[Source, ...]
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


def at_revision(data: str, revision: str) -> FileAtRevision:
    """The file or files called `data` as they were at `revision`; `REV:PATH` names another path, `REV...` the commit
    at which REV and HEAD parted.

    The name is looked up as it was typed: links and submodules are followed as they were at the revision, which is one
    of the repository that the working folder is in. A file that git renamed since is found by its old name. One that
    is new has no source, which a note tells. Standard input needs REV:PATH.
    Raises InputError where git cannot tell: no repository, no such revision, history that a shallow clone lacks,
    a name that led out of the repository, a pointer in place of the content, a file that DVC keeps.
    """
    if not revision:
        raise InputError(f"{PREFIX} names no revision; examples are {PREFIX}HEAD, {PREFIX}origin/main...")
    if data != STDIN and MAGIC & set(data) and not Path(data).exists():
        return _matching(data, revision)
    name = _stdin_name(revision) if data == STDIN else typed_name(data)
    repository = name.repository
    if revision == "HEAD" and repository.unborn:
        return FileAtRevision((), (f"nothing has been committed yet: all rows of {data} count as added",))
    commit, explicit = _commit(repository, revision)
    try:
        if explicit is not None:
            return _explicit(name, commit, revision, explicit)
        if data == STDIN:
            raise InputError(f"{PREFIX}{revision}: standard input has no history: name its path too, as in REV:PATH")
        return _by_name(name, commit, revision)
    except LeavesRepository as error:
        raise InputError(f"{PREFIX}{revision}: {error}{_instead(name)}") from None


def file_at(data: str, revision: str, path: str | Path) -> Source | None:
    """What a path, typed as `data` is, had in it at the revision of data's repository; None where nothing was there.

    revision: as in `at_revision`, of which a PATH is left out. A path outside the repository is None.
    Raises InputError as `at_revision` does.
    """
    known = _stdin_name(revision) if data == STDIN else typed_name(_unmagic(data))
    name = typed_name(str(path))
    if name.repository.top != known.repository.top:
        return None
    text = _parted(revision)[0]
    if text == "HEAD" and known.repository.unborn:
        return None
    commit, _ = _commit(known.repository, revision)
    found = resolved(known.repository, commit, name.parts)
    return None if isinstance(found, Missing) else _source(found, f"{PREFIX}{text}:{name.path}")


def _unmagic(data: str) -> str:
    """A name in the folder that a pattern of files begins in."""
    return data if Path(data).exists() or not MAGIC & set(data) else str(_root(data) / "any")


def _by_name(name: TypedName, commit: str, revision: str) -> FileAtRevision:
    found = resolved(name.repository, commit, name.parts)
    if isinstance(found, TreePath):
        return FileAtRevision((_source(found, _title(revision, name.path)),), names=(name.path,))
    for repository, at, path in ((found.repository, found.commit, found.path), (name.repository, commit, name.path)):
        if kept_by_dvc(repository, at, path):
            rev = at if repository is not name.repository or "..." in revision else _parted(revision)[0]
            raise InputError(f"{name.typed} is kept by DVC, not by git: {how_to_get(repository, rev, path)}")
    if found.through:
        raise LeavesRepository(f"{found.through} was a link that led to {found.path}, and nothing was there")
    if name.linked:
        raise LeavesRepository(f"{name.typed} is a link now, and git had nothing of that name")
    old = _renamed(found)
    if old is None:
        return FileAtRevision((), (f"{name.typed} is not in {revision}: all of its rows count as added",))
    source = _source(TreePath(found.repository, found.commit, old), _title(revision, old))
    return FileAtRevision((source,), (f"{name.typed} was called {old!r} at {revision}",), (old,))


def _explicit(name: TypedName, commit: str, revision: str, explicit: str) -> FileAtRevision:
    parts = PurePosixPath(explicit).parts
    if explicit.startswith(("./", "../")):  # as git has it: from the working folder
        parts = (*Path.cwd().relative_to(name.repository.top).parts, *parts)
    found = resolved(name.repository, commit, parts)
    if isinstance(found, Missing):
        raise InputError(f"{PREFIX}{revision}: there is no {explicit!r} at that revision")
    path = "/".join(parts)
    notes = (f"{name.typed} was called {path!r} at {revision}",) if path != name.path else ()
    return FileAtRevision((_source(found, _title(revision, path)),), notes if name.typed != STDIN else (), (path,))


def _stdin_name(revision: str) -> TypedName:
    """A name for what has none, in the repository of the working folder, which may be bare."""
    repository = repository_of(Path.cwd()) or bare_repository()
    if repository is None:
        raise InputError(f"{PREFIX}{revision}: the working folder is in no git repository")
    return TypedName(STDIN, repository, (), linked=False)


def _instead(name: TypedName) -> str:
    """What to do where a name cannot be followed."""
    if name.linked and Path(name.typed).exists():
        real = Path(name.typed).resolve()
        if repository_of(real.parent) is not None:
            return f"; to judge the file behind the link, name it: {os.path.relpath(real)}"
    return "; name the base's own file with --base FILE"


def _title(revision: str, path: str) -> str:
    return f"{PREFIX}{_parted(revision)[0]}:{path}"


def _matching(pattern: str, revision: str) -> FileAtRevision:
    """The files of that revision that the glob `pattern` matches."""
    root = _root(pattern)
    name = typed_name(str(root / "any"))
    if revision == "HEAD" and name.repository.unborn:
        return FileAtRevision((), (f"nothing has been committed yet: all rows of {pattern} count as added",))
    commit, explicit = _commit(name.repository, revision)
    if explicit is not None:
        raise InputError(f"{PREFIX}{revision}: a path cannot be named for a pattern of several files")
    wanted = Path(pattern).parts[len(root.parts) :]
    try:
        folder = resolved(name.repository, commit, name.parts[:-1], folder=True)
        found = [] if isinstance(folder, Missing) else [*_in_folder(folder, wanted)]
    except LeavesRepository as error:
        raise InputError(f"{PREFIX}{revision}: {error}; name the base's own files with --base") from None
    notes = () if found else (f"nothing matches {pattern} in {revision}: all rows count as added",)
    within = "/".join(name.parts[:-1])
    names = tuple(f"{within}/{path}".lstrip("/") for path, _ in found)
    sources = (_source(file, _title(revision, path)) for path, (_, file) in zip(names, found, strict=True))
    return FileAtRevision(tuple(sources), notes, names)


def _root(pattern: str) -> Path:
    """The folder that a pattern of files begins in."""
    parts = Path(pattern).parts
    return Path(*parts[: next((place for place, part in enumerate(parts) if MAGIC & set(part)), len(parts) - 1)])


def _in_folder(folder: TreePath, wanted: Sequence[str]) -> Iterator[tuple[str, TreePath]]:
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
    hint = _deeper(repository) or did_you_mean(text, names) or _lost(text)
    return InputError(f"{PREFIX}{revision}: git knows no such revision{hint}")


def _lost(text: str) -> str:
    if len(text) in (40, 64) and not text.strip("0123456789abcdef"):
        return (
            f"; no branch has it any more, as after a force push: 'git fetch origin {text}' gets it where the server "
            f"allows that, else name where the branch began, {PREFIX}origin/main..."
        )
    return "; fetch more history if it is not here yet (git fetch)"


def _deeper(repository: GitRepository) -> str:
    if not repository.shallow:
        return ""
    return (
        "; this clone is shallow: fetch more history with 'git fetch --unshallow' or 'git fetch --depth N' "
        "(fetch-depth: 0 in a checkout step)"
    )


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


def _source(found: TreePath, name: str) -> Source:
    file = GitFile(name, found.repository, found.object, found.path, f"{found.commit}:")
    return Source(name, data=file.content())
