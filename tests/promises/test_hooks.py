"""The gate in people's hands: a real pre-commit in a real repository."""

from __future__ import annotations

import csv
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.load import load
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append, log_of
from support.command import COMMAND
from support.paths import ROOT

pytest.importorskip("pre_commit", reason="pre-commit is not installed")
yaml = pytest.importorskip("yaml")

ROWS = [
    [f"r{row}", ("cat", "dog")[row % 2], f"text number {row}", "test" if row > 50 else "train"] for row in range(60)
]
RAISES = 'raise ImportError("a hook has no time for this")\n'
GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "ann", "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "ann", "GIT_COMMITTER_EMAIL": "ann@example.org",
}  # fmt: skip


def hook() -> dict[str, Any]:
    """What is offered to pre-commit, run by this Python instead of one in an environment of its own."""
    offered, _ = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command, *rest = shlex.split(offered.pop("entry"))
    assert command == "hardneg"
    offered.pop("minimum_pre_commit_version")
    return {**offered, "entry": shlex.join([*COMMAND, *rest]), "language": "system"}


class Repository:
    """A git repository with a dataset, whose commits pre-commit looks at."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.data = folder, folder / "data" / "train.csv"
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "HARDNEG_"))
        }
        self.environment = (
            kept | GIT | {"PRE_COMMIT_HOME": str(home / "cache"), "PYTHONPATH": f"{home / 'fakes'}:{ROOT}"}
        )

    def run(self, *command: str, code: int = 0, **more: str) -> str:
        done = subprocess.run(command, cwd=self.folder, env=self.environment | more, capture_output=True, text=True,
                              check=False)  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def write(self, rows: list[list[str]]) -> None:
        with self.data.open("w", newline="") as file:
            csv.writer(file).writerows([["id", "label", "text", "split"], *rows])

    def change(self, row: int, **cells: str) -> None:
        with self.data.open(newline="") as file:
            names, *rows = csv.reader(file)
        for name, cell in cells.items():
            rows[row][names.index(name)] = cell
        self.write(rows)

    def decide(self, row: int, label: str) -> None:
        dataset = load(self.data, Columns(split="split"))
        given = dataset.classes[dataset.labels[row]]
        (row_hash,) = dataset.row_hashes(np.array([row]))
        said = Decision(f"r{row}", row_hash, given, "relabel", label, "ann", "2026-01-01T00:00:00Z")
        append(log_of(self.data), [said])

    def commit(self, code: int = 0) -> str:
        self.run("git", "add", "--all")
        return self.run("git", "commit", "-m", "a change", code=code)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """With pre-commit installed, a first commit, and a decision that has been applied: row 9, a dog, was a cat."""
    home = tmp_path_factory.mktemp("home")
    for heavy in ("sklearn", "pandas", "cleanlab"):
        (home / "fakes" / heavy).mkdir(parents=True)
        (home / "fakes" / heavy / "__init__.py").write_text(RAISES)
    repository = Repository(home / "repository", home)
    repository.data.parent.mkdir(parents=True)
    repository.write(ROWS)
    asked = {"files": r"^data/train\.csv", "args": ["data/train.csv", "--split", "split"]}
    config = {"repos": [{"repo": "local", "hooks": [hook() | asked]}]}
    (repository.folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))
    (repository.folder / ".gitignore").write_text("*.lock\n")
    repository.run("git", "init", "--quiet", "--initial-branch", "main")
    repository.run("git", "add", "--all")
    repository.run("git", "commit", "--quiet", "-m", "the data")
    repository.run(sys.executable, "-m", "pre_commit", "install")
    repository.decide(9, "cat")
    repository.change(9, label="cat")
    assert "Passed" in repository.commit()
    return repository


@pytest.fixture
def repository(template: Repository, tmp_path: Path) -> Iterator[Repository]:
    shutil.copytree(template.folder, tmp_path / "repository")
    copy = Repository(tmp_path / "repository", template.folder.parent)
    yield copy
    assert not re.search(r"\.(part|tmp)$", copy.run("git", "status", "--short"), re.MULTILINE)


def test_the_hook_of_what_is_installed_is_the_same_hook() -> None:
    made, installed = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    differ = {name for name in made if made[name] != installed[name]}
    assert differ == {"id", "name", "language"}
    assert (made["id"], installed["id"]) == ("hardneg-check", "hardneg-check-installed")
    assert (made["language"], installed["language"]) == ("python", "system")


@pytest.mark.process
def test_a_good_commit_passes(repository: Repository) -> None:
    repository.change(4, label="dog")
    assert re.search(r"hardneg check\.+Passed", repository.commit())


@pytest.mark.process
def test_a_commit_without_data_is_not_looked_at(repository: Repository) -> None:
    (repository.folder / "README").write_text("words\n")
    assert re.search(r"hardneg check\.+\(no files to check\)Skipped", repository.commit())


@pytest.mark.process
def test_a_contradiction_is_refused(repository: Repository) -> None:
    repository.change(4, text="text number 7")
    said = repository.commit(code=1)
    assert "r4 (line 6): labeled 'cat', and a copy of 'r7', labeled 'dog'" in said
    assert repository.run("git", "log", "--oneline").count("\n") == 2


@pytest.mark.process
def test_a_reverted_decision_is_refused(repository: Repository) -> None:
    repository.change(9, label="dog")
    said = repository.commit(code=1)
    assert re.search(r"failed +reverted", said)
    assert "r9 (line 11)" in said


@pytest.mark.process
def test_a_mistyped_class_is_refused(repository: Repository) -> None:
    repository.change(3, label="doog")
    said = repository.commit(code=1)
    assert re.search(r"failed +new-class .*did you mean 'dog'", said)
    assert "r3 (line 5)" in said


@pytest.mark.process
def test_a_leak_is_refused(repository: Repository) -> None:
    repository.change(52, text="text number 2")
    said = repository.commit(code=1)
    assert re.search(r"failed +leak", said)
    assert "r52 (line 54)" in said


@pytest.mark.process
def test_what_is_staged_is_judged_not_what_lies_about(repository: Repository) -> None:
    """pre-commit puts what is not staged aside while the hook runs."""
    repository.change(3, label="doog")
    repository.run("git", "add", "--all")
    repository.change(3, label="dog")
    assert "doog" in repository.run("git", "commit", "-m", "staged", code=1)
    repository.run("git", "add", "--all")
    repository.change(3, label="doog")
    repository.change(5, label="cat")
    (repository.folder / "note").write_text("a change that can be committed\n")
    repository.run("git", "add", "note")
    repository.run("git", "commit", "-m", "a note")


@pytest.mark.process
def test_a_decision_that_only_the_log_brings_is_looked_at_too(repository: Repository) -> None:
    repository.decide(3, "cat")
    assert re.search(r"hardneg check\.+Passed", repository.commit())


@pytest.mark.process
def test_bad_data_is_refused_in_one_line(repository: Repository) -> None:
    repository.data.write_text("id,lable\na,b\n")
    assert "no column 'label' for --label; did you mean 'lable'?" in repository.commit(code=1)
