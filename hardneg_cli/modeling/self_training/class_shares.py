"""Whether classes are as frequent among the labeled rows as in the pool, and what a labeled row stands for if not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

RARE = 5  # rows that are expected of a class: of fewer a chi-squared test says little
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
    for less. labels: (n,) codes. pool: (m, K) probabilities by models of these labels, whose mean is taken for the
    pool's shares: unsure models see no shift. A chi-squared test compares the shares.
    """
    import numpy as np

    counts = np.bincount(labels, minlength=pool.shape[1]).astype(float)
    known = counts > 0
    mass = pool[:, known].sum(axis=0)
    if not mass.sum() > 0:
        return np.ones(len(labels))
    expected = np.zeros(len(counts))
    expected[known] = mass / mass.sum() * len(labels)
    if not _differ(counts[known], expected[known], 1 + len(labels) / len(pool)):
        return np.ones(len(labels))
    found: Block = (expected / np.maximum(counts, 1))[labels]
    return found


def _differ(counts: Block, expected: Block, variance: float) -> bool:
    """Whether the counts are other ones than chance makes of those expected, which are of a sample themselves.

    variance: of their difference, times that of the counts. What is rare counts as one class.
    """
    import numpy as np
    from scipy.stats import chi2

    rare = expected < RARE
    both = [np.append(values[~rare], values[rare].sum()) for values in (counts, expected)]
    seen, usual = (values[both[1] > 0] for values in both)
    far = ((seen - usual) ** 2 / np.maximum(usual, 1)).sum()
    return bool(chi2.sf(far / variance, max(len(usual) - 1, 1)) < UNLIKELY)
