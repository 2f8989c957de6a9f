"""Scores recalibrated on answers about rows that were chosen by their scores, most often the top of the order.

With l the log-odds of a row's score, an answer is "wrong label" with the probability

    SLIP + (1 − 2·SLIP) · σ(l + a + (EXCESS + b)·max(l, 0) + c·min(l, 0))

a, b and c have normal priors around 0, as wide as the scores of label sets that differ in kind were found to be off.
Given the score, which rows were reviewed says nothing more (Rubin, Inference and missing data, 1976), so the answers
need no weights; a random part among them (control rows) reaches farther. SLIP is the share of mistaken answers.
EXCESS is what scores are over-sure by at their top as a rule: a top that is wrong less often than its scores say is no
news of the rest until it is worse than that.

New log-odds are l + a + b·max(l, 0) + c·min(l, 0), less half a standard error of that change: what the answers do not
prove stays. Below the middle one of the reviewed rows, where the curve goes on by itself, scores only fall, and by no
more than what is left of a change that is shrunk by its variance. That all answers at the top are "wrong" says nothing
about the bottom, but a top that is half right does. Rows that were reviewed at random (control rows) say what there is
at the bottom: with FEWEST_RANDOM of them scores rise there as well. Tried, and worse for the sets where it matters:
scores that also rise there without such rows (a curve through a sure top and a few rows from everywhere else rises in
between), and free curves (a Gaussian process in l) in place of the three parameters.

Where scores hardly differ, with log-odds that deviate by less than FLAT, the priors of b and c are so much wider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics import penalized_newton
from hardneg_cli.statistics.penalized_newton import NormalPrior
from hardneg_cli.statistics.probability import FLOOR, log_odds, sigmoid
from hardneg_cli.statistics.scores import Estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    Codes = NDArray[np.int64]

SLIP = 0.05
EXCESS = -0.4  # of the slope above log-odds of 0
PRIOR_SD, LEAST = (2.0, 0.3, 0.3), (-30.0, -0.55, -0.8)  # of a, b, c; bounds that keep the curve rising
UNPROVED = 0.5  # standard errors
FOLDS = 10
FEWEST_RANDOM = 20  # answers about rows that were drawn at random
FLAT = 3.0  # standard deviation of log-odds: below it, scores hardly differ
APART = 1e-9  # log-odds
STEPS = 20  # of log-odds to 1: answers are counted in cells
DECIMALS = 6  # coefficients are rounded: the last bits depend on the processor


def recalibrate_reviewed(
    score: Array, id_rank: Codes, rows: Codes, is_error: NDArray[np.bool_], at_random: NDArray[np.bool_] | None = None
) -> Array:  # fmt: skip
    """(N,) new scores from the answers `is_error` about the reviewed `rows`; they rise with the old ones.

    score: (N,) probabilities. id_rank: (N,) breaks ties. at_random: which of the rows were not chosen by their scores.
    A reviewed row's score is that of a fit without its answer, and may stand a little off the curve. O(N log N + n).
    """
    import numpy as np

    order = np.lexsort((id_rank, -score))
    place = np.empty(len(score), np.int64)
    place[order] = np.arange(len(score))
    by_place = np.argsort(place[rows])
    rows, wrong = rows[by_place], is_error[by_place]
    odds = log_odds(score)
    fold = np.arange(len(rows)) % FOLDS
    curves = _fitted(odds[rows], wrong, fold, float(odds[np.argsort(id_rank)].std()))
    reached = place <= place[rows[len(rows) // 2]]
    may_rise = reached | (at_random is not None and at_random.sum() >= FEWEST_RANDOM)
    change = curves[0].change(odds, reached, may_rise)
    change[order] = _falling(odds[order] + change[order]) - odds[order] if change.any() else 0.0
    for number in range(min(FOLDS, len(rows))):
        own = rows[fold == number]
        change[own] = curves[1 + number].change(odds[own], reached[own], may_rise[own])
    return np.where(change == 0, score, sigmoid(log_odds(score, FLOOR) + change))


def count_after(errors: Estimate, expected: float, is_error: NDArray[np.bool_], ratio: float) -> Estimate:
    """The number of errors by the n answers `is_error`, about rows of which so many were `expected`, and by the rest.

    ratio: of the new to the old sum of the other rows' scores. Of that change, on a logarithmic scale, the interval
    allows the half and the double; of the answers, that some are mistaken.
    """
    import numpy as np

    n, found = len(is_error), int(is_error.sum())
    unmistaken = float(np.clip((found - SLIP * n) / (1 - 2 * SLIP), 0, n))
    chance = 2 * float(np.sqrt(n * SLIP * (1 - SLIP)))
    least, most = max(min(found, unmistaken) - chance, 0.0), min(max(found, unmistaken) + chance, n)
    narrow, wide = sorted((ratio**0.5, ratio**2))
    value, low, high = (max(number - expected, 0.0) for number in (errors.value, errors.low, errors.high))
    return Estimate(found + value * ratio, least + low * narrow, most + high * wide)


def _falling(odds: Array) -> Array:
    """What rises in a list that is to fall becomes what was least before, but for as little as tells places apart."""
    import numpy as np

    least = np.minimum.accumulate(odds)
    return np.where(odds > least, least - APART * np.arange(len(odds)) / len(odds), odds)


@dataclass(frozen=True)
class _Curve:
    """(3,) a, b and c, and their 3×3 covariance."""

    coefficients: Array
    covariance: Array

    def change(self, odds: Array, reached: NDArray[np.bool_], may_rise: NDArray[np.bool_]) -> Array:
        """What is proved to be added to these log-odds."""
        import numpy as np

        terms = _terms(odds)
        change, variance = np.zeros(len(odds)), np.zeros(len(odds))
        for i in range(len(terms)):  # summed term by term, not by BLAS: the same with any number of threads
            change += self.coefficients[i] * terms[i]
            for j in range(len(terms)):
                variance += self.covariance[i, j] * terms[i] * terms[j]
        size, error = np.abs(change), np.sqrt(np.maximum(variance, 0))
        proved = np.maximum(size - UNPROVED * error, 0)
        far = size - error**2 / np.maximum(size, FLOOR)  # James and Stein 1961: large changes stay, small ones go
        proved = np.where(reached & (change > 0), proved, np.clip(far, 0, proved))
        return np.where(change < 0, -proved, np.where(may_rise, proved, 0))


def _terms(odds: Array) -> tuple[Array, Array, Array]:
    import numpy as np

    return np.ones_like(odds), np.maximum(odds, 0), np.minimum(odds, 0)


def _fitted(odds: Array, wrong: NDArray[np.bool_], fold: Codes, spread: float) -> list[_Curve]:
    """The curve of all answers, and of each fold's others."""
    import numpy as np

    cells, cell = np.unique(np.rint(odds * STEPS), return_inverse=True)
    counts = np.zeros((2, FOLDS, len(cells)))
    np.add.at(counts, (wrong.astype(np.int64), fold, cell), 1)
    total = counts.sum(axis=1, keepdims=True)
    right, errors = np.concatenate([total, total - counts], axis=1)
    terms = np.stack(_terms(cells / STEPS), axis=1)
    expected = cells / STEPS + EXCESS * terms[:, 1]

    def rate(b: Array) -> tuple[Array, Array]:
        """(F, C) how often an answer is "wrong label", and the slope of that."""
        p = sigmoid(expected + np.einsum("fj,cj->fc", b, terms))
        return SLIP + (1 - 2 * SLIP) * p, (1 - 2 * SLIP) * p * (1 - p)

    def loss(b: Array) -> Array:
        q, _ = rate(b)
        found: Array = -(errors * np.log(q) + right * np.log1p(-q)).sum(axis=1)
        return found

    def derivatives(b: Array) -> tuple[Array, Array]:
        q, slope = rate(b)
        error = ((errors + right) * q - errors) * slope / (q * (1 - q))
        weight = (errors + right) * slope**2 / (q * (1 - q))
        return np.einsum("fc,cj->fj", error, terms), np.einsum("fc,ci,cj->fij", weight, terms, terms)

    slope = max(1.0, FLAT / max(spread, 1e-6))
    prior = NormalPrior(np.zeros(3), np.array(PRIOR_SD) * (1, slope, slope), np.array(LEAST))
    b = penalized_newton.fit(1 + FOLDS, prior, loss, derivatives).round(DECIMALS)
    covariance = np.linalg.inv(derivatives(b)[1] + np.diag(1 / prior.sd**2)).round(DECIMALS)
    return [_Curve(*one) for one in zip(b, covariance, strict=True)]
