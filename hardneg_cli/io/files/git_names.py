"""What a name means in a tree of git: links, submodules and `..` are followed as they were there.

The name is the one that was typed, not what its links lead to now.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.file_names import IGNORES_CASE, listed_name, with_slashes
from hardneg_cli.io.files.git import GitRepository, last_word, own_environment, repository_of, superprojects
from hardneg_cli.io.files.repository_root import repository_root

TREE, LINK, SUBMODULE = "040000", "120000", "160000"
MOST_LINKS = 40


@dataclass(frozen=True)
class TypedName:
    """A name, as the parts of its path in a work tree. typed: as it was. link: the first link on it now, if any."""

    typed: str
    repository: GitRepository
    parts: tuple[str, ...]
    link: str = ""

    @property
    def path(self) -> str:
        return "/".join(self.parts)

    @property
    def is_no_content(self) -> bool:
        """Whether it is a link that git keeps, to what it does not keep: no commit holds what is read there."""
        if not self.link or not _is_tracked(self.repository, self.repository.top / self.link):
            return False
        real = Path(self.typed).resolve()
        within = repository_of(real.parent) if real.exists() else None
        known = {self.repository.top, *(one.top for one in superprojects(within))} if within else set()
        return within is None or self.repository.top not in {within.top, *known} or not _is_tracked(within, real)


@dataclass(frozen=True)
class TreePath:
    """A file in a commit of a repository, which is a submodule's where the name led into one."""

    repository: GitRepository
    commit: str
    path: str

    @property
    def object(self) -> str:
        return f"{self.commit}:{self.path}"


@dataclass(frozen=True)
class Missing:
    """Nothing has the name there. path: in terms of that repository; through: the last link on the way, if any."""

    repository: GitRepository
    commit: str
    path: str
    through: str = ""


class LeavesRepository(InputError):
    """The name led out of the repository, or where its content is not known."""


def typed_name(data: str) -> TypedName:
    """As `name_in_repository`. Raises InputError for a name in no repository."""
    found = name_in_repository(data)
    if found is None:
        raise InputError(f"{data}: git says: not a git repository, nor is any folder above it")
    return found


def name_in_repository(data: str) -> TypedName | None:
    """The repository in which a name is to be read, and its path there.

    It is the one that holds the name before any link is followed; of a submodule's file the outermost one, unless the
    working folder is in the submodule.
    """
    folder, rest = _descended(data)
    folder = folder.resolve()  # it has no link in it, but may be called otherwise than git calls it
    repository = repository_of(folder)
    if repository is None:
        return None
    here = Path.cwd()
    if not here.is_relative_to(repository.top):
        for above in superprojects(repository):
            repository = above
            if here.is_relative_to(above.top):
                break
    within = folder.relative_to(repository.top).parts
    ways = (Path(*rest[: count + 1]) for count in range(len(rest)))
    link = next(("/".join((*within, *way.parts)) for way in ways if (folder / way).is_symlink()), "")
    return TypedName(data, repository, (*within, *rest), link)


def comes_with_commits(file: Path) -> bool:
    """Whether git has the file, wherever links lead to it, in its index, so that a commit can have brought it."""
    real = Path(os.path.realpath(file))
    if repository_root(real.parent) is None:  # git need not be asked, nor be there
        return False
    repository = repository_of(real.parent)
    return repository is not None and _is_tracked(repository, real)


def _is_tracked(repository: GitRepository, file: Path) -> bool:
    """Whether git has the file in its index."""
    path = with_slashes(os.path.relpath(file, repository.top))
    return repository.output("ls-files", "--error-unmatch", "--", path).returncode == 0


def _descended(data: str) -> tuple[Path, tuple[str, ...]]:
    """The folder that the name begins in, down to the first link within a repository, and the rest of the name."""
    path = Path(data)
    folder, parts = Path(path.anchor) if path.is_absolute() else Path.cwd(), [*path.parts[bool(path.anchor) :]]
    links = 0
    while len(parts) > 1 or (parts and (folder / parts[0]).is_symlink()):
        part = _called(folder, parts.pop(0))
        entry = folder / part
        if part == "..":
            folder = folder.parent
        elif entry.is_symlink():
            links += 1
            if repository_of(folder) is not None or links > MOST_LINKS:
                return folder, (part, *parts)
            target = Path(os.readlink(entry))
            folder = Path(target.anchor) if target.is_absolute() else folder
            parts = [*target.parts[bool(target.anchor) :], *parts]
        elif entry.is_dir():
            folder = entry
        else:  # it may have been there
            return folder, (part, *parts)
    return folder, tuple(_called(folder, part) for part in parts)


def _called(folder: Path, part: str) -> str:
    """What the folder itself calls it, as git does: systems that ignore case find it by other names, too."""
    if not IGNORES_CASE or part == ".." or not os.path.lexists(folder / part):
        return part
    return listed_name(part, os.listdir(folder))


def resolved(
    repository: GitRepository, commit: str, parts: Sequence[str], *, folder: bool = False
) -> TreePath | Missing:  # fmt: skip
    """The file, or the folder, that the path `parts` of the commit's tree leads to.

    Raises LeavesRepository where it leads out of the repository.
    """
    left, done = [*parts], list[str]()
    links, through = 0, ""
    while left:
        part = left.pop(0)
        if part in ("", "."):
            continue
        if part == "..":
            if not done:
                raise LeavesRepository(_outside("/".join(parts), through, "..", repository))
            done.pop()
            continue
        path = "/".join([*done, part])
        mode, hash_ = _entry(repository, commit, path)
        if mode == LINK:
            links += 1
            target = os.fsdecode(repository.output("cat-file", "blob", hash_).stdout)
            if links > MOST_LINKS:
                raise LeavesRepository(f"{path} is a link that leads back to itself")
            through = path
            inside = _inside(repository, target)
            if inside is None:
                raise LeavesRepository(_outside("/".join(parts), through, target, repository))
            done = [] if target.startswith("/") else done
            left = [*inside, *left]
        elif mode == SUBMODULE:
            return resolved(_submodule(repository, commit, path, hash_), hash_, left, folder=folder)
        elif not mode or (mode == TREE) != (bool(left) or folder):
            return Missing(repository, commit, "/".join([*done, part, *left]), through)
        else:
            done.append(part)
    return TreePath(repository, commit, "/".join(done)) if done or folder else Missing(repository, commit, "", through)


def _entry(repository: GitRepository, commit: str, path: str) -> tuple[str, str]:
    """Mode and hash of what the commit has at the path; empty where it has nothing."""
    found = repository.output("ls-tree", "-z", "--full-tree", commit, "--", path)
    if found.returncode:
        raise InputError(f"git:{commit[:12]}: {last_word(found)}")
    for line in filter(None, os.fsdecode(found.stdout).split("\0")):
        about, _, name = line.partition("\t")
        if name == path:
            mode, _, hash_ = about.split(" ")
            return mode, hash_
    return "", ""


def _inside(repository: GitRepository, target: str) -> Sequence[str] | None:
    """The parts of a link's target in terms of its folder or, if it is absolute, of the tree; None if it leads out."""
    if not target.startswith("/"):
        return PurePosixPath(target).parts
    folder = Path(os.path.normpath(target))
    return folder.relative_to(repository.top).parts if folder.is_relative_to(repository.top) else None


def _outside(name: str, through: str, target: str, repository: GitRepository) -> str:
    link = f"through the link {quote(through)} ({quote(target)}) " if through else ""
    return f"{name} led {link}out of the repository {repository.top}, where git has kept nothing"


def _submodule(repository: GitRepository, commit: str, path: str, hash_: str) -> GitRepository:
    """The repository of the submodule that the commit has at the path, with the commit that is recorded there."""
    found = _checked_out(repository, path) or _absorbed(repository, commit, path)
    if found is None:
        get = f"git -C {repository.top} submodule update --init {path}"
        raise LeavesRepository(f"{path} is a submodule that is not here: run '{get}' first")
    if found.kind(f"{hash_}^{{commit}}") != "commit":
        get = f"git -C {repository.top / path} fetch origin {hash_}"
        raise LeavesRepository(f"the commit {hash_[:12]} of the submodule {path} is not here: run '{get}' first")
    return found


def _checked_out(repository: GitRepository, path: str) -> GitRepository | None:
    folder = repository.top / path
    if folder.is_symlink() or not (folder / ".git").exists():
        return None
    found = repository_of(folder)
    return found if found is not None and found.top == folder.resolve() else None


def _absorbed(repository: GitRepository, commit: str, path: str) -> GitRepository | None:
    """Where git keeps a submodule that was checked out once."""
    blob = f"{commit}:.gitmodules"
    listed = repository.output("config", "--blob", blob, "-z", "--get-regexp", r"^submodule\..*\.path$").stdout
    for line in filter(None, os.fsdecode(listed).split("\0")):
        key, _, value = line.partition("\n")
        name = PurePosixPath(key.removeprefix("submodule.").removesuffix(".path"))
        folder = repository.common_folder / "modules" / name
        if value == path and not {"..", "/"} & {*name.parts} and (folder / "HEAD").is_file():
            about = {"GIT_DIR": str(folder), "GIT_WORK_TREE": str(repository.top)}
            return GitRepository(repository.top, {**own_environment(), **about})
    return None
