"""How much more balanced accuracy one model has than another on the same rows, with an interval.

Balanced accuracy is the mean of the classes' recalls, so each class's rows count by their share of it. A class of few
rows in which nothing changed is not known to be sure of that: to each class one row is added that changed as often,
either way, as rows did in all classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.intervals import NORMAL

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class BalancedChange:
    """The second model's balanced accuracy less the first one's, and the 95 % interval; NaN where there is no row."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{100 * self.value:+.1f} points ({100 * self.low:+.1f} to {100 * self.high:+.1f})"


def balanced_change(before: Bools, after: Bools, labels: Codes) -> BalancedChange:
    """before, after: (M,) whether each of M rows is called right. labels: (M,) codes, of all rows that count."""
    import numpy as np

    _, label = np.unique(labels, return_inverse=True)
    n = np.bincount(label)
    if not len(n):
        return BalancedChange(np.nan, np.nan, np.nan)
    fixed, broke = np.bincount(label, after & ~before), np.bincount(label, before & ~after)
    change = (fixed - broke) / n
    usual = (fixed.sum() + broke.sum() + 1) / (n.sum() + 2) / 2
    better, worse = (fixed + usual) / (n + 1), (broke + usual) / (n + 1)
    spread = (better + worse - (better - worse) ** 2) / (n + 1)
    margin = NORMAL * float(np.sqrt(spread.sum())) / len(n)
    value = float(change.mean())
    return BalancedChange(value, value - margin, value + margin)
