"""A base that git keeps, with real repositories: shallow clones, renames, filters, hooks."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support import command
from support.repositories import ROWS, SURROUNDINGS, commit, git, relabeled, text

pytestmark = pytest.mark.process


def hardneg(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return command.hardneg(*arguments, cwd=folder, env=SURROUNDINGS | variables, text=True)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository with one commit of train.csv."""
    folder = tmp_path / "home"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    (folder / "train.csv").write_text(text(ROWS))
    commit(folder)
    return folder


def changes(done: subprocess.CompletedProcess[str]) -> str:
    """The first line of a report, behind the names."""
    assert done.returncode in (0, 1), done.stderr
    return done.stdout.splitlines()[0].partition("rows; ")[2]


def test_against_the_last_commit(home: Path) -> None:
    assert "no row changed" in hardneg(home, "check", "train.csv", "--base", "git:HEAD").stdout
    (home / "train.csv").write_text(text(relabeled(3, "cat")))
    assert changes(hardneg(home, "check", "train.csv", "--base", "git:HEAD")).startswith("1 row changed")
    (home / "sub").mkdir()
    done = hardneg(home / "sub", "diff", "git:main", "../train.csv")
    assert (done.returncode, "~ r3" in done.stdout) == (0, True), done.stderr


def test_a_typo_class_is_refused_in_a_commit(home: Path) -> None:
    (home / "train.csv").write_text(text(relabeled(3, "dgo")))
    commit(home)
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD~1")
    assert (done.returncode, done.stderr) == (1, "hardneg: train.csv fails new-class (1 row)\n")
    assert "'dgo' (1 row; did you mean 'dog'?)" in done.stdout
    assert "r3" in done.stdout


def test_a_shallow_clone_says_how_to_get_more(home: Path, tmp_path: Path) -> None:
    (home / "train.csv").write_text(text(relabeled(3, "cat")))
    commit(home)
    git(tmp_path, "clone", "-q", "--depth", "1", home.as_uri(), "shallow")
    done = hardneg(tmp_path / "shallow", "check", "train.csv", "--base", "git:HEAD~1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "git:HEAD~1: git knows no such revision; this clone is shallow: fetch more history" in done.stderr
    assert "git fetch --unshallow" in done.stderr
    assert done.stderr.count("\n") == 1
    git(tmp_path / "shallow", "fetch", "-q", "--unshallow")
    assert changes(hardneg(tmp_path / "shallow", "check", "train.csv", "--base", "git:HEAD~1")).startswith("1 row")


def test_an_unknown_revision(home: Path) -> None:
    for revision, words in {
        "mian": "did you mean 'main'?",
        "HEAD~7": "git knows no such revision",
        "": "names no revision",
        "--output=x": "git knows no such revision",
        "HEAD:lost.csv": "there is no 'lost.csv' at that revision",
    }.items():
        done = hardneg(home, "check", "train.csv", "--base", f"git:{revision}")
        assert (done.returncode, done.stdout) == (2, ""), revision
        assert words in done.stderr
    assert sorted(path.name for path in home.iterdir()) == [".git", "train.csv"]


def test_a_renamed_file_is_found_by_its_old_name(home: Path) -> None:
    (home / "data").mkdir()
    git(home, "mv", "train.csv", "data/all rows.csv")
    (home / "data/all rows.csv").write_text(text(relabeled(5, "cat")))
    done = hardneg(home, "check", "data/all rows.csv", "--base", "git:HEAD")  # staged alone
    assert changes(done).startswith("1 row changed")
    assert "data/all rows.csv was called 'train.csv' at HEAD" in done.stdout
    commit(home)
    git(home, "mv", "data/all rows.csv", "data/zwölf 'x'.csv")
    commit(home)
    done = hardneg(home / "data", "check", "zwölf 'x'.csv", "--base", "git:HEAD~2")
    assert changes(done).startswith("1 row changed"), done.stderr
    assert changes(hardneg(home, "check", "data/zwölf 'x'.csv", "--base", "git:HEAD~2:train.csv")) == changes(done)


def test_a_new_file_is_all_added(home: Path) -> None:
    (home / "other.csv").write_text("id,label,text\nx,one,word\ny,two,words\n")
    done = hardneg(home, "check", "other.csv", "--base", "git:HEAD")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "other.csv is not in HEAD: all of its rows count as added" in done.stdout
    assert "not judged  new-class" in done.stdout


def test_before_the_first_commit_all_is_added(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "train.csv").write_text(text(ROWS))
    done = hardneg(tmp_path, "check", "train.csv", "--base", "git:HEAD")
    assert done.returncode == 0, done.stderr
    assert "nothing has been committed yet" in done.stdout + done.stderr
    for other in ("@", "HEAD...", "HEAD:train.csv"):
        done = hardneg(tmp_path, "check", "train.csv", "--base", f"git:{other}")
        assert (done.returncode, changes(done)) == (0, "30 rows changed: 30 added, 0 edited, 0 relabeled, 0 dropped")
    for other in ("main", "origin/main...", "HEAD~1"):
        done = hardneg(tmp_path, "check", "train.csv", "--base", f"git:{other}")
        assert (done.returncode, done.stdout) == (2, "")
        assert f"git:{other}: nothing has been committed yet; the first commit's base is git:HEAD" in done.stderr


def on_a_branch(home: Path, rows: list[tuple[str, str, str]]) -> None:
    """A commit with these rows to a branch that is checked out, and one to main since it began."""
    git(home, "checkout", "-q", "-b", "work")
    (home / "train.csv").write_text(text(rows))
    commit(home)
    git(home, "checkout", "-q", "main")
    (home / "train.csv").write_text(text([*ROWS, ("r99", "dog", "later")]))
    commit(home)
    git(home, "checkout", "-q", "work")


def test_a_range_that_pre_commit_asks_about(home: Path) -> None:
    """HEAD is a part of the range, so that it is no base of it; where the range began is."""
    on_a_branch(home, relabeled(3, "dgo"))
    asked = ("check", "train.csv", "--base")
    for base in ("git:HEAD", "git:@", "git:HEAD:train.csv"):
        assert hardneg(home, *asked, base).stdout.splitlines()[0].endswith("no row changed")
        done = hardneg(home, *asked, base, PRE_COMMIT_FROM_REF="main")
        assert (done.returncode, done.stderr) == (1, "hardneg: train.csv fails new-class (1 row)\n")
        assert changes(done).startswith("1 row changed")  # what is on main since is none of it
        assert f"note: {base} is where HEAD and 'main' parted" in done.stdout
    assert "1 dropped" in changes(hardneg(home, *asked, "git:main", PRE_COMMIT_FROM_REF="HEAD~1"))
    done = hardneg(home, *asked, "git:HEAD", PRE_COMMIT_FROM_REF="f" * 40)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"git:{'f' * 40}: git knows no such revision; no branch has it any more" in done.stderr


def test_names_that_git_would_quote(home: Path) -> None:
    name = 'a "b"\nc*[d].csv'
    (home / name).write_text(text(ROWS))
    commit(home)
    (home / name).write_text(text(relabeled(3, "cat")))
    assert changes(hardneg(home, "check", name, "--base", "git:HEAD")).startswith("1 row changed")


def test_content_comes_through_the_filters(home: Path) -> None:
    """What git keeps is packed, and what a checkout writes is CSV, by a filter of the user's own settings."""
    (home / ".gitattributes").write_text("*.csv filter=packed\n")
    git(home, "config", "filter.packed.clean", "gzip -cn")
    mine = home.parent / "gitconfig"
    git(home, "config", "--file", str(mine), "filter.packed.smudge", "gzip -cd | tr X Y")
    (home / "train.csv").write_text(text([*ROWS, ("r99", "cat", "an X")]))
    commit(home)
    assert subprocess.run(["git", "show", "HEAD:train.csv"], cwd=home, capture_output=True, check=True).stdout[:2] == (
        b"\x1f\x8b"
    )
    (home / "train.csv").write_text(text([*ROWS, ("r99", "cat", "an Y")]))
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD", GIT_CONFIG_GLOBAL=str(mine))
    assert "no row changed" in done.stdout, done.stderr
    git(home, "config", "--file", str(mine), "filter.packed.smudge", "false")
    git(home, "config", "--file", str(mine), "filter.packed.required", "true")
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD", GIT_CONFIG_GLOBAL=str(mine))
    assert (done.returncode, done.stdout) == (2, "")
    assert "git:HEAD:train.csv: git says: " in done.stderr
    git(home, "config", "filter.packed.smudge", "gzip -cd | tr X Y")
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD")
    assert (done.returncode, done.stdout) == (2, "")
    assert "a filter of the repository's own settings (packed: gzip -cd | tr X Y), which is not run" in done.stderr


def test_a_pointer_is_no_base(home: Path) -> None:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n"
    (home / "train.csv").write_text(pointer)
    commit(home)
    (home / "train.csv").write_text(text(ROWS))
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD")
    assert (done.returncode, done.stdout) == (2, "")
    assert "git:HEAD:train.csv: git-lfs has only its pointer here" in done.stderr
    assert "git lfs fetch origin" in done.stderr


def test_data_that_dvc_keeps_gets_the_command(home: Path) -> None:
    (home / "big.csv").write_text(text(ROWS))
    (home / "big.csv.dvc").write_text("outs:\n- md5: 0\n  path: big.csv\n")
    (home / ".gitignore").write_text("/big.csv\n")
    commit(home)
    done = hardneg(home, "check", "big.csv", "--base", "git:HEAD")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'dvc get {home} big.csv --rev HEAD -o base.csv'" in done.stderr


def test_parquet_and_packed_files(home: Path) -> None:
    table = pa.table({"id": list(range(40)), "label": ["cat", "dog"] * 20, "size": [row / 2 for row in range(40)]})
    pq.write_table(table, home / "train.parquet")
    commit(home)
    pq.write_table(table.slice(1).append_column("new", pa.array(["x"] * 39)), home / "train.parquet")
    done = hardneg(home, "check", "train.parquet", "--base", "git:HEAD")
    assert changes(done).endswith("0 added, 0 edited, 0 relabeled, 1 dropped"), done.stderr
    assert "new" in done.stdout.splitlines()[1]


def test_several_files_of_a_revision(home: Path) -> None:
    (home / "parts/deep").mkdir(parents=True)
    (home / "parts/a.csv").write_text(text(ROWS[:10]))
    (home / "parts/b.csv").write_text(text(ROWS[10:20]))
    (home / "parts/.hidden.csv").write_text("no data")
    (home / "parts/deep/c.csv").write_text(text(ROWS[20:]))
    commit(home)
    (home / "parts/b.csv").unlink()
    assert "10 dropped" in changes(hardneg(home, "check", "parts/*.csv", "--base", "git:HEAD"))
    done = hardneg(home / "parts", "check", "**/*.csv", "--base", "git:HEAD")
    assert done.stdout.startswith("**/*.csv against git:HEAD: 20 rows")
    assert "10 dropped" in changes(done)


def test_where_a_branch_began(home: Path) -> None:
    on_a_branch(home, relabeled(3, "cat"))
    assert "1 dropped" in changes(hardneg(home, "diff", "git:main", "train.csv"))
    assert changes(hardneg(home, "diff", "git:main...", "train.csv")).startswith("1 row changed")
    assert changes(hardneg(home, "diff", "git:main...:train.csv", "train.csv")).startswith("1 row changed")


def test_as_a_hook(home: Path) -> None:
    """git runs it, with its environment; a work tree linked to the repository is one as well."""
    hook = home / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {shlex.join(command.forked_command())} check data/train.csv --base git:HEAD -q\n")
    hook.chmod(0o755)
    (home / "data").mkdir()
    git(home, "mv", "train.csv", "data/train.csv")
    commit(home)
    git(home, "worktree", "add", "-q", "../linked")
    for place in (home, home.parent / "linked"):
        (place / "data/train.csv").write_text(text(relabeled(3, "dgo")))
        done = subprocess.run(
            ["git", "commit", "-qam", "typo"], cwd=place, capture_output=True, text=True, env=SURROUNDINGS, check=False
        )
        assert done.returncode == 1
        assert "data/train.csv fails new-class (1 row)" in done.stderr
        assert "r3" in done.stdout + done.stderr
        (place / "data/train.csv").write_text(text(relabeled(3, "cat")))
        git(place, "commit", "-qam", "right")


def test_a_hook_of_another_repository(home: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "-q")
    done = hardneg(other, "check", str(home / "train.csv"), "--base", "git:main", GIT_DIR=str(other / ".git"))
    assert "no row changed" in done.stdout, done.stderr


def test_without_a_repository_and_without_git(home: Path, tmp_path: Path) -> None:
    (tmp_path / "alone.csv").write_text(text(ROWS))
    done = hardneg(tmp_path, "check", "alone.csv", "--base", "git:HEAD")
    assert (done.returncode, done.stdout) == (2, "")
    assert "alone.csv: git says: not a git repository" in done.stderr
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD", PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    assert "git is not installed" in done.stderr
    done = subprocess.run(
        [*command.forked_command(), "check", "-", "--base", "git:HEAD"], cwd=home, input=text(ROWS),
        capture_output=True, text=True, env=SURROUNDINGS, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input has no history" in done.stderr


def test_a_broken_base_can_be_mended(home: Path) -> None:
    rows = [*ROWS, ("r3", "dog", "twice"), ("", "dog", "no id"), ("r98", "", "no label")]
    (home / "train.csv").write_text(text(rows) + "ragged\n")
    commit(home)
    (home / "train.csv").write_text(text([*ROWS, ("r98", "dog", "no label")]))
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 ragged rows were left out of the base" in done.stdout
    assert "3 rows with no id of their own were left out of the base" in done.stdout
    (home / "train.csv").write_text("")
    commit(home)
    (home / "train.csv").write_text(text(ROWS))
    done = hardneg(home, "check", "train.csv", "--base", "git:HEAD")
    assert "30 added" in changes(done)
