"""Several models' probabilities as one: a logarithmic opinion pool with fitted weights and a bias for each class.

log p(k) = Σ_m a_m · log p_m(k) + c_k, normalized (Genest and Zidek, Combining probability distributions, 1986). With
one model it is temperature scaling with a bias for each class (Guo et al., On calibration of modern neural networks,
2017).
The weights have normal priors around "the first model as it is", so few rows change little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

FLOOR = 1e-6  # no model is surer than that
WEIGHT_SD, CLASS_SD = 1.0, 0.5  # of the priors
STEPS = 200
DECIMALS = 6  # coefficients are rounded: the last bits depend on the processor


@dataclass(frozen=True)
class OpinionPool:
    """weights: (M,) of the models. biases: (K,) of the classes."""

    weights: Block
    biases: Block

    @classmethod
    def fitted(cls, logs: Sequence[Block], truth: Codes, weight: Block) -> OpinionPool:
        """The most probable weights after n rows. logs: M times n×K. truth, weight: (n,). O(n·K·M) a step."""
        import numpy as np
        from scipy.optimize import minimize
        from scipy.special import log_softmax

        models, row = len(logs), np.arange(len(truth))
        start = np.r_[1, np.zeros(models - 1 + logs[0].shape[1])]
        spread = np.r_[np.full(models, WEIGHT_SD), np.full(logs[0].shape[1], CLASS_SD)]

        def loss(b: Block) -> tuple[float, Block]:
            found = log_softmax(mixed(logs, b[:models], b[models:]), axis=1)
            gap, prior = np.exp(found), (b - start) / spread
            gap[row, truth] -= 1
            gap *= weight[:, None]
            slope = np.r_[[np.vdot(gap, log) for log in logs], gap.sum(axis=0)] + prior / spread
            return float(-(weight * found[row, truth]).sum() + (prior**2).sum() / 2), slope

        best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x.round(DECIMALS)
        return cls(best[:models], best[models:])

    def applied(self, logs: Sequence[Block]) -> Block:
        """(n, K) probabilities, none below FLOOR."""
        import numpy as np
        from scipy.special import log_softmax

        found = np.maximum(np.exp(log_softmax(mixed(logs, self.weights, self.biases), axis=1)), FLOOR)
        whole: Block = found / found.sum(axis=1, keepdims=True)
        return whole


def logs_of(probabilities: Block, floor: float = FLOOR) -> Block:
    """(n, K) logarithms of probabilities, none below the floor."""
    import numpy as np

    found: Block = np.log(np.maximum(probabilities, floor))
    return found


def mixed(logs: Sequence[Block], weights: Block, biases: Block) -> Block:
    """(n, K) logarithms of the pool's probabilities, but for what makes them sum to 1."""
    import numpy as np

    found = np.tile(biases, (len(logs[0]), 1))
    for weight, log in zip(weights, logs, strict=True):
        found += weight * log
    return found
