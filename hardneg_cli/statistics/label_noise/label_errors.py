"""Which labels are wrong, from class probabilities of one or several sources: the score, the cut and the count.

p is the sources' logarithmic opinion pool, y the given label, z = log p^w its tempered logarithm (w and the
pool's weights by maximum likelihood of the labels under a uniform flip rate). Four log-odds that y is wrong:

    s  self-confidence    w · log((1 − p_y) / p_y)
    t  noise model        p(y | x) = Σ_k q_k T[k, y] with q = softmax(a·z + b)
    v  + recalibration    the same with q = softmax(a·z + b + (z − mean z)·V)
    u  learned noise      p = q·T: the model has learned the flips; T from the confident joint

order  L = (2s + 2t + 4v + u) / 9, each squashed to ±12, so that no one of them can overrule the others.
cut    the number flagged lies, on a logarithmic scale, between the best expected F1 under t and v, and the
       rows whose label is not the model's class (fewer, where hardly any of these is a confident
       disagreement); how near to the former says
       A = 1 − (1 − r)(1 − x), with r the share of the disagreements that v explains, and x the share of
       them that must be flips to just any class, because their labels are third or worse in the model's
       order more often than the model expects.
score  1 / (1 + exp(−slope·(L − cut))): one half at the cut, and its sum is the estimated number of errors.

What this cannot tell: a weak model on clean labels and people who err on ambiguous rows look alike (A is 0
in both); the interval of the count says so. Parameters come from a bounded sample of rows; a pass over the
rows costs O(N·K²), above `MANY_CLASSES` O(N·K). Inside, a matrix has a row for each class, as in noise_model.

Sources: see noise_model; the F1 cut: Lipton, Elkan and Naryanaswamy 2014; opinion pool: Genest and Zidek 1986.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics import opinion_pool
from hardneg_cli.statistics.label_noise.noise_fit import fit_noise_models
from hardneg_cli.statistics.label_noise.noise_model import (
    LearnedTransition,
    NoiseModel,
    confident_joint,
    log_odds_of_wrong,
)
from hardneg_cli.statistics.opinion_pool import OpinionPool
from hardneg_cli.statistics.probability import FLOOR, sigmoid
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

LOWEST = -14.0  # log-probability after tempering
SQUASH = 12.0
ORDER_DECIMALS, SINGLE_DECIMALS = 6, 4  # of L, far above rounding errors in double and in single precision
EVEN = 0.25  # share of equal weights in the pool: likelihood alone trusts what has learned the noise best
MILDNESS = 5
MANY_CLASSES = 100  # beyond: neither v nor u, so that a pass costs O(N·K)
VERY_MANY_CLASSES = 400  # beyond: in t all flips are alike, no parameter that grows with K²
MANY_ENOUGH = 80  # classes: beyond, where a pass takes longest, it is made in single precision
PIECE_CELLS = 1 << 18  # probabilities at once, so that what is made of them stays in the cache
STEEPEST, FLATTEST = 1.5, 0.05  # of the score's slope: steeper, the top would tie at 1


@dataclass(frozen=True)
class FittedSources:
    """The fitted sources. pool: its weights sum to 1. w: inverse temperature."""

    pool: OpinionPool
    w: float
    flips: NoiseModel
    recalibrated: NoiseModel | None
    learned: LearnedTransition | None

    def pooled(self, blocks: Sequence[Array]) -> Array:
        """K×n p of the sources' K×n probabilities."""
        import numpy as np

        kind = np.float64 if blocks[0].shape[0] <= MANY_ENOUGH else np.float32
        floored = [np.maximum(block, FLOOR, dtype=kind, order="C") for block in blocks]
        if len(floored) == 1:
            floored[0] /= floored[0].sum(axis=0)
            return floored[0]
        return np.maximum(self.pool.probabilities([np.log(p, out=p).T for p in floored]).T, FLOOR)

    def log_odds(self, p: Array, labels: Labels) -> tuple[Array, Array, Array, Array]:
        """s, t, v, u of n rows, from K×n p."""
        import numpy as np

        z, place = _tempered(p, self.w), (labels, np.arange(len(labels)))
        own = p[place]
        p[place] = 0
        others = p.sum(axis=0)  # which 1 − own would not tell well where it is small
        p[place] = own
        s = self.w * (np.log(np.maximum(others, FLOOR)) - np.log(own))
        t = self.flips.log_odds_of_wrong(z, labels)
        v = t if self.recalibrated is None else self.recalibrated.log_odds_of_wrong(z, labels)
        if self.learned is None:
            return s, t, v, s
        return s, t, v, log_odds_of_wrong(self.learned.unlearned(p), self.learned.flips, labels)


@dataclass(frozen=True)
class LabelErrors:
    """A fitted estimator. flagged: the share of rows to flag. errors: the estimated share of wrong labels."""

    evidence: FittedSources
    flagged: float
    errors: Estimate

    def order(self, blocks: Sequence[Array], labels: Labels, columns: Labels | None = None) -> Array:
        """(N,) L of rows, from the M sources' N×K probabilities; `columns`: which of wider blocks' are meant."""
        import numpy as np

        found = np.empty(len(labels))
        size = max(64, PIECE_CELLS // blocks[0].shape[1])
        columns = np.arange(blocks[0].shape[1]) if columns is None else columns
        for start in range(0, len(labels), size):
            piece = slice(start, start + size)
            pooled = self.evidence.pooled([block[piece].T[columns] for block in blocks])
            found[piece] = combined_log_odds(*self.evidence.log_odds(pooled, labels[piece]))
        return found

    def score(self, order: Array) -> Array:
        """(N,) estimated probability that the label is wrong, from L of all rows.

        The cut and the slope are set on all rows, not on those that the parameters were fitted to.
        """
        away = order - _cut_at(order, self.flagged * len(order))
        slope = _slope(away, self.errors.value * len(order))
        for piece in _in_pieces(away):
            piece[:] = sigmoid(slope * piece)
        return away


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
    flips, recalibrated = fit_noise_models(z, labels, pairs=len(p) <= VERY_MANY_CLASSES, mixed=few)
    joint = confident_joint(p, labels)
    evidence = FittedSources(pool, w, flips, recalibrated, LearnedTransition.of(joint) if few else None)
    return fit_cut(evidence, p, z, labels, float(joint.sum() - np.trace(joint)))


def fit_cut(evidence: FittedSources, p: Array, z: Array, labels: Labels, confident: float) -> LabelErrors:
    """How many to flag and how many are wrong, from the sample; `confident`: the number of confident disagreements."""
    import numpy as np

    rows = len(labels)
    s, t, v, _ = evidence.log_odds(p, labels)
    p_s, p_t, p_v = sigmoid(s).sum(), sigmoid(t), sigmoid(v)
    modeled = int((p[labels, np.arange(rows)] < p.max(axis=0)).sum())
    confident = min(confident, modeled)
    explained = min(1.0, p_v.sum() / max(modeled, 1))
    trust = 1 - (1 - explained) * (1 - uniform_noise_share(p, z, labels))
    disagreeing = geometric_mix((1 - confident / max(modeled, 1)) ** MILDNESS, confident, modeled)
    flagged = geometric_mix(trust, _best_f1_count((p_t + p_v) / 2), disagreeing) if modeled else 0.0
    least, most = sorted((float(p_t.sum()), float(p_v.sum())))
    low = max(0.0, 0.7 * least - 0.01 * rows)
    high = min(float(rows), 1.3 * geometric_mix(trust, most, max(p_s, modeled)))
    errors = float(np.clip(geometric_mix(trust, (least + most) / 2, disagreeing), low, high))
    return LabelErrors(evidence, flagged / rows, Estimate(errors / rows, low / rows, high / rows))


def _tempered(p: Array, w: float) -> Array:
    """K×n z of p."""
    import numpy as np

    z = np.log(p)
    z *= w
    z -= z.max(axis=0)
    z -= np.log(np.exp(z).sum(axis=0))
    return np.maximum(z, LOWEST, out=z)


def combined_log_odds(s: Array, t: Array, v: Array, u: Array) -> Array:
    """L of the four log-odds, in steps far above rounding errors: a row's place in a block must not matter."""
    import numpy as np

    s, t, v, u = (SQUASH * np.tanh(x / SQUASH) for x in (s, t, v, u))
    decimals = ORDER_DECIMALS if t.itemsize == np.dtype(np.float64).itemsize else SINGLE_DECIMALS
    order: Array = ((2 * s + 2 * t + 4 * v + u) / 9).astype(np.float64)
    return order.round(decimals)


def _best_f1_count(p: Array) -> int:
    """How many rows to flag for the best expected F1."""
    import numpy as np

    hits = np.cumsum(np.sort(p)[::-1])
    return int(np.argmax(2 * hits / (np.arange(1, len(p) + 1) + hits[-1] + FLOOR))) + 1


def uniform_noise_share(p: Array, z: Array, labels: Labels) -> float:
    """The share of the disagreements that are flips to just any class; 0 where two classes cannot tell."""
    import numpy as np

    own = p[labels, np.arange(len(labels))]
    disagree = own < p.max(axis=0)
    third = (disagree & ((p > own).sum(axis=0) > 1)).sum() / max(disagree.sum(), 1)
    q = np.exp(z)
    q[q.argmax(axis=0), np.arange(len(labels))] = 0
    behind = q.sum()
    expected = (behind - q.max(axis=0).sum()) / max(behind, FLOOR)
    any_class = 1 - 1 / (len(p) - 1)
    return float(np.clip((third - expected) / (any_class - expected), 0, 1)) if any_class - expected > 0.05 else 0.0


def _cut_at(order: Array, count: float) -> float:
    """The value that `count` rows reach; just above it if its ties would take the number farther from `count`."""
    import numpy as np

    if count < 0.5:
        return float(np.nextafter(order.max(), np.inf))
    place = len(order) - min(max(round(count), 1), len(order))
    value = np.partition(order, place)[place]
    over, under = (order >= value).sum() - count, count - (order > value).sum()
    return float(np.nextafter(value, np.inf) if over > under else value)


def geometric_mix(share: float, one: float, zero: float) -> float:
    """`one` at share 1, `zero` at share 0, on a logarithmic scale; counts below 1 are 1."""
    import numpy as np

    return float(np.exp(share * np.log(max(one, 1)) + (1 - share) * np.log(max(zero, 1))))


def _slope(away: Array, total: float) -> float:
    """The slope at which the scores sum to `total`; where none does, the nearest that is allowed."""
    import numpy as np
    from scipy.optimize import brentq

    @cache  # the search asks for both ends once more
    def excess(log_slope: float) -> float:
        return sum(float(sigmoid(np.exp(log_slope) * piece).sum()) for piece in _in_pieces(away)) - total

    low, high = np.log(FLATTEST), np.log(STEEPEST)
    if excess(low) * excess(high) > 0:
        return float(np.exp(min(low, high, key=lambda t: abs(excess(t)))))
    return float(np.exp(brentq(excess, low, high)))


def _in_pieces(values: Array) -> list[Array]:
    """The parts of a long vector, so that what is made of them stays in the cache."""
    return [values[start : start + PIECE_CELLS] for start in range(0, len(values), PIECE_CELLS)]
