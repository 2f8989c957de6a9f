"""git, as it is installed: a repository, and calls of git in it that run nothing but git itself.

A repository may come from anywhere, in an archive or inside another one, and its configuration can name programs. So
no program of a configuration is started: no monitor, hook, pager, signature check or remote; of content filters,
`git_content` says more. Who may own a repository is git's own rule. A hook's environment (GIT_DIR, GIT_INDEX_FILE and
the like) is respected where it is about the repository that is asked.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.file_names import program

Done = subprocess.CompletedProcess[bytes]
CALLERS = ("GIT_CONFIG", "GIT_LFS", "GIT_SSH", "GIT_SSL", "GIT_EXEC_PATH", "GIT_CEILING", "GIT_DISCOVERY", "GIT_TRACE")
NOTHING_RUNS = {
    "core.fsmonitor": "false", "core.hooksPath": os.devnull, "core.pager": "cat", "log.showSignature": "false",
    "safe.bareRepository": "explicit", "protocol.allow": "never",
}  # fmt: skip
QUIET = {
    "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1", "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none", "LC_ALL": "C", "LANGUAGE": "C",
}  # fmt: skip
NOT_INSTALLED = "git is not installed, so no base can be read from it: name a file with --base"
NO_REPOSITORY = ("not a git repository", "must be run in a work tree")


@dataclass(frozen=True)
class GitRepository:
    """A repository, and how to call git for it. top: its work tree's folder, or where git is called if it has none."""

    top: Path
    environment: Mapping[str, str]

    def __call__(self, *arguments: str) -> str:
        done = self.output(*arguments)
        if done.returncode:
            raise InputError(f"git {arguments[0]}: {last_word(done)}")
        return os.fsdecode(done.stdout)

    def output(self, *arguments: str) -> Done:
        return _git(arguments, self.top, self.environment)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """git with pipes to and from it, for as long as it is asked."""
        with subprocess.Popen(  # noqa: S603 -- no shell
            _command(arguments), cwd=self.top, env={**self.environment, **QUIET},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            try:
                yield process
            finally:
                process.kill()

    def with_environment(self, more: Mapping[str, str]) -> GitRepository:
        return replace(self, environment={**self.environment, **more})

    def kind(self, name: str) -> str:
        """The kind of an object, such as `blob`; empty where there is none of that name."""
        return self.output("cat-file", "-t", name).stdout.decode().strip()

    @cached_property
    def unborn(self) -> bool:
        """Whether HEAD is a branch that has no commit yet."""
        known = self.output("rev-parse", "--verify", "--quiet", "HEAD").returncode == 0
        return not known and self.output("symbolic-ref", "--quiet", "HEAD").returncode == 0

    @cached_property
    def shallow(self) -> bool:
        return self("rev-parse", "--is-shallow-repository").strip() == "true"

    @cached_property
    def common_folder(self) -> Path:
        """What all work trees of the repository share: its objects and configuration."""
        return Path(self.top, self("rev-parse", "--git-common-dir").removesuffix("\n"))


def repository_of(folder: Path) -> GitRepository | None:
    """The repository of a folder, in the surroundings of a hook if those are about the same one; None for no work tree.

    Raises InputError with git's own reason where there is one that git does not open, such as one of another owner.
    """
    found = _git(("rev-parse", "--show-toplevel"), folder, own_environment())
    top = _top(found)
    hooked = hook_repository()
    if hooked and folder.is_relative_to(hooked.top) and top in (None, hooked.top):
        return hooked
    if top is not None:
        return GitRepository(top, own_environment())
    if not found.returncode or any(words in found.stderr.decode(errors="replace") for words in NO_REPOSITORY):
        return None
    raise InputError(f"{folder}: {last_word(found)}")


def bare_repository() -> GitRepository | None:
    """The one that GIT_DIR names, which needs no work tree; None where it names none."""
    if "GIT_DIR" not in os.environ:
        return None
    found = GitRepository(Path.cwd(), os.environ)
    return found if found.output("rev-parse", "--git-dir").returncode == 0 else None


def superprojects(repository: GitRepository) -> Iterator[GitRepository]:
    """The repositories of which this one is a submodule, by what is checked out, the nearest first."""
    while True:
        above = _top(repository.output("rev-parse", "--show-superproject-working-tree"))
        found = None if above is None else repository_of(above)
        if found is None:
            return
        yield found
        repository = found


def last_word(done: Done) -> str:
    """git's reason as part of a sentence, and what to do where git says it."""
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    reasons = [line for line in lines if line.startswith(("fatal: ", "error: "))] or lines
    if not reasons:
        return ""
    reason = reasons[-1].removeprefix("fatal: ").removeprefix("error: ")
    trust = next((line.strip() for line in lines if "safe.directory" in line and "--add" in line), "")
    return f"git says: {reason}" + (f"; if you trust whoever owns it, run '{trust}' first" if trust else "")


def _top(found: Done) -> Path | None:
    name = os.fsdecode(found.stdout).removesuffix("\n")
    return Path(name).resolve() if found.returncode == 0 and name else None


def own_environment() -> dict[str, str]:
    """The environment without what a hook or a caller says of some repository."""
    return {name: os.environ[name] for name in os.environ if name.startswith(CALLERS) or not name.startswith("GIT_")}


def hook_repository() -> GitRepository | None:
    """The repository that a hook's environment is about, which is named there in terms of the working folder."""
    if not {"GIT_DIR", "GIT_INDEX_FILE"} & os.environ.keys():
        return None
    top = _top(_git(("rev-parse", "--show-toplevel"), Path.cwd(), os.environ))
    if top is None:
        return None
    here = {name: os.path.abspath(os.environ[name]) for name in ("GIT_DIR", "GIT_WORK_TREE") if name in os.environ}
    return GitRepository(top, {**os.environ, **here})


def _git(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Done:
    """Never asks anybody anything, connects to nothing; its words are those of the C locale."""
    try:
        return subprocess.run(  # noqa: S603 -- no shell, and what users type stands behind options
            _command(arguments),
            cwd=folder, env={**environment, **QUIET}, stdin=subprocess.DEVNULL,
            capture_output=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise InputError(NOT_INSTALLED) from None


def _program() -> str:
    found = program("git")
    if found is None:
        raise InputError(NOT_INSTALLED)
    return found


def _command(arguments: Sequence[str]) -> list[str]:
    fixed = [part for name, value in NOTHING_RUNS.items() for part in ("-c", f"{name}={value}")]
    return [_program(), "--no-pager", *fixed, *arguments]
