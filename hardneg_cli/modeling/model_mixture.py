"""Several models as one: the mixture of their probabilities that suits held-out labels best.

Stacking (Wolpert 1992; Breiman 1996) with a weight a model, found by expectation maximization, cross-fitted by fold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

PRIOR = 10.0  # rows that speak for each model before any was seen
STEPS, CLOSE = 200, 1e-4
FLOOR = 1e-12


def mixed(models: Sequence[Block], labels: Codes, fold: Codes, order: Codes) -> Block:
    """(N, K) each fold's rows by the weights that suit the labels of all other folds; models: (N, K), out of fold.

    labels: (N,) codes; rows whose code is negative teach nothing. order: (N,) the rows as they are summed up.
    """
    import numpy as np

    if len(models) == 1:
        return models[0]
    found = np.empty_like(models[0])
    for number in np.unique(fold):
        weights, inside = model_weights(models, labels, order[fold[order] != number]), fold == number
        found[inside] = mixture([model[inside] for model in models], weights)
    return found


def mixture(models: Sequence[Block], weights: NDArray[np.float64]) -> Block:
    """(n, K) the weighted mean of the models' probabilities."""
    import numpy as np

    return np.asarray(np.tensordot(weights, np.stack(models), axes=1))


def model_weights(models: Sequence[Block], labels: Codes, rows: Codes) -> NDArray[np.float64]:
    """(M,) a weight a model, 1 in all: of the mixture under which the labels of these rows are most likely."""
    import numpy as np

    rows = rows[labels[rows] >= 0]
    given = np.stack([model[rows, labels[rows]] for model in models], axis=1) + FLOOR
    weights = np.full(len(models), 1 / len(models))
    for _ in range(STEPS):
        shares = given * weights
        shares /= shares.sum(axis=1, keepdims=True)
        before, weights = weights, (shares.sum(axis=0) + PRIOR) / (len(rows) + PRIOR * len(models))
        if np.abs(weights - before).max() < CLOSE:
            break
    return weights
