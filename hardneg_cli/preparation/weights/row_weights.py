"""A training weight for every row: trust × balance × hardness, shared among copies, with a mean of 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.preparation.weights.class_balance import Balance, class_balance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class WeightSettings:
    """guard: rows with less trust than 1 − guard get no more weight for their class or their hardness.

    hardness: the exponent γ of the focal loss; 0: hardness counts nothing.
    """

    balance: Balance = Balance.EFFECTIVE
    hardness: float = 0.0
    guard: float = 0.5


@dataclass(frozen=True)
class RowWeights:
    """(N,) each; 0 for rows that do not train. weight = trust × balance × hardness / copies, its mean scaled to 1."""

    weight: Array
    trust: Array
    balance: Array
    hardness: Array


def row_weights(
    labels: NDArray[np.int32], trust: Array, p_given: Array, copies: NDArray[np.int64], train: Bools,
    settings: WeightSettings,
) -> RowWeights:  # fmt: skip
    """labels: (N,) codes. trust: (N,) probability that the label is right. copies: (N,) rows of the same content.

    p_given: (N,) out-of-fold probability of the given label, NaN where there is none. train: (N,) bool; the mean is
    over these, the others weigh nothing. Where no row is trusted every weight is 0.
    """
    import numpy as np

    certain = np.where(train, trust / copies, 0.0)
    size = np.bincount(labels, certain).astype(np.float64)
    balance = class_balance(size, settings.balance)[labels]
    hardness = _hardness(p_given, certain, settings.hardness)
    doubted = 1 - trust > settings.guard
    balance[doubted] = np.minimum(balance[doubted], 1)
    hardness[doubted] = np.minimum(hardness[doubted], 1)
    product = certain * balance * hardness
    total = product.sum()
    weight = product * (train.sum() / total) if total > 0 else product
    return RowWeights(weight, trust, balance, hardness)


def _hardness(p_given: Array, certain: Array, gamma: float) -> Array:
    """(N,) (1 − p)^γ, the factor of the focal loss (Lin, Goyal, Girshick, He and Dollár, 2017), half of it.

    The other half is the same for all rows, so that the easy ones stay. The mean is 1; a row without a probability has
    that.
    """
    import numpy as np

    known = ~np.isnan(p_given)
    found = np.ones(len(p_given))
    if gamma == 0 or not certain[known].sum() > 0:
        return found
    focal = (1 - np.clip(p_given[known], 0, 1)) ** gamma
    mean = float(np.average(focal, weights=certain[known]))
    if mean > 0:
        found[known] = (focal + mean) / (2 * mean)
    return found
