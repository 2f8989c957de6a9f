"""The gate in people's hands: a real pre-commit in a real repository, and the action's steps as GitHub runs them."""

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


# ------------------------------------------------------------------------------------------------------- the action


def steps() -> dict[str, str]:
    """The scripts of the action's steps, by name."""
    action = yaml.safe_load((ROOT / ".github/actions/check/action.yml").read_text())
    return {step["name"]: step["run"] for step in action["runs"]["steps"] if "run" in step}


class Runner:
    """Runs the action's step in a checkout, as GitHub does: bash with -e and pipefail, inputs in the environment."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository, self.folder = repository, folder
        (folder / "hardneg" / "bin").mkdir(parents=True)
        command = folder / "hardneg" / "bin" / "hardneg"
        command.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
        command.chmod(0o755)

    def check(self, code: int = 0, **inputs: str) -> str:
        for name in ("summary", "output"):
            (self.folder / name).write_text("")
        given = {"DATA": "data/train.csv", "BASE": "", "ARGS": "", "QUEUE": "", "BEFORE": "", "DEFAULT_BRANCH": "main",
                 "GITHUB_BASE_REF": ""}  # fmt: skip
        places = {
            "RUNNER_TEMP": str(self.folder), "GITHUB_WORKSPACE": str(self.repository.folder),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"), "GITHUB_OUTPUT": str(self.folder / "output"),
        }  # fmt: skip
        script = steps()["hardneg check"]
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return self.repository.run("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script, code=code,
                                   **(places | given | {"PATH": path} | inputs))  # fmt: skip

    @property
    def summary(self) -> str:
        return (self.folder / "summary").read_text()

    @property
    def output(self) -> str:
        return (self.folder / "output").read_text()


@pytest.fixture
def runner(repository: Repository, tmp_path: Path) -> Runner:
    return Runner(repository, tmp_path / "runner")


@pytest.mark.process
def test_the_action_annotates_and_summarizes_a_pull_request(runner: Runner) -> None:
    run = runner.repository.run
    run("git", "update-ref", "refs/remotes/origin/main", "HEAD")
    runner.repository.change(3, label="doog")
    run("git", "commit", "--no-verify", "-am", "a typo")
    log = runner.check(GITHUB_BASE_REF="main", code=1)
    assert "::error file=data/train.csv,line=5,title=new-class%3A failed::r3: " in log
    assert runner.summary.startswith("## hardneg: refused\n")
    assert runner.output == "verdict=refused\n"


@pytest.mark.process
def test_the_action_compares_a_push_with_what_was_there_before(runner: Runner) -> None:
    run = runner.repository.run
    before = run("git", "rev-parse", "HEAD").strip()
    runner.repository.change(4, label="dog")
    run("git", "commit", "--no-verify", "-am", "good")
    assert "1 row changed: 0 added, 0 edited, 1 relabeled, 0 dropped" in runner.check(BEFORE=before)
    assert runner.output == "verdict=passed\n"
    run("git", "update-ref", "refs/remotes/origin/main", before)
    assert "1 row changed: " in runner.check(BEFORE="0" * 40)
    assert "row changed" not in runner.check()  # a schedule has no base


@pytest.mark.process
def test_the_action_judges_a_push_after_which_no_branch_has_what_was_there(runner: Runner, tmp_path: Path) -> None:
    """By what the server still gives, or by where the branch left the default one; it says which."""
    run = runner.repository.run
    main = run("git", "rev-parse", "HEAD").strip()
    runner.repository.change(4, label="dog")
    run("git", "commit", "--no-verify", "-qam", "forced away")
    lost = run("git", "rev-parse", "HEAD").strip()
    run("git", "branch", "-f", "lost", "HEAD")
    server = str(tmp_path / "server.git")
    run("git", "clone", "-q", "--bare", str(runner.repository.folder), server)
    run("git", "-C", server, "branch", "-q", "-D", "lost")
    run("git", "-C", server, "update-ref", "refs/heads/main", main)
    clone = Repository(tmp_path / "clone", tmp_path)
    run("git", "clone", "-q", f"file://{server}", str(clone.folder))
    there = Runner(clone, tmp_path / "second")
    clone.change(3, label="doog")
    clone.run("git", "commit", "--no-verify", "-qam", "a typo")
    log = there.check(BEFORE=lost, code=1)
    assert f"base: git:{lost} (what was there before the push)" in log or "base: git:origin/main... (where the" in log
    log = there.check(BEFORE="1" * 40, code=1)
    assert "base: git:origin/main... (where the branch left main, as what was there before is not known)" in log
    assert "title=new-class%3A failed::r3: " in log
    assert "1 row changed" in log


@pytest.mark.process
def test_the_action_holds_a_pull_request_to_the_decisions_of_its_base(runner: Runner) -> None:
    run = runner.repository.run
    run("git", "update-ref", "refs/remotes/origin/main", "HEAD")
    log_of(runner.repository.data).unlink()
    runner.repository.change(9, label="dog")
    run("git", "commit", "--no-verify", "-qam", "undone")
    log = runner.check(GITHUB_BASE_REF="main", code=1)
    assert "base: git:origin/main... (where the pull request began)" in log
    assert "title=reverted%3A failed::r9: " in log


@pytest.mark.process
def test_the_action_takes_arguments_a_line_each_and_never_as_shell(runner: Runner) -> None:
    wicked = '$(touch got-in) `touch got-in`; touch got-in & "'
    log = runner.check(code=2, ARGS=f"--split=split\n\n--require\nleak\n{wicked}\n")
    assert "unexpected extra argument" in log.lower()
    log = runner.check(code=2, DATA=f"--help{wicked}\n::error::x")
    assert "no file '--help" in log
    assert not (runner.repository.folder / "got-in").exists()
    assert runner.output == "verdict=failed\n"
    runner.check(ARGS="--split=split\n--require\nleak", BASE="git:HEAD")
    assert "| leak | passed |" in runner.summary


@pytest.mark.process
def test_the_action_stops_commands_while_words_about_the_data_are_in_the_log(runner: Runner) -> None:
    runner.repository.change(3, label="##[error]\n::error::x")
    lines = runner.check(code=1, BASE="git:HEAD").splitlines()
    (stop,) = [place for place, line in enumerate(lines) if line.startswith("::stop-commands::")]
    go = lines.index(f"::{lines[stop].removeprefix('::stop-commands::')}::")
    wicked = [place for place, line in enumerate(lines) if "#[error]" in line]
    assert any(stop < place < go for place in wicked)
    assert all(lines[place].startswith("::") for place in wicked if not stop < place < go)


def test_the_scripts_of_the_action_hold_no_expression_of_the_workflow() -> None:
    assert not [name for name, script in steps().items() if "${{" in script]
