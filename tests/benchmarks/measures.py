"""How good a ranking, a flagged set and a probability are, against the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]
Scores = NDArray[np.floating]
BINS = 15


def average_precision(wrong: Flags, score: Scores) -> float:
    """Area under the precision-recall steps; equal scores are one step. NaN where nothing is wrong."""
    if not wrong.any():
        return float("nan")
    order = np.argsort(-score, kind="stable")
    last = np.r_[np.diff(score[order]) != 0, True]
    hits = np.cumsum(wrong[order])[last]
    precision = hits / (np.flatnonzero(last) + 1)
    return float((np.diff(hits, prepend=0) * precision).sum() / wrong.sum())


def f1(wrong: Flags, flagged: Flags) -> float:
    """NaN where nothing is wrong."""
    return float(2 * (wrong & flagged).sum() / (wrong.sum() + flagged.sum())) if wrong.any() else float("nan")


def best_f1(wrong: Flags, score: Scores) -> float:
    """F1 of the best cut of the ranking, which only the truth can know."""
    if not wrong.any():
        return float("nan")
    hits = np.cumsum(wrong[np.argsort(-score, kind="stable")])
    return float((2 * hits / (np.arange(1, len(wrong) + 1) + wrong.sum())).max())


def precision_at_tenth(wrong: Flags, score: Scores) -> float:
    """The share of wrong labels in the top tenth of the ranking; NaN where nothing is wrong."""
    top = np.argsort(-score, kind="stable")[: len(wrong) // 10]
    return float(wrong[top].mean()) if wrong.any() else float("nan")


def calibration_error(wrong: Flags, score: Scores) -> float:
    """Expected calibration error: |mean score − share of wrong labels|, the mean over bins of equal numbers of rows."""
    bins = np.array_split(np.argsort(score, kind="stable"), BINS)
    return float(sum(abs(score[rows].sum() - wrong[rows].sum()) for rows in bins) / len(wrong))
