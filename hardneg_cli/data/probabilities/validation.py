"""Rows of probabilities that cannot be: bad numbers and wrong sums, refused or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.errors import InputError, listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

TOLERANCE = 1e-3  # of a row's sum; rounding to float16 stays below it
TROUBLES = (
    "no probabilities",
    "NaN among the probabilities",
    "an infinite probability",
    "a negative probability",
    "a probability over 1",
    "probabilities that do not sum to 1",
)
LISTED = 20  # rows left out


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
