"""The digest's data: per row a handful of numbers, per model the K×K sums that checks and thresholds need."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.unseen_classes import UnseenClasses

STEPS = 2.0**24  # to 1
FEW_CLASSES = 30


@dataclass(frozen=True)
class RowDigest:
    """N rows of one model (or of the models' mean), in the precision of its file.

    p_given: (N,) probability of the given label. top, p_top: (N,) the most probable class and its probability.
    other, p_other: (N,) the most probable class that is not the given one, and its probability.
    """

    p_given: NDArray[np.floating]
    top: NDArray[np.int32]
    p_top: NDArray[np.floating]
    other: NDArray[np.int32]
    p_other: NDArray[np.floating]

    @classmethod
    def of(cls, block: NDArray[np.floating], given: NDArray[np.int32]) -> RowDigest:
        """The digest of a B×K block."""
        import numpy as np

        row = np.arange(len(block))
        p_given = np.maximum(block[row, given], 0)  # rounding may have gone below
        others = block.copy()
        others[row, given] = -1
        other = others.argmax(axis=1).astype(np.int32)
        p_other = np.maximum(others[row, other], 0)
        mine = (p_given > p_other) | ((p_given == p_other) & (given < other))
        return cls(p_given, np.where(mine, given, other), np.where(mine, p_given, p_other), other, p_other)

    def widened(self, n: int) -> RowDigest:
        """An empty digest of n rows, of the same kind."""
        import numpy as np

        return RowDigest(*(np.zeros(n, getattr(self, field.name).dtype) for field in fields(self)))

    def put(self, span: slice, part: RowDigest) -> None:
        """Fill in the rows of `span`."""
        for field in fields(self):
            getattr(self, field.name)[span] = getattr(part, field.name)


@dataclass(frozen=True)
class ModelDigest:
    """One model's sums over rows.

    given_steps: K×K, Σ p(class) over the rows of a given label, in steps of 1 / STEPS: whole numbers, whose sum is
    exact, so that the order of the rows changes nothing. squares: (K,) Σ p(class)² over all rows, nearly.
    """

    given_steps: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def empty(cls, k: int) -> ModelDigest:
        import numpy as np

        return cls(np.zeros((k, k)), np.zeros(k))

    @property
    def by_given(self) -> NDArray[np.float64]:
        """K×K, Σ p(class) over the rows of a given label."""
        return self.given_steps / STEPS

    def add(self, part: BlockSums) -> None:
        """Add a block's sums."""
        self.given_steps[part.labels] += part.given_steps
        self.squares[:] += part.squares

    def merge(self, other: ModelDigest) -> None:
        """Add the sums over other rows."""
        self.given_steps[:] += other.given_steps
        self.squares[:] += other.squares


@dataclass(frozen=True)
class BlockSums:
    """A block's part of a ModelDigest: labels: (G,) the given labels in it; given_steps: G×K; squares: (K,)."""

    labels: NDArray[np.int64]
    given_steps: NDArray[np.float64]
    squares: NDArray[np.floating]

    @classmethod
    def of(cls, block: NDArray[np.floating], given: NDArray[np.int32]) -> BlockSums:
        """The sums of a B×K block."""
        import numpy as np

        labels = np.flatnonzero(np.bincount(given, minlength=block.shape[1]))
        squares = np.ones(len(block), block.dtype) @ (block * block)
        steps = block * block.dtype.type(STEPS)
        return cls(labels, _by_label(np.rint(steps, out=steps), given, labels), squares)


def _by_label(steps: NDArray[np.floating], given: NDArray[np.int32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """G×K, the sums over the rows of each label; exact, as they are whole numbers."""
    import numpy as np

    rows, k = steps.shape
    if k <= FEW_CLASSES:
        return np.stack([np.bincount(given, column, k)[labels] for column in steps.T], axis=1)
    if rows < k:
        return _by_turns(steps, given, labels)
    from scipy.sparse import csc_array  # which takes longer to load than to add up few columns by themselves

    group = np.empty(k, np.int32)
    group[labels] = np.arange(len(labels))
    member = csc_array((np.ones(rows), group[given], np.arange(rows + 1)), shape=(len(labels), rows))
    sums: NDArray[np.float64] = member @ steps
    return sums


def _by_turns(steps: NDArray[np.floating], given: NDArray[np.int32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """The same where few rows share a label: the first row of each, then the second ones are added, and so on."""
    import numpy as np

    order = np.argsort(given, kind="stable")
    group = np.searchsorted(labels, given[order])
    turn = np.arange(len(order)) - np.searchsorted(group, group)
    sums: NDArray[np.float64] = steps[order[turn == 0]].astype(np.float64)
    for number in range(1, int(turn.max(initial=0)) + 1):
        now = turn == number
        sums[group[now]] += steps[order[now]]
    return sums


@dataclass(frozen=True)
class Digest:
    """All models' digests, and that of their mean.

    judged: (N,) bool, rows whose label some model knows and whose probabilities are sound.
    bad: (N,) bool, rows left out because of their probabilities; `notes` say which and why.
    unseen: what the models of some rows never saw; such a row is judged by the other models, if there are any.
    """

    models: tuple[RowDigest, ...]
    sums: tuple[ModelDigest, ...]
    mean: RowDigest
    judged: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    notes: tuple[str, ...]
    unseen: UnseenClasses | None = None

    @property
    def unjudged(self) -> NDArray[np.bool_]:
        """(N,) bool: sound rows whose label no model knows, or none of theirs has ever seen."""
        found: NDArray[np.bool_] = ~self.judged & ~self.bad
        return found
