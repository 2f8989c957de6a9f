"""Whether changed rows are worse than unchanged ones of the same stratum: tests whose level holds for any sample size.

Under the null hypothesis the changed rows of each stratum are a random draw from all of its rows, whatever the strata
and their shares are. So the draw can be repeated: the sum of the changed rows' values is compared with that of random
draws, stratum by stratum (a stratified permutation test). With g of n draws at least as high, p = (g + 1) / (n + 1) is
exact (Phipson and Smyth, Permutation p-values should never be zero, 2010), and so is p = h / l where drawing stops at
the l-th draw, the h-th that is as high (Besag and Clifford, Sequential Monte Carlo p-values, 1991). The seed is fixed.
In one stratum, with values 0 and 1, the same question has Fisher's exact answer, the hypergeometric tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Mask = NDArray[np.bool_]

FIRST_DRAWS, FEWEST_DRAWS, MOST_DRAWS = 100, 999, 2_999
MOST_NUMBERS = 4_000_000  # random numbers of a test, a quarter of a microsecond each: fewer draws where strata are many
NUMBERS_AT_ONCE = 400_000
ENOUGH = 50  # draws as high as the sample: p is known well enough
SEED = 0
CERTAIN = 3.0  # the most that a row counts: a score of 0.95 is as sure as a score gets
STEPS = 2  # levels a unit of surprise


@dataclass(frozen=True)
class Strata:
    """H strata with changed and with unchanged rows, by size, so that no renaming of them matters.

    rows, changed: (H, L) how many rows have level 0 … L − 1: all of them, and the changed ones.
    """

    rows: Counts
    changed: Counts

    @classmethod
    def of(cls, level: Counts, changed: Mask, stratum: Counts) -> Strata:
        """Of n rows. Strata without a changed or without an unchanged row say nothing and are left out."""
        import numpy as np

        strata, width = int(stratum.max(initial=0)) + 1, int(level.max(initial=0)) + 1
        cell = stratum.astype(np.int64) * width + level
        rows, some = (
            np.bincount(chosen, minlength=strata * width).reshape(strata, width) for chosen in (cell, cell[changed])
        )
        told = (some.sum(axis=1) > 0) & (some.sum(axis=1) < rows.sum(axis=1))
        rows, some = rows[told], some[told]
        order = np.lexsort(np.concatenate([some.T, rows.T]))
        return cls(rows[order], some[order])


def levels(score: Numbers) -> Counts:
    """(N,) how surprising it would be if the label were right, −ln(1 − score), up to `CERTAIN`, in `STEPS`.

    Its sum over rows is minus the log-probability that all their labels are right. The cap keeps a few certain rows
    from outvoting many; a level is coarse, because a test by counts costs as much as there are levels.
    """
    import numpy as np

    surprise = -np.log1p(-np.minimum(score, 1 - np.exp(-CERTAIN)))
    result: Counts = np.rint(surprise * STEPS).astype(np.int64)
    return result


def permutation_p(strata: Strata) -> float:
    """The one-sided p-value of the sum of the changed rows' levels. O(H·L) a draw, at most some seconds in all."""
    import numpy as np

    worth = np.arange(strata.rows.shape[1])
    observed, generator = int((strata.changed @ worth).sum()), np.random.default_rng(SEED)
    cells = max(int((strata.rows[:, 1:] > 0).sum()), 1)
    draws = int(np.clip(MOST_NUMBERS // cells, FEWEST_DRAWS, MOST_DRAWS))
    as_high = done = 0
    while done < draws:
        size = min(draws - done, max(done, FIRST_DRAWS), max(NUMBERS_AT_ONCE // cells, 1))
        hits = as_high + np.cumsum(_random_sums(strata, size, generator) >= observed)
        if hits[-1] >= ENOUGH:
            return ENOUGH / (done + int(np.searchsorted(hits, ENOUGH)) + 1)
        as_high, done = int(hits[-1]), done + size
    return (as_high + 1) / (draws + 1)


def _random_sums(strata: Strata, size: int, generator: np.random.Generator) -> Counts:
    """(size,) sums of the levels of random draws, level by level from the top: what is left is of level 0."""
    import numpy as np

    left = np.tile(strata.changed.sum(axis=1), (size, 1))
    others, total = strata.rows.sum(axis=1), np.zeros(size, np.int64)
    for level in range(strata.rows.shape[1] - 1, 0, -1):
        there = strata.rows[:, level]
        others = others - there
        some = np.flatnonzero(there)
        if not len(some):
            continue
        taken = generator.hypergeometric(there[some], others[some], left[:, some])
        left[:, some] -= taken
        total += level * taken.sum(axis=1)
    return total


def fisher_p(rows: Counts, flagged: Counts, changed: Counts, both: Counts) -> Numbers:
    """(H,) one-sided: at least `both` flagged rows among `changed` ones that are drawn from `rows` with `flagged`."""
    import numpy as np

    most = np.minimum(flagged, changed)
    found = [_upper_tail(*numbers) for numbers in zip(rows, flagged, changed, both, most, strict=True)]
    return np.array(found, np.float64)


def _upper_tail(rows: int, flagged: int, changed: int, both: int, most: int) -> float:
    import numpy as np

    if both <= 0:
        return 1.0
    x = np.arange(both, most + 1)
    chances = _log_choose(flagged, x) + _log_choose(rows - flagged, changed - x) - _log_choose(rows, changed)
    return min(float(np.exp(chances).sum()), 1.0)


def _log_choose(n: int, k: NDArray[np.int64] | int) -> Numbers:
    """−∞ where k is beyond n."""
    import numpy as np
    from scipy.special import gammaln

    k = np.asarray(k)
    inside = (k >= 0) & (k <= n)
    held = np.where(inside, k, 0)
    result: Numbers = np.where(inside, gammaln(n + 1) - gammaln(held + 1) - gammaln(n - held + 1), -np.inf)
    return result


def sign_p(worse: int, better: int) -> float:
    """One-sided: at least so many worse ones if worse and better are equally likely."""
    from scipy.special import bdtrc

    return 1.0 if not worse else float(bdtrc(worse - 1, worse + better, 0.5))


def least_p(rows: Counts, flagged: Counts, changed: Counts) -> float:
    """The p-value that is left if all `changed` rows are flagged, beside the (H,) `flagged` of the unchanged ones."""
    import numpy as np

    found = [float(_log_choose(f + n, n) - _log_choose(r, n)) for r, f, n in zip(rows, flagged, changed, strict=True)]
    return float(np.exp(sum(found)))


def significant(p: Numbers, least: Numbers, alpha: float) -> Mask:
    """Which of many tests reject, so that any false alarm at all has at most the chance alpha.

    least: the lowest p-value that each can reach; one that cannot reject costs the others nothing (Tarone, A modified
    Bonferroni method for discrete data, 1990).
    """
    import numpy as np

    divisor = next((m for m in range(1, len(p) + 1) if (least <= alpha / m).sum() <= m), 1)
    result: Mask = (p <= alpha / divisor) & (least <= alpha / divisor)
    return np.asarray(result)
