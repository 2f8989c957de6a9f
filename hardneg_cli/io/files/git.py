"""git, as it is installed: one repository's work tree, and calls of git in it.

A hook's environment (GIT_DIR and the like) is respected where it is about the repository that the file is in.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hardneg_cli.errors import InputError

Done = subprocess.CompletedProcess[bytes]


@dataclass(frozen=True)
class GitRepository:
    """A work tree, and how to call git for it."""

    top: Path
    folder: Path
    environment: Mapping[str, str]

    def path_of(self, file: Path) -> str:
        """The file's path within the work tree; links to it are followed."""
        return Path(os.path.relpath(file.resolve(), self.top)).as_posix()

    def __call__(self, *arguments: str) -> str:
        return os.fsdecode(_git(arguments, self.folder, self.environment).stdout)

    def output(self, *arguments: str) -> Done:
        return _git(arguments, self.folder, self.environment, check=False)

    @cached_property
    def unborn(self) -> bool:
        """Whether HEAD is a branch that has no commit yet."""
        known = self.output("rev-parse", "--verify", "--quiet", "HEAD").returncode == 0
        return not known and self.output("symbolic-ref", "--quiet", "HEAD").returncode == 0

    @cached_property
    def shallow(self) -> bool:
        return self("rev-parse", "--is-shallow-repository").strip() == "true"


def repository_of(file: Path) -> GitRepository:
    """The repository of the file's folder, in the surroundings of a hook if those are about the same one."""
    folder = file.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{file}: there is no folder {str(file.parent)!r}")
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own |= {name: os.environ[name] for name in os.environ if name.startswith(("GIT_CONFIG", "GIT_LFS", "GIT_SSH"))}
    found = _git(("rev-parse", "--show-toplevel"), folder, own, check=False)
    top = _top(found)
    if "GIT_DIR" in os.environ:
        hooked = _top(_git(("rev-parse", "--show-toplevel"), Path.cwd(), os.environ, check=False))
        if hooked and folder.is_relative_to(hooked) and top in (None, hooked):
            return GitRepository(hooked, Path.cwd(), os.environ)
    if top is None:
        raise InputError(f"{file}: {last_word(found) or 'not in the work tree of a git repository'}")
    return GitRepository(top, folder, own)


def _top(found: Done) -> Path | None:
    name = os.fsdecode(found.stdout).removesuffix("\n")
    return Path(name).resolve() if found.returncode == 0 and name else None


def last_word(done: Done) -> str:
    """git's last word, as part of a sentence."""
    lines: Iterable[str] = done.stderr.decode(errors="replace").strip().splitlines()
    words = [line.removeprefix("fatal: ").removeprefix("error: ") for line in lines]
    return f"git says: {words[-1]}" if words else ""


def _git(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], *, check: bool = True) -> Done:
    """Never asks anybody anything; its words are those of the C locale."""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    try:
        done = subprocess.run(  # noqa: S603 -- no shell, and what users type stands behind options
            ["git", *arguments],  # noqa: S607 -- the user's own
            cwd=folder, env={**environment, **quiet}, stdin=subprocess.DEVNULL,
            capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise InputError("git is not installed, so no base can be read from it: name a file with --base") from None
    if check and done.returncode:
        raise InputError(f"git {arguments[0]}: {last_word(done)}")
    return done
