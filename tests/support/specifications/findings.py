"""Gates that ask a model: budget, unreviewed, drift, rate. Of 300 rows every 25th is flagged, four of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.verbs.check import check
from support.gate_cases_statistics import (
    HASHES,
    NAMES,
    OLD,
    PLAIN,
    PROBS,
    RIGHT,
    ROWS,
    WRONG,
    flagged_before,
    table,
)
from support.specifications.case import AnswerCase, Case, GateCase, refusal

FLAGGED = np.arange(0, ROWS, 25)
Codes = NDArray[np.int64]


def ids(rows: Sequence[int] | Codes) -> list[str]:
    return [f"r{row:03d}" for row in rows]


def wrong(rows: Sequence[int] | Codes, labels: Codes = RIGHT) -> Codes:
    """The labels, these rows' being those of the next class."""
    made = labels.copy()
    made[list(rows)] = (made[list(rows)] + 1) % 3
    return made


def edited(labels: Codes, rows: Sequence[int] | Codes) -> pa.Table:
    made = table(labels)
    chosen = {*map(int, rows)}
    texts = [f"{text}, edited" if row in chosen else text for row, text in enumerate(made["text"].to_pylist())]
    return made.set_column(2, "text", pa.array(texts))


def decided(
    rows: Sequence[int] | Codes, decision: str, given: Codes = RIGHT, new: Codes | None = None
) -> list[Decision]:
    return [
        Decision(f"r{row:03d}", HASHES[row], NAMES[given[row]], decision, "" if new is None else NAMES[new[row]], "ann")
        for row in rows
    ]


def settings(gate: str, **chosen: object) -> dict[str, Any]:
    return {"settings": {gate: chosen}, **PLAIN}


BUDGET = [
    GateCase(
        "budget",
        "as many as there may be",
        {"data": table(RIGHT), **settings("budget", most="12")},
        "passed",
        (),
        {"open": 12, "rows": 300},
        ["12 rows are flagged and undecided, and 12 may be"],
    ),
    GateCase(
        "budget",
        "one more",
        {"data": table(RIGHT), **settings("budget", most="11")},
        "failed",
        ids(FLAGGED),
        {"open": 12},
        ["12 rows are flagged and undecided, and 11 may be"],
        {"r000": "labeled 'ant', flagged with score 0.793"},
    ),
    GateCase("budget", "a share that is reached", {"data": table(RIGHT), **settings("budget", most="4%")}, "passed"),
    GateCase(
        "budget",
        "a share that is not",
        {"data": table(RIGHT), **settings("budget", most="3.9%")},
        "failed",
        ids(FLAGGED),
        {},
        ["and 11 may be"],
    ),
    GateCase(
        "budget",
        "29 % of 100 rows are 29 rows",
        {
            "data": table(RIGHT, slice(0, 100)),
            "probs": [PROBS[:100]],
            "classes": NAMES,
            "settings": {"budget": {"most": "29%"}},
        },
        "passed",
        (),
        {"rows": 100},
        ["and 29 may be"],
    ),
    GateCase(
        "budget", "all", {"data": table(RIGHT), **settings("budget", most="100%")}, "passed", (), {}, ["and 300 may be"]
    ),
    GateCase("budget", "none", {"data": table(RIGHT), **settings("budget", most=" 0% ")}, "failed", ids(FLAGGED)),
    GateCase(
        "budget",
        "decided rows are not open",
        {"data": table(RIGHT), "decisions": decided([0, 25], "keep"), **settings("budget", most="10")},
        "passed",
        (),
        {"open": 10},
    ),
    GateCase(
        "budget",
        "as many of a class",
        {"data": table(RIGHT), **settings("budget", most_per_class="4")},
        "passed",
        (),
        {"open": 12},
        ["no class has too many"],
    ),
    GateCase(
        "budget",
        "one class has too many",
        {"data": table(wrong([1, 4])), **settings("budget", most_per_class="4")},
        "failed",
        ids([1, 4, 50, 125, 200, 275]),
        {"open": 14},
        ["6 labeled 'cat', and 4 may be"],
    ),
    GateCase(
        "budget",
        "the worst class first, both limits",
        {"data": table(wrong([1, 4, 2])), **settings("budget", most="20", most_per_class="3%")},
        "failed",
        ids(sorted([*FLAGGED[::1][[0, 3, 6, 9]], 2, *FLAGGED[[2, 5, 8, 11]], 1, 4, *FLAGGED[[1, 4, 7, 10]]])),
        {"open": 15},
        ["15 rows are flagged and undecided, and 20 may be; 6 labeled 'cat', and 3 may be; 5 labeled"],
    ),
    GateCase("budget", "no budget", {"data": table(RIGHT), **PLAIN}, "not judged", (), {}, ["no budget is set"]),
    GateCase(
        "budget",
        "no model",
        {"data": table(RIGHT), "settings": {"budget": {"most": "1"}}},
        "not judged",
        (),
        {},
        ["no probabilities"],
    ),
    AnswerCase(
        "budget: no numbers",
        lambda: [
            refusal(lambda text=text: check(table(RIGHT), decisions=(), **settings("budget", most=text)))[:55]
            for text in ("many", "-1", "2.5", "101%", "nan%", "inf%", "%")
        ],
        ["budget.most is a number of rows or a percentage of them"[:55]] * 7,
    ),
]
UNREVIEWED = [
    GateCase(
        "unreviewed",
        "added rows that are flagged",
        {"data": table(WRONG), "base": OLD, **PLAIN},
        "failed",
        ids(range(260, 300)),
        {"changed": 40, "open": 40},
        ["40 of 40 added, edited or relabeled rows are flagged and undecided"],
        {"r260": "labeled 'ant', looks like 'cat' (score 0.706)"},
    ),
    GateCase(
        "unreviewed",
        "flagged rows of before are nothing",
        {"data": table(RIGHT), "base": table(RIGHT), **PLAIN},
        "passed",
        (),
        {"changed": 0, "open": 0},
    ),
    GateCase(
        "unreviewed",
        "as many as may be left",
        {"data": table(RIGHT), "base": OLD, **settings("unreviewed", most=1)},
        "passed",
        (),
        {"open": 1},
    ),
    GateCase(
        "unreviewed",
        "one more",
        {"data": table(WRONG), "base": OLD, **settings("unreviewed", most=39)},
        "failed",
        ids(range(260, 300)),
        {},
        ["are flagged and undecided, and 39 may be"],
    ),
    GateCase(
        "unreviewed",
        "edited and relabeled rows count",
        {"data": edited(wrong([2]), [25, 26]), "base": table(RIGHT), **PLAIN},
        "failed",
        ids([2, 25]),
        {"changed": 3, "open": 2},
    ),
    GateCase(
        "unreviewed",
        "decided rows are none",
        {"data": table(RIGHT), "base": OLD, "decisions": decided([275], "keep"), **PLAIN},
        "passed",
        (),
        {"changed": 40, "open": 0},
    ),
    GateCase("unreviewed", "no base", {"data": table(RIGHT), **PLAIN}, "not judged"),
    AnswerCase(
        "unreviewed: less than none",
        lambda: refusal(lambda: check(table(RIGHT), base=OLD, decisions=(), **settings("unreviewed", most=-1))),
        "unreviewed.most is a number of rows, not -1",
    ),
]


def state(name: str, flagged: Sequence[int] | Codes) -> dict[str, Any]:
    return {"state": flagged_before(name, np.isin(np.arange(ROWS), flagged)), **PLAIN}


ELSE = np.setdiff1d(np.arange(ROWS), FLAGGED)
DRIFT = [
    GateCase(
        "drift",
        "no state",
        {"data": table(RIGHT), "base": table(RIGHT), **PLAIN},
        "not judged",
        (),
        {},
        ["what was flagged in the base is not known"],
    ),
    GateCase(
        "drift",
        "as before",
        {"data": table(RIGHT), **state("all", FLAGGED)},
        "passed",
        (),
        {"untouched": 300, "newly": 0, "no_longer": 0, "share": 0.0},
        ["0.0 % of 300 untouched rows changed sides: 0 newly flagged, 0 no longer (12 before, 12 now)"],
    ),
    GateCase(
        "drift",
        "a tenth may change sides",
        {"data": table(RIGHT), **state("tenth", [*FLAGGED[2:], *ELSE[:28]])},
        "passed",
        (),
        {"newly": 2, "no_longer": 28, "share": 0.1},
        ["2 newly flagged, 28 no longer (38 before, 12 now)"],
    ),
    GateCase(
        "drift",
        "more may not",
        {"data": table(RIGHT), **state("more", [*FLAGGED[2:], *ELSE[:29]])},
        "failed",
        ids(sorted([0, 25, *ELSE[:29]])),
        {"newly": 2, "no_longer": 29, "share": 31 / 300},
        ["10.3 % of 300"],
        {"r000": "newly flagged, score 0.793", "r001": "no longer flagged, score 0.015"},
    ),
    GateCase(
        "drift",
        "what may is a setting",
        {"data": table(RIGHT), **state("tuned", FLAGGED[3:]), "settings": {"drift": {"at_most": 0.0099}}},
        "failed",
        ids(FLAGGED[:3]),
        {"newly": 3},
    ),
    GateCase(
        "drift",
        "touched rows are left out",
        {"data": edited(wrong([0]), range(1, 30)), **state("touched", [*FLAGGED[2:], *ELSE[:29]])},
        "passed",
        (),
        {"untouched": 270, "newly": 0, "no_longer": 1},
    ),
    GateCase(
        "drift",
        "decided rows are left out",
        {"data": table(RIGHT), "decisions": decided([0, 1], "keep"), **state("decided", [*FLAGGED[2:], *ELSE[:29]])},
        "passed",
        (),
        {"untouched": 298, "newly": 1, "no_longer": 28},
    ),
    GateCase(
        "drift",
        "fifty rows are enough",
        {"data": edited(RIGHT, range(250)), **state("fifty", FLAGGED)},
        "passed",
        (),
        {"untouched": 50},
    ),
    GateCase(
        "drift",
        "fewer are not",
        {"data": edited(RIGHT, range(251)), **state("fewer", FLAGGED)},
        "not judged",
        (),
        {},
        ["49 rows are untouched and undecided, too few to tell a drift"],
    ),
    GateCase(
        "drift",
        "rows in another order",
        {
            "data": table(RIGHT).take(np.arange(ROWS)[::-1]),
            "probs": [PROBS[::-1]],
            "classes": NAMES,
            "state": state("order", [*FLAGGED[2:], *ELSE[:29]])["state"],
        },
        "failed",
        ids(sorted([0, 25, *ELSE[:29]], reverse=True)),
        {"newly": 2, "no_longer": 29},
    ),
    AnswerCase(
        "drift: no such share",
        lambda: [
            refusal(
                lambda given=given: check(
                    table(RIGHT), decisions=(), **state("odd", FLAGGED) | {"settings": {"drift": {"at_most": given}}}
                )
            )
            for given in (1.01, -0.01)
        ],
        ["drift.at_most is a share between 0 and 1, not 1.01", "drift.at_most is a share between 0 and 1, not -0.01"],
    ),
]
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
MOSTLY_OTHERS = np.isin(np.arange(ROWS), FOUR) | ((np.arange(ROWS) >= 150) & (TO_ANT != 0))
RATE = [
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
CASES: list[Case] = [*BUDGET, *UNREVIEWED, *DRIFT, *RATE]
