"""What the answers to an audit say about all rows.

The number of errors is the sum over the strata of size times rate. An interval is Jeffreys' for a proportion at the
effective sample size p(1−p)/variance (Brown, Cai and DasGupta, Interval estimation for a binomial proportion, 2001;
Korn and Graubard 1998), which Student's t with Satterthwaite's degrees of freedom makes smaller. The variance takes
each stratum's rate with one pseudo-row at that of its neighbors, pooled until no rate falls with the score, since a
stratum without a found error is not one without errors. Recall is a ratio of two estimates, so Taylor's variance.

It fails where answers are wrong (where 1 % of the labels are, 1 % of wrong answers double the count), and where
rows are unanswered because of what their answer would be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.scores import Estimate
from hardneg_cli.statistics.stratified_sampling import plan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Mask = NDArray[np.bool_]

LEVEL = 0.95


@dataclass(frozen=True)
class StratumCounts:
    """What is known of each of H strata, lowest score first: its rows, the answered ones, errors among them, its side.

    A stratum without an answer has joined a neighbor.
    """

    size: Numbers
    answers: Numbers
    errors: Numbers
    flagged: Mask


@dataclass(frozen=True)
class Survey:
    """errors: a number of rows. precision, recall: of the flagged set, None where nothing was flagged or found wrong.

    rows_to_halve: how many more rows, spread alike, would halve the interval of `errors`.
    """

    rows: int
    audited: int
    flagged: int
    errors: Estimate
    precision: Estimate | None
    recall: Estimate | None
    rows_to_halve: int


def stratum_counts(stratum: Counts, size: Counts, flagged: Mask, answered: Mask, is_error: Mask) -> StratumCounts:
    """Count by stratum. All (n,), a row each; size is that of the row's stratum. At least one row is answered."""
    import numpy as np

    _, first, of = np.unique(stratum, return_index=True, return_inverse=True)
    side = flagged[first]
    answers, errors = np.bincount(of, answered), np.bincount(of, answered & is_error)
    full = np.flatnonzero(answers)
    # to the nearest stratum with answers, one on the same side of the cut if there is any
    far = np.abs(full - np.arange(len(first))[:, None]) + len(first) * (side[full] != side[:, None])
    joined: Numbers = np.bincount(full[far.argmin(axis=1)], size[first], len(first)).astype(np.float64)
    return StratumCounts(joined[full], answers[full].astype(np.float64), errors[full].astype(np.float64), side[full])


def survey(known: StratumCounts, flagged: int) -> Survey:
    """The number of errors, and how good the set of the `flagged` rows is, each with its 95 % interval."""
    import numpy as np

    size, n = known.size, known.answers
    smooth = (known.errors + _monotone_rate(known)) / (n + 1)
    spread = size**2 * smooth * (1 - smooth) * n / np.maximum(n - 1, 1)
    variance = spread * (1 / n - 1 / size)
    found, expected, above = size * known.errors / n, size * smooth, known.flagged
    total, inside = size.sum(), size[above].sum()
    share = _interval(found.sum() / total, expected.sum() / total, variance / total**2, n)
    seen, right = known.errors.sum(), (n - known.errors).sum()
    errors = Estimate(share.value * total, max(share.low * total, seen), min(share.high * total, total - right))
    precision = recall = None
    if inside:
        p = found[above].sum() / inside, expected[above].sum() / inside
        precision = _interval(*p, variance[above] / inside**2, n[above])
    if seen:
        r = expected[above].sum() / expected.sum()
        by_taylor = variance * np.where(above, 1 - r, r) ** 2 / expected.sum() ** 2  # a ratio of two estimates
        recall = _interval(found[above].sum() / found.sum(), r, by_taylor, n)
    halve = _rows_to_halve(spread, n, size)
    return Survey(int(total), int(n.sum()), flagged, errors, precision, recall, halve)


def expected_interval(score: Numbers, flagged: Mask, n: int) -> Estimate:
    """The count that the scores promise, with the interval that an audit of n rows would then give it.

    Sorted as in `draw`.
    """
    import numpy as np

    edges, take = plan(score, flagged, n)
    size = np.diff(edges).astype(float)
    errors = np.add.reduceat(score, edges[:-1]) / size * take
    return survey(StratumCounts(size, take.astype(float), errors, flagged[edges[:-1]]), int(flagged.sum())).errors


def _monotone_rate(known: StratumCounts) -> Numbers:
    """(H,) error rates, neighbors pooled until none falls with the score (Ayer et al. 1955); Jeffreys' in a pool."""
    import numpy as np

    pools: list[tuple[float, float, int]] = []
    for errors, answers in zip(known.errors, known.answers, strict=True):
        pools.append((errors, answers, 1))
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] >= pools[-1][0] * pools[-2][1]:
            (e, n, strata), (more_e, more_n, more) = pools.pop(-2), pools.pop()
            pools.append((e + more_e, n + more_n, strata + more))
    rates = [(errors + 0.5) / (answers + 1) for errors, answers, _ in pools]
    return np.repeat(rates, [strata for *_, strata in pools])


def _interval(p: float, smooth: float, variance: Numbers, n: Numbers) -> Estimate:
    """Of a proportion p whose variance is the sum of the strata's; `smooth` is p with the pseudo-rows."""
    import numpy as np
    from scipy.special import betaincinv, ndtri, stdtrit  # not scipy.stats, which takes half a second to import

    p, total = float(np.clip(p, 0, 1)), variance.sum()
    if total <= 0:
        return Estimate(p, p, p)
    tail = (1 - LEVEL) / 2
    freedom = total**2 / (variance**2 / np.maximum(n - 1, 1)).sum()
    effective = smooth * (1 - smooth) / total * (ndtri(tail) / stdtrit(freedom, tail)) ** 2
    a, b = p * effective + 0.5, (1 - p) * effective + 0.5
    low = 0.0 if p == 0 else min(p, float(betaincinv(a, b, tail)))
    high = 1.0 if p == 1 else max(p, float(betaincinv(a, b, 1 - tail)))
    return Estimate(p, low, high)


def _rows_to_halve(spread: Numbers, n: Numbers, size: Numbers) -> int:
    """How many more rows, in the same proportions, bring the variance to a quarter."""
    import numpy as np

    def variance(times: float) -> float:
        return float((spread * (1 / np.minimum(n * times, size) - 1 / size)).sum())

    goal, low, high = variance(1) / 4, 1.0, float(np.max(size / n))
    if goal <= 0:
        return 0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if variance(middle) > goal else (low, middle)
    return int(np.ceil(np.minimum(n * high, size).sum() - n.sum() - 1e-6))
