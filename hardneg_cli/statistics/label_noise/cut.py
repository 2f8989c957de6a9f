"""How many of the rows to flag, how many are wrong, and the scores that say so: the cut of label_errors.

cut    the number flagged lies, on a logarithmic scale, between the best expected F1 under t and v, and the
       number of disagreements, the rows whose label is not the model's class. How near to the former says
       A = 1 − (1 − r·h)(1 − x), with r the share of the disagreements that v explains, h how much of what flips
       alone explain remains when the model's confusions may explain it, too (where they take it over, people
       err as the model does), and x the share of the disagreements that must be flips to just any class,
       because their labels are third or worse in the model's order more often than the model expects. Where the
       model contradicts few labels, disagreements count only so far as they are confident: a good model's errors.
score  1 / (1 + exp(−slope·(L − cut))): one half at the cut, and its sum is the estimated number of errors.
proof  that there are errors at all, 0 to 1: which part of the estimated number both noise models explain, times how
       much better than the largest class alone the model foretells the labels that are no flips; all from PROVED on.
       A weak model's faults look like errors, but leave one of the two factors small.
errors the number, and an interval from what is proved to what may hide among and behind the disagreements: nothing
       from below if there is little proof; from above the less, the fewer of the disagreements count as errors.

The F1 cut: Lipton, Elkan and Naryanaswamy 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.probability import FLOOR, sigmoid
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

CONFIDENT = 0.45  # share of confident ones among the disagreements, from which on all of them count
FEW, SHYNESS = 0.05, 2.7  # disagreements a row; how fast they count less where they are so few and not confident
TAKEN_OVER = 6  # power of what remains of the explained flips
LEAST_EXPLAINED = 0.2  # of the disagreements that count: a mean is drawn to a small number
TELLING = 0.02  # flips a row, below which nothing is told from what remains of them
PIECE_CELLS = 1 << 18  # numbers at once, so that what is made of them stays in the cache
PROVED, HARDLY = 0.3, 0.3  # of what is explained times what is foretold, and of the proof that makes of it
LIKELIEST_RATE = 0.6  # of flips, that is made allowance for
LEAST_FOUND = 0.5  # of the errors, where all is proved
UNCOUNTED = 0.6  # share of a logarithm, by which disagreements that do not count draw the upper bound down
SLACK, HIDDEN = 0.01, 0.005  # errors a row that the lower bound leaves out, and the upper one adds
STEEPEST, FLATTEST = 1.5, 0.05  # of the score's slope: steeper, the top would tie at 1
MOST_STEPS, CLOSE = 60, 1e-12  # to the sum, as a share of it, and to the slope


@dataclass(frozen=True)
class Cut:
    """flagged: the share of rows to flag. errors: the estimated share of wrong labels. proof: that there are any.

    uniform: the share of the disagreements that are flips to just any class.
    """

    flagged: float
    errors: Estimate
    proof: float
    uniform: float

    def score(self, order: Array) -> Array:
        """(N,) estimated probability that the label is wrong, from L of all rows.

        The cut and the slope are set on all rows, not on those that the parameters were fitted to.
        """
        away = order - cut_at(order, self.flagged * len(order))
        slope = slope_for(away, self.errors.value * len(order))
        for piece in _in_pieces(away):
            piece[:] = sigmoid(slope * piece)
        return away


def fit_cut(log_odds: Sequence[Array], p: Array, z: Array, labels: Labels, *, confident: float, rate: float) -> Cut:
    """The cut of a sample of S rows, from their t and v, and K×S p and z.

    confident: the number of confident disagreements. rate: how likely a label is a flip to just any class.
    """
    import numpy as np

    rows = len(labels)
    p_t, p_v = (sigmoid(odds) for odds in log_odds)
    by_t, by_v = float(p_t.sum()), float(p_v.sum())
    modeled = int((p[labels, np.arange(rows)] < p.max(axis=0)).sum())
    uniform = uniform_noise_share(p, z, labels)
    remaining = min(1.0, by_v / by_t) ** TAKEN_OVER if by_t > TELLING * rows else 1.0
    trust = 1 - (1 - min(1.0, by_v / max(modeled, 1)) * remaining) * (1 - uniform)
    disagreeing = _counted(modeled, confident, rows)
    explained = max(_best_f1_count((p_t + p_v) / 2), LEAST_EXPLAINED * disagreeing)
    flagged = geometric_mix(trust, explained, disagreeing) if modeled else 0.0
    least, most = sorted((by_t, by_v))
    high = min(float(rows), geometric_mix(trust, 1.2 * most, 1.3 * modeled) + HIDDEN * rows)
    errors = min(geometric_mix(trust, (least + most) / 2, disagreeing), high)
    proof = min(1.0, least / max(errors, FLOOR) * _foretold(labels, 1 - modeled / rows, rate) / PROVED)
    low = max(0.0, LEAST_FOUND * errors * (proof - HARDLY) / (1 - HARDLY) - SLACK * rows)
    uncounted = UNCOUNTED * max(0.0, 1 - errors / max(modeled, 1))
    high = max(errors, min(high, geometric_mix(uncounted, errors, high) + HIDDEN * rows))
    return Cut(flagged / rows, Estimate(errors / rows, low / rows, high / rows), proof, uniform)


def _foretold(labels: Labels, agreeing: float, rate: float) -> float:
    """How much better than the largest class alone the model foretells the labels that are no flips, 0 to 1.

    agreeing: the share of the labels that are the model's class.
    """
    import numpy as np

    largest = float(np.bincount(labels).max()) / len(labels)
    beyond = (agreeing - largest) / max(1 - largest, FLOOR) / (1 - min(rate, LIKELIEST_RATE))
    return min(1.0, max(0.0, beyond))


def _counted(modeled: int, confident: float, rows: int) -> float:
    """How many of the disagreements count as errors."""
    if not modeled:
        return 0.0
    weight = SHYNESS * min(1.0, FEW * rows / modeled) ** 1.5
    return float(modeled * min(1.0, confident / modeled / CONFIDENT) ** weight)


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
    """The slope at which the scores sum to `total`; where none does, the nearest that is allowed.

    Newton's steps on a logarithmic scale, each inside what is left of the interval (Press et al. 2007, §9.4). A few
    passes over the rows.
    """
    import numpy as np

    def excess(log_slope: float) -> tuple[float, float]:
        slope, value, tilt = float(np.exp(log_slope)), -total, 0.0
        for piece in _in_pieces(away):
            p = sigmoid(slope * piece)
            value += float(p.sum())
            p *= (1 - p) * piece  # summed up without a product, whose last bits depend on how many threads share it
            tilt += slope * float(p.sum())
        return value, tilt

    low, high = float(np.log(FLATTEST)), float(np.log(STEEPEST))
    (at_low, tilt), (at_high, _) = excess(low), excess(high)
    if at_low * at_high > 0:
        return float(np.exp(low if abs(at_low) <= abs(at_high) else high))
    at, value = low, at_low
    for _ in range(MOST_STEPS):
        if abs(value) <= CLOSE * total:
            break
        step = value / tilt if tilt else np.inf
        before = at
        at = at - step if low < at - step < high else (low + high) / 2
        value, tilt = excess(at)
        if abs(at - before) <= CLOSE:
            break
        low, high = (at, high) if value * at_low > 0 else (low, at)
    return float(np.exp(at))


def _in_pieces(values: Array) -> list[Array]:
    """The parts of a long vector, so that what is made of them stays in the cache."""
    return [values[start : start + PIECE_CELLS] for start in range(0, len(values), PIECE_CELLS)]
