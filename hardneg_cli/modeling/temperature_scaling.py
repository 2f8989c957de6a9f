"""Temperature scaling (Guo et al., On calibration of modern neural networks, 2017), cross-fitted by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.probability import softmax

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]

FLOOR = 1e-6  # no model is surer than that
SHARPEST, SOFTEST = 8.0, 0.1


def calibrated(probabilities: Block, labels: NDArray[np.int64], fold: NDArray[np.int64]) -> Block:
    """(N, K) with each fold's rows at the inverse temperature that suits the labels of all other folds best.

    labels: (N,) codes; rows whose code is negative are scaled but teach nothing.
    """
    import numpy as np

    logs = np.log(np.maximum(probabilities, FLOOR))
    scaled = np.empty_like(logs)
    for number in np.unique(fold):
        train = (fold != number) & (labels >= 0)
        inside = fold == number
        scaled[inside] = sharpened(logs[inside], sharpness(logs[train], labels[train]))
    return scaled


def overall(probabilities: Block, labels: NDArray[np.int64], others: Block) -> Block:
    """(M, K) of other rows, at the inverse temperature that suits all labels (N,) of `probabilities` best."""
    import numpy as np

    labeled = labels >= 0
    logs = np.log(np.maximum(probabilities[labeled], FLOOR))
    return sharpened(np.log(np.maximum(others, FLOOR)), sharpness(logs, labels[labeled]))


def sharpness(logs: Block, labels: NDArray[np.int64]) -> float:
    """The inverse temperature of the lowest log-loss; 1 where there is nothing to learn from."""
    import numpy as np
    from scipy.optimize import minimize_scalar

    if not len(labels):
        return 1.0

    def loss(log_sharpness: float) -> float:
        scaled = sharpened(logs, float(np.exp(log_sharpness)))
        return float(-np.log(np.maximum(scaled[np.arange(len(labels)), labels], FLOOR)).mean())

    best = minimize_scalar(loss, bounds=(np.log(SOFTEST), np.log(SHARPEST)), method="bounded", options={"xatol": 1e-3})
    return float(np.exp(best.x))


def sharpened(logs: Block, sharpness: float) -> Block:
    return softmax(logs * sharpness)
