"""Where a noisy curve turns upwards, and whether what comes after is more than noise.

The turning point is the minimum of a cubic smoothing spline through the curve's logarithms, whose stiffness generalized
cross-validation chooses (Craven and Wahba, Smoothing noisy data with spline functions, 1979), or the lowest point where
that is next to it; a curve of fewer than five points is taken as it is. What the points miss the spline by is how much
training alone makes a curve go up and down, and counts as noise beside that of the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.intervals import LEVEL, error_of_mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]

FEWEST_POINTS = 5  # that a spline is drawn through
SMALLEST = 1e-12  # value that has a logarithm


@dataclass(frozen=True)
class TurningPoint:
    """place: of the turn among E points. rise: by how much the last point lies above it, with its 95 % interval.

    p: two-sided, corrected for the number of points after the turn; 1 where it is the last one.
    significant_from: the first point from which on all lie significantly above the turn, None where the last does not.
    """

    place: int
    rise: float
    low: float
    high: float
    p: float
    significant_from: int | None


def turning_point(values: Numbers, group: Codes | None = None) -> TurningPoint:
    """Of the mean curve of (E, n) values, a row a point; the columns are paired. group: (n,), what hangs together."""
    import numpy as np
    from scipy.special import stdtr, stdtrit

    curve = values.mean(axis=1)
    trend, wiggle = _trend(curve)
    place, lowest, last = int(trend.argmin()), int(curve.argmin()), len(curve) - 1
    place = lowest if abs(lowest - place) <= 1 else place
    rise = float(curve[last] - curve[place])
    if place == last or values.shape[1] < 2:
        return TurningPoint(place, rise, rise, rise, 1.0, None)
    spread, units = error_of_mean(values[place + 1 :] - values[place], group)
    if units < 2:
        return TurningPoint(place, rise, rise, rise, 1.0, None)
    spread = np.sqrt(spread**2 + wiggle**2)
    above = np.minimum(curve - curve[place], trend - trend[place])[place + 1 :]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(spread > 0, above / np.maximum(spread, SMALLEST), np.sign(above) * np.inf)
    p = np.where(above > 0, np.minimum(2 * stdtr(units - 1, -np.nan_to_num(z, nan=0.0)) * len(above), 1.0), 1.0)
    low_from = np.flatnonzero(p >= 1 - LEVEL)
    first = place + 1 + (int(low_from[-1]) + 1 if len(low_from) else 0)
    reach = float(stdtrit(units - 1, (1 + LEVEL) / 2) * spread[-1])
    return TurningPoint(place, rise, rise - reach, rise + reach, float(p[-1]), first if first <= last else None)


def _trend(curve: Numbers) -> tuple[Numbers, float]:
    """(E,) the smooth curve, and by how much the points miss it."""
    import numpy as np

    if len(curve) < FEWEST_POINTS:
        return curve, 0.0
    from scipy.interpolate import make_smoothing_spline

    places = np.arange(len(curve), dtype=np.float64)
    trend: Numbers = np.exp(make_smoothing_spline(places, np.log(np.maximum(curve, SMALLEST)))(places))
    missed = ((curve - trend) ** 2).sum() / (len(curve) - 2)
    return trend, float(np.sqrt(missed))
