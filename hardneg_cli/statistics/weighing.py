"""Several models as one: the logarithmic opinion pool (Genest and Zidek, 1986), its weights cross-fitted by fold.

With one model this is temperature scaling. The pool of `stacking` starts from a first model that counts as it is; here
all models are equals, none counts against its own word, and no class is favored.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.statistics.stacking import logs_of, mixed

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
        whole = np.tensordot(exponents, logs, axes=1)
        return float((logsumexp(whole, axis=1) - exponents @ right).mean() + SHRINK * ((exponents - equal) ** 2).sum())

    best: Block = minimize(loss, equal, method="L-BFGS-B", bounds=[(0, HEAVIEST)] * len(logs)).x
    return best


def pooled(opinions: Sequence[Block], exponents: Block) -> Block:
    """(n, K) the normalized product of the opinions, each to its power."""
    import numpy as np
    from scipy.special import softmax

    logs = [_logs(opinion) for opinion in opinions]
    found: Block = softmax(mixed(logs, exponents, np.zeros(logs[0].shape[1])), axis=1)
    return found


def _logs(opinion: Block) -> Block:
    return logs_of(opinion, FLOOR / opinion.shape[1])
