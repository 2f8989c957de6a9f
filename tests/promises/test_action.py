"""The action of GitHub: its steps as the runner runs them, in clones of a real bare repository."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.load import load
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append, log_of
from support.paths import TESTS
from support.repositories import SURROUNDINGS, git

yaml = pytest.importorskip("yaml")
from support.composite_action import Run, Server, run_action  # noqa: E402

pytestmark = pytest.mark.process

WORDS = {"cat": "purr whisker meow", "dog": "bark leash fetch"}
ROWS = [
    [f"r{row}", kind := ("cat", "dog")[row % 2], f"{WORDS[kind]} number {row}", "test" if row > 50 else "train"]
    for row in range(60)
]
ZEROS = "0" * 40
REPOSITORY = {"repository": {"default_branch": "main"}}


class Remote:
    """A bare repository, and the clone of somebody who pushes to it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bare, self.work = folder, folder / "bare.git", folder / "work"
        self.caches = Server(folder / "caches")
        folder.mkdir(exist_ok=True)
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.bare))
        git(folder, "clone", "-q", str(self.bare), str(self.work))
        git(self.work, "checkout", "-q", "-b", "main")
        self.runs = 0

    def write(self, rows: list[list[str]]) -> None:
        (self.work / "data").mkdir(exist_ok=True)
        lines = [",".join(row) for row in [["id", "label", "text", "split"], *rows]]
        (self.work / "data" / "train.csv").write_text("\n".join(lines) + "\n")

    def push(self, message: str, *options: str, branch: str | None = None, **labels: str) -> str:
        """A commit with these rows labeled so; its hash."""
        if branch and branch != git(self.work, "branch", "--show-current").strip():
            git(self.work, "checkout", "-q", "-B", branch)
        self.write([[row[0], labels.get(row[0], row[1]), *row[2:]] for row in ROWS])
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "--allow-empty", "-m", message)
        git(self.work, "push", "-q", *options, "origin", "HEAD")
        return self.head()

    def head(self) -> str:
        return git(self.work, "rev-parse", "HEAD").strip()

    def checkout(self, ref: str, *options: str) -> Path:
        """As actions/checkout leaves it: with all branches and tags of the server, at a commit."""
        self.runs += 1
        folder = self.folder / f"checkout{self.runs}"
        git(self.folder, "clone", "-q", *options, f"file://{self.bare}", str(folder))
        git(folder, "checkout", "-q", "--detach", ref)
        return folder

    def run(self, checkout: Path, event: dict[str, Any], **inputs: str) -> Run:
        given = {"data": "data/train.csv", "cache": "false", "comment": "false"} | inputs
        wanted = {**event, "event": REPOSITORY | event.get("event", {})}
        return run_action(checkout, self.folder / f"temp{self.runs}", wanted, given, SURROUNDINGS, server=self.caches)


def pull_request(remote: Remote, branch: str) -> tuple[Path, dict[str, Any]]:
    """What is checked out is the merge of both."""
    checkout = remote.checkout("origin/main")
    git(checkout, "merge", "-q", "--no-ff", "-m", "merge", f"origin/{branch}")
    event = {"number": 5, "head": {"repo": {"fork": False}}}
    return checkout, {
        "event_name": "pull_request", "base_ref": "main", "ref": "refs/pull/5/merge", "event": {"pull_request": event},
    }  # fmt: skip


def pushed(before: str, ref: str = "refs/heads/main") -> dict[str, Any]:
    return {"event_name": "push", "ref": ref, "event": {"before": before}}


@pytest.fixture
def remote(tmp_path: Path) -> Remote:
    """With one commit on main."""
    remote = Remote(tmp_path / "remote")
    remote.push("the data")
    return remote


# -------------------------------------------------------------------------------------------------------- the base


def test_a_pull_request_is_judged_against_where_it_began(remote: Remote) -> None:
    remote.push("a typo", branch="topic", r3="doog")
    git(remote.work, "checkout", "-q", "main")
    remote.push("meanwhile", r8="dog")
    run = remote.run(*pull_request(remote, "topic"))
    assert "base: git:origin/main... (where the pull request began)" in run.log
    assert "::error file=data/train.csv,line=5,title=new-class%3A failed::r3: " in run.log
    assert run.summary.startswith("## hardneg: refused\n")
    assert (run.verdict, run.failed) == ("refused", True)


def test_a_push_is_judged_against_what_was_there_before(remote: Remote) -> None:
    before = remote.head()
    remote.push("good", r4="dog")
    run = remote.run(remote.checkout("origin/main"), pushed(before))
    assert f"base: git:{before} (what was there before the push)" in run.log
    assert "1 row changed: 0 added, 0 edited, 1 relabeled, 0 dropped" in run.log + run.summary
    assert (run.verdict, run.failed) == ("passed", False)


@pytest.mark.parametrize("server", ["gives it", "has lost it"])
def test_a_forced_push_leaves_a_commit_that_no_branch_has(remote: Remote, server: str) -> None:
    lost = remote.push("forced away", branch="topic", r8="dog")
    git(remote.work, "reset", "-q", "--hard", "main")
    remote.push("instead", "--force", branch="topic", r3="doog")
    if server == "has lost it":
        git(remote.bare, "-c", "gc.reflogExpire=now", "gc", "-q", "--prune=now")
    checkout = remote.checkout("origin/topic")
    git(checkout, "cat-file", "-e", f"{lost}^{{commit}}", code=128)
    run = remote.run(checkout, pushed(lost, "refs/heads/topic"))
    if server == "gives it":
        assert f"base: git:{lost} (what was there before the push)" in run.log
        assert "2 rows changed" in run.summary
    else:
        assert "(where the branch left main, as what was there before is not known)" in run.log
        assert "1 row changed" in run.summary
    assert "title=new-class%3A failed::r3: " in run.log


def test_a_forced_push_to_the_default_branch_is_no_base_of_itself(remote: Remote) -> None:
    run = remote.run(remote.checkout("origin/main"), pushed("1" * 40))
    assert "no base: what was there before the push is lost" in run.log
    assert "::warning title=hardneg check::what was there before the push is lost" in run.log
    assert "no row changed" not in run.summary


def test_first_pushes(remote: Remote) -> None:
    run = remote.run(remote.checkout("origin/main"), pushed(ZEROS))
    assert "no base: nothing was there before" in run.log
    assert "::warning" not in run.log
    remote.push("new", branch="topic", r3="doog")
    run = remote.run(remote.checkout("origin/topic"), pushed(ZEROS, "refs/heads/topic"))
    assert "base: git:origin/main... (where the branch left main, as" in run.log
    assert run.verdict == "refused"


def test_an_entry_of_the_merge_queue_is_judged_against_the_one_before(remote: Remote) -> None:
    first = remote.push("first in the queue", branch="queue", r3="doog")
    remote.push("second", r3="doog", r8="dog")
    event = {
        "event_name": "merge_group", "ref": "refs/heads/gh-readonly-queue/main/pr-5-abc",
        "event": {"merge_group": {"base_sha": first}},
    }  # fmt: skip
    run = remote.run(remote.checkout("origin/queue"), event)
    assert f"base: git:{first} (what the queue merges into)" in run.log
    assert (run.verdict, "1 row changed" in run.summary) == ("passed", True)


def test_a_tag_is_judged_against_the_tag_before(remote: Remote) -> None:
    git(remote.work, "tag", "-a", "v1", "-m", "one")
    first = remote.head()
    remote.push("a typo", r3="doog")
    remote.push("more", r3="doog", r8="dog")
    git(remote.work, "tag", "v2")
    git(remote.work, "push", "-q", "--tags")
    run = remote.run(remote.checkout("v2"), pushed(ZEROS, "refs/tags/v2"))
    assert f"base: git:{first} (the tag before)" in run.log
    assert (run.verdict, "2 rows changed" in run.summary) == ("refused", True)
    assert "no base: no tag is before this one" in remote.run(remote.checkout("v1"), pushed(ZEROS, "refs/tags/v1")).log


@pytest.mark.parametrize("name", ["schedule", "workflow_dispatch"])
def test_what_nobody_pushed_is_judged_by_itself_or_against_the_default_branch(remote: Remote, name: str) -> None:
    run = remote.run(remote.checkout("origin/main"), {"event_name": name})
    assert f"no base: {name} has none" in run.log
    remote.push("a typo", branch="topic", r3="doog")
    run = remote.run(remote.checkout("origin/topic"), {"event_name": name, "ref": "refs/heads/topic"})
    assert "base: git:origin/main... (where the branch left main)\n" in run.log
    assert run.verdict == "refused"


def test_pull_request_target_is_refused(remote: Remote) -> None:
    run = remote.run(remote.checkout("origin/main"), {"event_name": "pull_request_target", "base_ref": "main"})
    assert (run.failed, "check" in run.outputs) == (True, False)
    assert "::error title=hardneg check::pull_request_target checks out the base" in run.log


def test_a_shallow_checkout_is_told_what_to_do(remote: Remote) -> None:
    remote.push("more", branch="topic", r3="doog")
    checkout = remote.checkout("HEAD", "--depth", "1", "--single-branch", "--branch", "topic")
    event = {"event_name": "pull_request", "base_ref": "main", "ref": "refs/pull/5/merge"}
    run = remote.run(checkout, event)
    assert run.verdict == "failed"
    assert "::error title=hardneg check::nothing could be judged; the log says why; the checkout has not all" in run.log


def test_a_base_that_is_named_is_the_base(remote: Remote) -> None:
    first = remote.head()
    remote.push("a typo", r3="doog")
    before = remote.push("more", r3="doog", r8="dog")
    run = remote.run(remote.checkout("origin/main"), pushed(before), base=f"git:{first}")
    assert f"base: git:{first} (named by the workflow)" in run.log
    assert run.verdict == "refused"


def test_the_decisions_and_the_settings_of_the_base_count(remote: Remote) -> None:
    data = remote.work / "data" / "train.csv"
    dataset = load(data, Columns(split="split"))
    (row_hash,) = dataset.row_hashes(np.array([9]))
    append(log_of(data), [Decision("r9", row_hash, "dog", "relabel", "cat", "ann", "2026-01-01T00:00:00Z")])
    (remote.work / "hardneg.toml").write_text('split = "split"\n')
    remote.push("decided", r9="cat")
    git(remote.work, "checkout", "-q", "-b", "topic")
    log_of(data).unlink()
    (remote.work / "hardneg.toml").unlink()
    remote.push("undone", branch="topic")
    run = remote.run(*pull_request(remote, "topic"))
    assert "title=reverted%3A failed::r9: " in run.log
    assert "| leak | passed |" in run.summary


# -------------------------------------------------------------------------------------------------- hostile words


def test_arguments_stand_a_line_each_and_are_never_shell(remote: Remote) -> None:
    wicked = '$(touch got-in) `touch got-in`; touch got-in & "'
    checkout = remote.checkout("origin/main")
    event = {"event_name": "schedule"}
    run = remote.run(checkout, event, args=f"--split=split\n\n--require\nleak\n{wicked}\n")
    assert "unexpected extra argument" in run.log.lower()
    assert run.verdict == "failed"
    run = remote.run(checkout, event, data=f"--help{wicked}\n::error::x\nverdict=passed")
    assert "no file '--help" in run.log
    assert run.verdict == "failed"
    assert not (checkout / "got-in").exists()
    run = remote.run(checkout, event, args="--split=split\r\n--require\r\nleak", base="git:HEAD")
    assert "| leak | passed |" in run.summary


def test_commands_are_stopped_while_words_about_the_data_are_in_the_log(remote: Remote) -> None:
    checkout = remote.checkout("origin/main")
    text = (checkout / "data" / "train.csv").read_text()
    (checkout / "data" / "train.csv").write_text(text.replace("r3,dog,", 'r3,"##[error]\n::error::x",'))
    lines = remote.run(checkout, {"event_name": "schedule"}, base="git:HEAD").log.splitlines()
    (stop,) = [place for place, line in enumerate(lines) if line.startswith("::stop-commands::")]
    go = lines.index(f"::{lines[stop].removeprefix('::stop-commands::')}::")
    wicked = [place for place, line in enumerate(lines) if "#[error]" in line]
    assert any(stop < place < go for place in wicked)
    assert all(lines[place].startswith("::") for place in wicked if not stop < place < go)


# ----------------------------------------------------------------------------------------------------- the comment


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    """Of the pull request, with one by somebody else who copied the first line. A program `gh` is beside the file."""
    command = [sys.executable, str(TESTS / "support" / "fake_gh.py"), str(tmp_path / "comments.json")]
    (tmp_path / "gh").write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
    (tmp_path / "gh").chmod(0o755)
    body = "<!-- hardneg check: data/train.csv -->\n\nall is well"
    (tmp_path / "comments.json").write_text(json.dumps([{"id": 7, "user": "mallory", "body": body}]))
    return tmp_path / "comments.json"


def of_bot(comments: Path) -> list[str]:
    other, *own = json.loads(comments.read_text())
    assert other["body"].endswith("all is well")
    return [one["body"] for one in own]


def test_one_comment_is_changed_and_not_repeated(remote: Remote, comments: Path) -> None:
    remote.push("a typo", branch="topic", r3="doog")
    checkout, event = pull_request(remote, "topic")
    event["path"] = f"{comments.parent}:/usr/bin:/bin"
    run = remote.run(checkout, event, comment="true")
    assert run.verdict == "refused"
    (body,) = of_bot(comments)
    assert body.startswith("<!-- hardneg check: data/train.csv -->\n")
    assert "new-class" in body
    remote.push("mended", branch="topic", r8="dog")
    checkout, _ = pull_request(remote, "topic")
    run = remote.run(checkout, event, comment="true")
    (body,) = of_bot(comments)
    assert (run.verdict, "passed" in body) == ("passed", True)
    (checkout / "data" / "train.csv").write_text("id,lable\n")
    run = remote.run(checkout, event, comment="true")
    (body,) = of_bot(comments)
    assert run.verdict == "failed"
    assert "nothing could be judged" in body
    assert "https://github.com/o/r/actions/runs/7" in body


def test_a_fork_gets_no_comment_and_all_the_rest(remote: Remote, comments: Path) -> None:
    (comments.parent / "read-only").write_text("")
    remote.push("good", branch="topic", r8="dog")
    checkout, event = pull_request(remote, "topic")
    run = remote.run(checkout, event | {"path": f"{comments.parent}:/usr/bin:/bin"}, comment="true")
    (line,) = [line for line in run.log.splitlines() if "HTTP 403" in line]
    assert line.startswith("no comment: gh: Resource not accessible by integration (HTTP 403) ::error::of the server")
    assert line.endswith("the summary says the same")
    assert of_bot(comments) == []
    assert (run.failed, run.verdict, run.summary.startswith("## hardneg: passed")) == (False, "passed", True)


def test_only_a_pull_request_gets_a_comment(remote: Remote) -> None:
    run = remote.run(remote.checkout("origin/main"), pushed(remote.head()), comment="true")
    assert "comment" not in run.outputs["check"]
    assert "no comment" not in run.log


# ------------------------------------------------------------------------------------------------ cache and files


def test_the_cache_is_saved_by_the_default_branch_alone_and_read_by_all(remote: Remote) -> None:
    text = {"cache": "true", "args": "--text=text"}
    first = remote.head()
    remote.push("more", r8="dog")
    run = remote.run(remote.checkout("origin/main"), pushed(first), **text)
    assert "the model of the base: trained" in run.log
    assert len(remote.caches.caches) == 1
    assert re.fullmatch(r"hardneg-Linux-0-data-train\.csv-\d+-\d+-\d+-\d+", remote.caches.caches[0])
    remote.push("other", branch="topic", r8="dog", r10="dog")
    run = remote.run(*pull_request(remote, "topic"), **text)
    assert run.outputs["restored"] == {"cache-matched-key": remote.caches.caches[0]}
    assert (
        "the model of the base: nothing trained" in run.log
    )  # the push to main has done so for the commit at which pull requests begin
    assert "save the cache" not in run.used
    git(remote.work, "checkout", "-q", "main")
    head = remote.head()
    run = remote.run(remote.checkout("origin/main"), pushed(head), **text)  # nothing new
    assert (run.verdict, "save the cache" in run.used) == ("passed", False)
    assert len(remote.caches.caches) == 1


def test_alerts_and_a_queue_are_handed_on_where_they_are_asked_for(remote: Remote) -> None:
    remote.push("a typo", branch="topic", r3="doog", r8="dog")
    checkout, event = pull_request(remote, "topic")
    asked = {"sarif": "true", "queue": "queue.csv", "args": "--text=text"}
    run = remote.run(checkout, event, **asked)
    outputs = run.outputs["check"]
    assert json.loads(Path(outputs["sarif"]).read_text())["version"] == "2.1.0"
    assert Path(outputs["summary"]).read_text() == run.summary
    assert run.used["upload the queue"] == {
        "name": "hardneg-queue-data-train.csv", "path": "queue.csv", "overwrite": "true",
    }  # fmt: skip
    assert run.used["upload the alerts"]["category"] == "hardneg-data-train.csv"
    (checkout / "data" / "train.csv").write_text("id,lable\n")
    run = remote.run(checkout, event, **asked)
    assert run.verdict == "failed"
    assert not [name for name in run.used if name.startswith("upload")]


def test_the_page_is_an_artifact_of_its_name(remote: Remote) -> None:
    pytest.importorskip("hardneg_cli.gating.reports.html")
    remote.push("a typo", branch="topic", r3="doog")
    checkout, event = pull_request(remote, "topic")
    run = remote.run(checkout, event, report="labels.html")
    assert "<html" in (checkout / run.outputs["check"]["report"]).read_text()
    assert run.used["upload the report"] == {"path": "labels.html", "archive": "false", "overwrite": "true"}
