"""The gate rate. Of 300 rows every 25th is flagged, four of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.verbs.check import check
from hardneg_cli.verbs.find import find
from support import labeled_world
from support.gate_cases_statistics import (
    OLD,
    PLAIN,
    RIGHT,
    ROWS,
    WRONG,
    table,
)
from support.specifications.case import AnswerCase, Case, GateCase, refusal
from support.specifications.model_rows import FLAGGED, Codes, decided, edited, ids, settings, wrong

SURE = [row for row in range(60) if row % 25]  # of which the model is right


def relabeled(rows: Sequence[int], **more: Any) -> dict[str, Any]:
    return {"data": table(wrong(rows)), "base": table(RIGHT), **PLAIN, **more}


def unlabeled(rows: Sequence[int]) -> pa.Table:
    """The right labels, but for rows that have none."""
    made = table(RIGHT)
    chosen = {*rows}
    labels = [None if row in chosen else label for row, label in enumerate(made["label"].to_pylist())]
    return made.set_column(1, "label", pa.array(labels, pa.string()))


def named(labels: Codes, rows: Sequence[int], name: str) -> pa.Table:
    """With a class of another name in some rows."""
    made = table(labels)
    chosen = {*rows}
    return made.set_column(
        1, "label", pa.array([name if row in chosen else label for row, label in enumerate(made["label"].to_pylist())])
    )


FOUR = [260, 263, 266, 269]
TO_ANT = wrong(FOUR)
TWO_AND_OTHERS = np.isin(np.arange(ROWS), [260, 263]) | ((np.arange(ROWS) >= 150) & (wrong([260, 263]) != 0))
MOSTLY_OTHERS = np.isin(np.arange(ROWS), FOUR) | ((np.arange(ROWS) >= 150) & (TO_ANT != 0))


def doubted_of_six() -> list[str]:
    """The rows that every doubt of the new ones falls on: those of another class that the model thinks another one."""
    labels = labeled_world.shuffled(labeled_world.world()[0], 1.0, np.arange(1200, 1500))
    found = find(
        labeled_world.dataset(labels), probs=[labeled_world.world()[1]], classes=labeled_world.NAMES, decisions=()
    )
    return [f"{row:05d}" for row in np.flatnonzero(found.flagged) if row >= 1200]


SIX_CLASSES = doubted_of_six()


def named_classes(gate: str, **given: Any) -> int:
    """How many classes the sentence names where all of six have too many doubted rows."""
    labels = labeled_world.shuffled(labeled_world.world()[0], 1.0, np.arange(1200, 1500))
    report = check(
        labeled_world.dataset(labels), base=labeled_world.dataset(labels[:1200], np.arange(1200)), decisions=(),
        probs=[labeled_world.world()[1]], classes=labeled_world.NAMES, **given,
    )  # fmt: skip
    verdict = next(one for one in report.judged if one.gate == gate).verdict
    assert verdict is not None
    return verdict.why.count(" labeled ")


RATE = [
    GateCase(
        "rate",
        "two of two of a class, where classes have a fifth of the chance",
        {"data": table(wrong([260, 263])), "base": table(wrong([260, 263])).filter(pa.array(~TWO_AND_OTHERS)), **PLAIN},
        "passed",
        (),
        {"classes": 0},
    ),
    GateCase(
        "rate",
        "four of a class, which may be chance",
        {"data": table(wrong([260, 263, 266, 269])), "base": OLD, **PLAIN},
        "passed",
        (),
        {"classes": 0},
    ),
    AnswerCase("rate: five classes are named", lambda: named_classes("rate"), 5),
    GateCase(
        "rate",
        "three of a class, which may be chance",
        {"data": table(wrong([260, 263, 266])), "base": OLD, **PLAIN},
        "passed",
        (),
        {"doubted": 4, "classes": 0},
        ["; a further 16 % of wrong labels would be noticed 4 times in 5"],
    ),
    GateCase(
        "rate",
        "what fails speaks of no further ones",
        {"data": table(WRONG), "base": OLD, **PLAIN},
        "failed",
        ids(range(260, 300)),
        {},
        ["(p = 0.00033, limit 0.008)"],
        {},
        never="further",
    ),
    GateCase(
        "rate",
        "a label that is no class any more",
        {"data": table(RIGHT), "base": named(RIGHT, SURE[:20], "dog"), **PLAIN},
        "passed",
        (),
        {"relabeled": 20, "worse": 0, "better": 20},
    ),
    GateCase(
        "rate",
        "a decision about a row that is gone",
        {
            "data": table(WRONG),
            "base": OLD,
            **PLAIN,
            "decisions": [*decided(range(260, 300), "keep", WRONG), Decision("gone", "h0", "ant", "keep", "", "ann")],
        },
        "passed",
        (),
        {"doubted": 0},
    ),
    GateCase(
        "rate",
        "six classes",
        {
            "data": labeled_world.dataset(labeled_world.shuffled(labeled_world.world()[0], 1.0, np.arange(1200, 1500))),
            "base": labeled_world.dataset(labeled_world.world()[0][:1200], np.arange(1200)),
            "probs": [labeled_world.world()[1]],
            "classes": labeled_world.NAMES,
        },
        "failed",
        SIX_CLASSES,
        {"classes": 6},
        [" …"],
    ),
    GateCase(
        "rate",
        "right labels",
        {"data": table(RIGHT), "base": OLD, **PLAIN},
        "passed",
        (),
        {
            "fresh": 40,
            "doubted": 1,
            "expected": 1.6837743918738304,
            "p_fails_at": 0.008,
            "noticeable": 0.16,
            "not_compared": 0,
            "classes": 0,
            "p": 0.5050505050505051,
        },
        ["1 of 40 added or edited rows are doubted, 1.7 of as many unchanged ones"],
    ),
    GateCase(
        "rate",
        "wrong labels",
        {"data": table(WRONG), "base": OLD, **PLAIN},
        "failed",
        ids(range(260, 300)),
        {"fresh": 40, "doubted": 40, "classes": 3, "p": 1 / 3000},
        ["14 of 14 labeled 'ant' (p < 0.0001)"],
        {"r260": "labeled 'ant', looks like 'cat' (score 0.706)"},
    ),
    GateCase(
        "rate",
        "edited rows",
        {"data": edited(WRONG, range(260, 300)), "base": table(WRONG), **PLAIN},
        "failed",
        ids(range(260, 300)),
        {"fresh": 40, "doubted": 40},
    ),
    GateCase(
        "rate",
        "the same wrong labels in the base",
        {"data": table(WRONG), "base": table(WRONG), **PLAIN},
        "passed",
        (),
        {},
        ["no row was added, edited or relabeled"],
    ),
    GateCase(
        "rate",
        "a tenth is wrong, which may be chance",
        {"data": table(wrong([261, 271, 281])), "base": OLD, **PLAIN},
        "passed",
        (),
        {"doubted": 4},
    ),
    GateCase(
        "rate",
        "and may not",
        {"data": table(wrong([261, 271, 281])), "base": OLD, **settings("rate", alpha=0.4)},
        "failed",
        ids([261, 271, 275, 281]),
        {"doubted": 4, "p_fails_at": 0.32},
    ),
    GateCase(
        "rate",
        "one class",
        {"data": table(TO_ANT), "base": table(TO_ANT).filter(pa.array(~MOSTLY_OTHERS)), **PLAIN},
        "failed",
        ids(FOUR),
        {"fresh": 100, "classes": 1},
        ["doubted by class: 4 of 4 labeled 'ant' (p < 0.0001)"],
    ),
    GateCase(
        "rate",
        "too few rows",
        {"data": table(RIGHT), "base": table(RIGHT, slice(0, ROWS - 1)), **PLAIN},
        "not judged",
        (),
        {},
        ["1 row added or edited: too few to tell wrong labels from chance; at least 2 could"],
    ),
    GateCase(
        "rate",
        "as many as could",
        {"data": table(RIGHT), "base": table(RIGHT, slice(0, ROWS - 2)), **PLAIN},
        "passed",
        (),
        {"fresh": 2},
    ),
    GateCase(
        "rate",
        "relabeled for the worse",
        relabeled(SURE[:20]),
        "failed",
        ids(SURE[:20]),
        {"relabeled": 20, "worse": 20, "better": 0, "relabeled_p": 0.5**20},
        ["of 20 rows relabeled 20 had the label that the model thinks best, 0 have it now (p < 0.0001, limit 0.008)"],
        {"r001": "relabeled 'bee' to 'cat', looks like 'bee' (score 0.642)"},
    ),
    GateCase(
        "rate",
        "relabeled for the better",
        {"data": table(RIGHT), "base": table(wrong(SURE[:20])), **PLAIN},
        "passed",
        (),
        {"relabeled": 20, "worse": 0, "better": 20, "relabeled_p": 1.0},
    ),
    GateCase(
        "rate",
        "six relabeled rows are too few",
        relabeled(SURE[:6]),
        "not judged",
        (),
        {},
        ["6 rows relabeled: too few to tell harm from chance; at least 7 could"],
    ),
    GateCase(
        "rate", "seven are not", relabeled(SURE[:7]), "failed", ids(SURE[:7]), {"worse": 7, "relabeled_p": 0.5**7}
    ),
    GateCase(
        "rate",
        "two questions share the chance",
        {"data": table(wrong(SURE[:7])), "base": OLD, **PLAIN},
        "passed",
        (),
        {"p_fails_at": 0.004, "fresh": 40},
        ["7 rows relabeled: too few to tell harm from chance; at least 8 could"],
    ),
    GateCase(
        "rate",
        "a first label is no relabeling",
        {"data": table(RIGHT), "base": unlabeled(range(260, 300)), **PLAIN},
        "passed",
        (),
        {"fresh": 40, "p_fails_at": 0.008},
    ),
    GateCase(
        "rate",
        "rows that people kept",
        {"data": table(WRONG), "base": OLD, "decisions": decided(range(260, 300), "keep", WRONG), **PLAIN},
        "passed",
        (),
        {"fresh": 40, "doubted": 0},
    ),
    GateCase(
        "rate",
        "rows that people dropped, and are there",
        {"data": table(WRONG), "base": OLD, "decisions": decided(range(260, 300), "drop", WRONG), **PLAIN},
        "failed",
        ids(range(260, 300)),
        {"doubted": 40},
    ),
    GateCase(
        "rate",
        "rows that people would relabel",
        {"data": table(WRONG), "base": OLD, "decisions": decided(range(260, 300), "relabel", WRONG, RIGHT), **PLAIN},
        "failed",
        ids(range(260, 300)),
        {"doubted": 40},
    ),
    GateCase(
        "rate",
        "rows that were relabeled as people decided",
        {**relabeled(SURE[:20]), "decisions": decided(SURE[:20], "relabel", RIGHT, wrong(SURE[:20]))},
        "passed",
    ),
    GateCase(
        "rate",
        "a reviewed base makes no commit bad",
        {"data": table(RIGHT), "base": OLD, "decisions": decided([*FLAGGED[:11]], "keep"), **PLAIN},
        "passed",
        (),
        {"expected": 1.6837743918738304},
    ),
    GateCase(
        "rate",
        "labels that no unchanged row has",
        {"data": table(RIGHT), "base": table(RIGHT).filter(pa.array(RIGHT < 2)), **PLAIN},
        "not judged",
        (),
        {},
        ["100 rows added or edited, with labels that no unchanged row has"],
    ),
    GateCase(
        "rate",
        "some labels that no unchanged row has",
        {"data": table(RIGHT), "base": table(RIGHT, slice(0, 260)).filter(pa.array(RIGHT[:260] < 2)), **PLAIN},
        "passed",
        (),
        {"fresh": 26, "not_compared": 100},
        ["; 100 rows with labels that no unchanged row has"],
    ),
    GateCase(
        "rate",
        "everything changed",
        {"data": table(RIGHT), "base": table(RIGHT, slice(0, 1)).set_column(0, "id", pa.array(["other"])), **PLAIN},
        "not judged",
        (),
        {},
        ["300 rows added or edited, with labels"],
    ),
    GateCase(
        "rate",
        "a class that the model does not know",
        {"data": named(RIGHT, range(280, 300), "dog"), "base": OLD, **PLAIN},
        "passed",
        (),
        {"fresh": 20},
        ["20 rows changed, with labels that no model knows or probabilities that are unsound"],
    ),
    GateCase("rate", "no base", {"data": table(RIGHT), **PLAIN}, "not judged"),
    GateCase("rate", "no model", {"data": table(RIGHT), "base": OLD}, "not judged", (), {}, ["no probabilities"]),
    AnswerCase(
        "rate: no such chance",
        lambda: [
            refusal(lambda given=given: check(table(RIGHT), base=OLD, decisions=(), **settings("rate", alpha=given)))
            for given in (0.0, 1.0, -1.0)
        ],
        [f"rate.alpha is a number between 0 and 1, not {given}" for given in (0, 1, -1)],
    ),
]
CASES: list[Case] = RATE
