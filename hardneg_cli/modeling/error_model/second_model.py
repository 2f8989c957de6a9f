"""A second model learns where the first one errs, and both together give better probabilities.

Classifiers of other kinds, trained out of fold on rows whose label is not suspect, give opinions of their own. From
these and from what the first model's probabilities look like, a logistic regression learns the probability that the
first model's class is wrong; a logarithmic opinion pool of all (stacking: Wolpert, Stacked generalization, 1992; Genest
and Zidek, 1986) gives adjusted probabilities. Both are cross-fitted: a row's come from coefficients of other folds.

What people decided counts as truth. Other labels weigh 1 − find's score as the second model learns, so that mislabeled
rows do not teach that the first model errs. What is reported counts every label in full instead, each as wrong with a
probability that the labels themselves tell (`statistics/right_labels.py`): a log-loss is its expected value over the
class that is right.

Both have to prove themselves on held-out rows: unless the log-loss falls by more than chance would have it (one-sided,
5 %), the first model's own probabilities, and 1 − its greatest one, are given back unchanged. Weights that depend on
how likely an error is (a gated mixture) were tried and gained nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.modeling.error_model.error_classifier import ErrorClassifier, looks_at
from hardneg_cli.modeling.label_trust import NONE, LabelTrust
from hardneg_cli.statistics import opinion_pool
from hardneg_cli.statistics.opinion_pool import OpinionPool, PoolPrior
from hardneg_cli.statistics.right_labels import RightLabels, right_labels

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

    def counted(self, before: Block, after: Block, rows: NDArray[np.bool_]) -> HeldOutGain:
        """The losses of these rows, all in full; the gain has to stand either way."""
        full = _gain(before, after, rows.astype(float))
        return HeldOutGain(full.before, full.after, min(self.least, full.least))

    @property
    def proved(self) -> bool:
        return self.least > 0


@dataclass(frozen=True)
class ModelRates:
    """Log-loss in nats, and the share of the rows whose class is not the right one."""

    log_loss: float
    error_rate: float


@dataclass(frozen=True)
class HeldOutRates:
    """Of the first model's probabilities, and of the adjusted ones, on held-out rows.

    first, adjusted: expected values over the right classes. given: of both by the labels as they are.
    """

    first: ModelRates
    adjusted: ModelRates
    given: tuple[ModelRates, ModelRates]


@dataclass(frozen=True)
class ErrorModelFit:
    """What the second model says of N labeled rows, and of M others.

    p_wrong: (N,) probability that the first model's class is wrong. adjusted: (N, K). Where a gain is not proved these
    are the first model's own. auc: of p_wrong as learned, and of 1 − the greatest probability; NaN without errors.
    rates: what is reported. right: which class of the labeled rows is the right one.
    """

    p_wrong: Block
    adjusted: Block
    errors: HeldOutGain
    pooled: HeldOutGain
    auc: tuple[float, float]
    rates: HeldOutRates
    right: RightLabels
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
    taught = np.where(trust.decided, 0, 1 - trust.weight)[trust.weight > 0]
    undecided = max(1, np.count_nonzero(~trust.decided & (trust.weight > 0)))
    right = right_labels(
        [*logs[:1], opinion_pool.logs_of(adjusted, FLOOR)], np.where(trust.usable, trust.truth, NONE), trust.decided,
        float(taught.sum() / undecided),
    )  # fmt: skip
    errs = trust.errs(top, right.p)
    errors = _gain(_loss_of(plain, wrong), _loss_of(p_wrong, wrong), trust.weight)
    errors = errors.counted(_expected(plain, errs), _expected(p_wrong, errs), trust.usable)
    truth = np.maximum(trust.truth, 0)
    pooled = _gain(_losses(first, truth), _losses(adjusted, truth), named)
    counts = trust.usable & (trust.truth >= 0)
    pooled = pooled.counted(right.expected(_all_losses(first)), right.expected(_all_losses(adjusted)), counts)
    auc = _auc(errs, p_wrong, trust.usable), _auc(errs, plain, trust.usable)
    new = None
    if others is not None:
        everywhere = np.ones(len(first), bool)
        erring, pool = ErrorClassifier.fitted(looks, wrong, trust.weight), _pool(logs, trust.truth, named, everywhere)
        new = (
            erring.probabilities(looks_at(others.first, others.seconds)) if errors.proved else _plain(others.first),
            _adjusted(pool, others.logs) if pooled.proved else others.first,
        )
    corrected = adjusted if pooled.proved else first
    rates = HeldOutRates(
        _rates(first, trust, right), _rates(corrected, trust, right), (_given(first, trust), _given(corrected, trust))
    )
    return ErrorModelFit(
        p_wrong if errors.proved else plain, corrected, errors, pooled, auc, rates, right, new
    )  # fmt: skip


def _rates(p: Block, trust: LabelTrust, right: RightLabels) -> ModelRates:
    """Over the rows that anything is known of; a class that no model knows is an error without a log-loss."""
    counts = trust.usable & (trust.truth >= 0)
    losses, errs = right.expected(_all_losses(p)), trust.errs(p.argmax(axis=1), right.p)
    return ModelRates(_mean(losses[counts]), _mean(errs[trust.usable]))


def _given(p: Block, trust: LabelTrust) -> ModelRates:
    counts = trust.usable & (trust.truth >= 0)
    return ModelRates(
        _mean(_losses(p[counts], trust.truth[counts])), _mean(trust.wrong(p.argmax(axis=1))[trust.usable])
    )


def _mean(values: Block) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _all_losses(p: Block) -> Block:
    """(N, K) the log-loss for each class, if it is the right one."""
    import numpy as np

    found: Block = -np.log(np.maximum(p, FLOOR))
    return found


def _expected(p: Block, errs: Block) -> Block:
    """(N,) the log-loss of a probability that something is wrong, which it is with the probability `errs`."""
    import numpy as np

    found: Block = -errs * np.log(np.maximum(p, FLOOR)) - (1 - errs) * np.log(np.maximum(1 - p, FLOOR))
    return found


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


def _auc(errs: Block, score: Block, rows: NDArray[np.bool_]) -> float:
    """Each row counts as an error as far as it is probably one, and as none for the rest."""
    import numpy as np
    from sklearn.metrics import roc_auc_score

    errs, score = errs[rows].round(DECIMALS), score[rows]
    if not 0 < errs.sum() < len(errs):
        return float("nan")
    kinds, weights = np.repeat([1, 0], len(errs)), np.r_[errs, 1 - errs]
    return float(roc_auc_score(kinds, np.r_[score, score], sample_weight=weights))
