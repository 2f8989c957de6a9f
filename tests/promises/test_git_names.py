"""What a name meant at a revision: links, submodules and what DVC keeps, with real repositories."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.git_revision import at_revision, file_at
from hardneg_cli.verbs.check import check
from support.repositories import ROWS, commit, git, relabeled, repository_in, text

pytestmark = pytest.mark.process
OTHER = text(relabeled(3, "cat"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """main: store/v1.csv, and data/train.csv, which is a link to it; store is linked as well, as data/all."""
    folder = repository_in(tmp_path / "home", monkeypatch)
    Path("store").mkdir()
    Path("data").mkdir()
    Path("store/v1.csv").write_text(text(ROWS))
    Path("store/v2.csv").write_text(OTHER)
    Path("data/train.csv").symlink_to("../store/v1.csv")
    Path("data/all").symlink_to("../store")
    commit(folder)
    yield folder
    assert sorted(path.name for path in folder.iterdir() if path.name not in ("store", "data", "sub")) == [".git"]


def changes(data: str | Path, base: str = "git:HEAD") -> str:
    return next(iter(check(str(data), base=base, decisions=()).summary())).partition("; ")[2]


def relink(link: str, target: str | Path) -> None:
    Path(link).unlink()
    Path(link).symlink_to(target)


def test_a_link_is_followed_as_it_was(home: Path) -> None:
    assert changes("data/train.csv") == "no row changed"
    relink("data/train.csv", "../store/v2.csv")
    assert changes("data/train.csv").startswith("1 row changed")
    commit(home)
    assert changes("data/train.csv", "git:HEAD~1").startswith("1 row changed")
    Path("store/v1.csv").write_text(OTHER)
    relink("data/train.csv", "../store/v1.csv")
    assert changes("data/train.csv", "git:HEAD~1").startswith("1 row changed")
    assert changes("store/../data/./train.csv", "git:HEAD~1:data/train.csv").startswith("1 row changed")


def test_a_link_to_a_folder_is_followed_as_it_was(home: Path) -> None:
    Path("sub").mkdir()
    Path("sub/v1.csv").write_text(OTHER)
    relink("data/all", "../sub")
    git(home, "add", "-A")
    assert changes("data/all/v1.csv").startswith("1 row changed")
    assert changes(home / "data/all/v1.csv").startswith("1 row changed")
    with pytest.raises(InputError, match="was a link or a submodule, which a pattern does not cross"):
        changes("data/al?/v1.csv")
    assert changes("data/all/v1.cs?").startswith("1 row changed")


def test_a_link_that_became_a_file_and_a_file_that_became_a_link(home: Path) -> None:
    Path("data/train.csv").unlink()
    Path("data/train.csv").write_text(OTHER)
    assert changes("data/train.csv").startswith("1 row changed")
    relink("store/v1.csv", "v2.csv")
    assert changes("store/v1.csv").startswith("1 row changed")


def test_a_link_that_led_nowhere_or_out_cannot_be_told(home: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(text(ROWS))
    for target, words in {
        "../store/v9.csv": "was a link that led to store/v9.csv, and nothing was there",
        str(outside): "out of the repository",
        "../../outside.csv": "out of the repository",
        "train.csv": "is a link that leads back to itself",
    }.items():
        relink("data/train.csv", target)
        commit(home)
        relink("data/train.csv", "../store/v1.csv")
        with pytest.raises(InputError) as error:
            changes("data/train.csv")
        assert words in str(error.value)
        assert "name it: store/v1.csv" in str(error.value)
    relink("data/train.csv", "../store/v1.csv")
    commit(home)
    relink("data/train.csv", outside)
    git(home, "add", "-A")
    with pytest.raises(InputError, match=r"is a link to .*, and what that holds is in no commit"):
        changes("data/train.csv")
    relink("data/train.csv", home / "store/v2.csv")  # absolute, and yet inside
    assert changes("data/train.csv").startswith("1 row changed")


def test_a_link_that_git_does_not_keep(home: Path) -> None:
    Path("data/mine.csv").symlink_to("../store/v1.csv")
    with pytest.raises(InputError, match=r"data/mine\.csv is a link now, .*; .* name it: store/v1\.csv"):
        changes("data/mine.csv")


def test_a_folder_of_another_place_is_linked_in(home: Path, tmp_path: Path) -> None:
    """Links outside of any repository are the machine's own."""
    (tmp_path / "linked").symlink_to(home)
    assert changes(tmp_path / "linked/data/train.csv") == "no row changed"


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository whose submodule `sub` has a submodule `deep`, both with a.csv; the inner one has moved on."""
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    for name in ("deep", "middle"):
        repository_in(tmp_path / name, monkeypatch)
        Path("a.csv").write_text(text(ROWS))
        if name == "middle":
            git(Path(), "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../deep", "deep")
        commit(Path())
    folder = repository_in(tmp_path / "parent", monkeypatch)
    allow = ("-c", "protocol.file.allow=always")
    git(folder, *allow, "submodule", "--quiet", "add", "../middle", "sub")
    git(folder, *allow, "submodule", "--quiet", "update", "--init", "--recursive")
    commit(folder)
    return folder


def test_a_submodule_is_taken_at_the_commit_that_was_recorded(parent: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("sub/deep", "sub"):
        Path(place, "a.csv").write_text(OTHER)
        commit(parent / place)
        assert changes(f"{place}/a.csv").startswith("1 row changed")
        assert changes(parent / place / "a.csv").startswith("1 row changed")
        assert changes(f"{place}/*.csv").startswith("1 row changed")
        git(parent, "add", "-A")
        assert changes(f"{place}/a.csv", "git:main").startswith("1 row changed")
    monkeypatch.chdir(parent.parent)
    assert changes("parent/sub/deep/a.csv").startswith("1 row changed")
    monkeypatch.chdir(parent / "sub/deep")  # there, HEAD is that of the submodule
    assert changes("a.csv") == "no row changed"
    monkeypatch.chdir(parent)
    commit(parent)
    assert changes("sub/deep/a.csv") == "no row changed"
    assert changes("sub/deep/a.csv", "git:HEAD~1").startswith("1 row changed")
    git(parent, "submodule", "--quiet", "deinit", "--force", "sub")
    Path("sub/a.csv").write_text(text(ROWS))  # git keeps what was checked out once
    assert changes("sub/a.csv", "git:HEAD").startswith("1 row changed")


def test_a_submodule_that_is_not_here(parent: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "-q", str(parent), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    Path("sub/a.csv").write_text(text(ROWS))
    with pytest.raises(InputError, match=r"sub is a submodule that is not here: run 'git -C .* --init sub' first"):
        changes("sub/a.csv")


KEPT = {
    "d/train.csv.dvc": "outs:\n- md5: abcdef\n  path: train.csv\n",
    "d.dvc": "outs:\n- md5: abcdef.dir\n  path: d\n",
    "dvc.lock": "stages:\n  make:\n    outs:\n    - path: d/train.csv\n      md5: abcdef\n",
    "d/dvc.lock": "stages:\n  make:\n    outs:\n    - path: './train.csv'\n      md5: abcdef\n",
}


@pytest.mark.parametrize("kept", KEPT)
def test_what_dvc_keeps_gets_the_command(kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it is a copy or a link into the cache, in the repository or elsewhere."""
    folder = repository_in(tmp_path / "home", monkeypatch)
    Path("d").mkdir()
    Path(kept).write_text(KEPT[kept])
    Path(".gitignore").write_text("/d/train.csv\n/.dvc\n")
    commit(folder)
    caches = [Path(".dvc/cache/ab/cdef"), tmp_path / "cache/cdef"]
    for cache in caches:
        cache.parent.mkdir(parents=True)
        cache.write_text(text(ROWS))
    Path("d/train.csv").write_text(text(ROWS))
    for link in (None, *caches):
        if link is not None:
            relink("d/train.csv", link.resolve())
        for base in ("git:HEAD", "git:HEAD..."):
            with pytest.raises(InputError) as error:
                changes("d/train.csv", base)
            rev = "HEAD" if base == "git:HEAD" else git(folder, "rev-parse", "HEAD").strip()
            assert f"'dvc get {folder} d/train.csv --rev {rev} -o base.csv'" in str(error.value)


def test_a_file_beside_the_data_at_a_revision(home: Path, tmp_path: Path) -> None:
    Path("data/hardneg.toml").write_text("old")
    commit(home)
    Path("data/hardneg.toml").write_text("new")
    found = file_at("data/train.csv", "HEAD...:data/train.csv", "data/hardneg.toml")
    assert found is not None
    assert found.data == b"old"
    assert file_at("data/*.csv", "HEAD", home / "data/hardneg.toml") == file_at("-", "HEAD", "data/hardneg.toml")
    assert file_at("data/train.csv", "HEAD~1", "data/hardneg.toml") is None
    assert file_at("data/train.csv", "HEAD", tmp_path / "hardneg.toml") is None
    assert file_at("data/train.csv", "HEAD", "nowhere/at/all.toml") is None
    Path("data/hardneg.toml").unlink()


def test_names_that_are_not_utf8(home: Path) -> None:
    name = os.fsdecode(b"store/caf\xe9\n.csv")
    Path(name).write_text(text(ROWS))
    commit(home)
    git(home, "mv", name, name + "é")
    (found,) = at_revision(name + "é", "HEAD").sources
    assert found.data == text(ROWS).encode()
