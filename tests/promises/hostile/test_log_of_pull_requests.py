"""A pull request does not pass its own gate: what reviewers of the base decided is not undone by editing the log."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hardneg_cli.data.load import load
from hardneg_cli.errors import InputError
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append, log_of
from hardneg_cli.verbs.check import check
from support.repositories import ROWS, commit, git, repository_in, surroundings

DATA = Path("data/train.csv")
LOG = log_of(DATA)
Row = list[str]
pytestmark = pytest.mark.process


def rows_now() -> list[Row]:
    return [line.split(",") for line in DATA.read_text().splitlines()[1:]]


def write(rows: list[Row]) -> None:
    DATA.write_text("id,label,text\n" + "".join(",".join(row) + "\n" for row in rows))


def change(row: str, **cells: str) -> None:
    names = ("id", "label", "text")
    write([[cells.get(name, cell) for name, cell in zip(names, one, strict=True)] if one[0] == row else one
           for one in rows_now()])  # fmt: skip


def say(row: str, decision: str, by: str, at: str, label: str = "", source: str = "queue.csv") -> None:
    dataset = load(str(DATA))
    place = dataset.ids.to_pylist().index(row)
    (hash_,) = dataset.row_hashes(np.array([place]))
    given = dataset.classes[dataset.labels[place]]
    append(LOG, [Decision(row, hash_, given, decision, label, by, at, source, hashed=dataset.hashed)])


def edit(change_: Callable[[dict[str, str]], object]) -> None:
    """Every line of the log, changed."""
    lines = [json.loads(line) for line in LOG.read_text().splitlines()]
    for line in lines:
        change_(line)
    LOG.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """main: r3 was relabeled to cat by ann, r5 was kept as dog by bob, r7 was dropped by ann; all of it is applied."""
    with pytest.MonkeyPatch.context() as patch:
        folder = repository_in(tmp_path_factory.mktemp("template"), patch)
        DATA.parent.mkdir()
        write([list(row) for row in ROWS])
        say("r3", "relabel", "ann", "2026-01-01T00:00:00Z", "cat")
        say("r5", "keep", "bob", "2026-01-02T00:00:00Z")
        say("r7", "drop", "ann", "2026-01-03T00:00:00Z")
        change("r3", label="cat")
        write([row for row in rows_now() if row[0] != "r7"])
        commit(folder)
        git(folder, "checkout", "-q", "-b", "theirs")
        yield folder


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    shutil.copytree(template, folder)
    surroundings(monkeypatch)
    monkeypatch.chdir(folder)
    return folder


def refused(base: str = "git:main", data: str = str(DATA)) -> str:
    """Why the pull request does not pass."""
    try:
        report = check(data, base=base)
    except InputError as error:
        return str(error)
    assert not report.passed, [*report.summary()]
    return "; ".join(one.verdict.why for one in report.failed if one.verdict)


def flip() -> None:
    """The change that the base's decisions forbid."""
    change("r5", label="cat")


def delete() -> None:
    LOG.unlink()


def empty() -> None:
    LOG.write_text("")


def shorten() -> None:
    LOG.write_text("".join(LOG.read_text().splitlines(keepends=True)[:1]))


def damage() -> None:
    lines = LOG.read_text().splitlines(keepends=True)
    LOG.write_text("".join([lines[0], lines[1][: len(lines[1]) // 2], lines[2]]))


def conflict_markers() -> None:
    first, second, third = LOG.read_text().splitlines(keepends=True)
    LOG.write_text(f"{first}<<<<<<< ours\n{second}=======\n{third.replace('ann', 'eve')}>>>>>>> theirs\n")


def withdraw() -> None:
    say("r5", "", "bob", "2026-02-01T00:00:00Z")


def redate() -> None:
    edit(lambda line: line.update(at="2027-01-01T00:00:00Z"))


def reattribute() -> None:
    edit(lambda line: line.update(reviewer="mallory"))


def reword() -> None:
    edit(lambda line: line.update(decision="relabel", new_label="cat") if line["id"] == "r5" else None)


def rehash() -> None:
    edit(lambda line: line.update(row_hash="h0000000000000000"))


def other_columns() -> None:
    edit(lambda line: line.update(hashed="#0000000000000000"))


def into_a_folder() -> None:
    LOG.unlink()
    LOG.mkdir()
    (LOG / "keep").write_text("")


def into_a_link() -> None:
    LOG.unlink()
    LOG.symlink_to(os.devnull)


def into_a_link_to_another() -> None:
    shutil.copy(LOG, "data/other.decisions.ndjson")
    Path("data/other.decisions.ndjson").write_text("")
    LOG.unlink()
    LOG.symlink_to("other.decisions.ndjson")


def backdate() -> None:
    say("r5", "unsure", "bob", "2020-01-01T00:00:00Z")


def in_the_future() -> None:
    say("r5", "keep", "eve", "2026-02-01T00:00:00Z")
    LOG.write_text(LOG.read_text().replace("2026-02-01", "2999-01-01"))


LOG_ATTACKS = (
    delete, empty, shorten, damage, conflict_markers, withdraw, redate, reattribute, reword, rehash, other_columns,
    into_a_folder, into_a_link, into_a_link_to_another, backdate, in_the_future,
)  # fmt: skip


@pytest.mark.parametrize("attack", LOG_ATTACKS)
def test_the_log_of_the_base_is_not_edited(home: Path, attack: Callable[[], None]) -> None:
    """Though no line of the data is touched."""
    attack()
    assert refused()


@pytest.mark.parametrize("attack", [delete, empty, damage, withdraw, redate, rehash, into_a_folder])
def test_an_edited_log_frees_no_label(home: Path, attack: Callable[[], None]) -> None:
    attack()
    flip()
    assert refused()


def overrule_as_the_reviewer() -> None:
    say("r5", "relabel", "bob", "2026-02-01T00:00:00Z", "cat")
    flip()


def overrule_as_another() -> None:
    say("r5", "relabel", "mallory", "2026-02-01T00:00:00Z", "cat")
    flip()


def adjudicate() -> None:
    say("r5", "relabel", "mallory", "2026-02-01T00:00:00Z", "cat")
    say("r5", "relabel", "eve", "2026-02-02T00:00:00Z", "cat", "adjudication")
    flip()


def edit_the_content() -> None:
    change("r5", label="cat", text="sentence number  5")


def decide_about_edited_content() -> None:
    edit_the_content()
    say("r5", "keep", "bob", "2026-02-01T00:00:00Z")


def rename_the_id() -> None:
    change("r5", id="x5", label="cat")


def rename_every_id() -> None:
    write([["x" + id_, "cat" if id_ == "r5" else label, text] for id_, label, text in rows_now()])


def swap_ids() -> None:
    write([[{"r5": "r4", "r4": "r5"}.get(id_, id_), *rest] for id_, *rest in rows_now()])


def drop_the_ids() -> None:
    lines = [line.partition(",")[2] for line in DATA.read_text().splitlines()]
    DATA.write_text("\n".join(lines) + "\n")


def bring_back_what_was_dropped() -> None:
    write([*rows_now(), list(ROWS[7])])


def relabel_again() -> None:
    change("r3", label="dog")


def move_the_data_without_its_log() -> None:
    flip()
    git(Path(), "mv", str(DATA), "data/moved.csv")


def move_the_data_and_drop_the_log() -> None:
    move_the_data_without_its_log()
    LOG.unlink()


def link_to_a_good_file_outside() -> None:
    good = Path("..", "good.csv")
    shutil.copy(DATA, good)
    DATA.unlink()
    DATA.symlink_to(good.resolve())


def link_to_a_file_that_git_ignores() -> None:
    Path(".gitignore").write_text("/built.csv\n")
    shutil.copy(DATA, "built.csv")
    DATA.unlink()
    DATA.symlink_to("../built.csv")


def link_the_folder_out() -> None:
    shutil.move("data", "../elsewhere")
    Path("data").symlink_to("../elsewhere")


def into_a_pointer() -> None:
    DATA.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 12345\n")


def into_what_dvc_keeps() -> None:
    DATA.unlink()
    Path(f"{DATA}.dvc").write_text("outs:\n- md5: 0\n  path: train.csv\n")


def a_filter_in_the_attributes() -> None:
    Path(".gitattributes").write_text("*.csv filter=theirs working-tree-encoding=UTF-7 eol=crlf export-ignore\n")
    flip()


@pytest.mark.parametrize(
    "attack",
    [
        overrule_as_the_reviewer, overrule_as_another, adjudicate, edit_the_content, decide_about_edited_content,
        rename_the_id, rename_every_id, swap_ids, drop_the_ids, bring_back_what_was_dropped, relabel_again,
        move_the_data_without_its_log, move_the_data_and_drop_the_log, link_to_a_good_file_outside,
        link_to_a_file_that_git_ignores, link_the_folder_out, into_a_pointer, into_what_dvc_keeps,
        a_filter_in_the_attributes,
    ],
)  # fmt: skip
def test_what_the_base_decided_is_not_undone_in_the_data(home: Path, attack: Callable[[], None]) -> None:
    before = sorted(path.name for path in home.parent.iterdir())
    attack()
    git(home, "add", "-A")
    moved = Path("data/moved.csv")
    assert refused(data=str(moved if moved.exists() else DATA))
    made = {"good.csv", "elsewhere"}
    assert {path.name for path in home.parent.iterdir()} - made == set(before)


def test_a_decided_row_may_go(home: Path) -> None:
    write([row for row in rows_now() if row[0] != "r5"])
    commit(home, "fewer rows")
    assert check(str(DATA), base="git:main").passed


def test_the_words_say_what_to_do(home: Path) -> None:
    overrule_as_the_reviewer()
    report = check(str(DATA), base="git:main")
    (one,) = [one for one in report.judged if one.gate == "reverted"]
    assert one.verdict is not None
    assert one.verdict.reasons is not None
    assert one.verdict.reasons(np.array([0])) == [
        "kept as 'dog' by bob, and 'cat' now; a later answer counts once it is in the base's log"
    ]


def test_an_answer_counts_once_it_is_in_the_base(home: Path) -> None:
    say("r5", "relabel", "bob", "2026-02-01T00:00:00Z", "cat")
    commit(home, "the log alone")
    assert check(str(DATA), base="git:main").passed
    git(home, "branch", "-f", "main")
    flip()
    commit(home, "the data")
    assert check(str(DATA), base="git:main").passed


def test_what_people_do_passes(home: Path) -> None:
    """New decisions and what they change, in one commit; a log in another order, as git's union makes it."""
    say("r9", "relabel", "ann", "2026-02-01T00:00:00Z", "cat")
    say("r5", "keep", "ann", "2026-02-01T00:00:00Z")
    say("r5", "unsure", "cas", "2025-12-01T00:00:00Z")
    change("r9", label="cat")
    change("r5", text="a sentence that is better")
    write([*reversed(rows_now()), ["new", "dog", "one more"]])
    LOG.write_text("".join(sorted(LOG.read_text().splitlines(keepends=True))))
    git(home, "mv", str(DATA), "data/all.csv")
    git(home, "mv", str(LOG), str(log_of("data/all.csv")))
    commit(home, "ours")
    report = check("data/all.csv", base="git:main...")
    assert report.passed, [*report.summary()]
    assert [one.outcome for one in report.judged if one.gate == "reverted"] == ["passed"]


def test_logs_that_are_named_count_as_they_were_in_the_base(home: Path) -> None:
    git(home, "checkout", "-q", "main")
    shutil.copy(LOG, "answers.ndjson")
    LOG.unlink()
    commit(home, "the log moves")
    Path("answers.ndjson").write_text("".join(Path("answers.ndjson").read_text().splitlines(keepends=True)[:1]))
    assert check(str(DATA), base="git:main", decisions=()).passed
    report = check(str(DATA), base="git:main", decisions=["answers.ndjson"])
    assert [one.gate for one in report.failed] == ["reverted"]


def test_a_log_beside_a_base_that_is_a_file(home: Path) -> None:
    shutil.copy(DATA, "../base.csv")
    shutil.copy(LOG, log_of("../base.csv"))
    assert check(str(DATA), base="../base.csv").passed
    LOG.unlink()
    assert check(str(DATA), base="../base.csv").passed  # a dataset that apply made of another has no log of its own
    flip()
    assert "1 decision is undone" in refused("../base.csv")
