"""Paired bootstrap of sums: whole rows, or whole groups of rows, are drawn with replacement for all models at once.

Rows are drawn as weights, and every metric is made of the weighted sums, so no row is ever copied. Above `MOST_UNITS`
rows or groups these are dealt into `BLOCKS` random blocks, and blocks are drawn: as rows do not depend on each other,
blocks vary as much as their rows do, and the standard error is known within 2 %.

For an audit the sums are those of the given labels plus what the answers change about them, each answer standing for
its stratum's rows (difference estimator, Särndal et al., Model assisted survey sampling, 1992, 6.3). Answers are drawn
within their stratum, one fewer than there are (Rao and Wu, Resampling inference with complex survey data, 1988), and
the strata's sizes with them, because the dataset is a sample too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]

DRAWS = 2000
FEWEST_DRAWS = 200
MOST_NUMBERS = 1 << 25  # drawn values of metrics, in all
MOST_UNITS, BLOCKS = 10_000, 2_048
NUMBERS_AT_ONCE = 1 << 21
FEWEST_ANSWERS = 2  # of a stratum, for a variance
PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True)
class AuditStrata:
    """What n audited rows change: `change` (n × C, sparse) of their facts, `stratum` (n,) and that one's `size` (n,).

    Each stratum has at least two answers, unless there is but one in all.
    """

    change: csr_array
    stratum: Codes
    size: Numbers

    @property
    def weight(self) -> Numbers:
        """(n,) how many rows each answer stands for."""
        import numpy as np

        weight: Numbers = self.size / np.bincount(self.stratum)[self.stratum]
        return weight


def units(facts: csr_array, group: Codes | None, seed: int) -> csr_array:
    """What is drawn as a whole: the rows of `facts` (N × C, sparse), or their sums by group, or by block of those."""
    import numpy as np

    rows = facts if group is None else _added(facts, np.unique(group, return_inverse=True)[1])
    if rows.shape[0] <= MOST_UNITS:
        return rows
    dealt = np.random.default_rng(seed).permutation(np.arange(rows.shape[0]) % BLOCKS)
    return _added(rows, dealt)


def total(facts: csr_array, answers: AuditStrata | None = None) -> Numbers:
    """(C,) the sums themselves."""
    import numpy as np

    found = np.asarray(facts.sum(axis=0), np.float64).ravel()
    return found if answers is None else found + answers.change.T @ answers.weight


def replicates(units: csr_array, answers: AuditStrata | None, draws: int, seed: int) -> Iterator[Numbers]:
    """`draws` rows of C sums, some at a time."""
    import numpy as np

    rng = np.random.default_rng(seed)
    columns, n = units.T.tocsr(), units.shape[0]
    size = max(1, min(draws, NUMBERS_AT_ONCE // max(n, units.shape[1])))
    for start in range(0, draws, size):
        count = min(size, draws - start)
        cell = rng.integers(0, n, (n, count)) * count + np.arange(count)
        times = np.bincount(cell.ravel(), minlength=n * count).reshape(n, count).astype(np.float64)
        found = (columns @ times).T
        yield found if answers is None else found + (answers.change.T @ _redrawn(answers, count, rng)).T


def alike_replicates(times: Codes, draws: int, seed: int) -> Codes:
    """(draws, P) how often each of P kinds of rows is drawn, of which there are so many `times` (P,).

    Rows of a kind are alike, so a draw costs as much as there are kinds, however many rows there are.
    """
    import numpy as np

    replicates: Codes = np.random.default_rng(seed).multinomial(times.sum(), times / times.sum(), draws)
    return replicates


def percentile_interval(value: float, drawn: Numbers) -> Estimate | None:
    """With the percentiles of the draws in which the measure is defined; None where its value is not."""
    import numpy as np

    if np.isnan(value):
        return None
    low, high = np.percentile(drawn[~np.isnan(drawn)], PERCENTILES)
    return Estimate(float(value), float(low), float(high))


def pooled_strata(stratum: Codes, size: Numbers, answered: NDArray[np.bool_]) -> tuple[Codes, Numbers]:
    """(n,) strata and their sizes with at least two answers in each; one with fewer joins the next, the last joins up.

    All (n,), a drawn row each; strata are numbered by score.
    """
    import numpy as np

    _, first, of = np.unique(stratum, return_index=True, return_inverse=True)
    pool, held, pools = np.zeros(len(first), np.int64), 0, 0
    for place, answers in enumerate(np.bincount(of, answered)):
        pool[place] = pools
        held += int(answers)
        if held >= FEWEST_ANSWERS:
            held, pools = 0, pools + 1
    pool = np.minimum(pool, max(pools - 1, 0))
    sizes = np.bincount(pool, size[first]).astype(np.float64)
    return pool[of], sizes[pool[of]]


def _added(facts: csr_array, group: Codes) -> csr_array:
    """The sums of the rows of each group; groups are numbered from 0."""
    import numpy as np
    from scipy import sparse

    index = group, np.arange(len(group))
    adder = sparse.csr_array((np.ones(len(group)), index), shape=(int(group.max()) + 1, len(group)))
    sums: csr_array = adder @ facts
    return sums


def _redrawn(answers: AuditStrata, draws: int, rng: np.random.Generator) -> Numbers:
    """(n, draws) how many rows each answer stands for."""
    import numpy as np

    weights = np.zeros((len(answers.stratum), draws))
    numbers, first = np.unique(answers.stratum, return_index=True)
    sizes = answers.size[first]
    rows = round(sizes.sum())
    redrawn = rng.multinomial(rows, sizes / sizes.sum(), draws)
    for place, number in enumerate(numbers):
        mine = np.flatnonzero(answers.stratum == number)
        some = max(len(mine) - 1, 1)
        times = rng.multinomial(some, np.full(len(mine), 1 / len(mine)), draws)
        weights[mine] = (times / some * redrawn[:, [place]]).T
    return weights
