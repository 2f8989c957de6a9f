"""Tests of two classifiers on the same rows: what one gets right and the other does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Counts = NDArray[np.int64]
    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class PairedOutcomes:
    """(K,) rows of each class: wrong before and right now, the reverse, wrong both times, right both times.

    `broke` is what was forgotten; its share of all rows is the negative-flip rate (Yan et al., Positive-congruent
    training: towards regression-free model updates, 2021).
    """

    fixed: Counts
    broke: Counts
    both_wrong: Counts
    both_right: Counts

    @property
    def rows(self) -> Counts:
        return self.fixed + self.broke + self.both_wrong + self.both_right


def flips(before: Codes, now: Codes, labels: Codes, k: int) -> PairedOutcomes:
    """Count by label. All (N,); labels are codes from 0, or −1 for a row without one, which is left out."""
    import numpy as np

    known = labels >= 0
    was, is_, true = before[known] == labels[known], now[known] == labels[known], labels[known]
    masks = (~was & is_, was & ~is_, ~was & ~is_, was & is_)
    return PairedOutcomes(*(np.bincount(true[mask], minlength=k) for mask in masks))


def differing(a: Codes, b: Codes, labels: Codes, k: int) -> Codes:
    """(K,) rows that one of the models calls so and the other does not."""
    import numpy as np

    other = (a != b) & (labels >= 0)
    return np.bincount(a[other], minlength=k) + np.bincount(b[other], minlength=k)


def mcnemar_p(fixed: int, broke: int, *, mid: bool = True) -> float:
    """Two-sided, of as many rows flipping one way as the other: exact binomial, by default its mid-p version.

    The mid-p test keeps its level in practice and has more power (Fagerland, Lydersen and Laake, The McNemar test for
    binary matched-pairs data, 2013). Rows have to be independent.
    """
    from math import exp, lgamma, log

    from scipy.special import bdtr

    n, fewer = fixed + broke, min(fixed, broke)
    if n == 0:
        return 1.0
    p = 2 * float(bdtr(fewer, n, 0.5))
    if mid:
        p -= exp(lgamma(n + 1) - lgamma(fewer + 1) - lgamma(n - fewer + 1) - n * log(2))
    return min(p, 1.0)


def holm(p: Numbers) -> Numbers:
    """(n,) p-values adjusted for being n: any false alarm at all has the level (Holm 1979). NaN is no test."""
    import numpy as np

    found: Numbers = np.full(len(p), np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    steps = p[order] * np.arange(len(order), 0, -1)
    found[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return found
