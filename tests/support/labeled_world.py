"""A world of labels, a model of it, and commits to it."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from hardneg_cli import Columns, Dataset, Findings, find, load

ROWS, NAMES = 1500, ("007", "=cmd|' /C'!A0", "[bold]<b>\u202edoe", "ant", "bee", "cat")  # sorted, as in a dataset
ANT = NAMES.index("ant")
EASY = np.array([6.0, 6.0, 5.0, 5.0, 3.0, 1.6])  # how far a class's rows are from the others


Codes = NDArray[np.int64]


@cache
def world() -> tuple[Codes, NDArray[np.float64]]:
    """True classes and a model's probabilities, which are worse for some classes; 4 % of the labels are wrong."""
    rng = np.random.default_rng(3)
    truth = rng.choice(len(NAMES), ROWS, p=[0.3, 0.2, 0.2, 0.15, 0.1, 0.05])
    logits = rng.standard_normal((ROWS, len(NAMES)))
    logits[np.arange(ROWS), truth] += EASY[truth]
    p = np.exp(logits)
    labels = np.where(rng.random(ROWS) < 0.04, (truth + rng.integers(1, len(NAMES), ROWS)) % len(NAMES), truth)
    return labels, p / p.sum(axis=1, keepdims=True)


def dataset(labels: Codes, rows: Codes | None = None, content: str = "row") -> Dataset:
    rows = np.arange(ROWS) if rows is None else rows
    columns = {
        "id": [f"{i:05d}" for i in rows],
        "label": [NAMES[code] for code in labels],
        "words": [f"{content} {i}" for i in rows],
    }
    return load(pa.table(columns), Columns(id="id"))


@cache
def findings() -> Findings:
    labels, p = world()
    return find(dataset(labels), probs=[p], classes=NAMES, detectors=["doubtful-label"], decisions=())


def shuffled(labels: Codes, share: float, rows: Codes, seed: int = 0) -> Codes:
    """Some of the labels of `rows` turned into others."""
    rng, made = np.random.default_rng(seed), labels.copy()
    wrong = rows[rng.random(len(rows)) < share]
    made[wrong] = (made[wrong] + rng.integers(1, len(NAMES), len(wrong))) % len(NAMES)
    return made
