"""Scores as probabilities: cutting them, and what they become where of several labels one is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.probability import CLOSEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST_FLAGGED = 0.1  # the best expected F1 of hopeless scores is that of flagging everything


@dataclass(frozen=True)
class Estimate:
    """A number, and the interval that the data allow."""

    value: float
    low: float
    high: float


def best_f1_cut(score: NDArray[np.float64]) -> NDArray[np.bool_]:
    """The top of the order with the greatest expected F1, 2·Σp / (k + Σp); equal scores stay together.

    The threshold is half the best F1 (Lipton et al., Optimal Thresholding of Classifiers to Maximize
    F1, 2014), so every score of a half or more is above it.
    """
    import numpy as np

    if not len(score):
        return score >= 0.5
    ordered = np.sort(score)[::-1]
    hits = np.cumsum(ordered)
    expected = 2 * hits / (np.arange(1, len(score) + 1) + hits[-1])
    threshold = min(expected.max() / 2, 0.5)
    chosen: NDArray[np.bool_] = score >= max(threshold, CLOSEST)
    return chosen


def one_of_each_group_right(
    odds: NDArray[np.float64], group: NDArray[np.int64], labels: NDArray[np.int32]
) -> NDArray[np.float64]:  # fmt: skip
    """(n,) probability that a row's label is wrong, given that of each group's different labels at most one is right.

    odds: (n,) log-odds that each label is wrong before that is known. Bayes: "label c is right" weighs
    exp(−Σ odds of the rows that carry c), "none is" weighs 1.
    """
    import numpy as np

    pair, place = np.unique(group * (int(labels.max(initial=0)) + 1) + labels, return_inverse=True)
    weight = np.exp(np.clip(-np.bincount(place, odds, len(pair)), -300, 300))
    number = np.unique(group, return_inverse=True)[1]
    total = 1 + np.bincount(number[_first_places(place, len(pair))], weight)
    result: NDArray[np.float64] = 1 - weight[place] / total[number]
    return result


def _first_places(place: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """For each of n values the first position where `place` holds it."""
    import numpy as np

    first = np.zeros(n, np.int64)
    first[place[::-1]] = np.arange(len(place))[::-1]
    return first
