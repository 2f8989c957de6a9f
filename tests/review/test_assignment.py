"""A queue that is shared out: everybody is asked about as much and alike, and nobody can tell a control row."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import InputError, find
from hardneg_cli.data.load import in_memory
from hardneg_cli.detection.findings import Findings
from hardneg_cli.io.tables.queue_columns import ANCHORING, FILLED_IN, TELLING
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.assigned_queues import lead, queues
from hardneg_cli.review.queues.assignment import Assignment, AssignmentPlan, shape
from hardneg_cli.review.queues.scored_rows import ScoredRows, read_scored_rows
from support.assigned import CLASSES, found, labeled

TEXT = ("text",)


@pytest.fixture(scope="module")
def findings() -> Findings:
    return found()


def scored(findings: Findings) -> ScoredRows:
    """The findings as a file of every row has them, in the data's order."""
    shown = tuple(name for name in TEXT if name in findings.dataset.content.column_names)
    return read_scored_rows((in_memory(findings.table(np.arange(len(findings.dataset)), shown)),))


def shaped(findings: Findings, *names: str, overlap: float = 0.1, control: float = 0.0, **kwargs: object) -> Assignment:
    amounts = {"overlap": Fraction(overlap).limit_denominator(), "control": Fraction(control).limit_denominator()}
    return shape(scored(findings), findings.select(), AssignmentPlan(names, **amounts, **kwargs))  # type: ignore[arg-type]


def test_every_row_is_asked_about_and_the_shared_ones_by_all(findings: Findings) -> None:
    result = shaped(findings, "a", "b", "c", control=0.05)
    suspects = findings.select()
    assert sorted(result.rows[~result.control]) == sorted(suspects)
    asked = result.assigned.sum(axis=1)
    assert set(asked) == {1, 3}
    assert result.shared == (asked == 3).sum() == -(-len(result.rows) // 10)
    assert sorted(np.concatenate(result.queues)) == sorted(np.repeat(np.arange(len(result.rows)), asked))


def test_everybody_gets_as_much_and_the_same_mix(findings: Findings) -> None:
    result = shaped(findings, "a", "b", "c", control=0.1)
    counts = [len(places) for places in result.queues]
    assert max(counts) - min(counts) <= 1
    control = [int(result.control[places].sum()) for places in result.queues]
    assert max(control) - min(control) <= 2
    labels = findings.dataset.labels[result.rows]
    shares = np.array([np.bincount(labels[places], minlength=len(CLASSES)) for places in result.queues])
    assert (shares.max(axis=0) - shares.min(axis=0) <= 4).all()
    means = [findings.score[result.rows[places]].mean() for places in result.queues]
    spread = findings.score[result.rows].std() / np.sqrt(min(counts))
    assert max(means) - min(means) < spread  # closer than three random samples are


def test_overlap_spans_the_ranking(findings: Findings) -> None:
    result = shaped(findings, "a", "b", overlap=0.2)
    shared = np.flatnonzero(result.assigned.all(axis=1))
    assert (np.bincount(shared * 5 // len(result.rows), minlength=5) >= len(shared) // 5 - 1).all()
    assert len(set(np.diff(shared))) > 2  # drawn, not every fifth


@pytest.mark.slow
def test_row_order_does_not_matter(findings: Findings) -> None:
    other = found(order=np.random.default_rng(7).permutation(1200))
    for kwargs in ({}, {"blind": True}):
        here = queues(shaped(findings, "a", "b", control=0.1, **kwargs))
        there = queues(shaped(other, "a", "b", control=0.1, **kwargs))
        assert [table.to_pylist() for table in here] == [table.to_pylist() for table in there]


def test_nothing_asked_for_leaves_the_queue_as_it_was(findings: Findings) -> None:
    only = queues(shape(scored(findings), findings.select(), AssignmentPlan()))
    assert [table.to_pylist() for table in only] == [findings.table(show=("text",)).to_pylist()]


def test_control_rows_are_not_flagged_and_have_the_models_other_class(findings: Findings) -> None:
    table = lead(shaped(findings, "a", control=0.2)).to_pylist()
    control = [row for row in table if row["role"] == "control"]
    assert len(control) == -(-len(findings.select()) // 5)
    assert not any(row["flagged"] for row in control)
    assert all(row["flagged"] for row in table if row["role"] == "suspect")
    _, p = labeled(1200)
    for row in control:
        chances = p[int(row["id"][1:])].copy()
        chances[CLASSES.index(row["given_label"])] = -1
        assert row["suggested_label"] == CLASSES[chances.argmax()]
    unflagged = np.bincount(findings.dataset.labels[~findings.flagged], minlength=6)
    drawn = Counter(row["given_label"] for row in control)
    for name, count in zip(CLASSES, unflagged, strict=True):
        assert abs(drawn[name] - count * len(control) / unflagged.sum()) < 2


def test_a_reviewer_cannot_tell_control_rows(findings: Findings) -> None:
    result = shaped(findings, "a", "b", control=0.5)
    role = {row["id"]: row["role"] for row in lead(result).to_pylist()}
    for table in queues(result):
        rows = table.to_pylist()
        kinds = [role[row["id"]] == "control" for row in rows]
        assert 0.3 < np.mean(kinds) < 0.37
        for name in table.column_names:
            cells = [row[name] for row in rows]
            if name in TELLING:
                assert set(cells) <= {"", None}
            elif name in ("suggested_label", *FILLED_IN):
                assert len({bool(cell) for cell in cells}) == 1, name
        places = np.flatnonzero(kinds) / len(kinds)
        assert 0.35 < places.mean() < 0.65
        assert places.min() < 0.1
        assert places.max() > 0.9
        ranks = [findings.score[int(row["id"][1:])] for row, kind in zip(rows, kinds, strict=True) if not kind]
        assert ranks == sorted(ranks, reverse=True)


def test_suggestions_lack_as_often_in_control_rows() -> None:
    generator = np.random.default_rng(0)
    rows = [f"row {n}" for n in range(300)]
    table = pa.table({"label": ["a", "b", "c"] * 100, "text": rows[:250] + rows[:50], "x": generator.random(300)})
    copies = find(table, detectors=["exact-duplicate"])
    if not len(copies.select()):
        copies = find(pa.table({"label": ["a"] * 150 + ["b"] * 140 + ["c"] * 10}), detectors=["rare-label"])
    result = shape(scored(copies), copies.select(limit=40), AssignmentPlan(("a", "b"), control=10))
    rows_ = lead(result).to_pylist()
    bare = {role: {bool(r["suggested_label"]) for r in rows_ if r["role"] == role} for role in ("suspect", "control")}
    assert bare["control"] == bare["suspect"]


def test_without_probabilities_the_neighbors_suggest() -> None:
    generator = np.random.default_rng(0)
    code = np.repeat([0, 1, 2], 60)
    x = generator.normal(0, 0.3, (180, 2)) + np.array([[0, 0], [1, 0], [9, 9]])[code]
    labels = np.array(["left", "right", "far"])[code]
    labels[:6] = "far"
    table = pa.table({"id": [str(n) for n in range(180)], "label": labels, "x": x[:, 0], "y": x[:, 1]})
    neighbors = find(table, features="x,y", detectors=["outvoted-label"])
    result = shape(scored(neighbors), neighbors.select(), AssignmentPlan(("a",), control=60))
    doubts = neighbors.doubts["outvoted-label"]
    said = dict(zip(doubts.rows.tolist(), doubts.suggested.tolist(), strict=True))
    for row, suggestion in zip(result.rows[result.control], result.suggested[result.control], strict=True):
        assert suggestion != neighbors.dataset.labels[row]
        assert suggestion == said[int(row)] or said[int(row)] == -1


def test_blind_shows_no_opinion_and_no_order(findings: Findings) -> None:
    (table,) = queues(shape(scored(findings), findings.select(), AssignmentPlan(blind=True)))
    for name in ANCHORING:
        assert set(table[name].to_pylist()) <= {"", None}
    scores = [findings.score[int(id_[1:])] for id_ in table["id"].to_pylist()]
    assert abs(np.corrcoef(scores, np.arange(len(scores)))[0, 1]) < 0.2
    assert sorted(table["id"].to_pylist()) == sorted(findings.table()["id"].to_pylist())


@pytest.mark.parametrize("budget", [2, 3, 10, 57, 200])
@pytest.mark.parametrize("names", [(), ("a",), ("a", "b", "c")])
def test_the_budget_is_for_all_queues_together_worst_first(
    findings: Findings, budget: int, names: tuple[str, ...]
) -> None:
    control = Fraction(1, 10) if names else 0
    wanted = AssignmentPlan(names, Fraction(1, 10), control, budget)
    least = 1 if not names else 1 + 1 + 2 * (len(names) == 3)
    if budget < least:
        with pytest.raises(InputError, match=f"{budget} rows are too few: one suspect row, .* takes {least}"):
            shape(scored(findings), findings.select(), wanted)
        return
    result = shape(scored(findings), findings.select(), wanted)
    spent = sum(map(len, result.queues))
    assert budget - max(1, len(names)) * 2 < spent <= budget
    suspects = result.rows[~result.control]
    assert list(suspects) == list(findings.select()[: len(suspects)])


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_few_rows_and_many_reviewers(findings: Findings, n: int) -> None:
    names = tuple("abcdefg")
    result = shape(scored(findings), findings.select(limit=n), AssignmentPlan(names, 3, 5, blind=True))
    tables = queues(result)
    assert [len(table) for table in tables] == [len(places) for places in result.queues]
    assert len(result.rows) == (n + 5 if n else 0)
    assert lead(result).num_rows == len(result.rows)


def test_no_more_control_rows_than_there_are(findings: Findings) -> None:
    everything = shape(scored(findings), findings.select(every=True), AssignmentPlan(("a",), control=10))
    assert not everything.control.any()
    rest = shape(scored(findings), findings.select(), AssignmentPlan(("a",), control=10**9))
    assert rest.control.sum() == (~findings.flagged).sum()


def test_decided_rows_are_no_control() -> None:
    table, p = labeled(300)
    first = find(table, probs=[p], classes=CLASSES, detectors=["doubtful-label"], decisions=())
    rows = first.table(np.flatnonzero(~first.flagged)).to_pylist()
    said = [Decision(row["id"], row["row_hash"], row["given_label"], "keep", reviewer="z") for row in rows[5:]]
    after = find(table, probs=[p], classes=CLASSES, detectors=["doubtful-label"], decisions=said)
    result = shape(scored(after), after.select(), AssignmentPlan(("a",), control=1000))
    decided = {one.id for one in said}
    assert not decided & set(after.dataset.ids.take(result.rows).to_pylist())
