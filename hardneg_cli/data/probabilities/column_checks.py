"""Models that cannot be right as a whole: permuted columns, rows out of order, in-sample predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import log, sqrt
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest, ModelDigest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.data.probabilities.validation import sound, unsound
from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

LEAST_SKILL = 0.25  # of what a model claims; even 40 % noise and overconfidence leave an honest one about as much
MOVED_ROWS = 10  # a permutation is judged on at least this many rows
IN_SAMPLE_ACCURACY = 0.995
IN_SAMPLE_CONFIDENCE = 0.99


def refuse_nonsense(
    dataset: Dataset, probabilities: Probabilities, digest: Digest, *, of_one_training: bool = False
) -> list[str]:
    """Raise InputError for a model whose columns are permuted or whose rows are out of order; answer warnings.

    of_one_training: the models are checkpoints: one that knows nothing, or has forgotten classes, is no error as long
    as another one makes sense, and all of them may know their training rows by heart.
    """
    import numpy as np

    warnings: list[str] = []
    found = [_nonsense(dataset, probabilities, digest, number) for number in range(len(probabilities.models))]
    for model, sums, rows, trouble in zip(probabilities.models, digest.sums, digest.models, found, strict=True):
        if trouble and not (of_one_training and "" in found):
            raise InputError(trouble)
        if trouble:
            warnings.append(trouble)
            continue
        if model.trained_here:
            continue
        if ModelSkill.of(sums, dataset.counts).is_chance:
            warnings.append(
                f"{model.name}: agrees with the labels hardly better than chance would: "
                f"either the model is weak, or its rows are not in the order of {dataset.name}"
            )
        accuracy = float((rows.top == dataset.labels).mean())
        confidence = float(rows.p_top.mean(dtype=np.float64))
        if not of_one_training and accuracy >= IN_SAMPLE_ACCURACY and confidence >= IN_SAMPLE_CONFIDENCE:
            warnings.append(
                f"{model.name}: agrees with {accuracy:.1%} of the labels at a mean confidence of {confidence:.3f}: "
                "these look like in-sample predictions, which hide label errors; use out-of-fold ones"
            )
    return warnings


def _nonsense(dataset: Dataset, probabilities: Probabilities, digest: Digest, number: int) -> str:
    """What cannot be right about a model, if anything."""
    import numpy as np

    sums, rows, name = digest.sums[number], digest.models[number], probabilities.models[number].name
    if probabilities.models[number].trained_here:
        return ""
    gap: NDArray[np.float64] = np.bincount(dataset.labels, rows.p_top - rows.p_given, len(dataset.classes)).astype(
        np.float64
    )
    if cycle := permuted(sums, dataset.counts, gap, partial(_lead_squares, dataset, probabilities, number)):
        return f"{name}: {_trading(dataset, cycle)}; check the order of the class names"
    if ModelSkill.of(sums, dataset.counts).is_out_of_order:
        return (
            f"{name}: agrees with the labels no better than chance, far from what it claims; "
            f"bring its rows into the order of {dataset.name}, or add an id column to join them by"
        )
    return ""


def _trading(dataset: Dataset, cycle: list[int]) -> str:
    """Which column fits which label, for a cycle of classes."""
    names = [repr(dataset.classes[code]) for code in cycle]
    fits = [f"{column} fits the label {label}" for label, column in zip(names, names[1:] + names[:1], strict=True)]
    more = f" and {len(fits) - 4:,} more" if len(fits) > 4 else ""
    return f"its columns look permuted: {', '.join(fits[:4])}{more}"


@dataclass(frozen=True)
class ModelSkill:
    """How far Σ p(given) is above chance, which is Σ_k n_k · mean p_k.

    claimed: how far it would be if the labels were drawn from the probabilities: Σ p² − Σ_k n · (mean p_k)².
    error: its standard error if the rows came in a random order, Σ_k n_k/n · Σ (p_k − mean p_k)² (Hoeffding 1951).
    """

    gain: float
    claimed: float
    error: float

    @classmethod
    def of(cls, sums: ModelDigest, counts: NDArray[np.int64]) -> ModelSkill:
        n = int(counts.sum())
        mean = sums.by_given.sum(axis=0) / n
        spread = (sums.squares - n * mean**2).clip(min=0)
        gain = float(sums.by_given.trace() - counts @ mean)
        return cls(gain, float(spread.sum()), sqrt(float(counts @ spread) / n))

    @property
    def is_chance(self) -> bool:
        """Whether a random order of rows would do as well; on few rows a weak model does no better."""
        return self.gain <= 3 * self.error

    @property
    def is_out_of_order(self) -> bool:
        """Whether, besides, it is two standard errors from a quarter of what the model claims."""
        return self.is_chance and self.gain + 2 * self.error < LEAST_SKILL * self.claimed


def permuted(
    sums: ModelDigest,
    counts: NDArray[np.int64],
    gap: NDArray[np.float64],
    lead_squares: Callable[[list[int], NDArray[np.int64]], float],
) -> list[int]:
    """The classes of a cycle of columns that fits the labels significantly better than the columns as named.

    The best assignment (Hungarian method) on the K×K sums of probability by given label; a cycle of it
    must gain several standard errors of the paired lead, more of them the more classes there are, and
    close half of `gap`, the (K,) sums of p(top) − p(given): rows out of order gain by luck, but little.
    lead_squares: Σ (p(target) − p(given))² over the rows of some labels, each with its target.
    """
    import numpy as np

    fit = sums.by_given
    if (fit.diagonal() >= fit.max(axis=1)).all():
        return []
    from scipy.optimize import linear_sum_assignment

    best = linear_sum_assignment(fit, maximize=True)[1]
    if fit[np.arange(len(fit)), best].sum() <= np.trace(fit) + 1e-9:
        return []
    threshold = 2 + sqrt(2 * log(len(fit)))
    for cycle in _cycles(best):
        target, n = best[cycle], int(counts[cycle].sum())
        gain = float((fit[cycle, target] - fit[cycle, cycle]).sum())
        if n < MOVED_ROWS or counts[cycle].min() == 0 or gain < gap[cycle].sum() / 2:
            continue
        spread = lead_squares(cycle, target) - gain**2 / max(n, 1)
        if gain > threshold * sqrt(max(spread, 0.0)):
            return cycle
    return []


def _lead_squares(
    dataset: Dataset, probabilities: Probabilities, model: int, labels: list[int], targets: NDArray[np.int64]
) -> float:
    """Σ (p(target) − p(given))² over the rows of `labels`, by one more pass; unsound rows lead by nothing."""
    import numpy as np

    target = np.full(len(dataset.classes), -1)
    target[labels] = targets

    def squares(blocks: list[Block], given: NDArray[np.int32]) -> float:
        rows = np.flatnonzero(target[given] >= 0)
        trouble = unsound(blocks[model])
        block = blocks[model] if trouble is None else sound(blocks[model], trouble)
        lead = block[rows, target[given[rows]]].astype(np.float64) - block[rows, given[rows]]
        return float(lead @ lead)

    return sum(part for _, part in probabilities.over(squares, dataset.labels))


def _cycles(permutation: NDArray[np.int64]) -> Iterator[list[int]]:
    """The cycles of a permutation that move something."""
    left = {i for i, j in enumerate(permutation) if i != j}
    while left:
        start = min(left)
        cycle = [start]
        while (following := int(permutation[cycle[-1]])) != start:
            cycle.append(following)
        left -= set(cycle)
        yield cycle
