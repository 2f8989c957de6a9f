"""Gates that count flagged rows: budget, unreviewed, drift. Of 300 rows every 25th is flagged, four of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hardneg_cli.verbs.check import check
from support import labeled_world
from support.gate_cases_statistics import (
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
from support.specifications.model_rows import FLAGGED, Codes, decided, edited, ids, settings, wrong
from support.specifications.rates import named_classes

BUDGET = [
    AnswerCase(
        "budget: five classes are named",
        lambda: named_classes("budget", settings={"budget": {"most_per_class": "0"}}),
        5,
    ),
    GateCase(
        "budget",
        "fewer of a class than there may be",
        {"data": table(RIGHT), **settings("budget", most_per_class="5")},
        "passed",
    ),
    GateCase(
        "budget",
        "five classes are named, and six are too many",
        {
            "data": labeled_world.dataset(labeled_world.world()[0]),
            "probs": [labeled_world.world()[1]],
            "classes": labeled_world.NAMES,
            "settings": {"budget": {"most_per_class": "0"}},
        },
        "failed",
        [f"{row:05d}" for row in np.flatnonzero(labeled_world.findings().flagged)],
        {},
        ["; and 1 more classes"],
    ),
    GateCase(
        "budget",
        "three classes are all named",
        {"data": table(RIGHT), **settings("budget", most_per_class="0")},
        "failed",
        ids(FLAGGED),
        {},
        ["4 labeled 'cat', and 0 may be"],
        never="more classes",
    ),
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
        "one row is too many where nothing is set",
        {"data": table(RIGHT), "base": OLD, **PLAIN},
        "failed",
        ["r275"],
        {"open": 1},
    ),
    GateCase(
        "unreviewed",
        "what a row looks like",
        {"data": table(wrong([3, 5])), "base": table(RIGHT), **PLAIN},
        "failed",
        ids([3, 5]),
        {},
        (),
        {
            "r003": "labeled 'bee', looks like 'ant' (score 0.504)",
            "r005": "labeled 'ant', looks like 'cat' (score 0.903)",
        },
    ),
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
        "nothing may, and nothing does",
        {"data": table(RIGHT), **state("none", FLAGGED), "settings": {"drift": {"at_most": 0.0}}},
        "passed",
    ),
    GateCase(
        "drift",
        "all may",
        {"data": table(RIGHT), **state("every", ELSE), "settings": {"drift": {"at_most": 1.0}}},
        "passed",
        (),
        {"share": 1.0},
    ),
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
CASES: list[Case] = [*BUDGET, *UNREVIEWED, *DRIFT]
