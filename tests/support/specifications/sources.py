"""The gate rate, where the 40 new rows of 300, all of which are doubted, may be from another source than the others."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from hardneg_cli import Columns, find
from hardneg_cli.data.features.features import FeatureChoice, Features
from hardneg_cli.errors import Unavailable
from hardneg_cli.gating.gates import rate
from hardneg_cli.gating.other_source import misfits
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.verbs._bases import found_base
from support.gate_cases_statistics import NEW, PLAIN, RIGHT, ROWS, WRONG, table
from support.specifications.case import AnswerCase
from support.specifications.model_rows import Codes

Mask = NDArray[np.bool_]
Points = NDArray[np.float64]
FRESH = np.arange(ROWS) >= ROWS - NEW
FEW = np.arange(ROWS) >= ROWS - 8
HALF = FRESH & (np.arange(ROWS) % 4 < 2)


def points(classes: Codes, moved: float = 0.0, rows: Mask = FRESH) -> Points:
    """(300, 2) by class and chance; some rows are moved."""
    chance = np.random.default_rng(1).standard_normal((ROWS, 2))
    return 5.0 * np.stack([classes, classes**2], axis=1) + chance + moved * rows[:, None]


def answer(features: Points, fresh: int = NEW, choice: FeatureChoice = FeatureChoice(columns=("x", "y"))) -> str:  # noqa: B008 -- frozen
    """What becomes of wrong labels in the last rows, and what is said of how they look."""
    found = find(table(WRONG), Columns(), detectors=["doubtful-label"], decisions=(), **PLAIN)
    base = found_base(found.dataset, table(WRONG, slice(0, ROWS - fresh)), None, None).state
    given = {"dataset": found.dataset, "baseline": base, "findings": found, "decisions": (), "feature_choice": choice}
    try:
        verdict = EvidenceStore({**given, "features": Features(features, "columns")}, {}).call(rate.judge)
    except Unavailable as reason:
        return f"not judged: {str(reason).partition('edited ')[2]}"
    return ("passed" if verdict.passed else "failed") + (
        ": they look unlike" if "they look unlike" in verdict.why else ""
    )


def source_of_many(moved: float) -> str:
    """Of 1,000 rows beside 1,000, one column, and one label."""
    values = np.random.default_rng(1).standard_normal((2000, 1))
    fresh = np.arange(2000) >= 1000
    labels = np.zeros(2000, np.int64)
    found = misfits(values + moved * fresh[:, None], labels, labels, fresh, ~fresh, np.arange(2000))
    return "the same" if found is None else f"another, {found.sum()} misfits"


ELSEWHERE = (
    "not judged: look unlike those that the model knows, and their labels fit each other as well as those do: "
    "what it doubts may be the rows"
)
MIXED = np.where(FRESH, np.random.default_rng(2).integers(0, 3, ROWS), RIGHT)
ONE_POINT = np.where(FRESH[:, None], 40.0, points(RIGHT))
CASES = [
    AnswerCase(f"rate: {about}", partial(answer, *given), expected)
    for about, given, expected in [
        ("labels that fit each other, of rows that look unlike the others", (points(WRONG, 40),), ELSEWHERE),
        ("of rows that look so to the other side", (points(WRONG, -40),), ELSEWHERE),
        ("labels that do not fit each other, of such rows", (points(MIXED, 40),), "failed: they look unlike"),
        ("rows that look like the others of the class that the model sees", (points(RIGHT),), "failed"),
        ("a half of them does", (points(WRONG, 40, HALF),), ELSEWHERE),
        ("copies are no source", (ONE_POINT,), "failed"),
        ("eight rows may look so by chance", (points(RIGHT, 1.2, FEW), 8), "failed"),
        ("nobody knows what texts look like", (points(WRONG, 40), NEW, FeatureChoice(text="text")), "failed"),
    ]
]  # fmt: skip
CASES += [
    AnswerCase("other source: a small shift", partial(source_of_many, 0.2), "the same"),
    AnswerCase("other source: a larger one", partial(source_of_many, 0.45), "another, 0 misfits"),
]
