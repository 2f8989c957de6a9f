"""A repository from elsewhere, in an archive or inside another one, runs nothing of what its settings name."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardneg_cli.errors import InputError
from hardneg_cli.verbs.check import check
from support.repositories import ROWS, commit, git, relabeled, repository_in, surroundings, text

pytestmark = pytest.mark.process
SETTINGS = {
    "core.fsmonitor": "{run}", "core.hooksPath": "hooks", "core.pager": "{run}", "core.sshCommand": "{run}",
    "core.gitProxy": "{run}", "core.askPass": "{run}", "core.editor": "{run}", "core.alternateRefsCommand": "{run}",
    "diff.external": "{run}", "diff.theirs.command": "{run}", "diff.theirs.textconv": "{run}",
    "filter.theirs.smudge": "{run}", "filter.theirs.clean": "{run}", "filter.theirs.process": "{run}",
    "filter.lfs.smudge": "{run}", "filter.lfs.process": "{run}", "lfs.extension.theirs.smudge": "{run}",
    "lfs.customtransfer.theirs.path": "{run}", "lfs.standalonetransferagent": "theirs",
    "merge.theirs.driver": "{run}", "log.showSignature": "true", "gpg.program": "{run}", "gpg.ssh.program": "{run}",
    "pager.log": "{run}", "pager.diff": "{run}", "credential.helper": "!{run}", "uploadpack.packObjectsHook": "{run}",
    "remote.origin.url": "ext::{run}", "remote.origin.promisor": "true", "remote.origin.uploadpack": "{run}",
    "remote.origin.vcs": "ext", "protocol.ext.allow": "always",
    "protocol.allow": "always", "alias.cat-file": "!{run}", "trailer.x.command": "{run}", "maintenance.auto": "true",
}  # fmt: skip
HOOKS = ("post-index-change", "post-checkout", "reference-transaction", "fsmonitor-watchman", "pre-auto-gc")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """With settings that all name a program, and attributes that ask for it; a commit with a signature."""
    with pytest.MonkeyPatch.context() as patch:
        folder = repository_in(tmp_path_factory.mktemp("template") / "theirs", patch)
        (folder / "train.csv").write_text(text(ROWS))
        commit(folder)
        git(folder, "mv", "train.csv", "moved.csv")
        (folder / ".gitattributes").write_text("*.txt filter=theirs diff=theirs merge=theirs\n")
        commit(folder)
        body = git(folder, "cat-file", "commit", "HEAD").replace(
            "\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n eA==\n -----END PGP SIGNATURE-----\n\n", 1
        )
        (folder / ".git/body").write_text(body)
        signed = git(folder, "hash-object", "-t", "commit", "-w", ".git/body").strip()
        git(folder, "update-ref", "refs/heads/main", signed)
        yield folder


@pytest.fixture
def theirs(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "theirs"
    shutil.copytree(template, folder)
    program = folder / "program"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path / 'it-ran'}\nexit 1\n")
    program.chmod(0o755)
    (folder / "hooks").mkdir()
    for hook in HOOKS:
        for place in ("hooks", ".git/hooks"):
            shutil.copy(program, folder / place / hook)
    with (folder / ".git/config").open("a") as config:
        for name, value in SETTINGS.items():
            section, _, key = name.rpartition(".")
            kind, _, which = section.partition(".")
            value = value.format(run=program)
            config.write(f'[{kind} "{which}"]\n\t{key} = "{value}"\n' if which else f'[{kind}]\n\t{key} = "{value}"\n')
    surroundings(monkeypatch)
    monkeypatch.chdir(folder)
    yield folder
    assert not (tmp_path / "it-ran").exists()


def changed(data: str, base: str) -> str:
    return next(iter(check(data, base=base, decisions=()).summary())).partition("; ")[2]


def test_settings_that_name_programs(theirs: Path) -> None:
    Path("moved.csv").write_text(text(relabeled(3, "cat")))
    assert changed("moved.csv", "git:HEAD").startswith("1 row changed")
    assert changed("moved.csv", "git:HEAD~1").startswith("1 row changed")  # by its old name
    assert changed("*.csv", "git:HEAD...").startswith("1 row changed")


def test_a_filter_of_theirs_is_refused(theirs: Path) -> None:
    for attributes in ("*.csv filter=theirs\n", "*.csv filter=theirs working-tree-encoding=UTF-16\n"):
        Path(".gitattributes").write_text(attributes)
        assert "no row changed" in changed("moved.csv", "git:HEAD")  # the attributes of the base count
        Path(".git/info/attributes").write_text(attributes)
        with pytest.raises(InputError, match="filter of the repository's own settings"):
            check("moved.csv", base="git:HEAD")
        Path(".git/info/attributes").unlink()


def test_a_filter_whose_name_is_made_to_be_missed(theirs: Path) -> None:
    with Path(".git/config").open("a") as config:
        config.write(f'[filter "a=b.c"]\n\tsmudge = {Path("program").resolve()}\n')
    Path(".git/info/attributes").write_text("*.csv filter=a=b.c\n")
    with pytest.raises(InputError, match="filter of the repository's own settings"):
        check("moved.csv", base="git:HEAD")


def test_what_git_lfs_keeps_is_read_without_git_lfs(theirs: Path) -> None:
    content = text(ROWS).encode()
    oid = hashlib.sha256(content).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n"
    plain = Path(".git/config").read_text()
    Path(".git/config").write_text("[core]\n\thooksPath = /dev/null\n")
    Path(".gitattributes").write_text("*.csv filter=lfs\n")
    Path("kept.csv").write_text(pointer)
    commit(theirs)
    Path(".git/config").write_text(plain)
    Path("kept.csv").write_text(text(relabeled(3, "cat")))
    with pytest.raises(InputError, match="git-lfs has only its pointer here"):
        check("kept.csv", base="git:HEAD")
    kept = Path(".git/lfs/objects", oid[:2], oid[2:4], oid)
    kept.parent.mkdir(parents=True)
    kept.write_bytes(content)
    assert changed("kept.csv", "git:HEAD").startswith("1 row changed")
    kept.write_bytes(content + b"r99,cat,one more\n")
    with pytest.raises(InputError, match="what git-lfs keeps of it is damaged"):
        check("kept.csv", base="git:HEAD")


def test_content_that_only_a_remote_has_is_not_fetched(theirs: Path) -> None:
    hash_ = git(theirs, "-c", "core.fsmonitor=false", "rev-parse", "HEAD:moved.csv").strip()
    (theirs / ".git/objects" / hash_[:2] / hash_[2:]).unlink()
    with Path(".git/config").open("a") as config:
        config.write('[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = "origin"\n')
    with pytest.raises(InputError, match=r"git:HEAD:moved\.csv: .*'git cat-file blob .*' fetches it"):
        check("moved.csv", base="git:HEAD")


def test_a_bare_repository_inside_another_one(theirs: Path, tmp_path: Path) -> None:
    """A folder of data that has the files of a repository is none."""
    outer = tmp_path / "outer"
    shutil.copytree(theirs / ".git", outer / "data")
    with (outer / "data/config").open("a") as config:
        config.write("[core]\n\tbare = false\n\tworktree = ..\n")
    (outer / "data/train.csv").write_text(text(ROWS))
    with pytest.raises(InputError, match=r"safe\.bareRepository|not a git repository"):
        check(str(outer / "data/train.csv"), base="git:HEAD")
