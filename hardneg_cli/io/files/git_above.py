"""Files of a folder and of those above it, as they were at a revision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hardneg_cli.io.files.git import GitRepository
from hardneg_cli.io.files.git_commits import PREFIX, commit_of, is_before_the_first
from hardneg_cli.io.files.git_names import TREE, Missing, resolved, typed_name
from hardneg_cli.io.files.git_revision import source_of

ANY = "any"  # a file of the folder


def reader_above(
    data: str, revision: str, folders: Sequence[Path], names: Sequence[str]
) -> Callable[[Path], bytes | None]:  # fmt: skip
    """What reads files called one of `names` in `folders` as they were at the revision of data's repository.

    folders: one, as it was typed, and those above it, in this order. It answers None where nothing was there.
    Raises InputError where git cannot tell.
    """
    repository = typed_name(data).repository
    name = typed_name(str(folders[0] / ANY))
    if name.repository.top != repository.top or is_before_the_first(repository, revision):
        return lambda _: None
    commit, _ = commit_of(repository, revision)
    within = name.parts[:-1]
    paths = {
        folder / kind: (*within[: len(within) - level], kind)
        for level, folder in enumerate(folders[: len(within) + 1])
        for kind in names
    }
    there = _there(repository, commit, within, [*paths.values()])

    def read(path: Path) -> bytes | None:
        parts = paths.get(path)
        if parts is None or not (there is None or parts in there):
            return None
        found = resolved(repository, commit, parts)
        return (
            None
            if isinstance(found, Missing)
            else bytes(source_of(found, f"{PREFIX}{revision}:{'/'.join(parts)}").data)
        )

    return read


def _there(
    repository: GitRepository, commit: str, folder: tuple[str, ...], paths: Sequence[tuple[str, ...]]
) -> set[tuple[str, ...]] | None:
    """Those of the paths that were there, in one look; None where a link or a submodule is on the way to some."""
    above = ["/".join(folder[:count]) for count in range(1, len(folder) + 1)]
    asked = [*above, *("/".join(parts) for parts in paths)]
    listed = repository("ls-tree", "-t", "-z", "--full-tree", commit, "--", *asked)
    modes = {}
    for line in filter(None, listed.split("\0")):
        about, _, name = line.partition("\t")
        modes[name] = about.partition(" ")[0]
    if any(modes.get(name, TREE) != TREE for name in above):
        return None
    return {parts for parts in paths if "/".join(parts) in modes}
