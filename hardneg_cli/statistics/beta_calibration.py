"""Scores that are probabilities again, from audited rows.

logit p = a + b·ln s − c·ln(1−s) + d·logit(rank of s), with b, c, d > 0: beta calibration (Kull, Silva Filho and Flach,
2017) plus the rank, which keeps it sane where s is far from a probability. A Gaussian prior holds it near p = s; the
likelihood is weighted by the inverse inclusion probabilities, so that a wrong curve still has about the right mean.
The curve rises with s, so it changes no order; but an audited row's own score is that of a fit without it, and may
stand a little off the curve. It cannot repair an order that is wrong: of a useless score it makes the base rate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics import penalized_newton
from hardneg_cli.statistics.penalized_newton import NormalPrior
from hardneg_cli.statistics.probability import sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Mask = NDArray[np.bool_]

FOLDS = 200  # up to so many audited rows are left out one by one, more of them some at a time
PRIOR_MEAN, PRIOR_SD = (0.0, 1.0, 1.0, 0.0), (5.0, 1.0, 1.0, 1.0)  # of a, b, c, d: the identity
LEAST_SLOPE = 0.005  # so that the curve rises strictly
CLOSEST = 1e-6  # to 0 and 1, because of the logarithms


def recalibrate(score: Numbers, tie: Counts, rows: Counts, is_error: Mask, inclusion: Numbers) -> Numbers:
    """(N,) new scores from the (n,) audited `rows`, whether their labels are wrong, and how likely each was drawn.

    tie: (N,) what breaks ties of the score, so that the order of the rows changes nothing. An audited row's answer
    does not enter its own score. O(N log N + n²) for n up to 200, then O(N log N + 200·n).
    """
    import numpy as np

    order = np.lexsort((tie[rows], score[rows]))
    rows, wrong, inclusion = rows[order], is_error[order].astype(float), inclusion[order]
    terms = _terms(score)
    weight = len(rows) / inclusion / (1 / inclusion).sum()
    folds = min(len(rows), FOLDS)
    fold = np.arange(len(rows)) % folds
    kept = np.vstack([np.ones(len(rows)), fold != np.arange(folds)[:, None]])
    curves = _fits(terms[rows], wrong, weight * kept)
    # summed term by term, not by BLAS: the same on every machine and with any number of threads
    new: Numbers = sigmoid(sum(terms[:, j] * curves[0, j] for j in range(terms.shape[1])))
    new[rows] = sigmoid((terms[rows] * curves[1:][fold]).sum(axis=1))
    return new


def _terms(score: Numbers) -> Numbers:
    """(N, 4) what the curve is made of; equal scores share their middle rank and stay equal."""
    import numpy as np

    _, at, copies = np.unique(score, return_inverse=True, return_counts=True)
    middle = (np.cumsum(copies) - copies / 2)[at] / len(score)
    s = np.clip(score, CLOSEST, 1 - CLOSEST)
    return np.column_stack([np.ones_like(s), np.log(s), -np.log1p(-s), np.log(middle) - np.log1p(-middle)])


def _fits(terms: Numbers, wrong: Numbers, weights: Numbers) -> Numbers:
    """(W, 4) the most probable curve for each of the (W, n) weights."""
    import numpy as np

    least = np.array([-np.inf] + [LEAST_SLOPE] * (terms.shape[1] - 1))

    def loss(curves: Numbers) -> Numbers:
        odds = np.einsum("kj,nj->kn", curves, terms)
        result: Numbers = (weights * (np.logaddexp(0, odds) - wrong * odds)).sum(axis=1)
        return result

    def derivatives(curves: Numbers) -> tuple[Numbers, Numbers]:
        p = sigmoid(np.einsum("kj,nj->kn", curves, terms))
        slope = np.einsum("kn,nj->kj", weights * (p - wrong), terms)
        return slope, np.einsum("kn,ni,nj->kij", weights * p * (1 - p), terms, terms)

    prior = NormalPrior(np.array(PRIOR_MEAN), np.array(PRIOR_SD), least)
    return penalized_newton.fit(len(weights), prior, loss, derivatives)
