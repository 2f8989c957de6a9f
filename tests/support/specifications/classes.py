"""Gates about classes: new-class and imbalance."""

from __future__ import annotations

from collections.abc import Sequence

from hardneg_cli.verbs.check import check
from support.checked_rows import ROWS, Row, put, table
from support.specifications.case import AnswerCase, Case, GateCase, refusal
from support.specifications.copies import NO_ROWS

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
        never=" …",
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
        "a base without rows",
        {"data": table(of("20 10")), "base": NO_ROWS},
        "passed",
        (),
        {"classes_that_lost": 0},
    ),
    GateCase(
        "imbalance",
        "a class that is gone",
        lost(of("40 10"), moved(of("40 10"), "b", "a"), loses=0.95),
        "failed",
        [f"b{row:02}" for row in range(10)],
    ),
    GateCase(
        "imbalance",
        "a ratio below what is set",
        {"data": table(of("20 10")), "settings": {"imbalance": {"at_most": 3.0}}},
        "passed",
    ),
    GateCase(
        "imbalance",
        "exactly five",
        lost(of("90 10 10 10 10 10"), of("140")),
        "failed",
        (),
        {"classes_that_lost": 5},
        (),
        {},
        never="more classes",
    ),
    GateCase(
        "imbalance",
        "as many rows as before",
        lost(of("40 20"), of("40 20")),
        "passed",
        (),
        {},
        (),
        {},
        never="beyond what all did",
    ),
    AnswerCase(
        "imbalance: a negative loss",
        lambda: refusal(lambda: check(table(of("9 9")), settings={"imbalance": {"loses": -0.5}}, decisions=()))[:15],
        "imbalance.loses",
    ),
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
CASES: list[Case] = [*NEW_CLASS, *IMBALANCE]
