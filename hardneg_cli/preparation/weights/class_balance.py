"""What a row of each class counts, so that small classes are learned as well as large ones."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ONE_ROW = 1.0  # no class counts as smaller


class Balance(StrEnum):
    """How a class's size makes the factor of its rows."""

    NONE = "none"
    INVERSE = "inverse"
    EFFECTIVE = "effective"


def class_balance(size: Array, balance: Balance) -> Array:
    """(K,) one factor a class, whose mean over all rows is 1.

    size: (K,) rows of each class, each as far as it is trusted; 0 for a class without any.
    inverse: 1 / n, so that all classes weigh alike. effective: 1 / E(n), where E(n) = (1 − βⁿ) / (1 − β) is the
    effective number of n rows (Cui, Jia, Lin, Song and Belongie, Class-Balanced Loss Based on Effective Number of
    Samples, 2019) and β = 1 − 1 / N; N, the volume of a class, is the mean size. So small classes are raised to the
    mean, and no class is pressed far below it.
    """
    import numpy as np

    present = size > 0
    if balance is Balance.NONE or not present.any():
        return np.ones(len(size))
    n = np.maximum(size, ONE_ROW)
    if balance is Balance.INVERSE:
        factor = 1 / n
    else:
        volume = max(float(n[present].mean()), ONE_ROW + ONE_ROW)
        factor = 1 / (volume * -np.expm1(n * np.log1p(-1 / volume)))
    factor[~present] = 0
    scaled: Array = factor * (size.sum() / (size * factor).sum())
    scaled[~present] = 1
    return scaled
