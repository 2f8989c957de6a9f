"""A hook of git is told about the commit, not about what lies in the work tree."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from hardneg_cli.review.decisions.decision_log import log_of
from support.command import forked_command
from support.repositories import ROWS, SURROUNDINGS, commit, git, relabeled, repository_in, text

pytestmark = pytest.mark.process
BAD, GOOD = text(relabeled(3, "dgo")), text(relabeled(3, "cat"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a hook that checks train.csv, and nothing else that would look at it."""
    folder = repository_in(tmp_path / "home", monkeypatch)
    Path("train.csv").write_text(text(ROWS))
    Path("other").write_text("")
    commit(folder)
    hook_is("check train.csv --base git:HEAD")
    return folder


def hook_is(command: str, name: str = "pre-commit") -> None:
    hook = Path(".git/hooks", name)
    hook.write_text(f"#!/bin/sh\nexec {shlex.join(forked_command())} {command}\n")
    hook.chmod(0o755)


def commits(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", "commit", "-q", "-m", "x", *arguments], capture_output=True, text=True,
                          env=SURROUNDINGS, check=False)  # fmt: skip


def test_a_bad_label_that_is_staged_and_mended_in_the_work_tree_alone(home: Path) -> None:
    Path("train.csv").write_text(BAD)
    git(home, "add", "train.csv")
    Path("train.csv").write_text(text(ROWS))
    git(home, "update-index", "--assume-unchanged", "train.csv")
    done = commits()
    assert done.returncode == 1
    assert "failed      new-class" in done.stdout + done.stderr
    assert "judged as staged, which is not what the work tree holds: 'train.csv'" in done.stdout + done.stderr
    assert "r3 (line 5)" in done.stdout + done.stderr


def test_a_bad_label_that_is_not_staged_is_not_looked_at(home: Path) -> None:
    Path("train.csv").write_text(GOOD)
    git(home, "add", "train.csv")
    Path("train.csv").write_text(BAD)
    assert commits().returncode == 0
    assert commits("--allow-empty", "--amend").returncode == 0
    assert commits("-a").returncode == 1
    Path("other").write_text("more")
    git(home, "add", "train.csv")
    assert commits("--only", "other").returncode == 0
    assert commits("--only", "train.csv").returncode == 1
    assert git(home, "show", "HEAD:train.csv") == GOOD


def test_a_dataset_of_several_files_with_one_that_is_staged(home: Path) -> None:
    hook_is("check 'part-*.csv' --base git:HEAD")
    Path("part-a.csv").write_text(text(ROWS[:10]))
    Path("part-b.csv").write_text(text(ROWS[10:]))
    assert commits("--allow-empty").returncode == 0
    git(home, "add", "-A")
    assert commits().returncode == 0
    Path("part-b.csv").write_text(text([*ROWS[10:], ("x", "dgo", "a new one")]))
    git(home, "add", "part-b.csv")
    Path("part-b.csv").write_text(text(ROWS[10:]))
    done = commits()
    assert done.returncode == 1
    assert "work tree holds: 'part-b.csv'" in done.stdout + done.stderr


def test_the_log_counts_as_it_is_staged(home: Path) -> None:
    log = log_of("train.csv")
    said = {"v": 1, "id": "r3", "row_hash": "h", "given": "dog", "decision": "keep", "reviewer": "ann"}
    line = json.dumps(said | {"at": "2026-01-01T00:00:00Z"}) + "\n"
    log.write_text(line)
    git(home, "add", "-A")
    assert commits().returncode == 0
    log.write_text("\n")
    git(home, "add", "-A")
    log.write_text(line)
    done = commits()
    assert done.returncode == 1
    assert "what ann decided about 'r3' is gone from the log" in done.stdout + done.stderr


def test_standard_input_with_a_path_at_a_revision(home: Path, tmp_path: Path) -> None:
    def piped(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [*forked_command(), "check", "-", *arguments]
        return subprocess.run(command, input=BAD, capture_output=True, text=True, cwd=folder,
                              env=SURROUNDINGS | variables, check=False)  # fmt: skip

    done = piped(home, "--base", "git:HEAD:train.csv")
    assert (done.returncode, done.stderr) == (1, "hardneg: - fails new-class (1 row)\n")
    assert "standard input has no history: name its path too" in piped(home, "--base", "git:HEAD").stderr
    git(tmp_path, "clone", "-q", "--bare", str(home), "bare.git")
    bare = tmp_path / "bare.git"
    assert piped(bare, "--base", "git:HEAD:train.csv", GIT_DIR=".").returncode == 1  # as a hook of a server
    assert piped(bare, "--base", "git:HEAD:train.csv").returncode == 2


def test_the_first_commit_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = repository_in(tmp_path / "new", monkeypatch)
    hook_is("check train.csv --base git:HEAD")
    Path("train.csv").write_text(text([*ROWS, ("x", "cat", ROWS[3][2])]))
    git(folder, "add", "-A")
    Path("train.csv").write_text(text(ROWS))
    done = commits()
    assert done.returncode == 1
    assert "nothing has been committed yet: all rows of train.csv count as added" in done.stdout + done.stderr
    assert "x (line 32): labeled 'cat', and a copy of 'r3', labeled 'dog'" in done.stdout + done.stderr
    git(folder, "add", "-A")
    assert commits().returncode == 0
    assert git(folder, "log", "--format=%s") == "x\n"


def test_a_merge_is_judged_by_what_it_brings(home: Path) -> None:
    hook_is("check train.csv --base git:HEAD", "pre-merge-commit")
    git(home, "checkout", "-q", "-b", "side")
    Path("train.csv").write_text(text(relabeled(3, "dgo")))
    commits("-a", "--no-verify")
    git(home, "checkout", "-q", "main")
    Path("other").write_text("more")
    commits("-a")
    merge = ["git", "merge", "-q", "--no-edit", "side"]
    done = subprocess.run(merge, capture_output=True, text=True, env=SURROUNDINGS, check=False)
    assert done.returncode == 1
    assert "1 row changed: 0 added, 0 edited, 1 relabeled" in done.stdout + done.stderr
    assert "failed      new-class" in done.stdout + done.stderr
    Path("train.csv").write_text(GOOD)
    git(home, "add", "train.csv")
    assert commits().returncode == 0
    assert git(home, "log", "-1", "--format=%p").count(" ") == 1


def test_a_merge_in_which_two_sides_conflict(home: Path) -> None:
    """What settles the conflict is judged as it is staged, against the own side."""
    git(home, "checkout", "-q", "-b", "side")
    Path("train.csv").write_text(GOOD)
    commits("-a")
    git(home, "checkout", "-q", "main")
    Path("train.csv").write_text(text([*ROWS[:3], ("r3", "dog", "edited"), *ROWS[4:]]))
    commits("-a")
    git(home, "merge", "-q", "side", code=1)
    assert "<<<<<<<" in Path("train.csv").read_text()
    Path("train.csv").write_text(text([*ROWS[:3], ("r3", "ctt", "edited"), *ROWS[4:]]))
    git(home, "add", "train.csv")
    Path("train.csv").write_text(GOOD)
    done = commits()
    assert (done.returncode, "failed      new-class" in done.stdout + done.stderr) == (1, True)
    git(home, "add", "train.csv")
    assert commits().returncode == 0
    assert git(home, "log", "-1", "--format=%p").count(" ") == 1
