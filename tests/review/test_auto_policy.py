"""The policy decides what nobody decided, if one asks for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hardneg_cli import ApplyResult, AutoPolicy, Columns, InputError, apply
from support.answers import decided
from support.command import hardneg
from support.corrections import LABELS, ROWS, Row, delimited, queue_of, save


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(delimited(ROWS).encode())
    return path


@pytest.fixture
def queue(data: Path) -> list[Row]:
    return queue_of(data)


def scored(data: Path, columns: Columns | None = None) -> Path:
    """r00 … r23 with scores 0.02 … 0.94; every other row has a suggestion, whose score is .02 below."""
    queue = queue_of(data, columns)
    for number, row in enumerate(queue):
        suggested = {"suggested_label": "newt", "suggestion_score": number / 25} if number % 2 else {}
        row |= {
            "suggested_label": row["given_label"],
            "suggestion_score": None,
            "score": number / 25 + 0.02,
        } | suggested
    return save(queue, data.with_name("q.csv"))


def outcome(applied: ApplyResult) -> dict[str, str | None]:
    return {change.id: change.after for change in applied.changes}


def test_there_is_no_policy_unless_asked(data: Path) -> None:
    applied = apply(data, [scored(data)])
    assert (applied.changes, applied.undecided) == ((), 24)


def test_the_policy_relabels_and_drops_what_nobody_decided(data: Path) -> None:
    path = scored(data)
    assert outcome(apply(data, [path], policy=AutoPolicy(relabel=0.8))) == {"r21": "newt", "r23": "newt"}
    assert outcome(apply(data, [path], policy=AutoPolicy(drop=0.9))) == {"r22": None, "r23": None}
    both = apply(data, [path], policy=AutoPolicy(relabel=0.84, drop=0.82))
    assert outcome(both) == {"r20": None, "r21": "newt", "r22": None, "r23": "newt"}
    assert both.undecided == 20
    assert {(change.reviewer, change.source) for change in both.changes} == {("policy", "policy")}
    assert both.changes[1].note == "--auto-relabel 0.84: suggestion_score 0.840000"
    assert both.changes[0].note == "--auto-drop 0.82: score 0.820000"
    relabeled, dropped = both.automatic
    assert (relabeled.action, relabeled.rows, round(relabeled.wrong.value, 9)) == ("relabel", 2, 0.24)
    assert (dropped.action, dropped.rows, round(dropped.wrong.value, 9)) == ("drop", 2, 0.28)
    assert relabeled.wrong.low <= 0.24 <= relabeled.wrong.high <= 2


def test_reviewers_come_before_the_policy(data: Path) -> None:
    path = scored(data)
    person = decided(data, "p.csv", r21={"decision": "keep"}, r22={"decision": "unsure"}, r23={"new_label": "dog"})
    applied = apply(data, [path, person], policy=AutoPolicy(relabel=0.7, drop=0.92))
    assert outcome(applied) == {"r19": "newt"} | {} | ({"r23": "dog"} if LABELS[23 % 3] != "dog" else {})
    assert (applied.unsure, applied.undecided) == (1, 20)


def test_protected_splits_and_changed_rows_are_left_alone(data: Path) -> None:
    rows = [row | {"more": "test" if n in (21, 20) else "train"} for n, row in enumerate(ROWS)]
    data.write_bytes(delimited(rows).encode())
    columns = Columns(split="more")
    path = scored(data, columns)
    rows[23] = rows[23] | {"text": "edited"}
    data.write_bytes(delimited(rows).encode())
    applied = apply(data, [path], columns, policy=AutoPolicy(relabel=0.76, drop=0.8, protect=("test",)))
    assert outcome(applied) == {"r19": "newt", "r22": None}
    assert (applied.protected, applied.policy_stale, applied.undecided) == (2, 1, 22)
    assert apply(data, [path], columns, policy=AutoPolicy(protect=("test",))).changes == ()
    with pytest.raises(InputError, match="no row is of split 'tset', which was to be protected; did you mean 'test'"):
        apply(data, [path], columns, policy=AutoPolicy(relabel=0.5, protect=("tset",)))


def test_the_policy_needs_scores(data: Path, queue: list[Row]) -> None:
    rows = [{name: row[name] for name in row if name != "score"} for row in queue]
    with pytest.raises(InputError, match=r"no column 'score', which `policy\.drop` acts on"):
        apply(data, [save(rows, data.with_name("q.csv"))], policy=AutoPolicy(drop=0.5))
    rows = [{name: row[name] for name in row if name != "suggestion_score"} for row in queue]
    with pytest.raises(
        InputError, match=r"no column 'suggestion_score'.*, which `policy.relabel` acts on: name a file"
    ):
        apply(data, [save(rows, data.with_name("q.csv"))], policy=AutoPolicy(relabel=0.5))
    rows = [row | {"score": "" if row["id"] == "r00" else "1"} for row in queue]
    applied = apply(data, [save(rows, data.with_name("q.csv"))], policy=AutoPolicy(drop=0.0))
    assert set(outcome(applied)) == {row["id"] for row in ROWS[1:]}


@pytest.mark.process
def test_the_policy_is_idempotent_and_recorded(data: Path) -> None:
    path, why = scored(data), data.with_name("why.json")
    options = ["--auto-relabel", "0.8", "--provenance", why, "--in-place"]
    done = hardneg("apply", data, path, *options)
    assert done.returncode == 0, done.stderr
    assert "policy: 2 of these changes are automatic" in done.stderr.decode()
    assert "--auto-relabel: 2 labels, about 0 of them wrong (between 0 and 2)" in done.stderr.decode()
    told = json.loads(why.read_text())
    assert told["policy"] == {"relabel": 0.8, "drop": None, "protect": []}
    assert told["automatic"] == [{"action": "relabel", "rows": 2, "wrong": 0.24, "low": 0.0, "high": 2.0}]
    assert [change["source"] for change in told["changes"]] == ["policy", "policy"]
    again = apply(data, [path], policy=AutoPolicy(relabel=0.8))
    assert (again.changes, again.already) == ((), 2)
