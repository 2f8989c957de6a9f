"""Whether the labeled rows seem to be drawn as the pool was, which a proof about the pool presumes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

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
