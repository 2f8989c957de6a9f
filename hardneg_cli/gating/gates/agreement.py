"""Reviewers do not agree well enough about this data's rows.

Where several people decided the same row, do they want the same label? The measure is Krippendorff's alpha, which
is for any number of reviewers and rows that some of them skipped, and takes away what chance alone would agree in;
0.8 is the usual demand, and 0.667 the least that tentative conclusions are drawn from (Krippendorff, Content Analysis,
2004, 11.4). Where nearly all rows get one answer, alpha is low though people agree: `measure=ac1` (Gwet 2008) is for
that, `percent` is the plain share of agreeing pairs. What counts is the lower end of the 95 % interval, so few rows
prove little, and fewer than 20 nothing.

Decisions about rows that are gone or have other content are left out. A settled conflict stays a disagreement: an
adjudicator ends it, and does not make the reviewers agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, Unavailable, plural
from hardneg_cli.gating.verdict import Verdict
from hardneg_cli.review.decisions.decision import Decision, Question
from hardneg_cli.review.decisions.row_matching import places, restated
from hardneg_cli.review.reviewers.agreement import agreement

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

BY_DEFAULT = None
REMEDY = (
    "Settle the conflicts (`hardneg collect … --adjudicator NAME`), and say in the guideline what reviewers read "
    "differently."
)
FIGURES = ("rows", "value", "low", "high", "at_least")
FEWEST_ROWS = 20
OVERRULED = "\0"  # no reviewer's name


def judge(
    dataset: Dataset,
    decisions: tuple[Decision, ...],
    *,
    at_least: float = 0.667,
    measure: Literal["alpha", "ac1", "percent"] = "alpha",
) -> Verdict:
    """at_least: the lower end of the interval of the agreement, 1 where all agree, 0 at chance."""
    if not -1 <= at_least <= 1:
        raise InputError(f"agreement.at_least is a number up to 1, not {at_least:g}")
    there = dict(_there(dataset, [one for one in decisions if one.is_decisive]))
    answers = _with_overruled(there)
    found = agreement(answers)
    if found is None or found.rows < FEWEST_ROWS:
        shared = "no row" if found is None else plural(found.rows, "row")
        raise Unavailable(f"{shared} decided by several reviewers; an agreement needs at least {FEWEST_ROWS}")
    value = getattr(found, measure)
    if value is None:
        raise Unavailable(f"every answer is the same, so {measure} is not defined; try agreement.measure=percent")
    why = (
        f"{measure} {value.value:.2f} (between {value.low:.2f} and {value.high:.2f}) on {found.rows:,} rows that "
        f"several of the reviewers decided; it has to be at least {at_least:g}"
    )
    numbers = {"rows": found.rows, "value": value.value, "low": value.low, "high": value.high, "at_least": at_least}
    if value.low >= at_least:
        return Verdict(True, why, numbers=numbers)
    return _refused(why, answers, there, numbers)


def _refused(why: str, answers: list[Decision], there: dict[Decision, int], numbers: dict[str, float]) -> Verdict:
    """With the rows that reviewers answer differently."""
    import numpy as np

    numbered = {one.question: row for one, row in there.items()}
    said: dict[int, dict[str, list[str]]] = {}
    for one in answers:
        who = "overruled" if one.reviewer == OVERRULED else one.reviewer or "a reviewer"
        said.setdefault(numbered[one.question], {}).setdefault(one.answer, []).append(who)
    unlike = {row: told for row, told in said.items() if len(told) > 1}
    rows = np.array(sorted(unlike), np.int64)

    def reasons(asked: Rows) -> list[str]:
        return [
            "; ".join(f"{answer} ({', '.join(sorted(who))})" for answer, who in sorted(unlike[row].items()))
            for row in rows[asked].tolist()
        ]

    return Verdict(False, why, rows, reasons, numbers)


def _there(dataset: Dataset, decisions: list[Decision]) -> Iterable[tuple[Decision, int]]:
    """The decisions about rows that are still there with the same content, and the rows."""
    decisions = [*restated(dataset, decisions)]
    rows = places(dataset, [one.id for one in decisions])
    hashes = iter(dataset.row_hashes(rows[rows >= 0]))
    for row, one in zip(rows.tolist(), decisions, strict=True):
        if row >= 0 and next(hashes) == one.row_hash:
            yield one, row


def _with_overruled(decisions: Iterable[Decision]) -> list[Decision]:
    """The reviewers' answers; what settled a conflict is replaced by the answer that it overruled.

    That answer is no longer among the decisions: it is taken for the label as it was, or for dropping the row.
    """
    answers = [one for one in decisions if not one.is_settlement]
    settled: dict[Question, Decision] = {one.question: one for one in decisions if one.is_settlement}
    asked = {one.question for one in answers}
    for question, one in settled.items():
        other = "drop" if one.decision == "keep" else "keep"
        answers.append(replace(one, decision=other, new_label="", reviewer=OVERRULED, source=""))
        if question not in asked:
            answers.append(replace(one, source=""))
    return answers
