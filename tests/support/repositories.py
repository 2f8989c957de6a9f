"""Repositories of git with a small dataset, for tests of bases."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROWS = [(f"r{row}", ("cat", "dog")[row % 2], f"sentence number {row}") for row in range(30)]
QUIET = {
    "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.org", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
}  # fmt: skip
SURROUNDINGS = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "HARDNEG_"))} | QUIET


def text(rows: list[tuple[str, str, str]]) -> str:
    return "id,label,text\n" + "".join(",".join(row) + "\n" for row in rows)


def relabeled(row: int, label: str) -> list[tuple[str, str, str]]:
    return [*ROWS[:row], (ROWS[row][0], label, ROWS[row][2]), *ROWS[row + 1 :]]


def git(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, env=SURROUNDINGS, check=False
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, message: str = "a change") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of any repository."""
    for name in os.environ:
        if name.startswith(("GIT_", "HARDNEG_")):
            monkeypatch.delenv(name)
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)


def repository_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A new one, in which the test stands."""
    folder.mkdir(parents=True, exist_ok=True)
    surroundings(monkeypatch)
    git(folder, "init", "-q", "-b", "main")
    monkeypatch.chdir(folder)
    return folder
