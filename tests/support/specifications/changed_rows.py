"""Added and edited rows against the unchanged ones: the figures of `ChangedRowTest`."""

from __future__ import annotations

from dataclasses import astuple
from typing import Any

import numpy as np

from hardneg_cli.gating.changed_row_test import ChangedRowTest
from support.specifications.case import AnswerCase, Case

# class 0: 10 unchanged, 2 of them suspect; 4 fresh, 3 suspect. class 1: 6 and 1; 3 and 0. class 2: 2 fresh ones.
# class 3: 5 unchanged ones. The last two, of class 0, are neither.
LABELS = np.repeat([0, 1, 2, 3, 0], [14, 9, 2, 5, 2]).astype(np.int32)
FRESH = np.isin(np.arange(32), [*range(10, 14), *range(20, 23), 23, 24])
UNCHANGED = ~FRESH & (np.arange(32) < 30)
SCORE = np.where(np.isin(np.arange(32), [0, 1, 10, 11, 12, 14, 23, 30]), 0.5, 0.0)
NONE = np.zeros(32, bool)


def compared(right: Any = NONE, **more: Any) -> ChangedRowTest:
    given = {
        "labels": LABELS,
        "fresh": FRESH,
        "unchanged": UNCHANGED,
        "score": SCORE,
        "cut": 0.5,
        "right": right,
    } | more
    return ChangedRowTest.of(**given)


def uniform(fresh: int, unchanged: int, suspect: int) -> ChangedRowTest:
    """Of one class; so many of the unchanged rows are suspect."""
    n = fresh + unchanged
    score = np.where(np.arange(n) < suspect, 0.9, 0.0)
    mask = np.arange(n) >= unchanged
    return ChangedRowTest.of(np.zeros(n, np.int32), mask, ~mask, score, 0.5, np.zeros(n, bool))


CHANGED_ROW_TEST = [
    AnswerCase("changed rows: and beside nine unchanged ones", lambda: uniform(1, 9, 0).needed(1.5e-6), 6),
    AnswerCase("changed rows: one row of each kind is enough", lambda: uniform(1, 1, 0).shared_classes.tolist(), [0]),
    AnswerCase("changed rows: how many are needed where nothing is usual", lambda: uniform(1, 8, 0).needed(1e-6), 7),
    AnswerCase("changed rows: the classes of both kinds", lambda: compared().shared_classes.tolist(), [0, 1]),
    AnswerCase(
        "changed rows: which are compared",
        lambda: np.flatnonzero(compared().compared).tolist(),
        [10, 11, 12, 13, 20, 21, 22],
    ),
    AnswerCase("changed rows: how many would be usual", lambda: compared().expected, 4 * 2 / 10 + 3 * 1 / 6),
    AnswerCase("changed rows: the least chance", lambda: compared().least_p, 15 / 1001 * 4 / 84),
    AnswerCase(
        "changed rows: suspect from the cut on",
        lambda: [compared().suspect.sum(), compared(cut=0.51).suspect.sum()],
        [np.int64(8), np.int64(0)],
    ),
    AnswerCase(
        "changed rows: the right ones are in no doubt, if they are fresh",
        lambda: np.flatnonzero(compared(right=np.isin(np.arange(32), [0, 10])).suspect).tolist(),
        [0, 1, 11, 12, 14, 23, 30],
    ),
    AnswerCase(
        "changed rows: their level is none",
        lambda: compared(right=np.isin(np.arange(32), [0, 10])).level[[0, 10, 11]].tolist(),
        [1, 0, 1],
    ),
    AnswerCase(
        "changed rows: the chance of their sum",  # 3 + 0 of 6, exactly
        lambda: abs(compared().p() - 0.2747252747) < 0.05,
        True,
    ),
    AnswerCase(
        "changed rows: rows that are neither do not count",
        lambda: compared(score=np.where(np.arange(32) >= 30, 0.9, SCORE)).p() == compared().p(),
        True,
    ),
    AnswerCase(
        "changed rows: by class",
        lambda: [[astuple(one) for one in uniform_class(fresh).by_class(0.05)] for fresh in (4, 1)],
        [[(1, 4, 4, 1 / 1001)], []],
    ),
    AnswerCase("changed rows: the worst class first", lambda: [one.code for one in two_bad().by_class(0.05)], [1, 0]),
    AnswerCase(
        "changed rows: how many are needed",
        lambda: [
            uniform(2, 98, 10).needed(0.01),
            uniform(2, 98, 0).needed(0.01),
            uniform(1, 3, 3).needed(0.01),
            uniform(9, 91, 10).needed(0.01),
        ],
        [3, 3, None, 10],
    ),
    AnswerCase(
        "changed rows: what is noticeable",
        lambda: [
            uniform(20, 80, 8).noticeable(0.01),
            uniform(20, 80, 0).noticeable(0.01),
            uniform(200, 800, 80).noticeable(0.01),
            uniform(2, 80, 70).noticeable(0.01),
            uniform(1, 80, 1).noticeable(0.01),
        ],
        [0.36, 0.08, 0.09, 1.0, 1.0],
    ),
]


def uniform_class(fresh: int) -> ChangedRowTest:
    """Class 0 with nothing suspect, class 1 with ten sound unchanged rows and so many suspect fresh ones."""
    labels = np.repeat([0, 1], [10, 10 + fresh]).astype(np.int32)
    mask = (np.arange(len(labels)) >= 20) | (np.arange(len(labels)) < 3)
    score = np.where(np.arange(len(labels)) >= 20, 0.9, 0.0)
    return ChangedRowTest.of(labels, mask, ~mask, score, 0.5, np.zeros(len(labels), bool))


def two_bad() -> ChangedRowTest:
    """Class 0: 5 of 5 fresh are suspect, class 1: 6 of 6; none of 20 unchanged ones of each."""
    labels = np.repeat([0, 1], [25, 26]).astype(np.int32)
    place = np.r_[np.arange(25), np.arange(26)]
    mask = place >= 20
    return ChangedRowTest.of(labels, mask, ~mask, np.where(mask, 0.9, 0.0), 0.5, np.zeros(51, bool))


CASES: list[Case] = CHANGED_ROW_TEST
