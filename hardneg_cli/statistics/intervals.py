"""Intervals of shares, and intervals and tests from what resampling says about a number.

The latter are Student's t around the number, not the resamples' quantiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]

LEVEL = 0.95
NORMAL = 1.959963984540054  # the 97.5 % quantile, which leaves LEVEL between it and its negative
NEARLY_NOTHING = 1e-12


def error(draws: Numbers, n: int) -> Any:
    """The standard error of what is drawn, along the first axis; NaN if there is but one unit."""
    import numpy as np

    if n < 2:
        return np.full(draws.shape[1:], np.nan)
    there = ~np.isnan(draws)
    count = there.sum(axis=0)
    mean = np.where(there, draws, 0).sum(axis=0) / np.maximum(count, 1)
    squares = np.where(there, (draws - mean) ** 2, 0).sum(axis=0)
    found = np.sqrt(squares / np.maximum(count - 1, 1) * n / (n - 1))
    return np.where(count > 1, found, np.nan)


def wilson(hits: Numbers | float, of: Numbers | float, z: float = NORMAL) -> tuple[Numbers, Numbers]:
    """The limits of shares; of nothing, 0 and 1. hits, of: numbers or (n,) each, whole or weighted.

    Source: Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    import numpy as np

    some = np.asarray(of) > 0
    n = np.where(some, of, 1)
    share = np.clip(np.divide(hits, n), 0, 1)  # sums of weights may miss it by their last bits
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    margin = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    low, high = np.clip(middle - margin, 0, share), np.clip(middle + margin, share, 1)
    return np.where(some, low, 0), np.where(some, high, 1)


def error_of_share(share: float, n: float) -> float:
    """A standard error that is not zero where none of n rows, or all of them, are right (Agresti and Coull 1998)."""
    share = (share * n + 2) / (n + 4)
    return float((share * (1 - share) / (n + 4)) ** 0.5)


def error_of_change(fixed: float, broke: float, n: float) -> float:
    """The same for the difference of two models that are right on the same n rows (Bonett and Price 2012)."""
    better, worse = (fixed + 1) / (n + 2), (broke + 1) / (n + 2)
    return float(((better + worse - (better - worse) ** 2) / (n + 2)) ** 0.5)


def error_of_mean(values: Numbers, group: Codes | None = None) -> tuple[Numbers, int]:
    """(E,) the standard error of the mean of each line of (E, n) values, n of at least 2, and how many units there are.

    group: (n,) numbers from 0 of rows that hang together, whose sums are the units (Liang and Zeger, Longitudinal data
    analysis using generalized linear models, 1986). NaN for a single unit.
    """
    import numpy as np

    n = values.shape[1]
    away = values - values.mean(axis=1, keepdims=True)
    if group is not None:
        number = np.unique(group, return_inverse=True)[1]
        away = np.stack([np.bincount(number, line) for line in away])
    units = away.shape[1]
    if units < 2:
        return np.full(len(values), np.nan), units
    found: Numbers = np.sqrt((away**2).sum(axis=1) * units / (units - 1)) / n
    return found, units


def ends(value: float, spread: float, n: int, least: float, most: float) -> tuple[float | None, float | None]:
    """Of the 95 % interval, cut off where the number cannot lie; None where it is not known."""
    from scipy.special import stdtrit

    if not (spread >= 0 and n > 1):
        return None, None
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * spread
    return known(max(value - reach, least)), known(min(value + reach, most))


def p_value(difference: float, spread: float, n: int, differ: int) -> float:
    """Two-sided; at least 2^(1 − d), which is as low as any test of d differing rows gets."""
    from scipy.special import stdtr

    if not (spread >= 0 and n > 1) or difference != difference:
        return float("nan")
    if abs(difference) < NEARLY_NOTHING:
        return 1.0
    p = 2 * float(stdtr(n - 1, -abs(difference) / spread)) if spread > 0 else 0.0
    return min(max(p, 2.0 ** (1 - min(differ, 1000))), 1.0)


def known(value: float) -> float | None:
    """None for NaN."""
    return None if value != value else float(value)
