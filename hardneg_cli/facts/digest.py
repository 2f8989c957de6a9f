"""The digest's data: per row a handful of numbers, per model the K×K sums that checks and thresholds need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class RowDigest:
    """N rows of one model (or of the models' mean).

    p_given: (N,) probability of the given label. top, p_top: (N,) the most probable class and its probability.
    other, p_other: (N,) the most probable class that is not the given one, and its probability.
    """

    p_given: NDArray[np.float64]
    top: NDArray[np.int32]
    p_top: NDArray[np.float64]
    other: NDArray[np.int32]
    p_other: NDArray[np.float64]

    @classmethod
    def empty(cls, n: int) -> RowDigest:
        import numpy as np

        return cls(np.zeros(n), np.zeros(n, np.int32), np.zeros(n), np.zeros(n, np.int32), np.zeros(n))

    def put(self, span: slice, block: NDArray[np.floating], given: NDArray[np.int32]) -> None:
        """Fill in the rows of `span` from a B×K block."""
        import numpy as np

        row = np.arange(len(block))
        self.p_given[span] = block[row, given]
        self.top[span] = top = block.argmax(axis=1)
        self.p_top[span] = block[row, top]
        others = block.copy()
        others[row, given] = -1
        self.other[span] = other = others.argmax(axis=1)
        self.p_other[span] = others[row, other]


@dataclass(frozen=True)
class ModelDigest:
    """One model's sums over all rows; K×K, given label by class.

    by_given: Σ p(class) over the rows of a given label. confusion: rows of a given label whose top class it is.
    lead_squares: Σ (p(class) − p(given))², for the spread of a class's lead over the given label.
    squares: (K,) Σ p(class)² over all rows.
    """

    by_given: NDArray[np.float64]
    confusion: NDArray[np.int64]
    lead_squares: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def empty(cls, k: int) -> ModelDigest:
        import numpy as np

        return cls(np.zeros((k, k)), np.zeros((k, k), np.int64), np.zeros((k, k)), np.zeros(k))


@dataclass(frozen=True)
class Digest:
    """All models' digests, and that of their mean.

    judged: (N,) bool, rows whose label some model knows and whose probabilities are sound.
    bad: (N,) bool, rows left out because of their probabilities; `notes` say which and why.
    """

    models: tuple[RowDigest, ...]
    sums: tuple[ModelDigest, ...]
    mean: RowDigest
    judged: NDArray[np.bool_]
    bad: NDArray[np.bool_]
    notes: tuple[str, ...]
