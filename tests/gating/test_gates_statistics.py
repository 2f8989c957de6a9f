"""The gates that count and compare: against scipy, enumeration and simulation, and through the whole of check."""

from __future__ import annotations

import itertools
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
import scipy.stats
from numpy.typing import NDArray

from hardneg_cli import Columns, Dataset, Decision, Findings, InputError, find, load
from hardneg_cli.data import snapshot
from hardneg_cli.data.changes import NOWHERE, Changes
from hardneg_cli.errors import Unavailable
from hardneg_cli.gating.gates import rate
from hardneg_cli.gating.verdict import GateResult, Verdict
from hardneg_cli.statistics.stratified_tests import (
    Strata,
    fisher_p,
    least_p,
    levels,
    permutation_p,
    sign_p,
    significant,
)
from hardneg_cli.verbs import audit
from hardneg_cli.verbs.check import check

ROWS, NAMES = 1500, ("007", "=cmd|' /C'!A0", "[bold]<b>\u202edoe", "ant", "bee", "cat")  # sorted, as in a dataset
ANT = NAMES.index("ant")
EASY = np.array([6.0, 6.0, 5.0, 5.0, 3.0, 1.6])  # how far a class's rows are from the others
Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]


# ---- a world


@cache
def world() -> tuple[Codes, NDArray[np.float64]]:
    """True classes and a model's probabilities, which are worse for some classes; 4 % of the labels are wrong."""
    rng = np.random.default_rng(3)
    truth = rng.choice(len(NAMES), ROWS, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    logits = rng.standard_normal((ROWS, len(NAMES)))
    logits[np.arange(ROWS), truth] += EASY[truth]
    p = np.exp(logits)
    labels = np.where(rng.random(ROWS) < 0.04, (truth + rng.integers(1, len(NAMES), ROWS)) % len(NAMES), truth)
    return labels, p / p.sum(axis=1, keepdims=True)


def dataset(labels: Codes, rows: Codes | None = None, content: str = "row") -> Dataset:
    rows = np.arange(ROWS) if rows is None else rows
    columns = {
        "id": [f"{i:05d}" for i in rows],
        "label": [NAMES[code] for code in labels],
        "words": [f"{content} {i}" for i in rows],
    }
    return load(pa.table(columns), Columns(id="id"))


@cache
def findings() -> Findings:
    labels, p = world()
    return find(dataset(labels), probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())


def changes(changed: Bools, *, kind: str = "added", before: Codes | None = None) -> Changes:
    labels = world()[0] if before is None else before
    nothing, no = pa.array([], pa.string()), np.zeros(len(changed), bool)
    names = pa.array([NAMES[code] for code in labels])
    place = np.where(changed & (kind == "added"), NOWHERE, np.arange(len(changed)))
    marks = [changed if kind == wanted else no for wanted in ("edited", "relabeled")]
    return Changes(place, *marks, names, nothing, nothing, NAMES)


def judged(changed: Bools, found: Findings | None = None, **more: Any) -> Verdict:
    made = changes(changed, **{name: more.pop(name) for name in ("kind", "before") if name in more})
    return rate.judge(made, changed, found or findings(), **more)


def drawn(n: int, seed: int, pool: Codes | None = None) -> Bools:
    mask = np.zeros(ROWS, bool)
    mask[np.random.default_rng(seed).choice(np.arange(ROWS) if pool is None else pool, n, replace=False)] = True
    return mask


def one(labels: Codes, gate: str, **more: Any) -> GateResult:
    """What a gate says, asked by check; the base is the world as it is, the model too."""
    more = {"base": dataset(world()[0]), "probs": [world()[1]], "classes": NAMES, "decisions": ()} | more
    report = check(dataset(labels), fail_on=[gate], **more)
    return next(judged for judged in report.judged if judged.gate == gate)


def shuffled(labels: Codes, share: float, rows: Codes, seed: int = 0) -> Codes:
    """Some of the labels of `rows` turned into others."""
    rng, made = np.random.default_rng(seed), labels.copy()
    wrong = rows[rng.random(len(rows)) < share]
    made[wrong] = (made[wrong] + rng.integers(1, len(NAMES), len(wrong))) % len(NAMES)
    return made


# ---- tests, against scipy and enumeration


@pytest.mark.parametrize("seed", range(8))
def test_tails_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(2, 400, 30)
    flagged, changed = (rng.integers(0, rows + 1) for _ in range(2))
    both = np.array(
        [rng.integers(max(0, f + c - r), min(f, c) + 1) for r, f, c in zip(rows, flagged, changed, strict=True)]
    )
    assert fisher_p(rows, flagged, changed, both) == pytest.approx(
        scipy.stats.hypergeom.sf(both - 1, rows, flagged, changed), rel=1e-9
    )
    r, f, c, b = (int(numbers[0]) for numbers in (rows, flagged, changed, both))
    table = [[b, c - b], [f - b, r - f - c + b]]
    assert fisher_p(rows, flagged, changed, both)[0] == pytest.approx(
        scipy.stats.fisher_exact(table, alternative="greater").pvalue, rel=1e-9
    )
    worse, better = (int(number) for number in rng.integers(1, 60, 2))
    assert sign_p(worse, better) == pytest.approx(
        scipy.stats.binomtest(worse, worse + better, alternative="greater").pvalue, rel=1e-9
    )
    assert sign_p(0, 5) == sign_p(0, 0) == 1


@pytest.mark.parametrize(("f", "n", "x"), [(30, 20, 4), (30, 20, 6), (3, 150, 3), (100, 5, 4), (200, 300, 120)])
def test_a_permutation_test_in_one_stratum_is_fishers(f: int, n: int, x: int) -> None:
    level, changed = np.zeros(500, np.int64), np.zeros(500, bool)
    level[:f] = 1
    changed[:x] = changed[f : f + n - x] = True
    p = permutation_p(Strata.of(level, changed, np.zeros(500, np.int64)))
    exact = scipy.stats.hypergeom.sf(x - 1, 500, f, n)
    assert abs(np.log(p / max(exact, 1 / 3000))) < 0.5


@pytest.mark.parametrize("seed", range(6))
def test_a_permutation_test_in_several_strata_is_what_enumeration_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stratum = np.repeat([0, 1, 2], (7, 6, 8))
    level, changed = rng.integers(0, 7, 21) * (rng.random(21) < 0.6), np.zeros(21, bool)
    for code, n in enumerate((3, 2, 4)):
        changed[rng.choice(np.flatnonzero(stratum == code), n, replace=False)] = True
    sums = [0]
    for code, n in enumerate((3, 2, 4)):
        here = [sum(some) for some in itertools.combinations(level[stratum == code].tolist(), n)]
        sums = [a + b for a in sums for b in here]
    exact = float(np.mean(np.array(sums) >= level[changed].sum()))
    assert abs(np.log(permutation_p(Strata.of(level, changed, stratum)) / exact)) < 0.5


def test_strata_that_say_nothing_are_left_out() -> None:
    level, changed = np.array([6, 6, 0, 0, 6]), np.array([True, True, True, False, False])
    stratum = np.array([0, 0, 1, 1, 2])  # all of 0 changed, nothing of 2 did
    assert Strata.of(level, changed, stratum).rows.tolist() == [[2, 0, 0, 0, 0, 0, 0]]
    empty = Strata.of(level, np.zeros(5, bool), stratum)
    assert permutation_p(empty) == 1


def test_no_row_counts_more_than_a_sure_one() -> None:
    score = np.array([0, 0.1, 0.5, 0.9, 0.95, 0.99, 1 - 1e-12, 1])
    assert levels(score).tolist() == [0, 0, 1, 5, 6, 6, 6, 6]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_least_p_value_is_that_of_every_row_flagged(n: int) -> None:
    rows, flagged = np.array([10, 7]), np.array([2, 1])
    exact = scipy.stats.hypergeom.pmf(n, 10 + n, 2 + n, n) * scipy.stats.hypergeom.pmf(n, 7 + n, 1 + n, n)
    assert least_p(rows + n, flagged, np.array([n, n])) == pytest.approx(float(exact), rel=1e-9)


def test_many_classes_raise_no_false_alarms() -> None:
    rng, alarms = np.random.default_rng(0), 0
    rows, flagged, changed = rng.integers(5, 200, 80), rng.integers(0, 5, 80), rng.integers(1, 5, 80)
    for _ in range(300):
        both = rng.hypergeometric(flagged, rows - flagged, changed)
        p = fisher_p(rows, flagged, changed, both)
        alarms += bool(significant(p, fisher_p(rows, flagged, changed, np.minimum(flagged, changed)), 0.05).any())
    assert alarms <= scipy.stats.binom.ppf(0.999, 300, 0.05)
    hopeless = np.full(1000, 0.4)  # tests that can never reject take nothing from the one that can
    p, least = np.append(hopeless, 0.004), np.append(hopeless, 1e-6)
    assert significant(p, least, 0.005).tolist() == [False] * 1000 + [True]


# ---- rate


def test_the_level_holds_whatever_the_composition() -> None:
    labels, alpha, runs = world()[0], 0.05, 300
    failed = 0
    for seed in range(runs):
        pool = np.flatnonzero(np.isin(labels, [seed % 6, (seed + 1) % 6])) if seed % 2 else None
        failed += not judged(drawn(60 + seed % 7, seed, pool), alpha=alpha).passed
    assert 3 <= failed <= scipy.stats.binom.ppf(0.999, runs, alpha), failed


def test_added_errors_fail_and_are_named() -> None:
    labels, p = world()
    mask = drawn(150, 1)
    bad = shuffled(labels, 0.25, np.flatnonzero(mask))
    found = find(dataset(bad), probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())
    verdict = judged(mask, found)
    assert not verdict.passed
    assert verdict.rows is not None
    assert verdict.reasons is not None
    wrong = np.flatnonzero(mask & (bad != labels))
    assert len(np.intersect1d(verdict.rows, wrong)) > 0.8 * len(wrong)
    assert mask[verdict.rows].all()
    assert (np.diff(verdict.rows) > 0).all()
    row = int(verdict.rows[2])
    assert verdict.reasons(np.array([2])) == [
        f"labeled {NAMES[bad[row]]!r}, looks like {NAMES[found.suggested[row]]!r} (score {found.score[row]:.3f})"
    ]
    assert "added or edited rows are doubted" in verdict.why
    assert verdict.numbers["p"] < 0.002


def test_neither_the_order_of_rows_nor_the_names_of_classes_matter() -> None:
    found, mask = findings(), drawn(200, 5)
    order, renamed = np.random.default_rng(0).permutation(ROWS), np.array([3, 5, 0, 4, 1, 2], np.int32)
    data = found.dataset
    turned = replace(
        found,
        dataset=replace(data, labels=renamed[data.labels][order], ids=data.ids.take(order)),
        score=found.score[order],
        flagged=found.flagged[order],
        suggested=renamed[found.suggested][order],
    )
    assert judged(mask[order], turned).numbers == judged(mask, found).numbers


def test_what_it_calls_noticeable_it_notices_4_times_in_5() -> None:
    for n, least, most in ((60, 0.55, 0.99), (400, 0.6, 0.99)):
        share = judged(drawn(n, 0)).numbers["noticeable"]
        seen, runs = 0, 60
        for seed in range(runs):
            mask = drawn(n, seed)
            wrong = mask & (np.random.default_rng(seed).random(ROWS) < share)
            score = np.where(wrong, 0.9, findings().score)
            seen += not judged(mask, replace(findings(), score=score, flagged=score >= 0.5)).passed
        assert least < seen / runs < most, (n, share, seen)


def test_one_bad_class_is_named() -> None:
    labels, p = world()
    mask = drawn(240, 2)
    bad = labels.copy()
    some = np.flatnonzero(mask & (labels != ANT))[:16]
    bad[some] = ANT
    found = find(dataset(bad), probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())
    verdict = judged(mask, found)
    assert not verdict.passed
    assert "labeled 'ant' (p" in verdict.why
    assert verdict.numbers["classes"] == 1


def test_too_few_rows_are_not_judged_and_it_says_how_many_could() -> None:
    with pytest.raises(Unavailable, match=r"1 row added or edited: too few .*; at least \d could"):
        judged(drawn(1, 0))
    with pytest.raises(Unavailable) as caught:
        judged(drawn(1, 0))
    need = int(str(caught.value).split()[-2])
    assert need > 1
    judged(drawn(need + 1, 0))
    with pytest.raises(Unavailable, match=r"3 rows relabeled: too few .* at least 7 could"):
        judged(drawn(3, 0), kind="relabeled")


def test_nothing_changed_passes_and_everything_changed_is_not_judged() -> None:
    assert judged(np.zeros(ROWS, bool)).passed
    with pytest.raises(Unavailable, match="1,500 rows added or edited, with labels that no unchanged row has"):
        judged(np.ones(ROWS, bool))


def test_it_needs_a_detector_of_labels_and_a_sensible_alpha() -> None:
    with pytest.raises(Unavailable, match="nothing judges the labels"):
        judged(drawn(50, 0), replace(findings(), doubts={}))
    for alpha in (0.0, 1.0, float("nan"), -1.0):
        with pytest.raises(InputError, match=r"rate\.alpha is a number between 0 and 1"):
            judged(drawn(50, 0), alpha=alpha)


def test_a_row_that_people_kept_is_no_error_and_a_reviewed_base_is_no_better_model() -> None:
    labels, p = world()
    mask = drawn(150, 1)
    bad = shuffled(labels, 0.25, np.flatnonzero(mask))
    data = dataset(bad)
    open_ = find(data, probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())
    assert not judged(mask, open_).passed

    def reviewed(rows: Codes, decision: str) -> Verdict:
        ids, hashes = data.ids.take(rows).to_pylist(), data.row_hashes(rows)
        asked = zip(ids, hashes, rows, strict=True)
        said = [Decision(i, h, NAMES[bad[r]], decision, reviewer="ann") for i, h, r in asked]
        found = find(data, probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=said)
        return judged(mask, found, decisions=tuple(said))

    flagged = np.flatnonzero(mask & open_.flagged)
    assert reviewed(flagged, "keep").passed
    assert not reviewed(flagged, "drop").passed  # decided, and not applied: still wrong
    harmless = find(dataset(labels), probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())
    data, bad = harmless.dataset, labels
    assert reviewed(np.flatnonzero(~mask & harmless.flagged), "keep").passed


def test_corrections_pass_and_the_same_undone_fails() -> None:
    labels, p = world()
    flips = drawn(60, 4)
    worse = shuffled(labels, 1.0, np.flatnonzero(flips))
    assert judged(flips, findings(), kind="relabeled", before=worse).passed
    found = find(dataset(worse), probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())
    verdict = judged(flips, found, kind="relabeled", before=labels)
    assert not verdict.passed
    assert "relabeled" in verdict.why
    assert verdict.rows is not None
    assert verdict.reasons is not None
    assert verdict.reasons(np.arange(1))[0].startswith("relabeled ")


def test_a_row_that_got_its_first_label_is_an_added_one() -> None:
    mask = drawn(80, 3)
    made = changes(mask, kind="relabeled")
    blank = pa.array(["" if new else name for new, name in zip(mask, made.before.to_pylist(), strict=True)])
    assert rate.judge(replace(made, before=blank), mask, findings()).numbers["fresh"] == 80


# ---- the same, through check


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


def test_error_bound(tmp_path: Path) -> None:
    labels, _ = world()
    pa.csv.write_csv(findings().table(findings().select(every=True)), tmp_path / "scores.csv")
    sample = audit.draw(tmp_path / "scores.csv", 200).table
    wrong = {f"{i:05d}" for i in np.flatnonzero(np.argmax(world()[1], axis=1) != labels)}
    answers = ["drop" if id_ in wrong else "keep" for id_ in sample["id"].to_pylist()]
    filled = sample.set_column(sample.column_names.index("decision"), "decision", pa.array(answers))
    pa.csv.write_csv(filled, tmp_path / "audit.csv")
    high = audit.estimate(tmp_path / "audit.csv").errors.high / ROWS
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


def test_a_settled_conflict_is_still_a_disagreement() -> None:
    labels, _ = world()
    data = dataset(labels)
    told = [["", "bee"][i % 2] for i in range(60)]
    agreed = said_by(data, {"ann": told, "bob": told})
    settled = said_by(data, {"eve": told[:40]}, source="adjudication", at="2030-01-01T00:00:00Z")
    alone = said_by(data, {"ann": told[:40]})
    assert one(labels, "agreement", decisions=agreed).outcome == "passed"
    assert one(labels, "agreement", decisions=[*alone, *settled]).outcome == "failed"
