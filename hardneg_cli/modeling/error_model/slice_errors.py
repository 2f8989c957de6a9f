"""How many of some rows a model errs on, where of each row only a probability is known that it does.

The probabilities were learned from all rows, so they know nothing of a slice in which the model errs more often. There
the odds of an error are shifted by one factor, the one under which the slice's own labels are likeliest, as a class's
odds are where it is more frequent (Saerens, Latinne and Decaestecker, Adjusting the outputs of a classifier to new a
priori probabilities, 2002); a normal prior on its logarithm keeps the factor near one where few rows tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.probability import log_odds, sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

SHIFT_SD = 1.0  # of the factor's logarithm
LARGEST, HALVINGS = 6.0, 40
SUREST = 1e-9
DECIMALS = 9


@dataclass(frozen=True)
class CountedErrors:
    """rows, errors: counts, both weighted. informing: the share of the rows that would tell as much if all were known.

    The variance of the rate is that of known errors and, beside it, that of not knowing them (Rubin, Multiple
    imputation for nonresponse in surveys, 1987), nor the factor, and that of as many fresh rows, which are to show it.
    """

    rows: float
    errors: float
    informing: float

    @classmethod
    def of(cls, wrong: Numbers, weight: Numbers, prior: Numbers | None) -> CountedErrors:
        """wrong: (n,) the probability of an error. prior: the same before the row's label was looked at, if known."""
        import numpy as np

        n, spread = float(weight.sum()), 0.0
        if prior is not None and n:
            shift = _shift(wrong, weight, prior)
            wrong, before = (_shifted(p, shift) for p in (wrong, prior))
            told = (weight * (before * (1 - before) - wrong * (1 - wrong))).sum() + 1 / SHIFT_SD**2
            spread = 1 / max(float(told), 1 / SHIFT_SD**2)
        errors = round(float((weight * wrong).sum()), DECIMALS)
        unknown = float((weight * wrong * (1 - wrong)).sum())
        known = errors * (1 - errors / n) if n else 0.0
        lost = unknown + unknown**2 * spread + (0 if prior is None else known)
        return cls(n, errors, float(known / (known + lost)) if known > 0 and np.isfinite(lost) else 1.0)


def _shift(wrong: Numbers, weight: Numbers, prior: Numbers) -> float:
    """The factor's logarithm, where the log-likelihood's slope, which falls, is 0."""
    low, high = -LARGEST, LARGEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = float((weight * (_shifted(wrong, middle) - _shifted(prior, middle))).sum()) - middle / SHIFT_SD**2
        low, high = (middle, high) if slope > 0 else (low, middle)
    return round((low + high) / 2, DECIMALS)


def _shifted(p: Numbers, shift: float) -> Numbers:
    """Probabilities whose odds are multiplied; certain ones stay."""
    import numpy as np

    found: Numbers = np.where((p > 0) & (p < 1), sigmoid(log_odds(p, SUREST) + shift), p)
    return found
