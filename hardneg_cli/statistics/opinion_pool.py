"""Weights of several models: a logarithmic opinion pool fitted to written labels (Genest and Zidek 1986)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.column_blocks import ColumnBlock, each, pieces
from hardneg_cli.statistics.probability import FLOOR, sigmoid, softmax

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

LEADING_CELLS = 1_000_000  # of more probabilities, a thinned sample leads the way


def pooling_weights(logs: list[Array], labels: Labels) -> Array:
    """(M,) weights of a logarithmic opinion pool, softmax(Σ a_m log p_m), fitted together with a uniform flip rate.

    logs: M K×S matrices. Maximum likelihood of the written labels; one model's weight is its inverse temperature.
    """
    import numpy as np
    from scipy.optimize import minimize

    m = len(logs)
    weights = np.array([1 / m] * m + [-2.0])
    bounds = [(0.0 if m > 1 else 0.05, 7.0)] * m + [(-8.0, 2.0)]
    thin = max(1, logs[0].size // LEADING_CELLS)
    for every in sorted({thin, 1}, reverse=True):
        loss = _pooling_loss([z[:, ::every] for z in logs], labels[::every])
        weights = minimize(loss, weights, jac=True, method="L-BFGS-B", bounds=bounds).x
    found: Array = weights[:m]
    return found if found.sum() > 0 else np.full(m, 1 / m)


def _pooling_loss(logs: list[Array], labels: Labels) -> Callable[[Array], tuple[float, Array]]:
    """Minus the mean log p(written) of a pool, and its slope, by its weights and the log-odds of a flip."""
    import numpy as np

    k, m = len(logs[0]), len(logs)
    together = list(zip(*(pieces(z, labels) for z in logs), strict=True))

    def loss(t: Array) -> tuple[float, Array]:
        flip = float(sigmoid(t[m]))

        def part(one: tuple[ColumnBlock, ...]) -> Array:
            odds = t[0] * one[0].z
            for a, piece in zip(t[1:m], one[1:], strict=True):
                odds += a * piece.z
            q = softmax(odds, axis=0, out=odds)
            own = q.ravel()[one[0].own]
            p = (1 - flip) * own + flip / k + FLOOR
            pull = (1 - flip) * own / p
            slopes = [pull @ (piece.z.ravel()[piece.own] - np.einsum("ij,ij->j", q, piece.z)) for piece in one]
            return np.array([np.log(p).sum(), *slopes, ((1 / k - own) / p).sum() * flip * (1 - flip)])

        total = -np.sum(each(part, together), axis=0) / len(labels)
        return float(total[0]), total[1:]

    return loss
