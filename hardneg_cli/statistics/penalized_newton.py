"""Many small fits at once: Newton's method with a normal prior, bounds and halved steps.

The steps are of all fits together, for the speed of it; each stops by itself, so that nothing of the others' rows leaks
into it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

STEPS, HALVINGS = 100, 30
CONVERGED = 1e-10  # a step that lowers the penalized loss by no more


@dataclass(frozen=True)
class NormalPrior:
    """What d parameters are around before anything was seen, and their least values. Each is (d,)."""

    mean: Array
    sd: Array
    least: Array

    def penalty(self, parameters: Array) -> Array:
        """(F,) minus the logarithm of the prior of (F, d) parameters, but for a constant."""
        result: Array = (((parameters - self.mean) / self.sd) ** 2).sum(axis=1) / 2
        return result


def fit(
    fits: int, prior: NormalPrior, loss: Callable[[Array], Array], derivatives: Callable[[Array], tuple[Array, Array]]
) -> Array:
    """(F, d) the most probable parameters of each of F fits.

    loss: (F,) minus the log-likelihood of (F, d) parameters. derivatives: its (F, d) gradients and (F, d, d) curvature,
    observed or expected. O(F·d³) a step, beside what those two take.
    """
    import numpy as np

    found = np.tile(np.maximum(prior.mean, prior.least), (fits, 1))
    now, live = loss(found) + prior.penalty(found), np.ones(fits, bool)
    for _ in range(STEPS):
        step = _step(found, prior, *derivatives(found))
        size = np.ones(fits)
        for _ in range(HALVINGS):
            trial = np.maximum(found - size[:, None] * step, prior.least)
            then = loss(trial) + prior.penalty(trial)
            worse = then > now
            if not (worse & live).any():
                break
            size[worse] /= 2
        better = live & ~worse
        found[better] = trial[better]
        live = better & (now - then > CONVERGED)
        now = np.where(better, then, now)
        if not live.any():
            break
    return found


def _step(parameters: Array, prior: NormalPrior, gradient: Array, curvature: Array) -> Array:
    """(F, d) what to subtract; a parameter that is at its least value and pulled below it stays."""
    import numpy as np

    variance = prior.sd**2
    slope = gradient + (parameters - prior.mean) / variance
    held = (parameters <= prior.least) & (slope > 0)
    bend = curvature + np.diag(1 / variance)
    free = np.where(held[:, :, None] | held[:, None, :], np.eye(len(prior.mean)), bend)
    step: Array = np.linalg.solve(free, np.where(held, 0, slope)[..., None])[..., 0]
    return step
