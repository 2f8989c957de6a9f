"""Changed rows have more wrong labels than unchanged ones with the same labels.

Whether a finding is new says little: a retrained model newly flags some percent of the rows that nobody touched. So
changed rows are compared with the unchanged ones that the same model judged. Three questions, and their false alarms
together have at most the chance `alpha`:

- added and edited rows: is the sum of −ln(1 − score) higher than that of as many unchanged rows with the same labels?
  A stratified permutation test, so rows of a class that is hard for the model are compared with such rows. Where scores
  are uncertain it notices more than the number of flagged rows does, and where they are certain, hardly less.
- relabeled rows: is the label that the model thinks best more often the one before than the one now? A sign test, each
  row against itself, because what people correct are hard rows, and so those that they have corrected well stay hard.
- each class, because one bad source may fill one class: are more of its added and edited rows flagged? Fisher's exact
  test, corrected for the number of classes (Tarone 1990), with a fifth of `alpha`.

A row that people decided to keep, or relabeled as they had decided, is no error, if it is changed. An unchanged one
counts as the model sees it: else a reviewed base would make every commit look bad.

Rows may be from another source, and a model that has seen nothing like them doubts right labels. So before doubts fail
a commit, the numbers of --features or the pictures of --image are looked at, if there are any: where fresh rows lie
elsewhere than unchanged ones that the model takes for the same class (a rank test in strata, a column at a time, and in
60 % of pairs at least), the doubts count only if their labels do not fit the nearest of themselves as well as those of
as many unchanged rows do; to blame are then those that do not. Else these rows are not judged.

It fails to notice rows that the model is wrong about as well. It fails commits of rows that are harder than others
with the same label (an active learner's picks), and commits of copies of a few rows, for these are no independent
draws. Relabeling passes as long as it does more good than harm in the model's eyes, and a new guideline
that the model has not learned fails until people have decided those rows. Probabilities have to be out-of-fold for
changed and unchanged rows alike.

Sources: Phipson and Smyth 2010; Besag and Clifford 1991; Fisher 1935; Tarone 1990; van Elteren 1960.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.changes import Changes
from hardneg_cli.data.features.features import FeatureChoice, Features
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, Unavailable, plural, quote
from hardneg_cli.gating.changed_row_test import ChangedRowTest
from hardneg_cli.gating.other_source import misfits
from hardneg_cli.gating.verdict import Verdict
from hardneg_cli.runtime.evidence_store import LACKING, OnDemand
from hardneg_cli.statistics.stratified_tests import sign_p

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.review.decisions.decision import Decision

    Rows = NDArray[np.int64]
    Mask = NDArray[np.bool_]

BY_DEFAULT = "fail"
REMEDY = (
    "Review the changed rows that are doubted: correct the labels that are wrong, and confirm the others in the "
    "decisions log, where they count as right."
)
FIGURES = (
    "fresh",
    "doubted",
    "expected",
    "p",
    "p_fails_at",
    "noticeable",
    "not_compared",
    "relabeled",
    "worse",
    "better",
    "relabeled_p",
    "classes",
)
FOR_CLASSES = 0.2  # of alpha


@dataclass(frozen=True)
class TestOutcome:
    """What one question came to. rows: those to blame if it is `bad`."""

    bad: bool
    why: str
    rows: Rows
    numbers: Mapping[str, float]


def judge(
    changes: Changes,
    changed_rows: Mask,
    findings: Findings,
    decisions: tuple[Decision, ...] | None = None,
    feature_choice: FeatureChoice | None = None,
    features: OnDemand[Features] = LACKING,
    *,
    alpha: float = 0.01,
) -> Verdict:
    """alpha: the chance that a harmless commit fails, at most."""
    if not 0 < alpha < 1:
        raise InputError(f"rate.alpha is a number between 0 and 1, not {alpha:g}")
    if not changed_rows.any():
        return Verdict(True, "no row was added, edited or relabeled")
    judged = _scored_rows(findings)
    right = _confirmed(findings, decisions or ())
    relabeled = changes.relabeled & _labeled(changes.before) & _known_to_model(findings)
    fresh = _fresh(findings, changed_rows & ~relabeled & judged, ~changed_rows & judged, right)
    share = alpha * (1 - FOR_CLASSES) / (2 if relabeled.any() and fresh.fresh.any() else 1)
    of_fresh = [_ask_fresh(fresh, share)]
    if isinstance(of_fresh[0], TestOutcome):
        of_fresh.append(_ask_classes(fresh, findings.dataset.classes, alpha * FOR_CLASSES))
    if any(isinstance(one, TestOutcome) and one.bad for one in of_fresh) and feature_choice and not feature_choice.text:
        of_fresh = _unless_elsewhere(of_fresh, fresh, findings, features())
    asked = [*of_fresh, _ask_relabeled(changes, findings, relabeled & ~right, share)]
    answers = [answer for answer in asked if isinstance(answer, TestOutcome)]
    silent = [reason for reason in (*asked, _unjudged(changed_rows, judged)) if isinstance(reason, str) and reason]
    if not answers and silent:
        raise Unavailable("; ".join(silent))
    return _verdict(answers, silent, changes, findings)


def _verdict(answers: list[TestOutcome], silent: list[str], changes: Changes, findings: Findings) -> Verdict:
    import numpy as np

    bad = [answer for answer in answers if answer.bad]
    said = [answer.why for answer in bad or answers if answer.why] + silent
    numbers = {name: value for answer in answers for name, value in answer.numbers.items()}
    if not bad:
        return Verdict(True, "; ".join(said) or "people decided about every changed row", numbers=numbers)
    rows = np.unique(np.concatenate([answer.rows for answer in bad]))
    return Verdict(False, "; ".join(said), rows, _reasons(rows, changes, findings), numbers)


def _ask_fresh(fresh: ChangedRowTest, alpha: float) -> TestOutcome | str:
    """The first question; a sentence where it has no answer."""
    import numpy as np

    n = int(fresh.compared.sum())
    lost = int(fresh.fresh.sum()) - n
    if not n:
        return f"{_rows(lost)} added or edited, with labels that no unchanged row has" if lost else ""
    if fresh.least_p > alpha:
        need = fresh.needed(alpha)
        could = "" if need is None else f"; at least {need:,} could"
        return f"{_rows(n)} added or edited: too few to tell wrong labels from chance{could}"
    rows, p = np.flatnonzero(fresh.compared & fresh.suspect), fresh.p()
    expected = fresh.expected
    why = f"{len(rows):,} of {n:,} added or edited rows are doubted, {expected:,.1f} of as many unchanged ones"
    why += f" ({_p(p)}, limit {alpha:g})" + (f"; {_rows(lost)} with labels that no unchanged row has" if lost else "")
    wrong = fresh.noticeable(alpha)
    if p > alpha:
        why += f"; a further {100 * wrong:.0f} % of wrong labels would be noticed 4 times in 5"
    numbers = {"fresh": n, "doubted": len(rows), "expected": expected, "p": p, "p_fails_at": alpha}
    return TestOutcome(p <= alpha, why, rows, numbers | {"noticeable": wrong, "not_compared": lost})


def _unless_elsewhere(
    asked: list[TestOutcome | str], fresh: ChangedRowTest, findings: Findings, features: Features | None
) -> list[TestOutcome | str]:
    """What was answered about fresh rows, or why that is no answer: they look unlike what the model knows."""
    if features is None or findings.digest is None:
        return asked
    misfitting = misfits(
        features.matrix, findings.dataset.labels, findings.digest.mean.top, fresh.compared, fresh.unchanged,
        findings.dataset.by_id,
    )  # fmt: skip
    if misfitting is None:
        return asked
    if not misfitting.any():
        rows = int(fresh.compared.sum())
        return [
            f"{_rows(rows)} added or edited look unlike those that the model knows, and their labels fit each other as "
            "well as those do: what it doubts may be the rows"
        ]
    return [_of_misfits(one, misfitting) if isinstance(one, TestOutcome) and one.bad else one for one in asked]


def _of_misfits(asked: TestOutcome, misfitting: Mask) -> TestOutcome:
    """To blame are the rows whose labels do not fit those of the rows beside them, either."""
    rows = asked.rows[misfitting[asked.rows]]
    why = f"they look unlike those that the model knows, but the labels of {len(rows):,} do not fit each other, either"
    return replace(asked, why=f"{asked.why}; {why}", rows=rows)


def _ask_relabeled(changes: Changes, findings: Findings, relabeled: Mask, alpha: float) -> TestOutcome | str:
    """The second question, likewise."""
    import numpy as np

    rows = np.flatnonzero(relabeled)
    if not len(rows):
        return ""
    need = int(np.ceil(-np.log2(alpha)))
    if len(rows) < need:
        return f"{_rows(len(rows))} relabeled: too few to tell harm from chance; at least {need} could"
    assert findings.digest is not None
    top = findings.digest.mean.top[rows]
    better = top == findings.dataset.labels[rows]
    worse = top == _codes(changes.before.take(rows), findings.dataset.classes)
    p = sign_p(int(worse.sum()), int(better.sum()))
    why = f"of {_rows(len(rows))} relabeled {worse.sum():,} had the label that the model thinks best, "
    why += f"{better.sum():,} have it now ({_p(p)}, limit {alpha:g})"
    numbers = {"relabeled": len(rows), "worse": int(worse.sum()), "better": int(better.sum()), "relabeled_p": p}
    return TestOutcome(p <= alpha, why, rows[worse], numbers)


def _ask_classes(fresh: ChangedRowTest, classes: tuple[str, ...], alpha: float) -> TestOutcome:
    """The third question."""
    import numpy as np

    found = fresh.by_class(alpha)
    said = [f"{one.suspect:,} of {one.fresh:,} labeled {quote(classes[one.code])} ({_p(one.p)})" for one in found[:5]]
    why = "doubted by class: " + ", ".join(said) + (" …" if len(found) > 5 else "") if found else ""
    to_blame = np.flatnonzero(fresh.compared & fresh.suspect & np.isin(fresh.labels, [one.code for one in found]))
    return TestOutcome(bool(found), why, to_blame, {"classes": len(found)})


def _fresh(findings: Findings, changed: Mask, unchanged: Mask, right: Mask) -> ChangedRowTest:
    return ChangedRowTest.of(findings.dataset.labels, changed, unchanged, findings.score, _cut(findings), right)


def _cut(findings: Findings) -> float:
    """From which score on a row is flagged, decided or not: of what parts the undecided rows the nearest to 0.5."""
    import numpy as np

    passed_over = ~findings.flagged
    passed_over[list(findings.decided)] = False
    above = np.nextafter(findings.score[passed_over].max(initial=0), 1)
    return float(np.minimum(findings.score[findings.flagged].min(initial=1), np.maximum(above, 0.5)))


def _scored_rows(findings: Findings) -> Mask:
    """The rows whose labels some detector judged."""
    import numpy as np

    judged = np.zeros(len(findings.dataset), bool)
    for doubts in findings.doubts.values():
        if doubts.about == "label":
            judged[doubts.rows] = True
    if not judged.any():
        raise Unavailable("nothing judges the labels: name probabilities with --probs, or features")
    return judged


def _unjudged(changed_rows: Mask, judged: Mask) -> str:
    n = int((changed_rows & ~judged).sum())
    return f"{_rows(n)} changed, with labels that no model knows or probabilities that are unsound" if n else ""


def _known_to_model(findings: Findings) -> Mask:
    """(N,) whether a model knows the label, and its probabilities are sound."""
    import numpy as np

    return np.zeros(len(findings.dataset), bool) if findings.digest is None else findings.digest.judged


def _labeled(before: pa.Array) -> Mask:
    """(N,) whether there was a label in the base."""
    import numpy as np
    import pyarrow.compute as pc

    return np.asarray(pc.fill_null(pc.not_equal(before, ""), False).to_numpy(zero_copy_only=False), bool)


def _confirmed(findings: Findings, decisions: tuple[Decision, ...]) -> Mask:
    """The decided rows that have the label which people want."""
    import numpy as np

    confirmed = np.zeros(len(findings.dataset), bool)
    decided = sorted(findings.decided)
    rows = dict(zip(findings.dataset.ids.take(np.array(decided, np.int64)).to_pylist(), decided, strict=True))
    for one in decisions:
        if one.id in rows and one.decision in ("keep", "relabel"):
            wanted = one.given if one.decision == "keep" else one.new_label
            confirmed[rows[one.id]] |= findings.dataset.classes[findings.dataset.labels[rows[one.id]]] == wanted
    return confirmed


def _codes(labels: pa.Array, classes: tuple[str, ...]) -> Rows:
    """−1 for a label that is no class any more."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.fill_null(pc.index_in(labels, value_set=pa.array(classes, pa.string())), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def _reasons(rows: Rows, changes: Changes, findings: Findings) -> Callable[[Rows], list[str]]:
    dataset = findings.dataset

    def reasons(places: Rows) -> list[str]:
        said = []
        for row in rows[places].tolist():
            label, code = dataset.classes[dataset.labels[row]], int(findings.suggested[row])
            was = f"relabeled {quote(changes.before[row].as_py())} to" if changes.relabeled[row] else "labeled"
            better = f", looks like {quote(dataset.classes[code])}" if code >= 0 else ""
            said.append(f"{was} {quote(label)}{better} (score {findings.score[row]:.3f})")
        return said

    return reasons


def _rows(n: int) -> str:
    return plural(n, "row")


def _p(p: float) -> str:
    return f"p = {p:.2g}" if p >= 0.0001 else "p < 0.0001"
