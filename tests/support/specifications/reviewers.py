"""Gates about what reviewers and audits say: agreement and error-bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.verbs.check import check
from support import gate_cases_statistics as ant_world
from support.specifications.case import AnswerCase, Case, GateCase, refusal


def answers(who: str, new: str, start: int = 0, stop: int = 60) -> list[Decision]:
    """One a row: k(eep), d(rop), a(nt), b(ee), c(at), in turns."""
    words = {
        "a": ("relabel", "ant"),
        "b": ("relabel", "bee"),
        "c": ("relabel", "cat"),
        "k": ("keep", ""),
        "d": ("drop", ""),
    }
    return [
        Decision(
            f"r{row:03d}",
            ant_world.HASHES[row],
            ant_world.NAMES[ant_world.RIGHT[row]],
            *words[new[row % len(new)]],
            who,
        )
        for row in range(start, stop)
    ]


def agreement(about: str, decisions: list[Decision], outcome: str, rows: Sequence[str] = (), *words: str,
              reasons: Any = None, numbers: Any = None, **settings: Any) -> GateCase:  # fmt: skip
    given = {"data": ant_world.table(ant_world.RIGHT), "decisions": decisions, "settings": {"agreement": settings}}
    return GateCase("agreement", about, given, outcome, rows, numbers or {}, words, reasons or {})


def settled(rows: int, decision: str, new: str = "") -> list[Decision]:
    """Answers of an adjudicator, who overrules what nobody said any more."""
    return [
        replace(one, decision=decision, new_label=new, source="adjudication", at="2030-01-01")
        for one in answers("eve", "k", 0, rows)
    ]


AGREEMENT = [
    agreement(
        "all agree",
        answers("ann", "abcd") + answers("bob", "abcd"),
        "passed",
        (),
        "alpha 1.00 (between",
        "on 60 rows that several of the reviewers decided; it has to be at least 0.667",
        numbers={"rows": 60, "value": 1.0, "at_least": 0.667},
    ),
    agreement(
        "they do not",
        answers("ann", "ab") + answers("bob", "aabb"),
        "failed",
        [f"r{row:03d}" for row in range(60) if row % 4 in (1, 2)],
        numbers={"rows": 60},
        reasons={"r001": "relabel to 'ant' (bob); relabel to 'bee' (ann)"},
    ),
    agreement(
        "the estimate alone is high enough",
        answers("ann", "ab") + answers("bob", "ab", 1) + answers("bob", "b", 0, 1),
        "failed",
        ["r000"],
        "percent 0.98 (between",
        at_least=0.97,
        measure="percent",
    ),
    agreement(
        "one answer of nineteen rows and more",
        answers("ann", "ab", 0, 20) + answers("bob", "ab", 0, 19),
        "not judged",
        (),
        "19 rows decided by several reviewers; an agreement needs at least 20",
    ),
    agreement(
        "twenty are enough", answers("ann", "ab", 0, 20) + answers("bob", "ab", 0, 20), "passed", numbers={"rows": 20}
    ),
    agreement(
        "nobody met",
        answers("ann", "ab", 0, 30) + answers("bob", "ab", 30, 60),
        "not judged",
        (),
        "no row decided by several reviewers",
    ),
    agreement(
        "one answer alone",
        answers("ann", "a") + answers("bob", "a"),
        "not judged",
        (),
        "every answer is the same, so alpha is not defined; try agreement.measure=percent",
    ),
    agreement(
        "one answer alone, in percent",
        answers("ann", "a") + answers("bob", "a"),
        "passed",
        (),
        "percent 1.00",
        measure="percent",
    ),
    agreement(
        "a drop is an answer, and being unsure is none",
        answers("ann", "abab")
        + answers("bob", "abad")
        + [replace(one, decision="unsure", new_label="") for one in answers("cas", "a")],
        "failed",
        [f"r{row:03d}" for row in range(3, 60, 4)],
        numbers={"rows": 60},
        reasons={"r003": "drop (bob); relabel to 'bee' (ann)"},
        at_least=0.9,
    ),
    agreement(
        "about other content",
        [replace(one, row_hash="h0") for one in answers("ann", "ab") + answers("bob", "ab")],
        "not judged",
        (),
        "no row decided",
    ),
    agreement(
        "rows that are gone",
        [replace(one, id=f"x{one.id}") for one in answers("ann", "ab") + answers("bob", "ab")],
        "not judged",
    ),
    agreement(
        "what was kept against the one who is overruled",
        answers("ann", "abc", 20) + answers("bob", "abc", 20) + settled(20, "keep"),
        "failed",
        [f"r{row:03d}" for row in range(20)],
        numbers={"rows": 60},
        reasons={"r000": "drop (overruled); keep (eve)"},
        at_least=0.99,
    ),
    agreement(
        "what was relabeled likewise",
        answers("ann", "abc", 20) + answers("bob", "abc", 20) + settled(20, "relabel", "ant"),
        "failed",
        [f"r{row:03d}" for row in range(20)],
        reasons={"r001": "keep (overruled); relabel to 'ant' (eve)"},
        at_least=0.99,
    ),
    agreement(
        "a settlement of what a reviewer had answered",
        answers("ann", "b", 0, 20)
        + answers("ann", "abc", 20)
        + answers("bob", "abc", 20)
        + settled(20, "relabel", "bee"),
        "failed",
        [f"r{row:03d}" for row in range(20)],
        reasons={"r001": "keep (overruled); relabel to 'bee' (ann)"},
        at_least=0.99,
    ),
    agreement(
        "three reviewers, and one without a name",
        answers("", "ab") + answers("cas", "ab") + answers("bob", "bb"),
        "failed",
        [f"r{row:03d}" for row in range(0, 60, 2)],
        reasons={"r000": "relabel to 'ant' (a reviewer, cas); relabel to 'bee' (bob)"},
    ),
    agreement(
        "the least there may be is allowed",
        answers("ann", "abcd") + answers("bob", "abcd"),
        "passed",
        at_least=1.0,
        measure="percent",
        numbers={"low": 1.0},
    ),
    agreement("below chance", answers("ann", "ab") + answers("bob", "ba"), "passed", at_least=-1.0),
    AnswerCase(
        "agreement: no such number",
        lambda: [
            refusal(
                lambda given=given: check(
                    ant_world.table(ant_world.RIGHT),
                    decisions=answers("ann", "ab"),
                    settings={"agreement": {"at_least": given}},
                )
            )
            for given in (1.01, -1.01)
        ],
        ["agreement.at_least is a number up to 1, not 1.01", "agreement.at_least is a number up to 1, not -1.01"],
    ),
]


def bound(
    about: str,
    wrong: int,
    at_most: float,
    outcome: str,
    *words: str,
    rows: int = 300,
    never: str = "",
    **numbers: float,
) -> GateCase:
    given = {"data": ant_world.table(ant_world.RIGHT, slice(0, rows)), "audit": ant_world.audited(wrong),
             "settings": {"error-bound": {"at_most": at_most}}}  # fmt: skip
    return GateCase("error-bound", about, given, outcome, (), numbers, words, {}, never)


HIGH = 0.010448110995582415
ERROR_BOUND = [
    bound("what may be wrong may, and no more rows are asked for", 0, HIGH, "passed", never="would halve"),
    bound("more rows would not help", 30, 0.05, "failed", never="would halve"),
    bound("nothing may be known of it", 30, 1.0, "passed"),
    bound("nothing may be wrong", 0, 0.0, "failed"),
    GateCase(
        "error-bound",
        "from fewer rows",
        {
            "data": pa.concat_tables(
                [ant_world.table(ant_world.RIGHT), pa.table({"id": ["x"], "label": ["ant"], "text": ["x"]})]
            ),
            "audit": ant_world.audited(0),
        },
        "not judged",
        (),
        {},
        ["was drawn from 300 rows, and table has 301"],
    ),
    bound(
        "none of 150 is wrong",
        0,
        0.05,
        "passed",
        "up to 1.0 % of the labels may be wrong (estimated 0.0 %, from 150 audited rows), and 5.0 % may be",
        audited=150,
        estimate=0.0,
        high=HIGH,
    ),
    bound("thirty are", 30, 0.05, "failed", estimate=0.1997179487179487, high=0.25382708041111535),
    bound("what may be wrong may be", 0, HIGH, "passed"),
    bound("not a little more", 0, HIGH - 1e-9, "failed", "an audit of 98 more rows would halve the interval"),
    bound(
        "from other data",
        0,
        0.05,
        "not judged",
        "was drawn from 300 rows, and table has 200: draw a new audit",
        rows=200,
    ),
    GateCase(
        "error-bound",
        "labels that have changed since",
        {"data": ant_world.table(ant_world.WRONG), "audit": ant_world.audited(0)},
        "not judged",
    ),
    GateCase("error-bound", "no audit", {"data": ant_world.table(ant_world.RIGHT)}, "not judged", (), {}, ["no audit"]),
    AnswerCase(
        "error-bound: no such share",
        lambda: [
            refusal(
                lambda given=given: check(
                    ant_world.table(ant_world.RIGHT),
                    audit=ant_world.audited(0),
                    decisions=(),
                    settings={"error-bound": {"at_most": given}},
                )
            )
            for given in (1.01, -0.01)
        ],
        [
            "error-bound.at_most is a share between 0 and 1, not 1.01",
            "error-bound.at_most is a share between 0 and 1, not -0.01",
        ],
    ),
]
CASES: list[Case] = [*AGREEMENT, *ERROR_BOUND]
