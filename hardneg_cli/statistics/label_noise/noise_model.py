"""Label noise: which labels the people meant, given which they wrote and what a model says.

p(written | x) = Σ_k q_k(x) T[k, written], where q is the model, recalibrated, and T[true, written] the
flips. Here a matrix has a row for each class and a column for each row of the data, because sums over
few classes are then sums of long vectors.

Sources: forward noise models (Goldberger and Ben-Reuven 2017; Patrini et al. 2017), Dawid and Skene 1979;
matrix scaling with an off-diagonal ridge (Guo et al. 2017; Kull et al. 2019); the confident joint
(Northcutt, Jiang and Chuang 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from hardneg_cli.statistics.probability import FLOOR, uniform_transition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

PSEUDO_ROWS = 100.0  # rows of uniform flips added to each class of the confident joint
UNLEARNING_STEPS = 3
SPARSE = 0.2  # a product with a matrix that has fewer entries is quicker entry by entry


class JointOdds(NamedTuple):
    """Of n rows. odds: (n,) log p(true class is not the written one) / p(it is).

    others: K×n, in proportion to the probability of each true class that is not the written one, which has 0.
    total: (n,) their sums.
    """

    odds: Array
    others: Array
    total: Array

    def of(self, rows: Labels) -> JointOdds:
        """The same of some of the rows."""
        return JointOdds(self.odds[rows], self.others[:, rows], self.total[rows])


@dataclass(frozen=True)
class NoiseModel:
    """The true class's log-odds are `sharpness`·z + bias + mixing'·(z − center).

    bias, center: (K,). mixing: K×K, from the model's class to the true one, or None.
    rate: how likely a label is not the true class. flips: K×K, T[true, written]; None: any other class alike.
    """

    sharpness: float
    bias: Array
    center: Array
    mixing: Array | None
    rate: float
    flips: Array | None

    def classes(self, z: Array) -> Array:
        """K×n probabilities of the true class from K×n log-probabilities."""
        classes = self._weighed(z)
        classes /= classes.sum(axis=0)
        return classes

    def _weighed(self, z: Array) -> Array:
        """K×n positive numbers in proportion to the probabilities of the true class; the greatest is 1."""
        import numpy as np

        odds: Array = self.sharpness * z if self.mixing is None else self._weights.astype(z.dtype, copy=False) @ z
        odds += self._offset[:, None].astype(z.dtype)
        odds -= odds.max(axis=0)
        return np.exp(odds, out=odds)

    def log_odds_of_wrong(self, z: Array, labels: Labels) -> Array:
        """(n,) log p(true class is not the written one) / p(it is), from K×n log-probabilities."""
        return self.joint(z, labels).odds

    def joint(self, z: Array, labels: Labels) -> JointOdds:
        """What the model says of the rows with these K×n log-probabilities and written labels."""
        import numpy as np

        others, own = self._weighed(z), (labels, np.arange(len(labels)))
        if self.flips is not None:
            others *= self.flips.astype(others.dtype, copy=False).take(labels, axis=1)
        right = others[own]
        others[own] = 0
        total = others.sum(axis=0)
        even = self.rate / (len(others) - 1), 1 - self.rate
        wrong, right = (total, right) if self.flips is not None else (total * even[0], right * even[1])
        return JointOdds(np.log(wrong + FLOOR) - np.log(right + FLOOR), others, total)

    @cached_property
    def _weights(self) -> Array:
        import numpy as np

        assert self.mixing is not None
        return np.ascontiguousarray(self.mixing.T + self.sharpness * np.eye(len(self.bias)))

    @cached_property
    def _offset(self) -> Array:
        return self.bias if self.mixing is None else self.bias - self.center @ self.mixing


def log_odds_of_wrong(classes: Array, flips: Array, labels: Labels) -> Array:
    """(n,) log p(true class is not the written one) / p(it is), from K×n numbers in proportion to p(true class)."""
    import numpy as np

    joint = flips.astype(classes.dtype, copy=False).take(labels, axis=1)
    joint *= classes
    own = labels, np.arange(len(labels))
    right = joint[own]
    joint[own] = 0
    result: Array = np.log(joint.sum(axis=0) + FLOOR) - np.log(right + FLOOR)
    return result


def confident_joint(p: Array, labels: Labels) -> Array:
    """Confident learning's counts, K×K (model's class by written label), scaled to the rows of each label."""
    import numpy as np

    k = len(p)
    counts = np.bincount(labels, minlength=k)
    own = np.bincount(labels, p[labels, np.arange(len(labels))], k)
    threshold = np.where(counts > 0, own / np.maximum(counts, 1), 2) - FLOOR
    sure = np.where(p >= threshold[:, None], p, -1).T.copy()
    best, counted = sure.argmax(axis=1), sure.max(axis=1) >= 0
    joint = np.zeros((k, k))
    np.add.at(joint, (best[counted], labels[counted]), 1.0)
    scaled: Array = joint * (counts / np.maximum(joint.sum(axis=0), 1))
    return scaled


@dataclass(frozen=True)
class LearnedTransition:
    """T[true, written] that a model has learned: K×K `flips`, of which most are each class's smallest one."""

    flips: Array

    @classmethod
    def of(cls, joint: Array) -> LearnedTransition:
        """From the confident joint, each class shrunk toward uniform flips."""
        import numpy as np

        k = len(joint)
        rate = float(np.clip(1 - np.trace(joint) / max(joint.sum(), 1), 1e-6, 1 - 1 / k))
        flips = joint + PSEUDO_ROWS * uniform_transition(rate, k)
        return cls(flips / flips.sum(axis=1, keepdims=True))

    def log_odds_of_wrong(self, p: Array, labels: Labels) -> Array:
        """(n,) as NoiseModel has it, from K×n probabilities of a model that has learned the flips."""
        return log_odds_of_wrong(self.unlearned(p), self.flips, labels)

    def unlearned(self, p: Array) -> Array:
        """K×n q with flips'·q near p: what the model would say of the true class, had it not learned them.

        A few steps of Richardson-Lucy from p, which is a regularized inverse.
        """
        import numpy as np

        least, true, written = self._factors(p.dtype)
        p = q = p.astype(true.dtype, copy=False)
        for _ in range(UNLEARNING_STEPS):
            ratio = written @ q
            if least is not None:
                ratio += least @ q
            np.maximum(ratio, FLOOR, out=ratio)
            np.divide(p, ratio, out=ratio)
            raised = true @ ratio
            if least is not None:
                raised += least[:, None] * ratio.sum(axis=0)
            q = np.multiply(q, raised, out=raised)
            np.maximum(q, 1e-9, out=q)
        return q  # whose columns sum to 1 as those of p do, but for the floor

    def _factors(self, kind: np.dtype) -> tuple[Array | None, Any, Any]:
        """K×K flips and their transpose; or, where that pays, what is above each class's (K,) least flip, sparse."""
        if self._sparse is not None:
            return self._sparse
        flips = self.flips.astype(kind, copy=False)
        return None, flips, flips.T

    @cached_property
    def _sparse(self) -> tuple[Array, Any, Any] | None:
        """In single precision."""
        import numpy as np

        least = self.flips.min(axis=1).astype(np.float32)
        more = self.flips - self.flips.min(axis=1, keepdims=True)
        if np.count_nonzero(more) > SPARSE * more.size:
            return None
        from scipy.sparse import csr_array  # here, as it takes long to load

        more = more.astype(np.float32)
        return least, csr_array(more), csr_array(more.T)
