"""Classes that the model of some rows never saw: their probability is exactly 0 there, and positive elsewhere.

A fold without a class is the usual cause. Where a column of folds is known, a class is unseen in a fold all of whose
rows have 0, if that is no accident given how often it is 0 elsewhere. Where none is known, zeros tell by what they are
not: those that come of rounding, of underflow or of counting votes stand beside numbers on a grid, the smallest of
which comes again and again, and are rarer among the rows that are labeled so than among the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import RowDigest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.errors import plural, quote

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

ACCIDENT = 1e-6  # a probability
FEWEST_ROWS, FEWEST_ZEROS = 20, 5
MOST_EQUAL = 2  # numbers that are the smallest one by chance
UNDERFLOW = 1e-30  # near to where single precision ends, zeros may be smaller numbers
EVEN = 0.5  # of the share of zeros among other rows


@dataclass(frozen=True)
class UnseenClasses:
    """rows: (M, N) bool, whether the model of a row never saw the row's label. notes: which classes, in how many rows.

    classes: (M, K) bool, whether a model's 0 says nothing about a class.
    """

    rows: NDArray[np.bool_]
    classes: NDArray[np.bool_]
    notes: tuple[str, ...] = ()

    def marked(self, probabilities: Probabilities) -> Probabilities:
        """The same models, each with what it never saw."""
        if not self.classes.any():
            return probabilities
        models = [
            replace(model, unseen=tuple(compress(probabilities.classes, unseen)))
            for model, unseen in zip(probabilities.models, self.classes, strict=True)
        ]
        return replace(probabilities, models=tuple(models))


def unseen_classes(dataset: Dataset, probabilities: Probabilities, digests: Sequence[RowDigest]) -> UnseenClasses:
    """What no model's rows say of their labels. One more pass where a given label has a probability of exactly 0."""
    import numpy as np

    zero = np.array([digest.p_given == 0 for digest in digests]) & probabilities.known[:, dataset.labels]
    found = UnseenClasses(np.zeros_like(zero), np.zeros(probabilities.known.shape, bool))
    if not zero.any():
        return found
    folds = _folds(dataset)
    tallies = [_Tally.empty(len(dataset.classes), int(folds.max()) + 1) for _ in digests]
    for _, parts in probabilities.over(_tallies, dataset.labels, folds):
        for tally, part in zip(tallies, parts, strict=True):
            tally.add(part)
    notes = []
    for model, tally in enumerate(tallies):
        for code in np.unique(dataset.labels[zero[model]]).tolist():
            mine = zero[model] & (dataset.labels == code)
            if (fold := _unseen_in(tally, code, int(mine.sum()), int(dataset.counts[code]))) is None:
                continue
            mine &= np.isin(folds, fold) if len(fold) else True
            found.rows[model] |= mine
            found.classes[model, code] = True
            notes.append(
                f"{probabilities.models[model].name}: class {quote(dataset.classes[code])} has a probability "
                "of exactly 0 "
                f"where the model seems never to have seen it: {plural(int(mine.sum()), 'row')} of it not judged by it"
            )
    return UnseenClasses(found.rows, found.classes, tuple(notes))


@dataclass
class _Tally:
    """Of one model. zeros: (F, K) rows with a 0 by fold. rows: (F,). smallest: above 0; equal: how many are it."""

    zeros: NDArray[np.int64]
    rows: NDArray[np.int64]
    smallest: float = 1.0
    equal: int = 0

    @classmethod
    def empty(cls, k: int, folds: int) -> _Tally:
        import numpy as np

        return cls(np.zeros((folds, k), np.int64), np.zeros(folds, np.int64))

    @classmethod
    def of(cls, block: Block, folds: NDArray[np.int64]) -> _Tally:
        import numpy as np

        rows, positive = np.bincount(folds), block > 0
        zeros = np.zeros((len(rows), block.shape[1]), np.int64)
        for fold in np.flatnonzero(rows):
            zeros[fold] = (block[folds == fold] <= 0).sum(axis=0)
        smallest = block.min(where=positive, initial=1)
        return cls(zeros, rows, float(smallest), int((block == smallest).sum()))

    @property
    def on_a_grid(self) -> bool:
        return self.equal > MOST_EQUAL or self.smallest < UNDERFLOW

    def add(self, other: _Tally) -> None:
        self.zeros[: len(other.zeros)] += other.zeros
        self.rows[: len(other.rows)] += other.rows
        if other.smallest < self.smallest:
            self.smallest, self.equal = other.smallest, other.equal
        elif other.smallest == self.smallest:
            self.equal += other.equal


def _tallies(blocks: list[Block], _: NDArray[np.int32], folds: NDArray[np.int64]) -> list[_Tally]:
    return [_Tally.of(block, folds) for block in blocks]


def _folds(dataset: Dataset) -> NDArray[np.int64]:
    import numpy as np

    names = dataset.role(dataset.columns.fold)
    if names is None:
        return np.zeros(len(dataset), np.int64)
    return np.unique(np.array(names, object), return_inverse=True)[1].astype(np.int64)


def _unseen_in(tally: _Tally, code: int, mine: int, count: int) -> NDArray[np.int64] | None:
    """The folds whose model never saw the class, none of them where folds do not tell; None where nothing does.

    mine: how many of the class's `count` rows have a 0.
    """
    import numpy as np
    from scipy.stats import binom

    rows, zeros = int(tally.rows.sum()), int(tally.zeros[:, code].sum())
    nowhere = np.zeros(0, np.int64)
    if zeros == rows:  # no model ever saw it
        return nowhere if rows >= FEWEST_ROWS and not tally.on_a_grid else None
    elsewhere = (zeros - tally.zeros[:, code]) / np.maximum(rows - tally.rows, 1)
    whole = (tally.zeros[:, code] == tally.rows) & (tally.rows > 0)
    folds = np.flatnonzero(whole & (elsewhere**tally.rows < ACCIDENT))
    if len(folds):
        return folds
    others = (zeros - mine) / max(rows - count, 1)
    if others < 1 and binom.sf(mine - 1, count, max(others, 1 / rows)) < ACCIDENT:
        return nowhere
    return nowhere if zeros >= FEWEST_ZEROS and mine >= EVEN * others * count and not tally.on_a_grid else None
