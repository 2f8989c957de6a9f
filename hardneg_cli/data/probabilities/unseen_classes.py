"""Classes that the model of some rows never saw: their probability is 0 there, or next to nothing.

A fold without a class is the usual cause. Where a column of folds is known, a class is unseen in a fold all of whose
rows have 0, if that is no accident given how often it is 0 elsewhere. Where none is known, zeros tell by what they are
not: those that come of rounding, of underflow or of counting votes stand beside numbers on a grid, the smallest of
which comes again and again, and are rarer among the rows that are labeled so than among the others.

A probability that was kept from being 0, or an output that was never trained, is small instead. A class is taken for
unseen where all of its labels, in a fold or at all, have far less than the class's share: a model that knows a class
gives it its share on average, and more where it is right. Not where that may be by accident, as so many wrong labels of
so few would be; but a label that no other row of the data has, or of the other folds, cannot have been learned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import RowDigest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.errors import listing, plural, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

ACCIDENT = 1e-6  # a probability
FEWEST_ROWS, FEWEST_ZEROS = 20, 5
MOST_EQUAL = 2  # numbers that are the smallest one by chance
UNDERFLOW = 1e-30  # near to where single precision ends, zeros may be smaller numbers
EVEN = 0.5  # of the share of zeros among other rows
LOW = 0.05  # of a class's share: less is next to nothing
CHANCE = 0.01  # that the wrong labels of the others would be all of a class's labels in any fold
USUAL = 0.25  # of a class's share elsewhere: a fold with fewer labels of it may be one where it does not occur
MOST_NOTES, MOST_NAMES = 3, 5


@dataclass(frozen=True)
class UnseenClasses:
    """rows: (M, N) bool, whether the model of a row never saw the row's label. notes: which classes, in how many rows.

    levels: (M, K) probabilities up to which a model says nothing about a class, NaN where it always does.
    """

    rows: NDArray[np.bool_]
    levels: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    def marked(self, probabilities: Probabilities) -> Probabilities:
        """The same models, each with what it never saw."""
        import numpy as np

        if np.isnan(self.levels).all():
            return probabilities
        models = [
            replace(model, unseen={probabilities.classes[code]: float(levels[code])
                                   for code in np.flatnonzero(~np.isnan(levels)).tolist()})
            for model, levels in zip(probabilities.models, self.levels, strict=True)
        ]  # fmt: skip
        return replace(probabilities, models=tuple(models))


def unseen_classes(dataset: Dataset, probabilities: Probabilities, digests: Sequence[RowDigest]) -> UnseenClasses:
    """What no model's rows say of their labels. One more pass where a given label has a probability of exactly 0."""
    import numpy as np

    known, folds = probabilities.known[:, dataset.labels], _folds(dataset)
    rows, levels = np.zeros_like(known), np.full(probabilities.known.shape, np.nan)
    _mark_zeros(dataset, probabilities, folds, np.array([digest.p_given == 0 for digest in digests]) & known, rows)
    for model, digest in enumerate(digests):
        rows[model] |= _low(dataset, folds, digest.p_given.astype(np.float64), known[model] & ~rows[model])
        mine = np.flatnonzero(rows[model])
        levels[model][np.unique(dataset.labels[mine])] = 0
        np.fmax.at(levels[model], dataset.labels[mine], digest.p_given[mine])
    notes = [
        note
        for model, those, level in zip(probabilities.models, rows, levels, strict=True)
        for note in _notes(dataset, model.name, those, level)
    ]
    return UnseenClasses(rows, levels, tuple(notes))


def _mark_zeros(
    dataset: Dataset, probabilities: Probabilities, folds: NDArray[np.int64], zero: NDArray[np.bool_],
    rows: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Mark those of the (M, N) rows whose label has exactly 0 where that tells that it was never seen."""
    import numpy as np

    if not zero.any():
        return
    tallies = [_Tally.empty(len(dataset.classes), int(folds.max()) + 1) for _ in zero]
    for _, parts in probabilities.over(_tallies, dataset.labels, folds):
        for tally, part in zip(tallies, parts, strict=True):
            tally.add(part)
    for model, tally in enumerate(tallies):
        for code in np.unique(dataset.labels[zero[model]]).tolist():
            mine = zero[model] & (dataset.labels == code)
            if (fold := _unseen_in(tally, code, int(mine.sum()), int(dataset.counts[code]))) is not None:
                rows[model] |= mine & (np.isin(folds, fold) if len(fold) else True)


def _low(
    dataset: Dataset, folds: NDArray[np.int64], p_given: NDArray[np.float64], judged: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(N,) those of the `judged` rows whose label has next to nothing, together with all of that label in the fold.

    O(N) in time and in cells, pairs of a fold and a label.
    """
    import numpy as np

    n, k = len(dataset), len(dataset.classes)
    f = int(folds.max()) + 1
    cell = folds * k + dataset.labels
    count = np.bincount(cell, minlength=f * k).reshape(f, k)
    sizes = np.bincount(folds, minlength=f)[:, None]
    outside = dataset.counts - count
    share = dataset.counts / n if f == 1 else outside / np.maximum(n - sizes, 1)
    low = judged & (p_given <= LOW * np.where(share > 0, share, 1).reshape(f, k)[folds, dataset.labels])
    whole: NDArray[np.bool_] = (np.bincount(cell, low, f * k).reshape(f, k) == count) & (count > 0)
    found: NDArray[np.bool_]
    if not whole.any():
        found = whole[folds, dataset.labels]
        return found
    others = judged & ~whole[folds, dataset.labels]
    usual = (low[others].sum() + 1) / (others.sum() + 2)
    proved = usual**count * (count > 0).sum() < CHANCE
    alone = count == 1 if f == 1 else outside == 0
    unseen = alone | (proved & (count >= USUAL * share * sizes))
    found = (whole & unseen)[folds, dataset.labels]
    return found


def _notes(
    dataset: Dataset, name: str, rows: NDArray[np.bool_], levels: NDArray[np.float64]
) -> Iterator[str]:  # fmt: skip
    """Which classes a model never saw, how many rows that concerns, and how that was told."""
    import numpy as np

    counts = np.bincount(dataset.labels[rows], minlength=len(levels))
    codes = np.flatnonzero(counts).tolist()
    if len(codes) > MOST_NOTES:
        names = listing([dataset.classes[code] for code in codes], MOST_NAMES)
        yield (
            f"{name}: the model seems never to have seen {len(codes):,} classes ({names}) where their probability is "
            f"at most {max(levels[codes]):.2g}: {plural(int(counts.sum()), 'row')} of them not judged by it"
        )
        return
    for code in codes:
        how = "of exactly 0" if levels[code] == 0 else f"of at most {levels[code]:.2g}"
        yield (
            f"{name}: class {quote(dataset.classes[code])} has a probability {how} where the model seems never to have "
            f"seen it: {plural(int(counts[code]), 'row')} of it not judged by it"
        )


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
