"""What reviewers decided ends in the log, once; conflicts become a queue."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import CollectResult, InputError, UnsettledDecisions, apply, collect
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import read_log
from support.collected import LOG, by, fill, queue


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dataset of nine rows, in which the test runs."""
    rows = [f"r{row},{'cat' if row % 2 else 'dog'},text {row}\n" for row in range(9)]
    (tmp_path / "data.csv").write_text("id,label,text\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def logged() -> list[tuple[str, str, str, str]]:
    return [(one.id, one.reviewer, one.answer, one.source) for one in read_log(LOG)[0]]


def counts(done: CollectResult) -> tuple[int, int, int, int]:
    return done.appended, done.already, done.settled, len(done.conflicts)


# ------------------------------------------------------------------------------------------------ into the log


@pytest.mark.parametrize("form", ["csv", "tsv", "parquet", "ndjson", "json", "xlsx"])
def test_every_kind_of_queue(form: str, folder: Path) -> None:
    rows = queue(r1="keep", r2="relabel", r3="fish", r4="drop", r5="unsure")
    path = f"queue.{form}"
    if form in ("csv", "tsv"):
        with open(path, "w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if form == "tsv" else ",")
            writer.writeheader()
            writer.writerows(rows)
    elif form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "xlsx":
        book = openpyxl.Workbook()
        for line in (list(rows[0]), *(list(row.values()) for row in rows)):
            book.active.append(line)
        book.save(path)
    else:
        lines = [json.dumps(row) for row in rows]
        Path(path).write_text("\n".join(lines) if form == "ndjson" else f"[{','.join(lines)}]")
    done = collect([path], LOG, reviewer="ann")
    assert (done.read, *counts(done), done.undecided) == (5, 5, 0, 0, 0, 4)
    said = {"r1": "keep", "r2": "relabel to 'bird'", "r3": "relabel to 'fish'", "r4": "drop", "r5": "unsure"}
    assert logged() == [(id_, "ann", answer, path) for id_, answer in said.items()]
    before = Path(LOG).read_bytes()
    assert counts(collect([path], LOG, reviewer="ann")) == (0, 5, 0, 0)
    assert Path(LOG).read_bytes() == before
    applied = apply("data.csv", in_place=True)
    assert (applied.relabeled, applied.dropped, applied.kept) == (2, 1, 1)


def test_a_new_answer_is_added_and_an_old_file_takes_nothing_back(folder: Path) -> None:
    for answer in ("keep", "drop", "keep"):
        assert collect([fill("q.csv", r1=answer)], LOG, reviewer="ann").appended == 1
    assert collect([fill("later.csv", r1="drop")], LOG, reviewer="ann").appended == 1
    assert collect(["q.csv", "later.csv"][:1], LOG, reviewer="ann").appended == 0
    (change,) = apply("data.csv").changes
    assert change.action == "drop"


def test_logs_are_merged_as_a_union(folder: Path) -> None:
    collect([by("ann", r1="keep", r2="drop")], LOG)
    collect([by("bob", r3="keep")], "other.decisions.ndjson")
    Path("renamed.log").write_bytes(Path("other.decisions.ndjson").read_bytes() + b'{"v":1,"id')
    done = collect(["other.decisions.ndjson", "renamed.log", LOG], LOG)
    assert counts(done) == (1, 3, 0, 0)
    assert done.notes == ("renamed.log: 1 lines are torn and were left out: 2",)
    assert {one[:2] for one in logged()} == {("r1", "ann"), ("r2", "ann"), ("r3", "bob")}


def test_one_reviewer_with_two_answers_in_a_run(folder: Path) -> None:
    files = [fill("ann.csv", r1="keep", r2="unsure"), fill("bob.csv", r1="drop", r2="keep")]
    with pytest.raises(InputError, match=r"bob.csv: 'r1': me says drop, and keep in ann.csv; if they are two"):
        collect(files, LOG, reviewer="me")
    assert not Path(LOG).exists()
    assert counts(collect([fill("ann.csv", r2="unsure"), fill("bob.csv", r2="keep")], LOG, reviewer="me")) == (
        1,
        0,
        0,
        0,
    )


@pytest.mark.slow
def test_a_file_that_is_called_like_a_settlement(folder: Path) -> None:
    collect([by("ann", r1="drop")], LOG)
    os.rename(by("bob", r1="keep"), "majority")
    assert counts(collect(["majority"], LOG)) == (1, 0, 0, 1)


# ------------------------------------------------------------------------------------------------ conflicts


@pytest.mark.slow
def test_a_conflict_is_a_queue_for_the_adjudicator(folder: Path) -> None:
    done = collect([by("ann", r1="drop", r2="keep", r3="bird"), by("bob", r1="keep", r2="keep", r3="keep")], LOG)
    assert counts(done) == (6, 0, 0, 2)
    first, second = done.table().to_pylist()
    assert (first["id"], first["note"], first["score"]) == ("r1", "ann: drop; bob: keep", 0.5)
    assert (first["decision"], first["suggested_label"], first["text"]) == ("", "", "text 1")
    assert (second["id"], second["suggested_label"], second["rank"]) == ("r3", "bird", 2)
    with pytest.raises(UnsettledDecisions):
        apply("data.csv")
    fill("conflicts.csv", [row | {"decision": "relabel" if row["id"] == "r3" else "keep"} for row in (first, second)])
    done = collect(["conflicts.csv"], LOG, reviewer="eve", adjudicator="eve")
    assert counts(done) == (2, 0, 2, 0)
    assert logged()[-2:] == [
        ("r1", "eve", "keep", "adjudication"),
        ("r3", "eve", "relabel to 'bird'", "adjudication"),
    ]
    for adjudicator in ("eve", None):
        again = collect(["conflicts.csv", "ann.csv", "bob.csv"], LOG, reviewer="eve", adjudicator=adjudicator)
        assert counts(again) == (0, 8, 0, 0)
    applied = apply("data.csv")
    assert [(change.id, change.after) for change in applied.changes] == [("r3", "bird")]
    assert applied.kept == 2


@pytest.mark.slow
def test_an_adjudicator_does_not_settle_their_own(folder: Path) -> None:
    files = [by("ann", r1="drop"), by("bob", r1="keep", r2="keep"), by("eve", r2="drop")]
    assert counts(collect(files, LOG, adjudicator="eve")) == (4, 0, 0, 2)
    assert counts(collect([by("eve", r1="keep", r2="drop")], LOG, adjudicator="eve")) == (1, 1, 1, 1)
    assert counts(collect([by("bob", r1="drop", r2="keep")], LOG, adjudicator="bob")) == (1, 1, 0, 2)
    done = collect([by("joe", r1="drop", r2="keep")], LOG, adjudicator="joe")
    assert counts(done) == (2, 0, 2, 0)
    assert {change.id for change in apply("data.csv").changes} == {"r1"}


@pytest.mark.slow
def test_a_reviewer_who_comes_round_contradicts_the_adjudicator_who_may_rule_again(folder: Path) -> None:
    collect([by("ann", r1="drop"), by("bob", r1="keep")], LOG)
    collect([by("eve", r1="keep")], LOG, adjudicator="eve")
    assert counts(collect([by("bob", r1="drop")], LOG)) == (1, 0, 0, 1)
    assert counts(collect([by("eve", r1="drop")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert [change.action for change in apply("data.csv").changes] == ["drop"]


@pytest.mark.slow
def test_an_answer_that_comes_later_is_a_conflict_again(folder: Path) -> None:
    collect([by("ann", r1="drop"), by("bob", r1="keep")], LOG)
    collect([by("eve", r1="keep")], LOG, adjudicator="eve")
    assert counts(collect([by("zoe", r1="drop")], LOG)) == (1, 0, 0, 1)
    assert counts(collect(["zoe.csv"], LOG, policy="latest")) == (0, 1, 0, 1)  # only the adjudicator has the last word
    assert counts(collect(["eve.csv"], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert counts(collect([by("eve", r1="drop")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert [change.action for change in apply("data.csv").changes] == ["drop"]


@pytest.mark.slow
def test_a_clock_that_is_ahead_changes_nothing(folder: Path) -> None:
    rows = {row["id"]: row for row in queue()}
    hours = (datetime.now(UTC) + timedelta(hours=20)).isoformat()
    ahead = Decision("r1", rows["r1"]["row_hash"], "cat", "drop", "", "bob", hours)
    Path("bob.ndjson").write_text(json.dumps({"v": 1, **asdict(ahead)}) + "\n")
    assert counts(collect([by("ann", r1="keep"), "bob.ndjson"], LOG)) == (2, 0, 0, 1)
    assert counts(collect([by("eve", r1="keep")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert counts(collect([by("eve", r1="drop")], LOG, adjudicator="eve")) == (1, 0, 1, 0)
    assert counts(collect([by("bob", r1="keep")], LOG)) == (1, 0, 0, 1)


@pytest.mark.slow
def test_a_majority_is_more_than_half(folder: Path) -> None:
    files = [
        by("ann", r1="drop", r2="keep", r3="keep", r4="keep"),
        by("bob", r1="drop", r2="drop", r3="bird", r4="drop"),
        by("joe", r1="keep", r2="unsure", r3="fish", r4="keep"),
    ]
    assert counts(collect(files, LOG))[2:] == (0, 4)
    done = collect(files, LOG, policy="majority")
    assert counts(done) == (0, 12, 2, 2)
    assert logged()[-2:] == [("r1", "policy", "drop", "majority"), ("r4", "policy", "keep", "majority")]
    assert read_log(LOG)[0][-2].note == "ann: drop; bob: drop; joe: keep"
    assert counts(collect(files, LOG, policy="majority")) == (0, 12, 0, 2)
    assert counts(collect([by("zoe", r1="keep", r2="keep", r3="keep", r4="keep")], LOG, policy="majority")) == (
        4,
        0,
        1,
        2,
    )


@pytest.mark.slow
def test_the_latest_file_wins_if_so_asked(folder: Path) -> None:
    files = [by("ann", r1="drop", r2="keep"), by("bob", r1="keep", r2="bird")]
    assert counts(collect(files, LOG, policy="latest")) == (4, 0, 2, 0)
    assert [change.after for change in apply("data.csv").changes] == ["bird"]
    with pytest.raises(InputError, match="`policy` cannot be 'newest'"):
        collect(files, LOG, policy="newest")


@pytest.mark.slow
def test_a_dry_run_writes_nothing(folder: Path) -> None:
    files, before = [by("ann", r1="drop"), by("bob", r1="keep")], set(os.listdir())
    assert counts(collect(files, LOG, dry_run=True)) == (2, 0, 0, 1)
    assert set(os.listdir()) == before | {"ann.csv", "bob.csv"}


def test_a_wrong_adjudicator_is_told(folder: Path) -> None:
    done = collect([by("anna", r1="drop")], LOG, adjudicator="anne")
    assert done.notes == ("adjudicator 'anne' has decided nothing; did you mean 'anna'?",)
