"""Probabilities that cannot be right: bad numbers, rows out of order, columns that are permuted, in-sample smell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import log, sqrt
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest, ModelDigest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.errors import InputError, listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

TOLERANCE = 1e-3  # of a row's sum; rounding to float16 stays below it
LEAST_SKILL = 0.25  # of what a model claims; even 40 % noise and overconfidence leave an honest one about as much
MOVED_ROWS = 10  # a permutation is judged on at least this many rows
TROUBLES = (
    "no probabilities",
    "NaN among the probabilities",
    "an infinite probability",
    "a negative probability",
    "a probability over 1",
    "probabilities that do not sum to 1",
)
LISTED = 20  # rows left out
IN_SAMPLE_ACCURACY = 0.995
IN_SAMPLE_CONFIDENCE = 0.99


class ProbabilityValidator:
    """Checks rows block by block; bad ones are an error, or are neutralized and listed where rows may be skipped."""

    def __init__(self, dataset: Dataset, probabilities: Probabilities) -> None:
        import numpy as np

        self.dataset = dataset
        self.probabilities = probabilities
        self.bad = np.zeros(len(dataset), bool)
        self._left_out: dict[tuple[str, str], list[str]] = {}

    @property
    def notes(self) -> list[str]:
        """How many rows were left out for each kind of trouble, and which."""
        return [
            f"{name}: {len(ids):,} rows left out for {trouble}: {listing(ids, LISTED)}"
            for (name, trouble), ids in self._left_out.items()
        ]

    def checked(self, model: int, span: slice, block: Block) -> Block:
        """The block, its bad rows made uniform; raises InputError at the first kind of trouble if none may be bad."""
        trouble = unsound(block)
        if trouble is None:
            return block
        self.take(model, span, trouble)
        return sound(block, trouble)

    def take(self, model: int, span: slice, trouble: UnsoundRows) -> None:
        """Leave these rows of a model's block out; raises InputError if none may be."""
        ids = self.dataset.ids.take(trouble.rows + span.start).to_pylist()
        name, kinds = self.probabilities.models[model].name, trouble.kinds
        if not self.probabilities.may_skip:
            same = kinds == kinds[0]
            places = listing([id_ for id_, alike in zip(ids, same, strict=True) if alike])
            words = TROUBLES[kinds[0]] + (f" (but {trouble.total[0]:.6g})" if kinds[0] == len(TROUBLES) - 1 else "")
            hint = "mend them, or skip such rows with --on-bad-rows skip"
            raise InputError(f"{name}: {words} in {'row' if same.sum() == 1 else 'rows'} {places}: {hint}")
        self.bad[trouble.rows + span.start] = True
        for id_, kind in zip(ids, kinds, strict=True):
            self._left_out.setdefault((name, TROUBLES[kind]), []).append(id_)


@dataclass(frozen=True)
class UnsoundRows:
    """Rows of a block whose probabilities cannot be: (R,) places, kinds of `TROUBLES`, and sums."""

    rows: NDArray[np.int64]
    kinds: NDArray[np.int64]
    total: NDArray[np.float64]


def unsound(block: Block) -> UnsoundRows | None:
    """The rows of a B×K block that are no probabilities, if there are any."""
    import numpy as np

    rough = block.sum(axis=1)  # in the block's precision, so what is near the tolerance is looked at again
    rows = np.flatnonzero(~(np.abs(rough - 1) <= TOLERANCE / 2))
    if not (block.min(initial=0) >= 0 and block.max(initial=0) <= 1 + TOLERANCE):
        rows = np.arange(len(block))
    if not len(rows):
        return None
    near = block[rows]
    total = near.sum(axis=1, dtype=np.float64)
    fine = (near.min(axis=1) >= 0) & (near.max(axis=1) <= 1 + TOLERANCE) & (np.abs(total - 1) <= TOLERANCE)
    if fine.all():
        return None
    return UnsoundRows(rows[~fine], _trouble(near[~fine]), total[~fine])


def sound(block: Block, trouble: UnsoundRows) -> Block:
    """A copy of the block with its unsound rows made uniform."""
    copy = block.copy()
    copy[trouble.rows] = 1 / block.shape[1]
    return copy


def _trouble(block: Block) -> NDArray[np.int64]:
    """For each bad row the first kind of `TROUBLES` that it has."""
    import numpy as np

    masks = [
        np.isnan(block).all(axis=1),
        np.isnan(block).any(axis=1),
        np.isinf(block).any(axis=1),
        (block < 0).any(axis=1),
        (block > 1 + TOLERANCE).any(axis=1),
        np.ones(len(block), bool),
    ]
    first: NDArray[np.int64] = np.argmax(masks, axis=0)
    return first


def refuse_nonsense(dataset: Dataset, probabilities: Probabilities, digest: Digest) -> list[str]:
    """Raise InputError for a model whose columns are permuted or whose rows are out of order; answer warnings."""
    import numpy as np

    warnings: list[str] = []
    for number, (model, sums, rows) in enumerate(zip(probabilities.models, digest.sums, digest.models, strict=True)):
        gap: NDArray[np.float64] = np.bincount(dataset.labels, rows.p_top - rows.p_given, len(dataset.classes)).astype(
            np.float64
        )
        if cycle := permuted(sums, dataset.counts, gap, partial(_lead_squares, dataset, probabilities, number)):
            raise InputError(f"{model.name}: {_trading(dataset, cycle)}; check the order of the class names")
        skill = ModelSkill.of(sums, dataset.counts)
        if skill.is_out_of_order:
            raise InputError(
                f"{model.name}: agrees with the labels no better than chance, far from what it claims; "
                f"bring its rows into the order of {dataset.name}, or add an id column to join them by"
            )
        if skill.is_chance:
            warnings.append(
                f"{model.name}: agrees with the labels hardly better than chance would: "
                f"either the model is weak, or its rows are not in the order of {dataset.name}"
            )
        accuracy = float((rows.top == dataset.labels).mean())
        confidence = float(rows.p_top.mean(dtype=np.float64))
        if accuracy >= IN_SAMPLE_ACCURACY and confidence >= IN_SAMPLE_CONFIDENCE:
            warnings.append(
                f"{model.name}: agrees with {accuracy:.1%} of the labels at a mean confidence of {confidence:.3f}: "
                "these look like in-sample predictions, which hide label errors; use out-of-fold ones"
            )
    return warnings


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
