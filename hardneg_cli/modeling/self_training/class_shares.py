"""Whether classes are as frequent among the labeled rows as in the pool, and what a labeled row stands for if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

STEPS, CLOSE = 200, 1e-6  # of expectation maximization
UNLIKELY = 0.05  # how often labels that are drawn alike may look otherwise, and be weighted for it
RARELY = 1e-3  # how often a labeled sample of the pool may look otherwise than one


@dataclass(frozen=True)
class ClassShift:
    """code: the class whose number of labels is the least likely. labeled, pool: its share there."""

    code: int
    labeled: float
    pool: float


def class_shift(labels: Codes, pool: Block) -> ClassShift | None:
    """labels: (n,) codes. pool: (m, K) probabilities. None where the labels may be a sample of the pool.

    Binomial tests of each class's share, both sides, with Bonferroni's correction. The pool's shares are what models
    think, which lean toward the labeled rows', so a shift has to be plain to be seen.
    """
    import numpy as np
    from scipy.stats import binom

    k = pool.shape[1]
    counts, shares = np.bincount(labels, minlength=k), np.clip(pool.mean(axis=0), 0, 1)
    fewer, more = binom.cdf(counts, len(labels), shares), binom.sf(counts - 1, len(labels), shares)
    unlikely = np.minimum(fewer, more)
    code = int(unlikely.argmin())
    if unlikely[code] * 2 * k >= RARELY:
        return None
    return ClassShift(code, float(counts[code] / len(labels)), float(shares[code]))


def stand_for(labels: Codes, pool: Block) -> Block:
    """(n,) how much of the pool each labeled row stands for, 1 on average: 1 for all that may be drawn as the pool was.

    Where many rows of a class were labeled for few of the pool, as when so many are labeled of each, its rows count
    for less. labels: (n,) codes. pool: (m, K) probabilities by models of these labels, whose shares of the classes are
    corrected for the labels' own by expectation maximization (Saerens, Latinne and Decaestecker, Adjusting the outputs
    of a classifier to new a priori probabilities, 2002); a chi-squared test compares the shares.
    """
    import numpy as np
    from scipy.stats import chi2

    labeled = np.bincount(labels, minlength=pool.shape[1]) / max(len(labels), 1)
    known = labeled > 0
    shares = labeled.copy()
    for _ in range(STEPS if len(pool) else 0):
        odds = pool[:, known] * (shares[known] / labeled[known])
        before, shares[known] = shares[known], (odds / odds.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(shares[known] - before).max() < CLOSE:
            break
    far = len(labels) * ((labeled[known] - shares[known]) ** 2 / np.maximum(shares[known], CLOSE)).sum()
    if chi2.sf(far, max(int(known.sum()) - 1, 1)) >= UNLIKELY:
        return np.ones(len(labels))
    found: Block = (shares / np.where(known, labeled, 1))[labels]
    return found
