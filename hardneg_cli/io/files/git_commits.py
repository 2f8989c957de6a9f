"""The commit that a text names: a revision, `REV...` for where HEAD parted from it, `REV:PATH` for a path of it.

HEAD is what a commit is compared with. Before the first one it names nothing; and where pre-commit asks its hooks about
a range of commits, HEAD is among what is asked about, so it is where the range began.
"""

from __future__ import annotations

import os

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.file_names import with_slashes
from hardneg_cli.io.files.git import GitRepository

PREFIX = "git:"
HEAD = ("HEAD", "@")
RANGE = "PRE_COMMIT_FROM_REF"  # where a range begins: `pre-commit run --from-ref`, and its hooks before a push


def commit_of(repository: GitRepository, revision: str) -> tuple[str, str | None]:
    """The hash of the commit, and the path that `REV:PATH` names. Raises InputError where git knows none."""
    if start := range_start(revision):
        commit = _merge_base(repository, revision, start)
        if not commit:
            raise _unresolved(repository, start)
        return commit, parted(revision)[1]
    for text, path in ((revision, None), parted(revision)):
        if text.endswith("..."):
            commit = _merge_base(repository, text, text.removesuffix("..."))
        else:
            commit = _parsed(repository, text)
        if commit:
            return commit, path
    raise _unresolved(repository, revision)


def is_before_the_first(repository: GitRepository, revision: str) -> bool:
    """Whether it names what HEAD is, a path of it or where it began, and nothing has been committed yet."""
    return _name(revision) in HEAD and repository.unborn


def range_start(revision: str) -> str:
    """Where the commits begin that pre-commit asks about, for a revision that is HEAD; else empty."""
    return os.environ.get(RANGE, "") if parted(revision)[0] in HEAD else ""


def _name(revision: str) -> str:
    return parted(revision)[0].removesuffix("...")


def parted(revision: str) -> tuple[str, str | None]:
    """The revision and the path behind it, written as git writes paths."""
    text, colon, path = revision.partition(":")
    return text, with_slashes(path) if colon else None


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
    text = _name(revision)
    if repository.unborn and not names:
        return InputError(
            f"{PREFIX}{revision}: nothing has been committed yet; the first commit's base is {PREFIX}HEAD"
        )
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
