"""Several models' probabilities as one: the logarithmic opinion pool (Genest and Zidek, Combining probability
distributions, 1986).

log p(k) = Σ_m a_m · log p_m(k) + c_k, normalized. With one model it is temperature scaling, with a bias for each class
where biases are fitted (Guo et al., On calibration of modern neural networks, 2017). Matrices are n×K, a row for each
row of the data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.column_blocks import ColumnBlock, each, pieces
from hardneg_cli.statistics.probability import FLOOR, log_odds, log_softmax, sigmoid, softmax
from hardneg_cli.statistics.quasi_newton import Bounds, minimize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

LEADING_CELLS = 100_000  # of more probabilities, a thinned sample leads the way
USUAL_FLIP, FLIP_BOUNDS = -2.0, (-8.0, 2.0)  # log-odds of a flip
STEPS, NO_GAIN = 200, 1e-8
HEAVIEST, LIGHTEST_ALONE = 7.0, 0.05  # weights under flips; a model that stands alone must say something
INFINITE = float("inf")


@dataclass(frozen=True)
class OpinionPool:
    """weights: (M,) of the models. biases: (K,) of the classes."""

    weights: Array
    biases: Array

    def log_odds(self, logs: Sequence[Array]) -> Array:
        """n×K logarithms of the pool's probabilities, but for what makes them sum to 1, from M times n×K ones."""
        odds: Array = self.weights[0] * logs[0] + self.biases
        for weight, log in zip(self.weights[1:], logs[1:], strict=True):
            odds += weight * log
        return odds

    def probabilities(self, logs: Sequence[Array]) -> Array:
        """n×K."""
        odds = self.log_odds(logs)
        return softmax(odds, out=odds)

    def rounded(self, decimals: int) -> OpinionPool:
        """With coefficients that do not depend on the processor."""
        return OpinionPool(self.weights.round(decimals), self.biases.round(decimals))


@dataclass(frozen=True)
class PoolPrior:
    """A normal prior around equal weights, or around the first model as it is; biases are around 0.

    weight_sd, bias_sd: its standard deviations; without the latter classes have no bias. per_row: whether it stands
    against the mean loss of a row, so that no number of rows outweighs it.
    """

    first: bool = False
    weight_sd: float = INFINITE
    bias_sd: float | None = None
    per_row: bool = True


def logs_of(p: Array, floor: float) -> Array:
    """Logarithms of probabilities, none below the floor."""
    import numpy as np

    logs: Array = np.log(np.maximum(p, floor))
    return logs


def equal_weights(scores: Sequence[Array]) -> Array:
    """(N,) one score a row from several, NaN where a source says nothing: the mean of their log-odds."""
    return weighted(scores, [1.0] * len(scores))


def weighted(scores: Sequence[Array], weights: Sequence[float]) -> Array:
    """The same with a weight a source, of which none is below 0; a source of weight 0 says nothing."""
    import numpy as np

    stacked = np.stack(scores)
    shares = np.where(np.isnan(stacked), 0.0, np.array(weights)[:, None])
    total = shares.sum(axis=0)
    mean = np.where(shares > 0, shares * log_odds(stacked), 0).sum(axis=0) / np.where(total > 0, total, 1)
    result: Array = np.where(total > 0, sigmoid(mean), 0.0)
    return result


def fit_to_noisy(logs: Sequence[Array], labels: Labels) -> OpinionPool:
    """The pool of M times n×K log-probabilities that is likeliest where labels are flipped at a uniform rate.

    One model's weight is its inverse temperature.
    """
    return fit(logs, labels, flips=True, bounds=(0.0 if len(logs) > 1 else LIGHTEST_ALONE, HEAVIEST))


def fit(
    logs: Sequence[Array],
    labels: Labels,
    *,
    row_weights: Array | None = None,
    prior: PoolPrior | None = None,
    flips: bool = False,
    bounds: tuple[float, float] = (-INFINITE, INFINITE),
) -> OpinionPool:
    """The most probable pool of M models, from M times n×K log-probabilities and n labels. O(n·K·M) a step.

    row_weights: (n,) how much each row counts. flips: whether a label may be any class at a rate that is fitted, too.
    bounds: of a model's weight.
    """
    import numpy as np

    prior = prior or PoolPrior()
    layout = _Layout(len(logs), logs[0].shape[1], prior.bias_sd is not None, flips)
    start = t = layout.start(prior)
    weights = np.ones(len(labels)) if row_weights is None else row_weights
    thin = max(1, logs[0].size // LEADING_CELLS)
    for every in sorted({thin, 1}, reverse=True) if len(labels) else ():
        likelihood = _Likelihood(layout, [z[::every].T for z in logs], labels[::every], weights[::every])
        loss = _penalized(likelihood, prior, start)
        limits = layout.bounds(bounds)
        t = minimize(loss, t, bounds=limits, steps=STEPS, tolerance=NO_GAIN)
    pool = t[layout.weights]
    biases = t[layout.biases] if layout.has_biases else np.zeros(layout.classes)
    return OpinionPool(pool if pool.any() else start[layout.weights], biases)


@dataclass(frozen=True)
class _Layout:
    """Which of the parameters t stand where: the models' weights, the classes' biases, the log-odds of a flip."""

    models: int
    classes: int
    has_biases: bool
    has_flips: bool

    @property
    def weights(self) -> slice:
        return slice(0, self.models)

    @property
    def biases(self) -> slice:
        return slice(self.models, self.models + self.classes * self.has_biases)

    def start(self, prior: PoolPrior) -> Array:
        import numpy as np

        models = np.eye(self.models)[0] if prior.first else np.full(self.models, 1 / self.models)
        start: Array = np.r_[models, np.zeros(self.classes * self.has_biases), [USUAL_FLIP] * self.has_flips]
        return start

    def bounds(self, weights: tuple[float, float]) -> Bounds:
        import numpy as np

        free = [(-INFINITE, INFINITE)] * (self.classes * self.has_biases)
        low, high = np.array([weights] * self.models + free + [FLIP_BOUNDS] * self.has_flips).T
        return Bounds(low, high)

    def sd(self, prior: PoolPrior) -> Array:
        import numpy as np

        biases = np.full(self.classes * self.has_biases, prior.bias_sd or INFINITE)
        sd: Array = np.r_[np.full(self.models, prior.weight_sd), biases, [INFINITE] * self.has_flips]
        return sd


class _Likelihood:
    """What a pool makes of rows and their labels."""

    def __init__(self, layout: _Layout, logs: Sequence[Array], labels: Labels, weights: Array) -> None:
        self.layout, self.weights = layout, weights
        self.blocks = list(zip(*(pieces(z, labels) for z in logs), strict=True))

    def log_p(self, t: Array) -> Array:
        """Σ log p(written), and its (P,) slope by the parameters."""
        import numpy as np

        parts = each(lambda blocks: self._part(t, blocks), self.blocks)
        total: Array = np.sum(parts, axis=0)
        return total

    def _part(self, t: Array, blocks: tuple[ColumnBlock, ...]) -> Array:
        import numpy as np

        at, first, weight = self.layout, blocks[0], self.weights[blocks[0].columns]
        odds = t[0] * first.z
        for a, block in zip(t[1 : at.models], blocks[1:], strict=True):
            odds += a * block.z
        if at.has_biases:
            odds += t[at.biases, None]
        flip = float(sigmoid(t[-1:])[0]) if at.has_flips else 0.0
        q, log_p, pull, by_flip = _flipped(odds, first, flip) if at.has_flips else _as_written(odds, first)
        pull *= weight
        slopes = [pull @ (block.z.ravel()[block.own] - np.einsum("ij,ij->j", q, block.z)) for block in blocks]
        if at.has_biases:
            slopes.extend(np.bincount(first.labels, pull, at.classes) - q @ pull)
        if at.has_flips:
            slopes.append((weight * by_flip).sum() * flip * (1 - flip))
        return np.array([(weight * log_p).sum(), *slopes])


def _as_written(odds: Array, block: ColumnBlock) -> tuple[Array, Array, Array, Array]:
    """K×n probabilities q of the classes, (n,) log p(written), and its slopes by log q and by the rate of flips."""
    import numpy as np

    log_q = log_softmax(odds, axis=0)
    log_p = log_q.ravel()[block.own]
    return np.exp(log_q, out=log_q), log_p, np.ones_like(log_p), np.zeros_like(log_p)


def _flipped(odds: Array, block: ColumnBlock, flip: float) -> tuple[Array, Array, Array, Array]:
    """The same where a label may be any class at the rate `flip`."""
    import numpy as np

    q = softmax(odds, axis=0, out=odds)
    own = q.ravel()[block.own]
    p = (1 - flip) * own + flip / len(q) + FLOOR
    return q, np.log(p), (1 - flip) * own / p, (1 / len(q) - own) / p


def _penalized(likelihood: _Likelihood, prior: PoolPrior, center: Array) -> Callable[[Array], tuple[float, Array]]:
    """Minus the logarithm of the posterior, and its slope; a row's share of it where the prior is one per row."""
    sd = likelihood.layout.sd(prior)
    rows = len(likelihood.weights) if prior.per_row else 1

    def loss(t: Array) -> tuple[float, Array]:
        away = (t - center) / sd
        total = -likelihood.log_p(t) / rows
        return float(total[0] + (away**2).sum() / 2), total[1:] + away / sd

    return loss
