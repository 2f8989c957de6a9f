"""Where a model errs: a logistic regression from what it, and others that saw the same row, make of the row.

What it looks at: the log-odds of the model's class, the lead over its second class, the entropy; and of every other
model the log-odds that it gives the same class, those of its own class, and whether the two are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.statistics.probability import log_odds, sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]

FLOOR = 1e-6
STRENGTH = 0.1  # the inverse of the penalty on squared coefficients
DECIMALS = 6  # coefficients are rounded: the last bits depend on the processor


@dataclass(frozen=True)
class ErrorClassifier:
    """coefficients: (F,) of the looks, in units of `spread` around `middle`, (F,) each; and an intercept."""

    middle: Block
    spread: Block
    coefficients: Block
    intercept: float

    @classmethod
    def fitted(cls, looks: Block, wrong: Block, weight: Block) -> ErrorClassifier:
        """looks: n×F. wrong: (n,) 1 for an error. weight: (n,). Where only one of the two occurs, its rate is all."""
        import numpy as np

        middle, spread = looks.mean(axis=0), looks.std(axis=0)
        spread = np.where(spread > 0, spread, 1)
        weighted = weight > 0
        if len(np.unique(wrong[weighted])) < 2:
            rate = (np.dot(weight, wrong) + 0.5) / (weight.sum() + 1)
            return cls(middle, spread, np.zeros(looks.shape[1]), float(np.log(rate / (1 - rate))))
        model = _regression().fit(
            ((looks - middle) / spread)[weighted], wrong[weighted], sample_weight=weight[weighted]
        )
        return cls(middle, spread, model.coef_[0].round(DECIMALS), round(float(model.intercept_[0]), DECIMALS))

    def probabilities(self, looks: Block) -> Block:
        """(n,) that the model is wrong."""
        found: Block = sigmoid((looks - self.middle) / self.spread @ self.coefficients + self.intercept)
        return found


def looks_at(first: Block, others: Sequence[Block]) -> Block:
    """(n, F) what is to be learned from: n×K probabilities of the model, and of the others."""
    import numpy as np

    row, top = np.arange(len(first)), first.argmax(axis=1)
    best = np.sort(first, axis=1)[:, -2:]
    columns = [log_odds(best[:, 1], FLOOR), np.log(np.maximum(best[:, 1] - best[:, 0], FLOOR)), _entropy(first)]
    for other in others:
        columns += [log_odds(other[row, top], FLOOR), log_odds(other.max(axis=1), FLOOR), other.argmax(axis=1) != top]
    return np.column_stack(columns).astype(np.float64)


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, max_iter=300)


def _entropy(p: Block) -> Block:
    import numpy as np

    found: Block = -(p * np.log(np.maximum(p, FLOOR))).sum(axis=1)
    return found
