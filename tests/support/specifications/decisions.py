"""The gate reverted: what people decided, and the log of the base."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hardneg_cli import Columns, load
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append
from support.checked_rows import ROWS, Row, put, said, table
from support.specifications.case import Case, GateCase
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
    GateCase(
        "reverted",
        "the first row of all",
        {"data": table(put(0, "dog")), "base": table(ROWS), "decisions": [said(0, "keep")]},
        "failed",
        ["r0"],
        {"judged": 1},
    ),
    GateCase(
        "reverted",
        "an added column hides none of four",
        {
            "data": table(
                put(3, "dog", rows=put(6, "dog", rows=put(9, "dog", rows=put(12, "dog")))),
                length=[str(row) for row in range(60)],
            ),
            "base": table(ROWS),
            "decisions": [said(row, "keep") for row in (3, 6, 9, 12)],
        },
        "failed",
        ["r3", "r6", "r9", "r12"],
    ),
    reverted("a decision about a row that never was", [KEPT, replace(KEPT, id="elsewhere")], put(3, "dog"), ROWS, True),
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
         reasons: Any = None, numbers: Any = None, never: str = "") -> GateCase:  # fmt: skip
    return GateCase("reverted", f"base's log: {about}", logged(name, *given), outcome, rows, numbers or {}, words,
                    reasons or {}, never)  # fmt: skip


def lost_log(now: Sequence[Decision] = (KEPT,)) -> dict[str, Any]:
    """A base with a log, over a column that the data has no more, and a state that stands for it."""
    from hardneg_cli.data import snapshot

    folder = FOLDER / f"lost-log-{now[0].id}"
    given = logged(folder.name, [KEPT], now, ROWS, ROWS)
    old = load(given["base"])
    snapshot.write(old, old.labels < 0, old.labels * 0.0, folder / "old.state")
    append(Path(f"{folder}/old.state.decisions.ndjson"), [KEPT])
    head = (folder / "head.csv").read_text().replace("text", "words")
    (folder / "head.csv").write_text(head)
    return {"data": given["data"], "state": folder / "old.state", "decisions": None}


def without_ids() -> GateCase:
    """A row that has a copy: which of both is meant is not known, so that no label of it is held."""
    from pyarrow import csv

    rows = [*ROWS, ("", "dog", ROWS[4][2])]
    old = load(table(rows).drop_columns(["id"]), NO_IDS)
    kept = [
        Decision(old.ids[row].as_py(), hash_, old.classes[old.labels[row]], "keep", "", "ann", "2025-01-01")
        for row, hash_ in zip((0, 4, 6), old.row_hashes(np.array([0, 4, 6])), strict=True)
    ]
    head = put(0, "dog", rows=put(4, "ant", rows=rows))
    given = logged("no-ids", kept, kept, head, rows)
    for name, some in (("base", rows), ("head", head)):
        csv.write_csv(table(some).drop_columns(["id"]), FOLDER / "no-ids" / f"{name}.csv")
    return GateCase("reverted", "base's log: rows without ids", {**given, "columns": NO_IDS}, "failed",
                    [old.ids[0].as_py()], {"judged": 2})  # fmt: skip


BASE_LOG = [
    logs(
        "another id, and a row that goes undecided",
        "renamed-and-dropped",
        ([KEPT], [KEPT], [row for row in RENAMED if row[0] != "r8"], ROWS),
        "failed",
        ["new"],
    ),
    GateCase(
        "reverted",
        "base's log: another one, and not known what changed",
        lost_log([said(4, "keep")]),
        "not judged",
        (),
        {},
        ["what changed since the base cannot be told"],
    ),
    logs(
        "a line is gone, and so are all decided rows",
        "all-gone",
        ([KEPT, said(4, "keep")], [said(4, "keep")], [*ROWS[:3], *ROWS[5:]], ROWS),
        "failed",
        (),
        "1 line of the base's log undone",
        numbers={"judged": 0},
    ),
    without_ids(),
    logs(
        "the last row of all has the label of a row that is gone",
        "last",
        ([said(5, "keep")], [said(5, "keep")], [*ROWS[:5], *ROWS[6:]], ROWS),
        "not judged",
    ),
    logs(
        "one row is gone, and another is edited",
        "gone-edited",
        (
            [KEPT, said(4, "keep")],
            [KEPT, said(4, "keep")],
            [*put(4, "cat", "edited")[:3], *put(4, "cat", "edited")[4:]],
            ROWS,
        ),
        "failed",
        ["r4"],
        numbers={"judged": 1},
    ),
    logs(
        "a line about the first row",
        "first-gone",
        ([said(0, "keep"), KEPT], [KEPT], ROWS, ROWS),
        "failed",
        ["r0"],
        never="0 decisions",
    ),
    logs(
        "the first row has lost its label, and is edited",
        "first",
        ([said(0, "keep")], [said(0, "keep")], put(0, "dog", "edited"), ROWS),
        "failed",
        ["r0"],
    ),
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


CASES: list[Case] = [*REVERTED, *BASE_LOG, *no_ids()]
