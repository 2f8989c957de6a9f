"""Which class of each row is the right one, given opinions about it and a label that may be wrong.

The opinions' logarithms, weighted, with a constant for each class, make the odds of the right class; the label is the
right class but for a share of the rows: half of these have any other label, half one of a class that looks like it, as
often as the opinions take one for the other. Weights, constants and that share are those under which the labels as they
are, all of them in full, are likeliest (forward correction: Patrini et al., Making deep neural networks robust to label
noise, 2017). So wrong labels do not pass for a model's errors, nor a model's errors for wrong labels: where opinions
are sure of themselves hardly any but wrong labels disagree, and that tells the share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.statistics.probability import log_odds, sigmoid, softmax
from hardneg_cli.statistics.quasi_newton import minimize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

MOST_WRONG = 0.5  # of the labels
ALIKE = 0.5  # of the wrong labels, the share that goes by what looks alike
ROWS_EXPECTED = 30.0  # what is expected of the share counts as much as so many rows
CONSTANT_SD = 1.0  # of the constants, in nats, beforehand
WEIGHT_SD = 3.0  # of the weights' logarithms
DECIMALS = 6  # parameters are rounded: the last bits depend on the processor
CLOSEST = 1e-3


@dataclass(frozen=True)
class RightLabels:
    """p: (N, K) the probability that a class is the right one; prior: the same before the label is looked at.

    wrong: the share of the labels that are wrong.
    """

    p: Block
    prior: Block
    wrong: float

    def expected(self, losses: Block) -> Block:
        """(N,) the expected value of a loss, (N, K), that depends on the right class."""
        found: Block = (self.p * losses).sum(axis=1)
        return found


def right_labels(logs: Sequence[Block], given: Codes, known: NDArray[np.bool_], expected: float) -> RightLabels:
    """logs: (N, K) log-probabilities of each opinion. given: (N,) codes, −1 for none. known: (N,) labels surely right.

    expected: the share of the other labels that is likely wrong. O(N K) a step, and N K more numbers in memory.
    """
    import numpy as np

    problem = _Likelihood.of(logs, given, known, expected)
    start = np.r_[np.full(len(logs), -np.log(len(logs))), problem.expected_odds, np.zeros(logs[0].shape[1])]
    found = minimize(problem, start).round(DECIMALS)
    return problem.posterior(found)


@dataclass(frozen=True)
class _Likelihood:
    """The negative log-likelihood of the labels, with its priors: of M log-weights, a share's log-odds, K constants."""

    logs: Sequence[Block]
    given: Codes
    rows: Codes
    known: NDArray[np.bool_]
    expected: float
    mistaken: Block

    @classmethod
    def of(cls, logs: Sequence[Block], given: Codes, known: NDArray[np.bool_], expected: float) -> _Likelihood:
        """mistaken: for each labeled row and class, how likely a wrong label is the row's, if that class is right."""
        import numpy as np

        rows = np.flatnonzero(given >= 0)
        labels = given[rows]
        mistaken = _mistaken(softmax(np.mean([log[rows] for log in logs], axis=0)), labels)[:, labels].T
        return cls(logs, given, rows, known[rows], float(np.clip(expected, CLOSEST, 0.4)), mistaken)

    @property
    def expected_odds(self) -> float:
        """The parameter that is the expected share."""
        import numpy as np

        return float(log_odds(np.array([self.expected / MOST_WRONG]), CLOSEST)[0])

    def __call__(self, parameters: Block) -> tuple[float, Block]:
        import numpy as np

        weights, share, constants = self._meant(parameters)
        q, rows, m = self._odds(weights, constants), self.rows, len(self.logs)
        of_label = self._of_label(share)
        likelihood = np.maximum((q[rows] * of_label).sum(axis=1), 1e-300)
        slope = np.zeros_like(q)
        slope[rows] = q[rows] * (1 - of_label / likelihood[:, None])
        by_wrong = (q[rows] * self.mistaken).sum(axis=1) - q[rows, self.given[rows]]
        by_share = -np.where(self.known, 0.0, by_wrong / likelihood).sum()
        by_share -= ROWS_EXPECTED * (self.expected / share - (1 - self.expected) / (1 - share))
        away = parameters[:m] + np.log(m)
        value = -np.log(likelihood).sum() + 0.5 * (away**2).sum() / WEIGHT_SD**2
        value += 0.5 * (constants**2).sum() / CONSTANT_SD**2
        value -= ROWS_EXPECTED * (self.expected * np.log(share) + (1 - self.expected) * np.log(1 - share))
        by_weight = np.array([(slope * log).sum() for log in self.logs]) * weights + away / WEIGHT_SD**2
        by_constant = slope.sum(axis=0) + constants / CONSTANT_SD**2
        return float(value), np.r_[by_weight, by_share * share * (1 - share / MOST_WRONG), by_constant]

    def posterior(self, parameters: Block) -> RightLabels:
        """With the label taken into account as well."""
        import numpy as np

        weights, share, constants = self._meant(parameters)
        q = self._odds(weights, constants)
        p = q.copy()
        p[self.rows] = np.maximum(p[self.rows] * self._of_label(share), 1e-300)
        return RightLabels(p / p.sum(axis=1, keepdims=True), q, share)

    def _of_label(self, share: float) -> Block:
        """For each labeled row and class, how likely the row's label is, if that class is right."""
        import numpy as np

        wrong = np.where(self.known, 0.0, share)
        found: Block = self.mistaken * wrong[:, None]
        found[np.arange(len(self.rows)), self.given[self.rows]] += 1 - wrong
        return found

    def _meant(self, parameters: Block) -> tuple[Block, float, Block]:
        import numpy as np

        m = len(self.logs)
        share = MOST_WRONG * float(sigmoid(parameters[m : m + 1])[0])
        return np.exp(np.clip(parameters[:m], -20, 5)), min(max(share, 1e-9), MOST_WRONG - 1e-9), parameters[m + 1 :]

    def _odds(self, weights: Block, constants: Block) -> Block:
        import numpy as np

        odds = np.tensordot(weights, np.stack(self.logs), 1) + constants
        return softmax(odds, out=odds)


def _mistaken(p: Block, labels: Codes) -> Block:
    """(K, K) how likely each wrong label is for each right class. p: (n, K) by the opinions. labels: (n,) codes."""
    import numpy as np

    k = p.shape[1]
    alike = np.zeros((k, k))
    np.add.at(alike, labels, p)
    any_other = (1 - np.eye(k)) / max(k - 1, 1)
    alike = alike * (1 - np.eye(k)) + CLOSEST * any_other
    found: Block = ALIKE * alike / np.maximum(alike.sum(axis=1, keepdims=True), CLOSEST) + (1 - ALIKE) * any_other
    return found
