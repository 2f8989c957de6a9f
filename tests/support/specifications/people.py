"""Gates about what people decided: reverted, agreement, error-bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hardneg_cli import Columns, load
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append
from hardneg_cli.verbs.check import check
from support import gate_cases_statistics as ant_world
from support.checked_rows import ROWS, Row, put, said, table
from support.specifications.case import AnswerCase, Case, GateCase, refusal
from support.specifications.folder import FOLDER

NO_IDS = Columns(id=None)
WITHOUT_R3 = [*ROWS[:3], *ROWS[4:]]
RENAMED = [*WITHOUT_R3, ("new", "dog", ROWS[3][2])]
DOG = said(3, "relabel", "dog")


def reverted(
    about: str, decisions: Sequence[Decision], head: list[Row], base: list[Row] | None, undone: bool | None,
    *words: str, reason: str = "", **more: Any,
) -> GateCase:  # fmt: skip
    """Of r3, a cat at first. undone: None where it is not judged."""
    outcome = {True: "failed", False: "passed", None: "not judged"}[undone]
    given = {"data": table(head), "base": None if base is None else table(base), "decisions": [*decisions], **more}
    return GateCase(
        "reverted", about, given, outcome, ["r3"] if undone else (), {"reverted": 1} if undone else {}, words,
        {"r3": reason} if reason else {},
    )  # fmt: skip


def logged(name: str, before: Sequence[Decision], now: Sequence[Decision], head: list[Row], base: list[Row]) -> Any:
    """The arguments of check for files with logs beside them."""
    from pyarrow import csv

    folder = FOLDER / name
    folder.mkdir(exist_ok=True)
    for file, rows, lines in (("base", base, before), ("head", head, now)):
        csv.write_csv(table(rows), folder / f"{file}.csv")
        log = Path(f"{folder / file}.csv.decisions.ndjson")
        log.unlink(missing_ok=True)
        append(log, [*lines])
    return {"data": str(folder / "head.csv"), "base": str(folder / "base.csv"), "decisions": None}


KEPT, LATER_DOG = said(3, "keep"), said(3, "relabel", "dog", at="2025-03-01")
LATER = "a later answer counts once it is in the base's log"
REVERTED = [
    reverted(
        "a label that was kept is another one",
        [KEPT],
        put(3, "dog"),
        ROWS,
        True,
        "1 decision is undone, of 1 decided row",
        reason="kept as 'cat' by ann, and 'dog' now",
    ),
    reverted("it is what was kept", [KEPT], ROWS, ROWS, False, "none of 1 decided rows is undone"),
    reverted(
        "relabeled and back again", [DOG], ROWS, put(3, "dog"), True, reason="relabeled 'dog' by ann, and 'cat' again"
    ),
    reverted("not applied yet", [DOG], ROWS, ROWS, False),
    reverted("applied now", [DOG], put(3, "dog"), ROWS, False),
    reverted(
        "a label on which nobody decided",
        [DOG],
        put(3, "ant"),
        ROWS,
        True,
        reason="relabeled 'dog' by ann, and 'ant' now",
    ),
    reverted("wrong before", [DOG], put(3, "ant"), put(3, "ant"), False),
    reverted("without a base nobody knows whether it was relabeled", [DOG], ROWS, None, False),
    reverted("without a base a label that was kept", [KEPT], put(3, "dog"), None, True),
    reverted("without a base nobody knows whether it was dropped", [said(3, "drop")], ROWS, None, False),
    reverted(
        "a decision about other content",
        [KEPT],
        put(3, "dog", "edited"),
        ROWS,
        None,
        "none of 1 decisions is about a row as it is now",
    ),
    reverted("an open conflict", [KEPT, said(3, "relabel", "dog", by="bob")], put(3, "dog"), ROWS, None),
    reverted(
        "a settled one",
        [KEPT, said(3, "relabel", "dog", by="bob"), said(3, "keep", by="cas", at="2025-02-01", source="adjudication")],
        put(3, "dog"),
        ROWS,
        True,
        reason="kept as 'cat' by cas, and 'dog' now",
    ),
    reverted(
        "rows decided by two at different times",
        [KEPT, said(3, "relabel", "dog", by="bob", at="2025-03-01")],
        put(3, "ant"),
        ROWS,
        None,
    ),
    reverted("the later answer", [KEPT, LATER_DOG], put(3, "dog"), ROWS, False),
    reverted(
        "the later answer is another one",
        [LATER_DOG, KEPT],
        put(3, "ant"),
        ROWS,
        True,
        reason="relabeled 'dog' by ann, and 'ant' now",
    ),
    reverted(
        "decided as it had been relabeled",
        [DOG, said(3, "relabel", "cat", by="bob", given="dog", at="2025-03-01")],
        ROWS,
        put(3, "dog"),
        False,
    ),
    reverted("dropped and back", [said(3, "drop")], ROWS, WITHOUT_R3, True, reason="dropped by ann, and back again"),
    reverted("dropped, and back with another label", [said(3, "drop")], put(3, "dog"), WITHOUT_R3, False),
    reverted("not dropped yet", [said(3, "drop")], ROWS, ROWS, False),
    reverted("unsure is no decision", [said(3, "unsure")], put(3, "dog"), ROWS, None, "nobody decided anything yet"),
    reverted("a row may go", [KEPT], WITHOUT_R3, ROWS, None),
    reverted("nobody decided anything", [], put(3, "dog"), ROWS, None),
    reverted(
        "by a reviewer without a name",
        [said(3, "keep", by="")],
        put(3, "dog"),
        ROWS,
        True,
        reason="kept as 'cat' by a reviewer, and 'dog' now",
    ),
    GateCase(
        "reverted",
        "an added column hides nothing",
        {
            "data": table(put(3, "dog"), length=[str(row) for row in range(60)]),
            "base": table(ROWS),
            "decisions": [KEPT],
        },
        "failed",
        ["r3"],
    ),
    GateCase(
        "reverted",
        "an added column beside an edited cell",
        {
            "data": table(put(3, "dog", "edited"), length=[str(row) for row in range(60)]),
            "base": table(ROWS),
            "decisions": [KEPT],
        },
        "not judged",
    ),
    GateCase(
        "reverted",
        "two of three",
        {
            "data": table(put(3, "dog", rows=put(4, "cat"))),
            "base": table(ROWS),
            "decisions": [said(4, "keep"), KEPT, said(5, "keep")],
        },
        "failed",
        ["r3", "r4"],
        {"judged": 3, "reverted": 2},
        ["2 decisions are undone, of 3 decided rows"],
    ),
]


def logs(about: str, name: str, given: tuple[Any, ...], outcome: str, rows: Sequence[str] = (), *words: str,
         reasons: Any = None, numbers: Any = None) -> GateCase:  # fmt: skip
    return GateCase("reverted", f"base's log: {about}", logged(name, *given), outcome, rows, numbers or {}, words,
                    reasons or {})  # fmt: skip


def lost_log() -> dict[str, Any]:
    """A base with a log, over a column that the data has no more, and a state that stands for it."""
    from hardneg_cli.data import snapshot

    folder = FOLDER / "lost-log"
    given = logged("lost-log", [KEPT], [KEPT], ROWS, ROWS)
    old = load(given["base"])
    snapshot.write(old, old.labels < 0, old.labels * 0.0, folder / "old.state")
    append(Path(f"{folder}/old.state.decisions.ndjson"), [KEPT])
    head = (folder / "head.csv").read_text().replace("text", "words")
    (folder / "head.csv").write_text(head)
    return {"data": given["data"], "state": folder / "old.state", "decisions": None}


BASE_LOG = [
    logs(
        "as it was",
        "same",
        ([KEPT], [KEPT], ROWS, ROWS),
        "passed",
        (),
        "none of 1 decided rows is undone",
        numbers={"judged": 1},
    ),
    logs(
        "the row has lost its label",
        "plain",
        ([KEPT], [KEPT], put(3, "dog"), ROWS),
        "failed",
        ["r3"],
        "1 decision is undone, of 1 decided row",
        reasons={"r3": "kept as 'cat' by ann, and 'dog' now"},
    ),
    logs(
        "a new answer overrules nothing yet",
        "later",
        ([KEPT], [KEPT, replace(LATER_DOG, reviewer="bob")], put(3, "dog"), ROWS),
        "failed",
        ["r3"],
        reasons={"r3": f"kept as 'cat' by ann, and 'dog' now; {LATER}"},
    ),
    logs(
        "nor does an edit",
        "edited",
        ([KEPT], [KEPT], put(3, "dog", "edited"), ROWS),
        "failed",
        ["r3"],
        reasons={"r3": f"kept as 'cat' by ann, and 'dog' now; {LATER}"},
    ),
    logs(
        "nor another id",
        "renamed",
        ([KEPT], [KEPT], RENAMED, ROWS),
        "failed",
        ["new"],
        reasons={"new": f"kept as 'cat' by ann as 'r3', and 'dog' now; {LATER}"},
    ),
    logs(
        "another id with the label is fine",
        "renamed-well",
        ([KEPT], [KEPT], [*WITHOUT_R3, ("new", "cat", ROWS[3][2])], ROWS),
        "not judged",
    ),
    logs("a row that had not its label before", "never", ([DOG], [DOG], ROWS, ROWS), "passed"),
    logs(
        "a line that is gone",
        "gone",
        ([KEPT, said(4, "keep")], [said(4, "keep")], ROWS, ROWS),
        "failed",
        ["r3"],
        "1 line of the base's log undone: what ann decided about 'r3' is gone from the log, or changed in it",
        numbers={"log": 1, "reverted": 0},
    ),
    logs(
        "a line about a row that is gone",
        "gone-row",
        ([KEPT, said(4, "keep")], [said(4, "keep")], WITHOUT_R3, ROWS),
        "failed",
        (),
        "1 line of the base's log undone: what ann decided about 'r3' is gone",
    ),
    logs(
        "two lines, and a label",
        "gone-and-label",
        ([KEPT, said(4, "keep"), said(5, "keep")], [said(4, "keep")], put(3, "dog"), ROWS),
        "failed",
        ["r3", "r5"],
        "1 decision is undone, of 3 decided rows; 2 lines of the base's log undone: what ann decided about 'r3'",
        numbers={"log": 2, "reverted": 1},
    ),
    logs(
        "a line that takes one back",
        "back",
        ([KEPT], [KEPT, said(3, "", at="2025-06-01")], ROWS, ROWS),
        "failed",
        ["r3"],
        "is taken back, or answered under a date that cannot be",
    ),
    logs("another log", "other", ([KEPT], [said(4, "keep")], put(3, "dog"), ROWS), "failed", ["r3"]),
    GateCase(
        "reverted",
        "base's log: not known what changed",
        lost_log(),
        "failed",
        (),
        {},
        ["what changed since the base cannot be told, and its log decides 1 row"],
    ),
    GateCase(
        "reverted",
        "no log, and not known what changed",
        {**lost_log(), "decisions": [KEPT]},
        "not judged",
        (),
        {},
        ["what changed since the base cannot be told"],
    ),
]


def no_ids() -> list[GateCase]:
    """Rows without ids: of copies none is decided about."""
    rows = [*ROWS, ("", "dog", ROWS[4][2])]
    data, base = (table(put(6, new, rows=rows)).drop_columns(["id"]) for new in ("dog", None))
    old = load(base, NO_IDS)
    kept = [
        Decision(old.ids[row].as_py(), hash_, old.classes[old.labels[row]], "keep", "", "ann", "2025-01-01")
        for row, hash_ in zip((4, 6, 7), old.row_hashes(np.array([4, 6, 7])), strict=True)
    ]
    undone = load(data, NO_IDS).ids[6].as_py()
    return [
        GateCase(
            "reverted",
            "rows without ids",
            {"data": data, "base": base, "decisions": kept},
            "failed",
            [undone],
            {"judged": 2},
        ),
    ]


CAT, BEE = ant_world.WRONG, (ant_world.RIGHT + np.arange(ant_world.ROWS) // 3) % 3


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
    about: str, wrong: int, at_most: float, outcome: str, *words: str, rows: int = 300, **numbers: float
) -> GateCase:
    given = {"data": ant_world.table(ant_world.RIGHT, slice(0, rows)), "audit": ant_world.audited(wrong),
             "settings": {"error-bound": {"at_most": at_most}}}  # fmt: skip
    return GateCase("error-bound", about, given, outcome, (), numbers, words)


HIGH = 0.010448110995582415
ERROR_BOUND = [
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
CASES: list[Case] = [*REVERTED, *BASE_LOG, *no_ids(), *AGREEMENT, *ERROR_BOUND]
