"""Several models as one: the logarithmic opinion pool (Genest and Zidek, 1986), its weights cross-fitted by fold.

With one model this is temperature scaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]

FLOOR = 1e-3  # of each model's probabilities: a model that is sure of the wrong class must not rule alone
HEAVIEST = 8.0
SHRINK = 0.01  # toward equal weights, for few labels


def weights(opinions: Sequence[Block], labels: NDArray[np.int64]) -> Block:
    """(models,) exponents with the lowest log-loss on n rows with labels (n,); opinions: (n, K) each."""
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    logs = np.stack([_logs(opinion) for opinion in opinions])
    equal = np.full(len(logs), 1 / len(logs))
    if not len(labels):
        return equal
    right = logs[:, np.arange(len(labels)), labels]

    def loss(exponents: Block) -> float:
        mixed = np.tensordot(exponents, logs, axes=1)
        return float((logsumexp(mixed, axis=1) - exponents @ right).mean() + SHRINK * ((exponents - equal) ** 2).sum())

    best: Block = minimize(loss, equal, method="L-BFGS-B", bounds=[(0, HEAVIEST)] * len(logs)).x
    return best


def pooled(opinions: Sequence[Block], exponents: Block) -> Block:
    """(n, K) the normalized product of the opinions, each to its power."""
    import numpy as np
    from scipy.special import softmax

    mixed = np.zeros_like(opinions[0], dtype=np.float64)
    for opinion, exponent in zip(opinions, exponents, strict=True):
        mixed += exponent * _logs(opinion)
    found: Block = softmax(mixed, axis=1)
    return found


def _logs(opinion: Block) -> Block:
    import numpy as np

    found: Block = np.log(np.maximum(opinion, FLOOR / opinion.shape[1]))
    return found
