"""A second model learns where the first one errs, and both together give better probabilities.

Classifiers of other kinds, trained out of fold on rows whose label is not suspect, give opinions of their own. From
these and from what the first model's probabilities look like, a logistic regression learns the probability that the
first model's class is wrong; a logarithmic opinion pool of all (stacking: Wolpert, Stacked generalization, 1992; Genest
and Zidek, 1986) gives adjusted probabilities. Both are cross-fitted: a row's come from coefficients of other folds.

What people decided counts as truth. Other labels weigh 1 − find's score, so that mislabeled rows do not teach that the
first model errs: a weighted mean is then one over the rows whose labels are right.

Both have to prove themselves on held-out rows: unless the log-loss falls by more than chance would have it (one-sided,
5 %), the first model's own probabilities, and 1 − its greatest one, are given back unchanged. Weights that depend on
how likely an error is (a gated mixture) were tried and gained nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.modeling.error_model.error_classifier import ErrorClassifier, looks_at
from hardneg_cli.modeling.label_trust import LabelTrust
from hardneg_cli.statistics import opinion_pool
from hardneg_cli.statistics.opinion_pool import OpinionPool, PoolPrior

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

FLOOR = 1e-6  # no model is surer than that
PRIOR = PoolPrior(first=True, weight_sd=1.0, bias_sd=0.5, per_row=False)  # few rows change little of the first model
DECIMALS = 6  # coefficients are rounded: the last bits depend on the processor
CHANCE = 1.6449  # standard errors: one-sided 5 %


@dataclass(frozen=True)
class ModelOpinions:
    """n×K probabilities of the first model, and of each second one, out of fold where the rows are those labeled."""

    first: Block
    seconds: tuple[Block, ...] = ()

    @property
    def logs(self) -> list[Block]:
        return [opinion_pool.logs_of(block, FLOOR) for block in (self.first, *self.seconds)]


@dataclass(frozen=True)
class HeldOutGain:
    """Log-losses on held-out rows, in nats, and what the fall is at least, with 95 % confidence."""

    before: float
    after: float
    least: float

    @property
    def proved(self) -> bool:
        return self.least > 0


@dataclass(frozen=True)
class ErrorModelFit:
    """What the second model says of N labeled rows, and of M others.

    p_wrong: (N,) probability that the first model's class is wrong. adjusted: (N, K). Where a gain is not proved these
    are the first model's own. auc: of p_wrong as learned, and of 1 − the greatest probability; NaN without errors.
    """

    p_wrong: Block
    adjusted: Block
    errors: HeldOutGain
    pooled: HeldOutGain
    auc: tuple[float, float]
    new: tuple[Block, Block] | None = None


def run(opinions: ModelOpinions, trust: LabelTrust, fold: Codes, others: ModelOpinions | None = None) -> ErrorModelFit:
    """The rows stand in the order of their ids. fold: (N,) numbers. others: M rows without labels."""
    import numpy as np

    first, top = opinions.first, opinions.first.argmax(axis=1)
    plain = 1 - first.max(axis=1)
    wrong = trust.wrong(top)
    looks, logs = looks_at(first, opinions.seconds), opinions.logs
    named = np.where(trust.truth >= 0, trust.weight, 0)  # for a class without a column nothing can be adjusted
    p_wrong, adjusted = np.empty(len(first)), np.empty_like(first)
    for number in np.unique(fold):
        inside, outside = fold == number, fold != number
        erring = ErrorClassifier.fitted(looks[outside], wrong[outside], trust.weight[outside])
        p_wrong[inside] = erring.probabilities(looks[inside])
        pool = _pool(logs, trust.truth, named, outside)
        adjusted[inside] = _adjusted(pool, [log[inside] for log in logs])
    errors = _gain(_loss_of(plain, wrong), _loss_of(p_wrong, wrong), trust.weight)
    truth = np.maximum(trust.truth, 0)
    pooled = _gain(_losses(first, truth), _losses(adjusted, truth), named)
    auc = _auc(wrong, p_wrong, trust.weight), _auc(wrong, plain, trust.weight)
    new = None
    if others is not None:
        everywhere = np.ones(len(first), bool)
        erring, pool = ErrorClassifier.fitted(looks, wrong, trust.weight), _pool(logs, trust.truth, named, everywhere)
        new = (
            erring.probabilities(looks_at(others.first, others.seconds)) if errors.proved else _plain(others.first),
            _adjusted(pool, others.logs) if pooled.proved else others.first,
        )
    return ErrorModelFit(
        p_wrong if errors.proved else plain, adjusted if pooled.proved else first, errors, pooled, auc, new
    )  # fmt: skip


def _pool(logs: list[Block], truth: Codes, weight: Block, chosen: NDArray[np.bool_]) -> OpinionPool:
    chosen = chosen & (weight > 0)
    logs = [log[chosen] for log in logs]
    pool = opinion_pool.fit(logs, truth[chosen], row_weights=weight[chosen], prior=PRIOR)
    return pool.rounded(DECIMALS)


def _adjusted(pool: OpinionPool, logs: list[Block]) -> Block:
    """(n, K) the pool's probabilities, none below FLOOR."""
    import numpy as np

    p = np.maximum(pool.probabilities(logs), FLOOR)
    adjusted: Block = p / p.sum(axis=1, keepdims=True)
    return adjusted


def _plain(first: Block) -> Block:
    found: Block = 1 - first.max(axis=1)
    return found


def _losses(p: Block, truth: Codes) -> Block:
    import numpy as np

    found: Block = -np.log(np.maximum(p[np.arange(len(p)), truth], FLOOR))
    return found


def _loss_of(p: Block, wrong: Block) -> Block:
    import numpy as np

    found: Block = -np.log(np.maximum(np.where(wrong > 0, p, 1 - p), FLOOR))
    return found


def _gain(before: Block, after: Block, weight: Block) -> HeldOutGain:
    """Weighted means, and the mean difference less CHANCE standard errors of it."""
    import numpy as np

    total = weight.sum()
    if total <= 0:
        return HeldOutGain(float("nan"), float("nan"), float("nan"))
    fall = np.dot(weight, before - after) / total
    error = np.sqrt((weight**2 * (before - after - fall) ** 2).sum()) / total
    enough = np.count_nonzero(weight) > 1
    least = float(fall - CHANCE * error) if enough else float("nan")
    return HeldOutGain(float(np.dot(weight, before) / total), float(np.dot(weight, after) / total), least)


def _auc(wrong: Block, score: Block, weight: Block) -> float:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    weighted = weight > 0
    if len(np.unique(wrong[weighted])) < 2:
        return float("nan")
    return float(roc_auc_score(wrong[weighted], score[weighted], sample_weight=weight[weighted]))
