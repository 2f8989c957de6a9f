"""Which labels are wrong, from class probabilities of one or several sources.

p is the sources' logarithmic opinion pool, y the given label, z = log p^w its tempered logarithm (w and the
pool's weights by maximum likelihood of the labels under a uniform flip rate). Log-odds that y is wrong:

    s  self-confidence    w · log((1 − p_y) / p_y)
    t  noise model        p(y | x) = Σ_k q_k T[k, y] with q = softmax(a·z + b)
    v  + recalibration    the same with q = softmax(a·z + b + (z − mean z)·V)
    u  learned noise      p = q·T: the model has learned the flips; T from the confident joint
    e  equal flips        v with the one rate of flips for all pairs of classes

order  L = g·(4s + 2t + 4v + u) / 11 + (1 − g)·(s + m·(e − s) / 2), each squashed to ±12, so that no one of them
       can overrule the others. Where classes are few, a weak model's habits are easily taken for flips, and an order
       by flips that are none is worse than plain self-confidence. So g goes from 0 to 1 as flips that differ make
       the written labels 20 to 40 nats likelier than equal ones do, and m as recalibration does by 20 to 60 nats.
       u, the dearest to tell, comes in where L is near to doubt; below `FAR` s stands in for it.
cut    see `cut`: how many to flag, how many are wrong, and the score, which is one half there.

What this cannot tell: a weak model on clean labels and people who err on ambiguous rows look alike (A of `cut`
is 0 in both); the interval of the count says so. Nor a model that mistakes whole groups of a class's rows for
another class from people who do. Parameters come from a bounded sample of rows; a pass over the
rows costs O(N·K²), above `MANY_CLASSES` O(N·K), of which little but comparisons where few classes lead (see
`leading_classes`). Inside, a matrix has a row for each class, as in noise_model.

Sources: see noise_model, cut and opinion_pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hardneg_cli.statistics import opinion_pool
from hardneg_cli.statistics.label_noise.cut import PIECE_CELLS, Cut, fit_cut
from hardneg_cli.statistics.label_noise.leading_classes import (
    LEAST_TEMPERING,
    LOWEST,
    LeadingClasses,
    LeadingReadings,
)
from hardneg_cli.statistics.label_noise.noise_fit import NoiseModels, fit_noise_models
from hardneg_cli.statistics.label_noise.noise_model import (
    LearnedTransition,
    confident_joint,
)
from hardneg_cli.statistics.label_noise.suggestion import LEAST_ORDER, Suggestions, best_other
from hardneg_cli.statistics.opinion_pool import OpinionPool
from hardneg_cli.statistics.probability import FLOOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

SQUASH = 12.0
FAR = -8.0  # of L with s in place of u: u, the dearest to tell, comes in from there on, and wholly one higher
ORDER_DECIMALS, SINGLE_DECIMALS = 6, 4  # of L, far above rounding errors in double and in single precision
EVEN = 0.25  # share of equal weights in the pool: likelihood alone trusts what has learned the noise best
WEIGHTS = (4, 2, 4, 1)  # of s, t, v and u, where flips that differ are believed
RECALIBRATED = 0.5  # weight of e beside s, where they are not
FLIPS_PROOF, RECALIBRATION_PROOF = (20.0, 40.0), (20.0, 60.0)  # nats: not believed, fully believed
FEW_CLASSES = 20  # of more, each pair of classes has too little weight for its flips to ruin the order
MANY_CLASSES = 100  # beyond: neither v nor u, so that a pass costs O(N·K)
NEAR = 0.1  # of L, so that it is the same rows that get a suggestion
VERY_MANY_CLASSES = 400  # beyond: in t all flips are alike, no parameter that grows with K²
MANY_ENOUGH = 80  # classes: beyond, where a pass takes longest, it is made in single precision


class Belief(NamedTuple):
    """How far what was fitted is believed: g of flips that differ, m of recalibration, 0 to 1 each."""

    flips: float
    recalibration: float

    @classmethod
    def of(cls, models: NoiseModels) -> Belief:
        return cls(_share(models.flips_proof, *FLIPS_PROOF), _share(models.mixing_proof, *RECALIBRATION_PROOF))


@dataclass(frozen=True)
class FittedSources:
    """The fitted sources. pool: its weights sum to 1. w: inverse temperature."""

    pool: OpinionPool
    w: float
    models: NoiseModels
    learned: LearnedTransition | None
    believed: Belief

    def pooled(self, parts: Sequence[Array]) -> Array:
        """K×n p of the sources' K×n probabilities."""
        import numpy as np

        kind = np.float64 if len(parts[0]) <= MANY_ENOUGH else np.float32
        floored = [np.maximum(part, FLOOR, dtype=kind, order="C") for part in parts]
        if len(floored) == 1:
            floored[0] /= floored[0].sum(axis=0)
            return floored[0]
        return np.maximum(self.pool.probabilities([np.log(p, out=p).T for p in floored]).T, FLOOR)

    def judge(self, parts: Sequence[Array], labels: Labels, cut: Cut) -> tuple[Array, Suggestions]:
        """(n,) L from the sources' K×n probabilities, in steps far above rounding errors, as a row's place in a block
        must not matter; and what to suggest.
        """
        import numpy as np

        p = self.pooled(parts)
        z, (g, m), models = _tempered(p, self.w), self.believed, self.models.fitted
        s = _squashed(self._self_confidence(p, labels))
        order, joints = np.zeros(len(labels)), []
        if g < 1:
            e = s if m == 0 or self.models.equal is None else _squashed(self.models.equal.joint(z, labels).odds)
            order += (1 - g) * (s + m * RECALIBRATED * (e - s))
        if g > 0:
            joints = [model.joint(z, labels) for model in models]
            t, v = _squashed(joints[0].odds), _squashed(joints[-1].odds)
            read = _weighed(s, t, v, s)
            if self.learned is not None and len(near := np.flatnonzero(read > FAR)):
                u = _squashed(self.learned.log_odds_of_wrong(p[:, near], labels[near]))
                whole = _weighed(s[near], t[near], v[near], u)
                read[near] += np.minimum(read[near] - FAR, 1) * (whole - read[near])
            order += g * read
        order = order.round(_decimals(p))
        suggested, rows = Suggestions.empty(len(labels)), np.flatnonzero(order > LEAST_ORDER)
        if len(rows):
            of_rows = [joint.of(rows) for joint in joints]
            written = labels[rows]
            of_rows = of_rows or [model.joint(z[:, rows], written) for model in models]
            best, share, ceiling = best_other(of_rows, written, cut)
            mean = np.array([part[best, rows] for part in parts], np.float64).mean(axis=0)
            suggested.put(rows, Suggestions(best, share, ceiling, mean))
        return order, suggested

    def leading(self, columns: Labels) -> LeadingClasses | None:
        """What reads L from few classes, `columns` being where in a block they stand; None where that takes all."""
        lone = len(self.pool.weights) == 1 and self.models.mixed is None and self.learned is None
        if not lone or self.believed.flips < 1 or self.w < LEAST_TEMPERING or len(columns) <= MANY_CLASSES:
            return None
        return LeadingClasses(self.models.plain, self.w, columns)

    def by_leading(self, read: LeadingReadings) -> tuple[Array, Labels]:
        """(n,) L as `judge` has it, and the rows to judge by all classes: in doubt, or with many that lead."""
        import numpy as np

        s, t = _squashed(read.s), _squashed(read.t)
        order = _weighed(s, t, t, s).round(SINGLE_DECIMALS)
        return order, np.flatnonzero((order > LEAST_ORDER - NEAR) | ~read.told)

    def alone(self, models: slice) -> FittedSources:
        """Some of the sources; what was fitted to all of them remains."""
        weights = self.pool.weights[models]
        return replace(self, pool=OpinionPool(weights / weights.sum(), self.pool.biases))

    def self_confidence(self, p: Array, labels: Labels) -> Array:
        """(n,) s from K×n p, squashed, in steps far above rounding errors."""
        return _squashed(self._self_confidence(p, labels)).round(_decimals(p))

    def _self_confidence(self, p: Array, labels: Labels) -> Array:
        import numpy as np

        place = labels, np.arange(len(labels))
        own = p[place]
        p[place] = 0
        others = p.sum(axis=0)  # which 1 − own would not tell well where it is small
        p[place] = own
        s: Array = self.w * (np.log(np.maximum(others, FLOOR)) - np.log(own))
        return s


@dataclass(frozen=True)
class LabelErrors:
    """A fitted estimator: what orders the rows, and where to cut that order."""

    sources: FittedSources
    cut: Cut

    def order(self, blocks: Sequence[Array], labels: Labels, columns: Labels | None = None) -> Array:
        """(N,) L of rows, from the M sources' N×K probabilities; `columns`: which of wider blocks' are meant."""
        return self.judge(blocks, labels, columns)[0]

    def judge(
        self, blocks: Sequence[Array], labels: Labels, columns: Labels | None = None
    ) -> tuple[Array, Suggestions]:  # fmt: skip
        """(N,) L as `order`, and what to suggest instead of the N labels."""
        import numpy as np

        order, suggested = np.empty(len(labels)), Suggestions.empty(len(labels))
        size = max(64, PIECE_CELLS // blocks[0].shape[1])
        columns = np.arange(blocks[0].shape[1]) if columns is None else columns
        leading = self.sources.leading(columns) if len(columns) == blocks[0].shape[1] else None
        for start in range(0, len(labels), size):
            rows: slice | Labels = slice(start, start + size)
            if leading is not None:
                order[rows], doubted = self.sources.by_leading(leading.readings(blocks[0][rows], labels[rows]))
                if not len(rows := start + doubted):
                    continue
            parts = [block[rows].T[columns] for block in blocks]
            order[rows], better = self.sources.judge(parts, labels[rows], self.cut)
            suggested.put(rows, better)
        return order, suggested

    def self_confidence(
        self, blocks: Sequence[Array], models: slice, labels: Labels, columns: Labels
    ) -> Array:  # fmt: skip
        """(N,) s of rows by these of the M sources alone, from their N×K probabilities."""
        import numpy as np

        order = np.empty(len(labels))
        size = max(64, PIECE_CELLS // blocks[0].shape[1])
        sources = self.sources.alone(models)
        for start in range(0, len(labels), size):
            piece = slice(start, start + size)
            pooled = sources.pooled([block[piece].T[columns] for block in blocks])
            order[piece] = sources.self_confidence(pooled, labels[piece])
        return order


def fit(blocks: Sequence[Array], labels: Labels) -> LabelErrors:
    """The estimator from a sample: M sources' S×K probabilities, and the S given labels."""
    import numpy as np

    logs = [np.log(np.maximum(block.T, FLOOR, dtype=np.float64, order="C")) for block in blocks]
    sources = opinion_pool.fit_to_noisy([z.T for z in logs], labels)
    weights = (1 - EVEN) * sources.weights / sources.weights.sum() + EVEN / len(blocks)
    pool = OpinionPool(weights, sources.biases)
    p = np.maximum(pool.probabilities([z.T for z in logs]).T, FLOOR)
    w = float((sources if len(blocks) == 1 else opinion_pool.fit_to_noisy([np.log(p).T], labels)).weights[0])
    z = _tempered(p, w)
    few = len(p) <= MANY_CLASSES
    models = fit_noise_models(
        z, labels, pairs=len(p) <= VERY_MANY_CLASSES, mixed=few, proved=len(p) <= FEW_CLASSES
    )  # fmt: skip
    joint = confident_joint(p, labels)
    learned = LearnedTransition.of(joint) if few else None
    fitted = FittedSources(pool, w, models, learned, Belief.of(models))
    confident = float(joint.sum() - np.trace(joint))
    odds, rate = models.log_odds_of_wrong(z, labels), models.plain.rate
    return LabelErrors(fitted, fit_cut(odds, p, z, labels, confident=confident, rate=rate))


def _share(value: float, none: float, whole: float) -> float:
    """0 at `none`, 1 at `whole`."""
    return min(1.0, max(0.0, (value - none) / (whole - none)))


def _weighed(*parts: Array) -> Array:
    """(n,) the mean of s, t, v and u."""
    import numpy as np

    total: Array = np.average(parts, axis=0, weights=WEIGHTS)
    return total


def _decimals(p: Array) -> int:
    return ORDER_DECIMALS if p.itemsize > 4 else SINGLE_DECIMALS


def _squashed(log_odds: Array) -> Array:
    import numpy as np

    squashed: Array = SQUASH * np.tanh(log_odds / SQUASH)
    return squashed


def _tempered(p: Array, w: float) -> Array:
    """K×n z of p."""
    import numpy as np

    z = np.log(p)
    z *= w
    z -= np.log(np.exp(z).sum(axis=0))  # of probabilities, so that nothing overflows, nor all of it vanishes
    return np.maximum(z, LOWEST, out=z)
