"""Gates that need no model: contradiction, leak, new-class, imbalance."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from hardneg_cli import Columns, load
from hardneg_cli.data import snapshot
from hardneg_cli.data.baseline import Baseline
from hardneg_cli.verbs.check import check
from support.checked_rows import COPY, ROWS, SPLITS, Row, put, table
from support.specifications.case import AnswerCase, Case, GateCase, refusal
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
LEAK = [
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
NEW_CLASS = [
    GateCase(
        "new-class",
        "a slip of the pen",
        {"data": table(put(3, "Cta")), "base": table(ROWS)},
        "failed",
        ["r3"],
        {"new_classes": 1, "rows": 1},
        ["1 class is new: 'Cta' (1 row)"],
        {"r3": "no row was labeled 'Cta' before"},
    ),
    GateCase(
        "new-class",
        "none",
        {"data": table(put(3, "dog")), "base": table(ROWS)},
        "passed",
        (),
        {"new_classes": 0, "rows": 0},
        ["3 classes, none of them new"],
    ),
    GateCase(
        "new-class",
        "one that is meant, and one that is not",
        {"data": table(put(3, "bee", rows=put(4, "CAT"))), "base": table(ROWS), "allow_class": ["bee"]},
        "failed",
        ["r4"],
        {"new_classes": 1},
        ["'CAT' (1 row), which only case or blanks tell from 'cat'"],
    ),
    GateCase(
        "new-class",
        "without a base those that are allowed",
        {"data": table(put(3, "bee")), "allow_class": ["cat", "dog", "ant"]},
        "failed",
        ["r3"],
    ),
    GateCase(
        "new-class",
        "no base and nothing allowed",
        {"data": table(ROWS)},
        "not judged",
        (),
        {},
        ["no base to tell what is new"],
    ),
    GateCase(
        "new-class",
        "a base without labels",
        {"data": table(ROWS), "base": NO_ROWS},
        "not judged",
        (),
        {},
        ["the base has no labels to tell what is new"],
    ),
    GateCase(
        "new-class",
        "more than five",
        {
            "data": table(
                [(i, f"{label}{int(i[1:]) % 6}" if int(i[1:]) < 6 else label, text) for i, label, text in ROWS]
            ),
            "base": table(ROWS),
        },
        "failed",
        [f"r{row}" for row in range(6)],
        {"new_classes": 6},
        ["6 classes are new: 'ant2' (1 row", "), 'dog1' (1 row; did you mean 'dog'?) …"],
    ),
    GateCase(
        "new-class",
        "five are all named",
        {
            "data": table([(i, f"{label}{i[1:]}" if int(i[1:]) < 5 else label, text) for i, label, text in ROWS]),
            "base": table(ROWS),
        },
        "failed",
        [f"r{row}" for row in range(5)],
        {"rows": 5},
        ["'dog4' (1 row; did you mean 'dog'?)"],
    ),
]


def of(counts: str) -> list[Row]:
    """Rows of the classes a, b …, so many of each: "20 5" are 20 a and 5 b; ids say which class a row had at first."""
    return [
        (f"{'abcdefgh'[code]}{row:02}", "abcdefgh"[code], f"{code} {row}")
        for code, count in enumerate(map(int, counts.split()))
        for row in range(count)
    ]


def moved(rows: Sequence[Row], old: str, new: str, most: int = 100) -> list[Row]:
    """The first rows of a class, relabeled."""
    return [(i, new if label == old and int(i[1:]) < most else label, text) for i, label, text in rows]


def kept(rows: Sequence[Row], label: str, most: int) -> list[Row]:
    """Without the other rows of a class."""
    return [row for row in rows if row[1] != label or int(row[0][1:]) < most]


def lost(base: Sequence[Row], head: Sequence[Row], **settings: float) -> dict[str, object]:
    return {"data": table(head), "base": table(base), "settings": {"imbalance": settings}}


IMBALANCE = [
    GateCase(
        "imbalance",
        "half of a class may be relabeled",
        lost(of("40 20 20"), moved(of("40 20 20"), "c", "a", 10)),
        "passed",
        (),
        {"classes_that_lost": 0},
        ["no class lost more than 50 % of its rows"],
    ),
    GateCase(
        "imbalance",
        "more than half may not",
        lost(of("40 20 20"), moved(of("40 20 20"), "c", "a", 11)),
        "failed",
        [f"c{row:02}" for row in range(11)],
        {"classes_that_lost": 1},
        ["'c' lost 11 of its 20 rows"],
        {"c03": "relabeled 'c' to 'a'"},
    ),
    GateCase(
        "imbalance",
        "dropped rows count as lost",
        lost(of("90 20 20"), [*kept(of("90 20 20"), "b", 9), *of("0 0 0 11")]),
        "failed",
        (),
        {"classes_that_lost": 1},
        ["'b' lost 11 of its 20 rows"],
    ),
    GateCase(
        "imbalance",
        "a smaller sample of all is no loss",
        lost(of("40 20"), kept(kept(of("40 20"), "a", 16), "b", 8)),
        "passed",
        (),
        {},
        ["no class lost more than 50 % of its rows beyond what all did"],
    ),
    GateCase(
        "imbalance",
        "more than all lose",
        lost(of("40 20"), kept(kept(of("40 20"), "a", 36), "b", 7)),
        "failed",
        (),
        {},
        ["'b' lost 13 of its 20 rows"],
    ),
    GateCase(
        "imbalance",
        "a dataset that grows makes no loss of it",
        lost(of("40 20"), [*kept(of("40 20"), "b", 12), *of("0 0 0 60")]),
        "passed",
    ),
    GateCase("imbalance", "nine rows may go", lost(of("40 9"), moved(of("40 9"), "b", "a")), "passed"),
    GateCase(
        "imbalance",
        "ten may not",
        lost(of("40 10"), moved(of("40 10"), "b", "a")),
        "failed",
        [f"b{row:02}" for row in range(10)],
    ),
    GateCase(
        "imbalance",
        "the greatest loss first, and then by name",
        lost(of("10 10 10 90"), moved(moved(moved(of("10 10 10 90"), "a", "d", 6), "c", "d"), "b", "d", 6)),
        "failed",
        [f"a{row:02}" for row in range(6)] + [f"b{row:02}" for row in range(6)] + [f"c{row:02}" for row in range(10)],
        {"classes_that_lost": 3},
        ["'c' lost 10 of its 10 rows; 'a' lost 6 of its 10 rows; 'b' lost 6 of its 10 rows"],
    ),
    GateCase(
        "imbalance",
        "five are named",
        lost(of("90 10 10 10 10 10 10"), of("150")),
        "failed",
        (),
        {"classes_that_lost": 6},
        ["'f' lost 10 of its 10 rows and 1 more classes did alike"],
    ),
    GateCase(
        "imbalance",
        "what it may lose",
        lost(of("40 20"), moved(of("40 20"), "b", "a", 5), loses=0.2),
        "failed",
        [f"b{row:02}" for row in range(5)],
        {},
        ["'b' lost 5 of its 20 rows"],
    ),
    GateCase(
        "imbalance",
        "all may go",
        lost(of("40 20"), moved(of("40 20"), "b", "a"), loses=1.0),
        "passed",
        (),
        {},
        ["no class lost more than 100 % of its rows"],
    ),
    GateCase(
        "imbalance",
        "the ratio that is set may be reached",
        {"data": table(of("20 10")), "settings": {"imbalance": {"at_most": 2.0}}},
        "passed",
        (),
        {"ratio": 2},
        ["'a' has 2.0 times the rows of 'b' (20 and 10), and 2 may be"],
    ),
    GateCase(
        "imbalance",
        "and not more",
        {"data": table(of("21 10 15")), "settings": {"imbalance": {"at_most": 2.0}}},
        "failed",
        (),
        {"ratio": 2.1},
    ),
    GateCase(
        "imbalance",
        "equal classes",
        {"data": table(of("9 9")), "settings": {"imbalance": {"at_most": 1.0}}},
        "passed",
        (),
        {"ratio": 1},
    ),
    GateCase(
        "imbalance",
        "a bad ratio stays bad where nothing is lost",
        lost(of("40 10"), of("40 10"), at_most=2.0),
        "failed",
        (),
        {"ratio": 4, "classes_that_lost": 0},
        ["times the rows of 'b' (40 and 10), and 2 may be; no class lost"],
    ),
    GateCase(
        "imbalance",
        "no base and no ratio",
        {"data": table(of("9 9"))},
        "not judged",
        (),
        {},
        ["no base to compare with, and no ratio is set"],
    ),
    AnswerCase(
        "imbalance: settings beyond sense",
        lambda: [
            bool(refusal(lambda given=given: check(table(of("9 9")), settings={"imbalance": given}, decisions=())))
            for given in ({"at_most": 0.5}, {"loses": 0.0}, {"loses": 1.1}, {"at_most": -1.0})
        ],
        [True] * 4,
    ),
]
CASES: list[Case] = [*CONTRADICTION, *LEAK, *NEW_CLASS, *IMBALANCE]
