"""Least values of smooth functions of some to some thousand parameters, in few steps.

Limited-memory BFGS (Liu and Nocedal, On the limited memory BFGS method for large scale optimization, 1989) in units of
the parameters' own curvatures, with steps cut by interpolation. A parameter at its bound that is pulled beyond it is
held there (Bertsekas, Projected Newton methods for optimization problems with simple constraints, 1982).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

MEMORY = 12  # pairs of steps and what they did to the slope
ENOUGH = 1e-4  # of what the slope promises: the least gain of a step
CUTS, SHORTEST, LONGEST = 25, 0.1, 0.5  # how often a step is cut, and to what share of itself
CURVED = 1e-10


@dataclass(frozen=True)
class Bounds:
    """low, high: (P,) the least and the greatest values of the parameters."""

    low: Array
    high: Array

    def within(self, t: Array) -> Array:
        import numpy as np

        result: Array = np.minimum(np.maximum(t, self.low), self.high)
        return result

    def held(self, t: Array, slope: Array) -> NDArray[np.bool_]:
        """(P,) whether a parameter is at a bound and pulled beyond it."""
        held: NDArray[np.bool_] = ((t <= self.low) & (slope > 0)) | ((t >= self.high) & (slope < 0))
        return held


def minimize(
    loss: Callable[[Array], tuple[float, Array]],
    start: Array,
    *,
    units: Array | None = None,
    bounds: Bounds | None = None,
    steps: int = 100,
    tolerance: float = 1e-6,
) -> Array:
    """(P,) where `loss`, which answers its value and its (P,) slope, is least near `start`.

    units: (P,) one over the root of each parameter's curvature, nearly. steps: at most. tolerance: a step that is
    expected to gain less is not made. O(P) a step, beside what the loss takes.
    """
    import numpy as np

    far = units is None  # nothing tells how far to go at first: as far as one unit
    units = np.ones_like(start) if units is None else units
    t = start if bounds is None else bounds.within(start)
    value, slope = loss(t)
    pairs: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    for _ in range(steps):
        free = slope if bounds is None else np.where(bounds.held(t, slope), 0, slope)
        step = -units * _turned(units * free, pairs)
        if far and not pairs:
            step /= np.sqrt(((step / units) ** 2).sum()) or 1.0
        step[free == 0] = 0
        if not -(free @ step) > tolerance:
            break
        found = _shortened(loss, t, value, free, step, bounds)
        if found is None:
            break
        there, then, steeper = found
        s, y = (there - t) / units, (steeper - slope) * units
        if s @ y > CURVED * np.sqrt((s @ s) * (y @ y)):
            pairs.append((s, y))
        t, value, slope = there, then, steeper
    return t


def _turned(slope: Array, pairs: deque[tuple[Array, Array]]) -> Array:
    """The inverse of the curvature that the pairs tell of, times the slope: the two loops of L-BFGS."""
    found, shares = slope.copy(), []
    for s, y in reversed(pairs):
        share = (s @ found) / (s @ y)
        found -= share * y
        shares.append(share)
    if pairs:
        s, y = pairs[-1]
        found *= (s @ y) / (y @ y)
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        found += (share - (y @ found) / (s @ y)) * s
    return found


def _shortened(
    loss: Callable[[Array], tuple[float, Array]], t: Array, value: float, slope: Array, step: Array,
    bounds: Bounds | None,
) -> tuple[Array, float, Array] | None:  # fmt: skip
    """Where a part of the step gains enough, the value and the slope there; None where rounding is all there is."""
    size = 1.0
    for _ in range(CUTS):
        there = t + size * step if bounds is None else bounds.within(t + size * step)
        then, steeper = loss(there)
        promised = float(slope @ (there - t))
        if then <= value + ENOUGH * promised:
            return there, then, steeper
        bend = then - value - promised
        size *= min(max(-promised / (2 * bend), SHORTEST), LONGEST)
    return None
