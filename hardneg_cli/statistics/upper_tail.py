"""How far out a value is among its like, whatever the shape of their upper tail, and where to cut.

Most rows are as they should be, and the others are few and large. So the body of the values tells how the tail of the
sound ones goes on: by Tukey's g-distribution, x = a + b·(exp(g·z) − 1)/g of a standard normal z (Hoaglin 1985), whose
tail is a normal's at g = 0, a log-normal's at g > 0 and ends at g < 0. It is fitted to quantiles, of which the largest
tenth of the values is no part; of two fits, one to the whole body and one to its upper half, the heavier tail holds.
"""

from __future__ import annotations

from math import copysign, erfc, inf, sqrt
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

BODIES = ((0.1, 0.9), (0.5, 0.9))  # quantiles from where to where a fit looks at
QUANTILES = 16
LEAST_G, MOST_G, STEPS = -0.8, 1.2, 41
NORMAL = 5.0  # what a normal's tail is worth, in rows: the shape of few values is chance
ROWS_A_DEGREE = 8.0  # of freedom
LEAST_SPREAD = 1e-3  # of logarithms and the like: less is rounding, not variety
ROOT = sqrt(2)
STEEPEST = 0.25  # share of a tail that ends from which on z goes on as it did there


def tail_z(values: Array) -> Array:
    """(N,) how far out each value is, as a z-value: of sound ones about Φ(−z) lie above z. O(N log N).

    NaN stays NaN, and −∞, which is nowhere near the tail and has no part in the fit, −∞.
    """
    import numpy as np

    known = np.sort(values[np.isfinite(values)])
    if not len(known):
        return values
    found: Array = np.minimum.reduce([_z(values, *_fitted(known, *body)) for body in BODIES])
    return found


def cut_of(z: Array, share: float, false: float) -> float:
    """The z from which on values are called out of the ordinary, at most that above which `share` of sound ones lie.

    Lower where more values lie above than sound ones would: as low as the part of those that would lie there anyway is
    `false` (Benjamini and Hochberg 1995). What few values tell of a tail is uncertain, so where sound ones lie is
    foretold by Student's t, of one degree of freedom for every eight of them.
    """
    import numpy as np

    ranked = -np.sort(-z[np.isfinite(z)])
    freedom = max(len(ranked) / ROWS_A_DEGREE, 1.0)
    normal, most = _as_normal(ranked, freedom), -_normal_quantile(share)
    first = int(np.searchsorted(-normal, -most, "right"))  # those before it are beyond in any case
    last = int(np.searchsorted(-normal, _normal_quantile(false), "right"))  # those after it are too many
    expected = len(ranked) * np.array([erfc(value / ROOT) / 2 for value in normal[first:last].tolist()])
    held = np.flatnonzero(expected <= false * np.arange(first + 1, last + 1))
    return float(ranked[first + held[-1]]) if len(held) else _of_normal(most, freedom)


def _normal_quantile(level: float) -> float:
    """Without scipy, which takes longer to load than a hundred thousand rows to judge."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(level) if 0 < level < 1 else copysign(inf, level - 0.5)


def _as_normal(t: Array, freedom: float) -> Array:
    """Values of Student's t as those of a normal distribution with as much beyond them (Wallace 1959)."""
    import numpy as np

    size = 2 * np.log(np.hypot(1, t / sqrt(freedom)))  # of 1 + t²/n, which may be too large a number
    found: Array = np.sign(t) * np.sqrt(freedom * size) * _shrunk(freedom)
    return found


def _of_normal(z: float, freedom: float) -> float:
    """The reverse."""
    import numpy as np

    with np.errstate(over="ignore"):
        return copysign(float(np.sqrt(freedom * np.expm1((z / _shrunk(freedom)) ** 2 / freedom))), z)


def _shrunk(freedom: float) -> float:
    return (8 * freedom + 1) / (8 * freedom + 3)


def _fitted(known: Array, low: float, high: float) -> tuple[float, float, float]:
    """g, a and b of sorted values: weighted least squares on quantiles, for each g of a grid."""
    import numpy as np

    levels = np.linspace(low, high, QUANTILES)
    y, z = np.quantile(known, levels), np.array([_normal_quantile(level) for level in levels.tolist()])
    weight = np.exp(-(z**2)) / (levels * (1 - levels))  # one over the variance of a normal's quantile
    weight /= weight.sum()
    best, least = (0.0, float(y.mean()), 0.0), np.inf
    for g in np.linspace(LEAST_G, MOST_G, STEPS).round(3).tolist():
        t = np.expm1(g * z) / g if g else z
        off = t - weight @ t
        slope = (weight * off) @ y / ((weight * off) @ off)
        if slope <= 0:
            continue
        start = weight @ y - slope * (weight @ t)
        misfit = weight @ (y - start - slope * t) ** 2 / slope**2 + NORMAL * g**2 / len(known)
        if misfit < least:
            best, least = (g, float(start), float(slope)), misfit
    return best


def _z(values: Array, g: float, start: float, slope: float) -> Array:
    """The inverse above the middle; below it, where nothing is judged, straight on."""
    import numpy as np

    x = (values - start) / max(slope, LEAST_SPREAD)
    if not g:
        return x
    floor = STEEPEST if g < 0 else 0.0
    inside = np.maximum(1 + g * np.maximum(x, 0), max(floor, 1e-9))
    beyond = np.maximum(x - (floor - 1) / g, 0) / floor if g < 0 else 0.0
    found: Array = np.where(x > 0, np.log(inside) / g + beyond, x)
    return found
