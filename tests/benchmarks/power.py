"""How time or memory grows: the exponent c in b · n^c, by least squares on logarithms.

What it costs to start is taken off first (the median of a run on a few hundred rows): left in, it would flatten small
sizes and make any program look better than linear. A third parameter fitted for it would leave c nearly free where
there are four sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import linear_regression, mean


@dataclass(frozen=True)
class Exponent:
    """With the 95 % interval of the regression."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def exponent(sizes: Mapping[float, Sequence[float]], start: float) -> Exponent | None:
    """sizes: by n, the costs, one a round. None where a run costs no more than starting does."""
    points = [(log(n), cost - start) for n, costs in sizes.items() for cost in costs]
    if len(points) < 3 or min(cost for _, cost in points) <= 0:
        return None
    x, y = [place for place, _ in points], [log(cost) for _, cost in points]
    slope, intercept = linear_regression(x, y)
    squares = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
    half = _quantile(len(x) - 2) * sqrt(squares / (len(x) - 2) / sum((a - mean(x)) ** 2 for a in x))
    return Exponent(slope, slope - half, slope + half)


def _quantile(freedom: int) -> float:
    from scipy.special import stdtrit  # here: what runs processes stays small

    return float(stdtrit(freedom, 0.975))
