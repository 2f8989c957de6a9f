"""Clues to a label error that need no answer: what all rows say of a row's classes, and what detectors say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.statistics.probability import log_odds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


OF_OTHER = (1, 5)  # the columns of class clues that are about the other class


@dataclass(frozen=True)
class CompetingClasses:
    """What is held against each of N rows.

    given: class codes. other: the best class that is not the given one, −1 where none is known. apart: whether the
    evidence prefers another class to the given one.
    """

    given: NDArray[np.int64]
    other: NDArray[np.int64]
    apart: NDArray[np.bool_]

    def pairs(self) -> NDArray[np.int64]:
        """(N,) a code for each pair of given and other class, −1 where no other is known."""
        import numpy as np

        pair = self.given * (int(self.other.max(initial=0)) + 1) + self.other
        codes = np.unique(pair, return_inverse=True)[1]
        return np.where(self.other >= 0, codes, -1)


def suspicion(dataset: Dataset, results: Mapping[str, DetectorResult], digest: Digest | None) -> CompetingClasses:
    """By the models' mean where it judges a row, else by the label detector that doubts the row most."""
    import numpy as np

    n = len(dataset)
    best, other, apart = np.full(n, -1.0), np.full(n, NO_CLASS, np.int64), np.zeros(n, bool)
    for d in results.values():
        if d.about == "label":
            more = d.score > best[d.rows]
            rows = d.rows[more]
            best[rows], other[rows], apart[rows] = d.score[more], d.suggested[more], d.flagged[more]
    if digest is not None:
        other = np.where(digest.judged, digest.mean.other, other)
        apart = np.where(digest.judged, digest.mean.top != dataset.labels, apart)
    return CompetingClasses(dataset.labels.astype(np.int64), other, apart)


def class_clues(base: Array, competing: CompetingClasses, k: int) -> Array:
    """N×6, in logits and logs; O(N log N + K).

    In order: how often the given class is disagreed with; how often the other one is the better guess where it is a
    guess; how far the pair is above chance; the mean log-odds (`base`) of the given class; how frequent both are.
    """
    import numpy as np

    given, other, apart = competing.given, competing.other, competing.apart
    size = np.bincount(given, minlength=k)
    guess = np.where(apart & (other >= 0), other, given)  # what the evidence takes each row for
    guessed = np.bincount(guess, minlength=k)
    known = np.maximum(other, 0)
    columns = [
        _rate(given, apart, k)[given],
        _rate(guess, apart, k)[known],
        _lift(given, other, apart, k),
        (np.bincount(given, base, k) / np.maximum(size, 1))[given],
        np.log(np.maximum(size, 1) / len(given))[given],
        np.log((guessed + 1) / len(given))[known],
    ]
    known_other = other >= 0
    for number in OF_OTHER:  # a row without another class is an ordinary one
        usual = columns[number][known_other].mean() if known_other.any() else 0.0
        columns[number] = np.where(known_other, columns[number], usual)
    return np.column_stack(columns)


def _rate(by: NDArray[np.int64], apart: NDArray[np.bool_], k: int) -> Array:
    """(K,) the logit of the share of `apart` among each class's rows, one row of each kind added."""
    import numpy as np

    yes, rows = np.bincount(by, apart, k), np.bincount(by, minlength=k)
    rate: Array = np.log(yes + 1) - np.log(rows - yes + 1)
    return rate


def _lift(given: NDArray[np.int64], other: NDArray[np.int64], apart: NDArray[np.bool_], k: int) -> Array:
    """(N,) the log of how much more frequent a row's pair is among the rows `apart` than chance would have it.

    One row is added for every pair there can be, without making the K×K matrix.
    """
    import numpy as np

    chosen = apart & (other >= 0)
    left, right = np.bincount(given[chosen], minlength=k) + k, np.bincount(other[chosen], minlength=k) + k
    pair, place = np.unique(given * (k + 1) + other, return_inverse=True)
    count = np.bincount(place, chosen, len(pair))[place] + 1
    total = chosen.sum() + k * k
    lift = np.log(count * (total / left[given]) / right[np.maximum(other, 0)])
    return np.where(other >= 0, lift, 0)


def votes(n: int, results: Mapping[str, DetectorResult], base: Array) -> Array:
    """N×v: how far each label detector is from what all say together, where there are several; the others' flags."""
    import numpy as np

    columns = []
    several = sum(d.about == "label" for d in results.values()) > 1
    for d in results.values():
        column = np.zeros(n)
        if d.about != "label":
            column[d.rows] = d.flagged
        elif several:
            column[d.rows] = log_odds(d.score) - base[d.rows]
        columns.append(column)
    return np.column_stack(columns) if columns else np.zeros((n, 0))
