"""The gate `rate`: its level, what it notices, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
import scipy.stats
from numpy.typing import NDArray

from hardneg_cli import Decision, Findings, InputError, find
from hardneg_cli.data.changes import NOWHERE, Changes
from hardneg_cli.errors import Unavailable
from hardneg_cli.gating.gates import rate
from hardneg_cli.gating.verdict import Verdict
from support.labeled_world import ANT, NAMES, ROWS, Codes, dataset, findings, shuffled, world

Bools = NDArray[np.bool_]


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


@pytest.mark.slow
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


@pytest.mark.slow
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
