"""Fits of people's answers, some of them mistaken, to an index: a row's log-odds, shifted by effects.

P(wrong) = SLIP + (1 − 2·SLIP) / (1 + exp(−a − b·(base + x·g))). The slips keep a single answer from weighing too much
(Copas, Binary regression models for contaminated data, 1988). The effects g stand inside the slope, in the units of
the base, with a normal prior around 0: where the answers flatten the slope, because they are mistaken or lie in a
narrow band of scores, they say little about the effects too, and the order of the base stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics import penalized_newton
from hardneg_cli.statistics.penalized_newton import NormalPrior
from hardneg_cli.statistics.probability import sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SLIP = 0.03  # the share of mistaken answers that is allowed for
LEAST_SLOPE = 0.05
INTERCEPT_SD, SLOPE_SD = 5.0, 0.5  # of the priors, around 0 and 1
DECIMALS = 6  # coefficients are rounded: the last bits depend on the processor


def loss(eta: Array, y: Array) -> Array:
    """The log-loss of each answer (1: the label is wrong) at its log-odds."""
    import numpy as np

    found: Array = -np.log(SLIP + (1 - 2 * SLIP) * sigmoid(np.where(y > 0, eta, -eta)))
    return found


def log_odds_by(b: Array, base: Array, x: Array) -> Array:
    """(…, n) a + b·(base + x·g) for coefficients (…, 2 + d) in the order a, b, g, and x (n, d)."""
    found: Array = b[..., :1] + b[..., 1:2] * (base + b[..., 2:] @ x.T)
    return found


def fit(base: Array, x: Array, y: Array, weight: Array, spread: float) -> Array:
    """(F, 2 + d) coefficients, one fit for each row of the F×n weights, by Fisher scoring.

    base: (n,). x: n×d. y: (n,) 0 or 1. spread: prior standard deviation of each effect. O(F·n·d²) a step.
    """
    import numpy as np

    effects = np.zeros(x.shape[1])
    prior = NormalPrior(
        mean=np.r_[0, 1, effects],
        sd=np.r_[INTERCEPT_SD, SLOPE_SD, effects + spread],
        least=np.r_[-np.inf, LEAST_SLOPE, effects - np.inf],
    )

    def losses(b: Array) -> Array:
        total: Array = (weight * loss(log_odds_by(b, base, x), y)).sum(axis=1)
        return total

    b = penalized_newton.fit(len(weight), prior, losses, lambda b: _derivatives(b, base, x, y, weight))
    rounded: Array = b.round(DECIMALS)
    return rounded


def _derivatives(b: Array, base: Array, x: Array, y: Array, weight: Array) -> tuple[Array, Array]:
    """(F, d) gradients of the loss and (F, d, d) expected information."""
    import numpy as np

    p = sigmoid(log_odds_by(b, base, x))
    q, slope = SLIP + (1 - 2 * SLIP) * p, (1 - 2 * SLIP) * p * (1 - p)
    error = weight * (q - y) / (q * (1 - q)) * slope
    weighed = weight * slope**2 / (q * (1 - q))
    gradients, informations = [], []
    for fit, e, w in zip(b, error, weighed, strict=True):
        jacobian = np.column_stack([np.ones(len(y)), base + x @ fit[2:], fit[1] * x])
        gradients.append(e @ jacobian)
        informations.append((jacobian * w[:, None]).T @ jacobian)
    return np.stack(gradients), np.stack(informations)
