"""A file's content at a commit, as a checkout would write it, without running what the repository's settings name.

Line ends, encodings and `$Id$` follow the attributes of that commit. A filter is a program: one that the user's own or
the system's settings define is run, one that the repository's settings define is not. What git-lfs keeps is read where
it keeps it, and held against its hash.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.git import GitRepository, last_word

LFS = b"version https://git-lfs.github.com/spec/"
POINTER_BYTES = 1024
ATTRIBUTES = ".gitattributes"
OWN_SCOPES = ("local", "worktree")
DOES_NOTHING = ("", "cat")
LFS_FILTER = "lfs"


@dataclass(frozen=True)
class GitFile:
    """A file of a tree, or of the index.

    name: for messages. object: its hash, or `COMMIT:PATH`. attributes: where its .gitattributes are, `COMMIT:`, or `:`
    for the index.
    """

    name: str
    repository: GitRepository
    object: str
    path: str
    attributes: str

    def content(self) -> bytes:
        """Raises InputError where git cannot read it, or where it would take a program of the repository's settings."""
        with self._attributes() as place:
            quiet = self.repository.with_environment({**place, **self._without_programs(place)})
            read = quiet.output("cat-file", "--filters", f"--path={self.path}", self.object)
        if read.returncode:
            raise InputError(f"{self.name}: {last_word(read) or 'git cannot read it'}{self._partial()}")
        return self._from_lfs(read.stdout) if read.stdout.startswith(LFS) else read.stdout

    @contextmanager
    def _attributes(self) -> Iterator[Mapping[str, str]]:
        """An environment in which the work tree holds nothing but the attributes of that time."""
        with tempfile.TemporaryDirectory(prefix="hardneg-") as folder:
            for above in PurePosixPath(self.path).parents:
                name = (above / ATTRIBUTES).as_posix()
                found = self.repository.output("cat-file", "blob", self.attributes + name)
                if found.returncode == 0:
                    Path(folder, above).mkdir(parents=True, exist_ok=True)
                    Path(folder, name).write_bytes(found.stdout)
            yield {"GIT_WORK_TREE": folder, "GIT_INDEX_FILE": str(Path(folder, ".no-index"))}

    def _without_programs(self, place: Mapping[str, str]) -> Mapping[str, str]:
        """An environment in which no filter of the repository's own settings runs, nor git-lfs."""
        own = _filters(self.repository)
        told = self.repository.with_environment(place)("check-attr", "-z", "filter", "--", self.path).split("\0")
        name = told[2] if len(told) > 2 else ""
        if name != LFS_FILTER and (program := own.get(name)):
            raise InputError(
                f"{self.name}: its content comes from a filter of the repository's own settings ({name}: "
                f"{program[:60]}), which is not run: if you trust it, write the base with 'git cat-file --filters' "
                "and name that file with --base"
            )
        keys = [f"filter.{one}.{part}" for one in {*own, LFS_FILTER} for part in ("smudge", "process", "required")]
        first = int(self.repository.environment.get("GIT_CONFIG_COUNT") or 0)
        pairs = {f"GIT_CONFIG_KEY_{first + place}": key for place, key in enumerate(keys)}
        values = {
            f"GIT_CONFIG_VALUE_{first + place}": "false" if key.endswith(".required") else ""
            for place, key in enumerate(keys)
        }
        return {"GIT_CONFIG_COUNT": str(first + len(keys)), **pairs, **values}

    def _partial(self) -> str:
        if self.repository.kind(self.object):
            return ""
        return f"; where a clone is partial, 'git cat-file blob {self.object}' fetches it"

    def _from_lfs(self, pointer: bytes) -> bytes:
        """What the pointer stands for."""
        oid = re.search(rb"^oid sha256:([0-9a-f]{64})$", pointer[:POINTER_BYTES], re.MULTILINE)
        if oid and len(pointer) < POINTER_BYTES and b"\next-" not in pointer:
            hash_ = oid[1].decode()
            kept = _lfs_folder(self.repository) / "objects" / hash_[:2] / hash_[2:4] / hash_
            if kept.is_file():
                content = kept.read_bytes()
                if hashlib.sha256(content).hexdigest() != hash_:
                    raise InputError(f"{self.name}: what git-lfs keeps of it is damaged: run 'git lfs fsck'")
                return content
        revision = self.attributes.removesuffix(":")[:12]
        raise InputError(
            f"{self.name}: git-lfs has only its pointer here, not the data: run 'git lfs install' and "
            f"'git lfs fetch origin {revision}' first"
        )


def _filters(repository: GitRepository) -> dict[str, str]:
    """The filters whose programs the repository's own settings name, and the one of each, if it does anything."""
    pattern = r"^filter\..*\.(smudge|process)$"
    listed = os.fsdecode(repository.output("config", "-z", "--show-scope", "--get-regexp", pattern).stdout).split("\0")
    found: dict[str, str] = {}
    for scope, setting in zip(listed[::2], listed[1::2], strict=False):
        key, _, value = setting.partition("\n")
        name = key.removeprefix("filter.").rpartition(".")[0]
        if scope in OWN_SCOPES:
            found[name] = found.get(name) or ("" if value.strip() in DOES_NOTHING else value)
    return found


def _lfs_folder(repository: GitRepository) -> Path:
    """Where git-lfs keeps what the repository's pointers stand for."""
    named = os.fsdecode(repository.output("config", "--type=path", "--get", "lfs.storage").stdout).removesuffix("\n")
    return repository.common_folder / (named or "lfs")
