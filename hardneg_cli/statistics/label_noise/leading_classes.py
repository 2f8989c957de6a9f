"""Readings of rows of very many classes from the few that lead: a tempered probability is held at `LOWEST`, and what is
held needs neither logarithm nor exponential.

Where z = w·log p − log Σ p^w is held, the class weighs the same in every row. So of a row only the classes with
p ≥ e^(−DEPTH / w)·max p are looked at one by one, a handful of a thousand; the others are one number for each class
that is written. Below that, all of K together add less than K·e^−DEPTH to a sum. O(N·K) comparisons, O(N) of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hardneg_cli.statistics.probability import FLOOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.statistics.label_noise.noise_model import NoiseModel

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

LOWEST = -14.0  # log-probability after tempering
DEPTH = 26.0  # of K·e^−DEPTH nothing is seen in single precision
LEAST_TEMPERING = 1.5  # below, most classes would lead
FEW = 0.1  # of the classes


class LeadingReadings(NamedTuple):
    """Of n rows. s, t: (n,) log-odds of label_errors, of self-confidence and by the noise model.

    told: (n,) bool, whether few classes lead; where many do, t is not to be used.
    """

    s: Array
    t: Array
    told: NDArray[np.bool_]


@dataclass(frozen=True)
class LeadingClasses:
    """model: without mixing. w: inverse temperature. columns: (K,) where in a block each class of the model stands."""

    model: NoiseModel
    w: float
    columns: Labels

    def readings(self, block: Array, labels: Labels) -> LeadingReadings:
        """Of n rows, from their n×K probabilities in the order of a block, and the numbers of their written classes."""
        import numpy as np

        n, k = block.shape
        p, row = np.array(block, np.float32), np.arange(n)
        own = np.maximum(p[row, self.columns[labels]], FLOOR).astype(np.float64)
        p[row, self.columns[labels]] = 0
        others = p.sum(axis=1).astype(np.float64)
        total = own + others
        least = np.maximum(p.max(axis=1), own) * np.exp(-DEPTH / self.w)
        cell = np.flatnonzero(p >= least[:, None].astype(np.float32))
        of = cell // k
        count = np.bincount(of, minlength=n)
        z, mine = self.w * np.log(p.ravel()[cell] / total[of]), self.w * np.log(own / total)
        whole = np.log(np.bincount(of, np.exp(z), n) + np.exp(mine))
        z, mine = np.maximum(z - whole[of], LOWEST), np.maximum(mine - whole, LOWEST)
        s = self.w * (np.log(np.maximum(others / total, FLOOR)) - np.log(own / total))
        return LeadingReadings(s, self._log_odds(z, mine, labels, of, self._number[cell % k]), count <= FEW * k)

    def _log_odds(self, z: Array, mine: Array, labels: Labels, of: Labels, leading: Labels) -> Array:
        """(n,) by the noise model, from z of the leading classes and of the written ones."""
        import numpy as np

        a, b, n = self.model.sharpness, self.model.bias, len(labels)
        odds, mine, held = a * z + b[leading], a * mine + b[labels], a * LOWEST
        top = np.maximum(mine, held + b.max())
        np.maximum.at(top, of, odds)
        share = self._transition(leading, labels[of])
        rest = self._whole[labels] - np.bincount(of, np.exp(b[leading]) * share, n)
        wrong = np.bincount(of, np.exp(odds - top[of]) * share, n) + np.exp(held - top) * np.maximum(rest, 0)
        right = np.exp(mine - top) * self._stays[labels]
        result: Array = np.log(wrong + FLOOR) - np.log(right + FLOOR)
        return result

    def _transition(self, true: Labels, written: Labels) -> Array | float:
        """T[true, written] of two classes that differ."""
        return (
            self.model.rate / (len(self.columns) - 1) if self.model.flips is None else self.model.flips[true, written]
        )

    @cached_property
    def _stays(self) -> Array:
        """(K,) T[k, k]."""
        import numpy as np

        return (
            np.full(len(self.columns), 1 - self.model.rate) if self.model.flips is None else np.diag(self.model.flips)
        )

    @cached_property
    def _whole(self) -> Array:
        """(K,) what all others weigh for each written class, if all are held."""
        import numpy as np

        weight = np.exp(self.model.bias)
        if self.model.flips is None:
            whole: Array = (weight.sum() - weight) * self.model.rate / (len(weight) - 1)
            return whole
        flips = self.model.flips.copy()
        np.fill_diagonal(flips, 0)
        return np.array([(weight * column).sum() for column in flips.T])

    @cached_property
    def _number(self) -> Labels:
        """(K,) the class of each of a block's columns."""
        import numpy as np

        return np.argsort(self.columns)
