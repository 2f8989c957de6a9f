"""What happens to labels in a repository, judged by the pasted pipeline alone: a bare remote, branches, fresh clones.

No story hands the gates a model: the pipeline's own `--text` makes one. What a runner has is a fresh clone of the
branch, and the variables that GitLab sets.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from support.command import forked_command, hardneg
from support.gitlab_job import run_job
from support.repositories import SURROUNDINGS, git
from support.sentences import mislabeled, sentences

pytestmark = [pytest.mark.process, pytest.mark.slow]

BASE = mislabeled(sentences(1000, 1), 0.03, seed=7)
NEW = sentences(300, 2, first=1000)
DATA = "data/train.csv"
LOG = f"{DATA}.decisions.ndjson"


def with_split(frame: pd.DataFrame) -> pd.DataFrame:
    """Every fifth row by its id is for testing."""
    number = frame["id"].str.removeprefix("s").str.split("-").str[0].astype(int)
    return frame.assign(split=number.mod(5).eq(0).map({True: "test", False: "train"}))


@dataclass(frozen=True)
class Clone:
    """A clone of the remote, in which somebody or a runner works."""

    folder: Path

    def git(self, *arguments: str) -> str:
        return git(self.folder, *arguments).strip()

    @property
    def tip(self) -> str:
        return self.git("rev-parse", "HEAD")

    def write(self, frame: pd.DataFrame) -> None:
        (self.folder / "data").mkdir(exist_ok=True)
        with_split(frame).to_csv(self.folder / DATA, index=False)

    def commit(self, frame: pd.DataFrame | None = None, message: str = "a change") -> str:
        """Its hash, with the data as they are now, if any are given."""
        if frame is not None:
            self.write(frame)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.tip

    def decide(self, labels: dict[str, str]) -> None:
        """ann relabels rows, by id, in a queue of all of them."""
        queue = self.folder / ".git" / "queue.csv"
        find = ("find", DATA, "--detector", "label-spelling", "--all", "-q", "-o", queue)
        hardneg(*find, cwd=self.folder, check=True, env=SURROUNDINGS)
        rows = pd.read_csv(queue, dtype=str, keep_default_na=False)
        rows["new_label"] = rows["id"].map(labels).fillna("")
        rows.to_csv(queue, index=False)
        hardneg("collect", queue, "--data", DATA, "--reviewer", "ann", cwd=self.folder, check=True, env=SURROUNDINGS)


@dataclass(frozen=True)
class Project:
    """The bare remote, and the clone of ann, who began it."""

    remote: Path
    ann: Clone
    room: Path

    def clone(self, name: str, branch: str = "main") -> Clone:
        command = ["git", "clone", "-q", "-b", branch, self.remote.as_uri(), str(self.room / name)]
        subprocess.run(command, env=SURROUNDINGS, check=True, capture_output=True)
        return Clone(self.room / name)

    def merge_request(self, head: pd.DataFrame | None, branch: str = "work") -> tuple[int, str]:
        """What the pipeline says of a branch with such data, pushed as it is where none are given."""
        if head is not None:
            self.ann.git("checkout", "-q", "-B", branch, "main")
            self.ann.commit(head)
        self.ann.git("push", "-q", "-f", "origin", f"HEAD:{branch}")
        runner = self.clone(f"runner-{branch}-{self.ann.tip[:8]}", branch)
        base = runner.git("merge-base", "origin/main", "HEAD")
        return pipeline(runner, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)


def pipeline(runner: Clone, *more: str, **variables: str) -> tuple[int, str]:
    """The exit code, and the log, of the pasted job's own script; more: arguments of its call of check."""
    done = run_job(runner.folder, more, **variables)
    return done.returncode, done.stdout + done.stderr


def outcomes(log: str) -> dict[str, str]:
    """By gate, of those that were judged."""
    return {gate: word for word, gate in re.findall(r"^(passed|failed|warned)  +([a-z-]+)  ", log, flags=re.MULTILINE)}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    remote = tmp_path / "origin.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], env=SURROUNDINGS, check=True)
    subprocess.run(["git", "clone", "-q", remote.as_uri(), str(tmp_path / "ann")], env=SURROUNDINGS, check=True,
                   capture_output=True)  # fmt: skip
    ann = Clone(tmp_path / "ann")
    ann.git("checkout", "-q", "-B", "main")
    ann.commit(BASE, "labels")
    ann.git("push", "-q", "origin", "main")
    return Project(remote, ann, tmp_path)


def test_good_rows_are_judged_and_pass(project: Project) -> None:
    code, log = project.merge_request(pd.concat([BASE, NEW]))
    assert (code, outcomes(log)) == (
        0, {"contradiction": "passed", "drift": "passed", "new-class": "passed", "rate": "passed"}
    )  # fmt: skip


def test_a_copy_with_another_label_contradicts(project: Project) -> None:
    copy = BASE.iloc[[5]].assign(
        id="s1000", label=lambda row: row["label"].map(lambda x: "fees" if x != "fees" else "loan")
    )
    code, log = project.merge_request(pd.concat([BASE, copy]))
    assert (code, outcomes(log)["contradiction"]) == (1, "failed")
    assert "- s1000 (line 1002)" in log


@pytest.mark.parametrize(("share", "verdicts"), [(0.02, {0, 1}), (0.10, {1}), (0.25, {1})])
def test_planted_errors(project: Project, share: float, verdicts: set[int]) -> None:
    """Two wrong rows in a hundred are what the base has, so that no gate can call them more."""
    code, log = project.merge_request(pd.concat([BASE, mislabeled(NEW, share, seed=3)]))
    assert code in verdicts
    assert outcomes(log)["rate"] == ("failed" if code else "passed")


def test_a_class_that_is_a_typo(project: Project) -> None:
    code, log = project.merge_request(BASE.assign(label=BASE["label"].where(BASE["id"] != "s9", "lone")))
    assert (code, outcomes(log)["new-class"]) == (1, "failed")
    assert re.search(r"s9 \(line 11\): no row was labeled 'lone' before", log)


def test_a_leak_by_near_copies(project: Project) -> None:
    test = with_split(BASE).query("split == 'test'").iloc[:4].drop(columns="split")
    near = test.assign(id=[f"s{number}" for number in (1001, 1002, 1003, 1004)], text=test["text"].str.upper() + "!")
    project.ann.git("checkout", "-q", "-B", "leaking", "main")
    project.ann.commit(pd.concat([BASE, near]))
    project.ann.git("push", "-q", "origin", "leaking")
    runner = project.clone("runner", "leaking")
    base = runner.git("merge-base", "origin/main", "HEAD")
    code, log = pipeline(runner, "--split", "split", CI_MERGE_REQUEST_DIFF_BASE_SHA=base)
    assert (code, outcomes(log)["leak"]) == (1, "failed")
    assert "its near copy is in another one too" in log


def test_a_decision_that_is_reverted(project: Project) -> None:
    ann, was = project.ann, BASE["label"].iloc[0]
    now = next(name for name in ("card", "loan", "fees") if name != was)
    decided = BASE.assign(label=BASE["label"].where(BASE["id"] != "s0", now))
    ann.decide({"s0": now})
    ann.commit(decided, "reviewed")
    ann.git("push", "-q", "origin", "main")
    code, log = project.merge_request(pd.concat([decided.assign(label=BASE["label"]), NEW.iloc[:5]]))
    assert (code, outcomes(log)["reverted"]) == (1, "failed")
    (ann.folder / LOG).unlink()  # nor does the log's end help
    code, log = project.merge_request(decided.assign(label=BASE["label"]), "without-a-log")
    assert (code, outcomes(log)["reverted"]) == (1, "failed")


@pytest.mark.parametrize("logged", [True, False])
def test_corrected_labels_pass_with_and_without_a_log(project: Project, logged: bool) -> None:
    right = sentences(1000, 1)
    wrong = [place for place in range(1000) if BASE["label"].iloc[place] != right["label"].iloc[place]]
    project.ann.git("checkout", "-q", "-B", "work", "main")
    if logged:
        project.ann.decide(dict(zip(right["id"].iloc[wrong], right["label"].iloc[wrong], strict=True)))
    project.ann.commit(right)
    code, log = project.merge_request(None)
    assert len(wrong) == 30
    assert (code, outcomes(log)["rate"], outcomes(log).get("reverted")) == (0, "passed", "passed" if logged else None)


def test_new_data_from_another_source(project: Project) -> None:
    """Other habits of writing, right labels: harder for a model, and no error."""
    other = NEW.assign(text=[f">> {text.upper().replace('E', '3')} <<" for text in NEW["text"]])
    code, log = project.merge_request(pd.concat([BASE, other]))
    assert (code, outcomes(log)["rate"]) == (0, "passed")


def test_a_force_push(project: Project) -> None:
    """What was there before is in no branch any more: exit 2 and what to do, and right once it is fetched."""
    ann = project.ann
    lost = ann.commit(pd.concat([BASE, NEW]), "to be lost")
    ann.git("push", "-q", "origin", "main")
    ann.git("reset", "-q", "--hard", "HEAD~1")
    ann.commit(pd.concat([BASE, mislabeled(NEW, 0.25)]), "instead")
    ann.git("push", "-q", "-f", "origin", "main")
    runner = project.clone("runner")
    code, log = pipeline(runner, CI_COMMIT_BEFORE_SHA=lost)
    assert code == 2
    assert "git fetch origin" in log
    subprocess.run(["git", "config", "uploadpack.allowAnySHA1InWant", "true"], cwd=project.remote, check=True)
    runner.git("fetch", "-q", "origin", lost)
    code, log = pipeline(runner, CI_COMMIT_BEFORE_SHA=lost)
    assert code == 1
    assert outcomes(log)["rate"] == "failed"
    assert "75 rows changed" in log


def test_a_merge_queue_judges_what_main_will_be(project: Project) -> None:
    """Each branch is right alone; together they contradict each other."""
    ann, row = project.ann, NEW.iloc[[0]]
    other = row.assign(id="s2000", label=next(name for name in ("card", "loan") if name != row["label"].iloc[0]))
    assert project.merge_request(pd.concat([BASE, row]), "first")[0] == 0
    assert project.merge_request(pd.concat([other, BASE]), "second")[0] == 0
    ann.git("checkout", "-q", "main")
    ann.git("merge", "-q", "--no-ff", "--no-edit", "first")
    ann.git("push", "-q", "origin", "main")
    ann.git("checkout", "-q", "-B", "queue", "main")
    ann.git("merge", "-q", "--no-edit", "second")
    ann.git("push", "-q", "origin", "queue")
    runner = project.clone("runner", "queue")
    main = runner.git("rev-parse", "origin/main")
    code, log = pipeline(runner, CI_MERGE_REQUEST_TARGET_BRANCH_SHA=main)
    assert (code, outcomes(log)["contradiction"]) == (1, "failed")
    assert "1 row changed" in log


def test_a_fork_that_would_judge_itself(project: Project) -> None:
    """Its settings and its cache come with it, and neither counts."""
    bad = pd.concat([BASE, mislabeled(NEW, 0.25)])
    ann = project.ann
    code, _ = project.merge_request(bad, "honest")
    assert code == 1
    kept = next((project.room / f"runner-honest-{ann.tip[:8]}" / ".hardneg").glob("*.npz"))
    ann.git("checkout", "-q", "-B", "sly", "main")
    (ann.folder / "hardneg.toml").write_text('exit-zero = true\nwarn-on = ["rate"]\n')
    ann.commit(bad)
    code, log = project.merge_request(None, "sly")
    assert (code, outcomes(log)["rate"]) == (1, "failed")
    assert "the settings of git:" in log
    (ann.folder / ".hardneg").mkdir()
    (ann.folder / ".hardneg" / kept.name).write_bytes(kept.read_bytes())
    ann.git("add", "-f", ".hardneg")
    ann.commit()
    code, log = project.merge_request(None, "sly")
    assert code == 2
    assert "git keeps it, so that a commit could say how it is judged" in log


def test_a_partially_staged_file(project: Project) -> None:
    """In a hook of git: the wrong labels are staged, and mended in the work tree alone."""
    ann = project.ann
    hook = ann.folder / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {shlex.join(forked_command())} check {DATA} --text text --base git:HEAD\n")
    hook.chmod(0o755)
    ann.write(pd.concat([BASE, mislabeled(NEW, 0.25)]))
    ann.git("add", DATA)
    ann.write(pd.concat([BASE, NEW]))
    done = subprocess.run(["git", "commit", "-m", "x"], cwd=ann.folder, env=SURROUNDINGS, capture_output=True,
                          text=True, check=False)  # fmt: skip
    log = done.stdout + done.stderr
    assert (done.returncode, outcomes(log)["rate"]) == (1, "failed")
    assert "judged as staged" in log
    ann.git("add", DATA)
    ann.write(pd.concat([BASE, mislabeled(NEW, 0.25)]))
    ann.git("commit", "-q", "-m", "mended")
