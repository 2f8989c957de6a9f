"""The gates that count and compare, through the whole of check."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from hardneg_cli import Dataset, Decision, InputError
from hardneg_cli.data import snapshot
from hardneg_cli.gating.verdict import GateResult
from hardneg_cli.verbs import audit
from hardneg_cli.verbs.check import check
from support.labeled_world import ANT, NAMES, ROWS, Codes, dataset, findings, shuffled, world


def one(labels: Codes, gate: str, **more: Any) -> GateResult:
    """What a gate says, asked by check; the base is the world as it is, the model too."""
    more = {"base": dataset(world()[0]), "probs": [world()[1]], "classes": NAMES, "decisions": ()} | more
    report = check(dataset(labels), fail_on=[gate], **more)
    return next(judged for judged in report.judged if judged.gate == gate)


def test_check_asks_rate_of_a_real_commit() -> None:
    labels, _ = world()
    base = np.arange(ROWS - 300)
    new = np.arange(ROWS - 300, ROWS)
    kept = dataset(labels[base], base)
    assert one(labels, "rate", base=kept).outcome == "passed"
    failed = one(shuffled(labels, 0.25, new), "rate", base=kept)
    assert failed.outcome == "failed"
    assert one(labels, "rate", base=None).outcome == "not judged"
    assert one(labels, "rate", probs=()).outcome == "not judged"


@pytest.mark.slow
def test_budget() -> None:
    labels, _ = world()
    flagged = int(findings().flagged.sum())
    assert "no budget is set" in one(labels, "budget").reason
    for most, outcome in ((str(flagged), "passed"), (str(flagged - 1), "failed"), ("100%", "passed"), ("0%", "failed")):
        said = one(labels, "budget", settings={"budget": {"most": most}})
        assert said.outcome == outcome, said
    assert said.verdict is not None
    assert said.verdict.rows is not None
    assert len(said.verdict.rows) == flagged
    by_class = one(labels, "budget", settings={"budget": {"most_per_class": "10"}})
    assert by_class.verdict is not None
    counts = np.bincount(labels[findings().flagged], minlength=6)
    assert len(by_class.verdict.rows) == counts[counts > 10].sum()  # type: ignore[arg-type]
    for odd in ("many", "-1", "2.5", "101%", "nan%", "inf%", "%"):
        with pytest.raises(InputError, match=r"budget\.most is a number of rows or a percentage"):
            one(labels, "budget", settings={"budget": {"most": odd}})


@pytest.mark.slow
def test_unreviewed() -> None:
    labels, _ = world()
    bad = shuffled(labels, 1.0, np.arange(40))
    said = one(bad, "unreviewed")
    assert said.outcome == "failed"
    assert said.verdict is not None
    rows = said.verdict.rows
    assert rows is not None
    assert set(rows) <= set(range(40))
    assert one(bad, "unreviewed", settings={"unreviewed": {"most": len(rows)}}).outcome == "passed"
    data = dataset(bad)
    ids, hashes = data.ids.take(rows).to_pylist(), data.row_hashes(rows)
    asked = zip(ids, hashes, rows, strict=True)
    kept = [Decision(i, h, NAMES[bad[r]], "keep", reviewer="ann") for i, h, r in asked]
    assert one(bad, "unreviewed", decisions=kept).outcome == "passed"
    assert one(bad, "unreviewed", decisions=kept[1:]).outcome == "failed"
    assert one(labels, "unreviewed").outcome == "passed"
    assert one(labels, "unreviewed", base=None).outcome == "not judged"


@pytest.mark.slow
def test_drift(tmp_path: Path) -> None:
    labels, p = world()
    found = findings()
    snapshot.write(found.dataset, found.flagged, found.score, tmp_path / "base.state")
    more = {"base": None, "state": tmp_path / "base.state"}
    assert one(labels, "drift", **more).outcome == "passed"
    other = np.random.default_rng(0).dirichlet(np.full(len(NAMES), 0.3), ROWS) + p
    tuned = {"drift": {"at_most": 0.001}}
    said = one(labels, "drift", **more, probs=[other / other.sum(axis=1, keepdims=True)], settings=tuned)
    assert said.outcome == "failed"
    assert said.verdict is not None
    assert said.verdict.numbers["newly"] + said.verdict.numbers["no_longer"] == len(said.verdict.rows)  # type: ignore[arg-type]
    assert "what was flagged in the base is not known" in one(labels, "drift").reason
    report = check(dataset(labels), base=dataset(labels), probs=[p], classes=NAMES, decisions=())
    assert {one.gate: one.means for one in report.judged}["drift"] == "warn"


@pytest.mark.slow
def test_imbalance() -> None:
    labels, _ = world()
    counts = np.bincount(labels)
    ratio = counts.max() / counts.min()
    assert one(labels, "imbalance").outcome == "passed"
    assert one(labels, "imbalance", base=None).outcome == "not judged"
    for at_most, outcome in ((ratio + 0.01, "passed"), (ratio - 0.01, "failed")):
        assert one(labels, "imbalance", settings={"imbalance": {"at_most": at_most}}, base=None).outcome == outcome
    moved = np.where(labels == ANT, 1, labels)
    said = one(moved, "imbalance")
    assert said.outcome == "failed"
    assert said.verdict is not None
    assert f"'ant' lost {counts[ANT]:,} of its {counts[ANT]:,} rows" in said.verdict.why
    assert said.verdict.rows is not None
    assert (labels[said.verdict.rows] == ANT).all()
    third = np.arange(ROWS // 3)  # every class lost as much: a smaller sample, not a lost class
    assert check(dataset(labels[third], third), base=dataset(labels), fail_on=["imbalance"], decisions=()).passed
    with pytest.raises(InputError, match=r"imbalance\.loses"):
        one(labels, "imbalance", settings={"imbalance": {"loses": 0}})


@pytest.mark.slow
def test_error_bound(tmp_path: Path) -> None:
    labels, _ = world()
    pa.csv.write_csv(findings().table(findings().select(every=True)), tmp_path / "scores.csv")
    sample = audit.audit_draw(tmp_path / "scores.csv", 200).table
    wrong = {f"{i:05d}" for i in np.flatnonzero(np.argmax(world()[1], axis=1) != labels)}
    answers = ["drop" if id_ in wrong else "keep" for id_ in sample["id"].to_pylist()]
    filled = sample.set_column(sample.column_names.index("decision"), "decision", pa.array(answers))
    pa.csv.write_csv(filled, tmp_path / "audit.csv")
    high = audit.audit_estimate(tmp_path / "audit.csv").errors.high / ROWS
    more = {"audit": tmp_path / "audit.csv"}
    for at_most, outcome in ((high + 1e-6, "passed"), (high - 1e-6, "failed")):
        said = one(labels, "error-bound", settings={"error-bound": {"at_most": at_most}}, **more)
        assert said.outcome == outcome, said
        assert said.verdict is not None
        assert said.verdict.numbers["high"] == pytest.approx(high)
    assert "no audit" in one(labels, "error-bound").reason
    fewer = np.arange(ROWS - 1)
    report = check(dataset(labels[fewer], fewer), fail_on=["error-bound"], decisions=(), **more)  # type: ignore[arg-type]
    said = next(judged for judged in report.judged if judged.gate == "error-bound")
    assert "drawn from 1,500 rows" in said.reason
    corrected = labels.copy()
    corrected[int(sample["id"][0].as_py())] += 1 if corrected[int(sample["id"][0].as_py())] < 5 else -1
    report = check(dataset(corrected), fail_on=["error-bound"], decisions=(), **more)  # type: ignore[arg-type]
    said = next(judged for judged in report.judged if judged.gate == "error-bound")
    assert "audited rows that are not the same" in said.reason


def said_by(data: Dataset, answers: dict[str, list[str]], **more: str) -> list[Decision]:
    """Decisions of reviewers, in the order of the rows."""
    hashes = data.row_hashes(np.arange(len(data)))
    return [
        Decision(
            f"{i:05d}", hashes[i], data.classes[data.labels[i]], "keep" if new == "" else "relabel", new, who, **more
        )
        for who, told in answers.items()
        for i, new in enumerate(told)
    ]


@pytest.mark.slow
def test_agreement() -> None:
    labels, _ = world()
    data = dataset(labels)
    rng = np.random.default_rng(0)
    ann = ["" if rng.random() < 0.5 else "bee" for _ in range(120)]
    bob = [new if rng.random() < 0.95 else "dog" for new in ann]
    chance = ["" if rng.random() < 0.5 else "bee" for _ in range(120)]
    good, poor = said_by(data, {"ann": ann, "bob": bob}), said_by(data, {"ann": ann, "bob": chance})
    assert one(labels, "agreement", decisions=good).outcome == "passed"
    said = one(labels, "agreement", decisions=poor)
    assert said.outcome == "failed"
    assert said.verdict is not None
    assert said.verdict.rows is not None
    assert len(said.verdict.rows) == sum(a != b for a, b in zip(ann, chance, strict=True))
    assert said.verdict.reasons is not None
    assert all("ann" in why and "bob" in why for why in said.verdict.reasons(np.arange(5)))
    for measure in ("ac1", "percent"):
        tuned = {"agreement": {"measure": measure, "at_least": 0.8}}
        assert one(labels, "agreement", decisions=good, settings=tuned).outcome == "passed"
        assert one(labels, "agreement", decisions=poor, settings=tuned).outcome == "failed"
    few = said_by(data, {"ann": ann[:19], "bob": ann[:19]})
    assert (
        "19 rows decided by several reviewers; an agreement needs at least 20"
        in one(labels, "agreement", decisions=few).reason
    )
    elsewhere = [replace(decision, row_hash="h0") for decision in good]
    assert "no row decided" in one(labels, "agreement", decisions=elsewhere).reason


@pytest.mark.slow
def test_a_settled_conflict_is_still_a_disagreement() -> None:
    labels, _ = world()
    data = dataset(labels)
    told = [["", "bee"][i % 2] for i in range(60)]
    agreed = said_by(data, {"ann": told, "bob": told})
    settled = said_by(data, {"eve": told[:40]}, source="adjudication", at="2030-01-01T00:00:00Z")
    alone = said_by(data, {"ann": told[:40]})
    assert one(labels, "agreement", decisions=agreed).outcome == "passed"
    assert one(labels, "agreement", decisions=[*alone, *settled]).outcome == "failed"
