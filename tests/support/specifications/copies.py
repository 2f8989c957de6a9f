"""Gates about copies: contradiction and leak."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from hardneg_cli import Columns, load
from hardneg_cli.data import snapshot
from hardneg_cli.data.baseline import Baseline
from support.checked_rows import COPY, ROWS, SPLITS, Row, put, table
from support.specifications.case import Case, GateCase
from support.specifications.folder import FOLDER

SPLIT = Columns(split="split")
GROUPED = Columns(split="split", groups="patient")
NO_ROWS = Baseline("none", pa.array([], pa.string()), pa.array([], pa.string()), pa.table({}), pa.table({}))
LEAKY: list[Row] = [*ROWS, ("n1", "ant", COPY[2])]  # r5 is an ant of the split train


def alike(total: int, same: int) -> list[Row]:
    """So many rows, the first of which say the same, the very first as a cat and the others as dogs."""
    return [(f"a{row:02}", "dog" if row else "cat", "alike" if row < same else f"of {row}") for row in range(total)]


def splits(rows: Sequence[Row], *last: str, **more: list[str]) -> pa.Table:
    return table(rows, split=[*SPLITS["split"], *last], **more)


def patients(*last: str, **more: list[str]) -> pa.Table:
    """Two rows a patient, all of them to train with; the last rows, of these patients, are to test with."""
    rows = [*ROWS, *((f"n{row}", "ant", f"new sentence {row}") for row in range(len(last)))]
    return table(
        rows, split=["train"] * 60 + ["test"] * len(last),
        patient=[f"p{row // 2}" for row in range(58)] + ["", " ", *last], **more,
    )  # fmt: skip


def lost_column() -> dict[str, object]:
    """A base of which only hashes are known, over a column that the data has no more: nothing tells what changed."""
    path = FOLDER / "lost.state"
    old = load(table(ROWS))
    snapshot.write(old, *(old.labels < 0, old.labels * 0.0), path)
    data = table([*ROWS, COPY]).append_column("other", pa.array([str(row) for row in range(60)] + ["5"]))
    return {"data": data.drop_columns(["text"]), "state": path}


CONTRADICTION = [
    GateCase(
        "contradiction",
        "a new row joins one",
        {"data": table([*ROWS, COPY]), "base": table(ROWS)},
        "failed",
        ["n1"],
        {"rows": 1, "contradicting_rows": 2},
        ["1 row contradicts a copy with another label; 1 older row contradicts copies too"],
        {"n1": "labeled 'cat', and a copy of 'r5', labeled 'ant'"},
    ),
    GateCase(
        "contradiction",
        "those of before are not this commit's",
        {"data": table([*ROWS, COPY]), "base": table([*ROWS, COPY])},
        "passed",
        (),
        {"rows": 0, "contradicting_rows": 2},
        ["no changed row contradicts a copy of it; 2 older rows contradict copies too"],
    ),
    GateCase(
        "contradiction",
        "a relabeled row, and the first of several copies by id",
        {
            "data": table([*put(5, "cat"), ("z", "ant", ROWS[5][2]), ("b", "dog", ROWS[5][2])]),
            "base": table([*ROWS, ("z", "ant", ROWS[5][2]), ("b", "ant", ROWS[5][2])]),
        },
        "failed",
        ["r5", "b"],
        {"rows": 2, "contradicting_rows": 3},
        ["2 rows contradict copies with another label; 1 older row"],
        {"r5": "labeled 'cat', and a copy of 'b', labeled 'dog' and of 1 more that are labeled otherwise"},
    ),
    GateCase(
        "contradiction",
        "without a base all count",
        {"data": table([*ROWS, COPY])},
        "failed",
        ["r5", "n1"],
        {"rows": 2},
        ["2 rows contradict copies with another label"],
    ),
    GateCase(
        "contradiction",
        "copies with one label are none",
        {"data": table([*ROWS, ("n1", "ant", COPY[2])]), "base": table(ROWS)},
        "passed",
        (),
        {"rows": 0},
        ["no changed row contradicts a copy of it"],
    ),
    GateCase(
        "contradiction",
        "rows without content are nobody's copies",
        {"data": table([("a", "cat", " "), ("b", "dog", ""), ("c", "dog", "c")])},
        "passed",
        (),
        {"contradicting_rows": 0},
        ["no row contradicts a copy of it"],
    ),
    GateCase(
        "contradiction",
        "half of the rows may",
        {"data": table(alike(20, 10))},
        "failed",
        [f"a{row:02}" for row in range(10)],
    ),
    GateCase(
        "contradiction",
        "more than half tell of the columns",
        {"data": table(alike(20, 11))},
        "not judged",
        (),
        {},
        ["11 of 20 rows have copies with other labels: the content columns ('text') do not tell rows apart"],
    ),
    GateCase(
        "contradiction",
        "few rows tell nothing of the columns",
        {"data": table(alike(19, 19))},
        "failed",
        [f"a{row:02}" for row in range(19)],
    ),
    GateCase(
        "contradiction",
        "only the unchanged rows tell of the columns",
        {"data": table([*ROWS[:24], *alike(40, 40)]), "base": table(ROWS[:24])},
        "failed",
        [f"a{row:02}" for row in range(40)],
    ),
    GateCase(
        "contradiction",
        "of the unchanged rows more than half",
        {"data": table([*alike(21, 11), *ROWS]), "base": table(alike(21, 11))},
        "not judged",
        (),
        {},
        ["11 of 21 rows"],
    ),
    GateCase(
        "contradiction",
        "not known what changed",
        lost_column(),
        "not judged",
        (),
        {},
        ["what changed since the base cannot be told"],
    ),
]


def sentence(number: int, other: str = "") -> str:
    """A dozen words that no other one has; other: in place of the last one."""
    words = [f"{chr(97 + (number * 7 + place * 11) % 26)}{chr(97 + place)}{number:02d}word" for place in range(12)]
    return " ".join([*words[:11], other or words[11]])


def near(
    about: str, rows: int, older: Sequence[int], copied: Sequence[int], outcome: str, blamed: Sequence[str] = (), *,
    new: int = 0, into: str = "test", reason: str = "", words: Sequence[str] = (), columns: Columns | None = None,
) -> GateCase:  # fmt: skip
    """Rows to train with; `older` ones have a near copy in the base to test with, `copied` ones get one, of `new`."""
    base = [(f"r{row:02}", "cat", sentence(row)) for row in range(rows)]
    base += [(f"o{row:02}", "cat", sentence(row, "older")) for row in older]
    texts = [sentence(row, "newer") for row in copied] + [sentence(row) for row in range(60, 60 + new - len(copied))]
    added = [(f"n{row}", "cat", text) for row, text in enumerate(texts)]
    split = ["train"] * rows + ["test"] * len(older)
    return GateCase(
        "leak", about,
        {"data": table([*base, *added], split=[*split, *[into] * len(added)]), "base": table(base, split=split),
         "columns": columns or Columns(split="split", text="text")},
        outcome, blamed, {}, words,
        {blamed[0]: f"in split 'test', and its {reason} is in another one too"} if reason else {},
    )  # fmt: skip


LEAK = [
    near("five of ten near copies are no more than usual", 40, [1, 2, 3, 4], [7, 8, 9, 10, 11], "passed", new=10),
    near("six of ten are", 40, [1, 2, 3, 4], [7, 8, 9, 10, 11, 12], "failed", [f"n{row}" for row in range(6)], new=10),
    near("near copies in no split", 40, [], [7], "passed", into=" "),
    GateCase(
        "leak",
        "of thirty rows half and more",
        {"data": table(alike(30, 16), split=["test", *["train"] * 29]), "columns": SPLIT},
        "not judged",
        (),
        {},
        ["16 of 30 rows"],
    ),
    near("a near copy where there was none", 40, [], [7], "failed", ["n0"], reason="near copy"),
    near("near copies are looked for where something says by what", 40, [], [7], "passed", columns=SPLIT),
    near("a near copy in the same split", 40, [], [7], "passed", into="train"),
    near(
        "no more near copies than usual",
        40,
        [1, 2, 3, 4],
        [7],
        "passed",
        new=10,
        words=["; 1 row has a near copy in another split, as"],
    ),
    near(
        "more near copies than usual",
        40,
        [1, 2, 3, 4],
        [7, 8, 9, 10, 11, 12, 13, 14],
        "failed",
        [f"n{row}" for row in range(8)],
        new=10,
        reason="near copy",
    ),
    GateCase(
        "leak",
        "another label makes none",
        {
            "data": splits([*put(5, "cat"), ("n1", "cat", COPY[2])], "test"),
            "base": splits(LEAKY, "test"),
            "columns": SPLIT,
        },
        "passed",
        (),
        {"rows": 0, "leaking_rows": 2},
    ),
    GateCase(
        "leak",
        "another label and other words",
        {
            "data": splits([*ROWS, ("n1", "cat", ROWS[5][2])], "test"),
            "base": splits([*ROWS, ("n1", "dog", "x")], "test"),
            "columns": SPLIT,
        },
        "failed",
        ["n1"],
    ),
    GateCase(
        "leak",
        "a first label of a new row",
        {"data": splits(LEAKY, "test"), "base": splits(ROWS), "columns": SPLIT},
        "failed",
        ["n1"],
    ),
    GateCase(
        "leak",
        "a copy in another split",
        {"data": splits(LEAKY, "test"), "base": splits(ROWS), "columns": SPLIT},
        "failed",
        ["n1"],
        {"rows": 1, "leaking_rows": 2},
        ["1 row is in one split and, as a copy or by group, in another; rows of before in leaks: 1"],
        {"n1": "in split 'test', and its content is in another one too"},
    ),
    GateCase(
        "leak",
        "a copy in the same split",
        {"data": splits(LEAKY, "train"), "base": splits(ROWS), "columns": SPLIT},
        "passed",
        (),
        {"rows": 0, "leaking_rows": 0},
        ["nothing new stands in two splits"],
    ),
    GateCase(
        "leak",
        "rows of no split leak nothing",
        {"data": splits(LEAKY, " "), "base": splits(ROWS), "columns": SPLIT},
        "passed",
        (),
        {"leaking_rows": 0},
    ),
    GateCase(
        "leak",
        "blanks around a split's name are nothing",
        {"data": splits(LEAKY, " train "), "base": splits(ROWS), "columns": SPLIT},
        "passed",
        (),
        {"leaking_rows": 0},
    ),
    GateCase(
        "leak",
        "one of before is not this commit's",
        {"data": splits(LEAKY, "test"), "base": splits(LEAKY, "test"), "columns": SPLIT},
        "passed",
        (),
        {"rows": 0, "leaking_rows": 2},
        ["nothing new stands in two splits; rows of before in leaks: 2"],
    ),
    GateCase(
        "leak",
        "without a base all count",
        {"data": splits(LEAKY, "test"), "columns": SPLIT},
        "failed",
        ["r5", "n1"],
        {"rows": 2, "leaking_rows": 2},
        ["2 rows are in one split"],
    ),
    GateCase(
        "leak",
        "a row that moved",
        {"data": splits(LEAKY, "test"), "base": splits(LEAKY, "train"), "columns": SPLIT},
        "failed",
        ["n1"],
        {"rows": 1},
    ),
    GateCase(
        "leak",
        "a row that got blanks around its split has not moved",
        {"data": splits(LEAKY, " test"), "base": splits(LEAKY, "test"), "columns": SPLIT},
        "passed",
        (),
        {"leaking_rows": 2},
    ),
    GateCase(
        "leak",
        "rows without content leak nothing",
        {
            "data": splits([*ROWS, ("n1", "ant", " "), ("n2", "ant", "")], "test", "train"),
            "base": splits(ROWS),
            "columns": SPLIT,
        },
        "passed",
        (),
        {"leaking_rows": 0},
    ),
    GateCase(
        "leak",
        "a group that is torn apart",
        {"data": patients("p3", "q"), "base": patients(), "columns": GROUPED},
        "failed",
        ["n0"],
        {"rows": 1, "leaking_rows": 3},
        (),
        {"n0": "in split 'test', and its group is in another one too"},
    ),
    GateCase(
        "leak",
        "rows of no group leak nothing",
        {"data": patients("", " "), "base": patients(), "columns": GROUPED},
        "passed",
        (),
        {"leaking_rows": 0},
    ),
    GateCase(
        "leak",
        "a row that moved to another group",
        {"data": patients("p3"), "base": patients("q"), "columns": GROUPED},
        "failed",
        ["n0"],
        {"leaking_rows": 3},
    ),
    GateCase(
        "leak",
        "content and group",
        {
            "data": table([*ROWS, COPY], split=["train"] * 60 + ["test"], patient=["p"] * 61),
            "base": table(ROWS, split=["train"] * 60, patient=["p"] * 60),
            "columns": GROUPED,
        },
        "failed",
        ["n1"],
        {},
        (),
        {"n1": "in split 'test', and its content and group is in another one too"},
    ),
    GateCase(
        "leak",
        "the base has no splits",
        {"data": splits(LEAKY, "test"), "base": table(LEAKY), "columns": SPLIT},
        "passed",
        (),
        {"leaking_rows": 2},
        ["; the base does not say 'split', so rows that moved are not seen"],
    ),
    GateCase(
        "leak",
        "the base has no rows",
        {"data": splits(LEAKY, "test"), "base": NO_ROWS, "columns": SPLIT},
        "failed",
        ["r5", "n1"],
        {},
        ["2 rows are in one split and, as a copy or by group, in another"],
    ),
    GateCase("leak", "no split", {"data": table(LEAKY), "base": table(ROWS)}, "not judged", (), {}, ["--split"]),
    GateCase(
        "leak",
        "no content and no groups",
        {"data": table(ROWS, **SPLITS).drop_columns(["text"]), "columns": SPLIT},
        "not judged",
        (),
        {},
        ["no content columns beside id, label and probabilities, and no groups"],
    ),
    GateCase(
        "leak",
        "groups alone",
        {"data": table(ROWS, **SPLITS, patient=["p"] * 60).drop_columns(["text"]), "columns": GROUPED},
        "failed",
        [row[0] for row in ROWS],
    ),
    GateCase(
        "leak",
        "half of the rows may",
        {"data": table(alike(20, 10), split=["test", *["train"] * 19]), "columns": SPLIT},
        "failed",
        [f"a{row:02}" for row in range(10)],
    ),
    GateCase(
        "leak",
        "more than half tell of the columns",
        {"data": table(alike(20, 11), split=["test", *["train"] * 19]), "columns": SPLIT},
        "not judged",
        (),
        {},
        ["11 of 20 rows have copies in another split: the content columns ('text') do not tell rows apart"],
    ),
    GateCase(
        "leak",
        "few rows tell nothing of the columns",
        {"data": table(alike(19, 19), split=["test", *["train"] * 18]), "columns": SPLIT},
        "failed",
        [f"a{row:02}" for row in range(19)],
    ),
    GateCase(
        "leak",
        "only the unchanged rows tell of the columns",
        {
            "data": table([*ROWS[:24], *alike(40, 40)], split=["train"] * 25 + ["test"] * 39),
            "base": table(ROWS[:24], split=["train"] * 24),
            "columns": SPLIT,
        },
        "failed",
        [f"a{row:02}" for row in range(40)],
    ),
    GateCase(
        "leak",
        "not known what changed",
        {
            **lost_column(),
            "columns": SPLIT,
            "data": splits([*ROWS, COPY], "test").rename_columns(["id", "label", "words", "split"]),
        },
        "not judged",
        (),
        {},
        ["what changed since the base cannot be told"],
    ),
]
CASES: list[Case] = [*CONTRADICTION, *LEAK]
