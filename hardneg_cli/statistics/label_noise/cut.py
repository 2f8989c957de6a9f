"""How many of the rows to flag, how many are wrong, and the scores that say so: the cut of label_errors.

cut    the number flagged lies, on a logarithmic scale, between the best expected F1 under t and v, and the
       rows whose label is not the model's class (fewer, where hardly any of these is a confident
       disagreement); how near to the former says
       A = 1 − (1 − r)(1 − x), with r the share of the disagreements that v explains, and x the share of
       them that must be flips to just any class, because their labels are third or worse in the model's
       order more often than the model expects.
score  1 / (1 + exp(−slope·(L − cut))): one half at the cut, and its sum is the estimated number of errors.

The F1 cut: Lipton, Elkan and Naryanaswamy 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.probability import FLOOR, sigmoid
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

MILDNESS = 5
PIECE_CELLS = 1 << 18  # numbers at once, so that what is made of them stays in the cache
STEEPEST, FLATTEST = 1.5, 0.05  # of the score's slope: steeper, the top would tie at 1


@dataclass(frozen=True)
class Cut:
    """flagged: the share of rows to flag. errors: the estimated share of wrong labels."""

    flagged: float
    errors: Estimate

    def score(self, order: Array) -> Array:
        """(N,) estimated probability that the label is wrong, from L of all rows.

        The cut and the slope are set on all rows, not on those that the parameters were fitted to.
        """
        away = order - cut_at(order, self.flagged * len(order))
        slope = slope_for(away, self.errors.value * len(order))
        for piece in _in_pieces(away):
            piece[:] = sigmoid(slope * piece)
        return away


def fit_cut(log_odds: Sequence[Array], p: Array, z: Array, labels: Labels, confident: float) -> Cut:
    """The cut of a sample of S rows, from their s, t and v, and K×S p and z.

    confident: the number of confident disagreements.
    """
    import numpy as np

    rows = len(labels)
    p_s, p_t, p_v = (sigmoid(odds) for odds in log_odds)
    modeled = int((p[labels, np.arange(rows)] < p.max(axis=0)).sum())
    confident = min(confident, modeled)
    explained = min(1.0, p_v.sum() / max(modeled, 1))
    trust = 1 - (1 - explained) * (1 - uniform_noise_share(p, z, labels))
    disagreeing = geometric_mix((1 - confident / max(modeled, 1)) ** MILDNESS, confident, modeled)
    flagged = geometric_mix(trust, _best_f1_count((p_t + p_v) / 2), disagreeing) if modeled else 0.0
    least, most = sorted((float(p_t.sum()), float(p_v.sum())))
    low = max(0.0, 0.7 * least - 0.01 * rows)
    high = min(float(rows), 1.3 * geometric_mix(trust, most, max(p_s.sum(), modeled)))
    errors = float(np.clip(geometric_mix(trust, (least + most) / 2, disagreeing), low, high))
    return Cut(flagged / rows, Estimate(errors / rows, low / rows, high / rows))


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


def geometric_mix(share: float, one: float, zero: float) -> float:
    """`one` at share 1, `zero` at share 0, on a logarithmic scale; counts below 1 are 1."""
    import numpy as np

    return float(np.exp(share * np.log(max(one, 1)) + (1 - share) * np.log(max(zero, 1))))


def cut_at(order: Array, count: float) -> float:
    """The value that `count` rows reach; just above it if its ties would take the number farther from `count`."""
    import numpy as np

    if count < 0.5:
        return float(np.nextafter(order.max(), np.inf))
    place = len(order) - min(max(round(count), 1), len(order))
    value = np.partition(order, place)[place]
    over, under = (order >= value).sum() - count, count - (order > value).sum()
    return float(np.nextafter(value, np.inf) if over > under else value)


def slope_for(away: Array, total: float) -> float:
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
