"""Rows of probabilities that cannot be: bad numbers and wrong sums, refused or left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.errors import InputError, listing, quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block

TOLERANCE = 1e-3  # of a row's sum, and of 0 and 1; rounding to float16 stays below it
DECIMALS = (2, 3, 4, 5)  # that tables are rounded to, and with which many classes may sum to less or more
ON_GRID = 1e-2  # of a step of the last decimal
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
        self._reasons: dict[str, str] = {}

    def refuse_all_bad(self) -> None:
        """Raises InputError where every row was left out."""
        if len(self.bad) and self.bad.all():
            (name, trouble), ids = next(iter(self._left_out.items()))
            raise InputError(f"{name}: every row was left out, {len(ids):,} of them for {trouble}{self._hint(name)}")

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
        self._reasons.setdefault(name, self._reason(model, trouble))
        if not self.probabilities.may_skip:
            same = kinds == kinds[0]
            places = listing([id_ for id_, alike in zip(ids, same, strict=True) if alike])
            words = TROUBLES[kinds[0]] + (f" (but {trouble.total[0]:.6g})" if kinds[0] == len(TROUBLES) - 1 else "")
            hint = self._hint(name) or ": mend them, or skip such rows with --on-bad-rows skip"
            raise InputError(f"{name}: {words} in {'row' if same.sum() == 1 else 'rows'} {places}{hint}")
        self.bad[trouble.rows + span.start] = True
        for id_, kind in zip(ids, kinds, strict=True):
            self._left_out.setdefault((name, TROUBLES[kind]), []).append(id_)

    def _reason(self, model: int, trouble: UnsoundRows) -> str:
        """The plain reason, where there is one."""
        known = self.probabilities.models[model].classes
        if len(known) == 1 and len(self.probabilities.classes) > 1:
            return f"there is one column, of {quote(known[0])}; add one for each other class (of two classes, 1 − p)"
        return trouble.reason

    def _hint(self, name: str) -> str:
        return f": {self._reasons[name]}" if self._reasons.get(name) else ""


@dataclass(frozen=True)
class UnsoundRows:
    """Rows of a block whose probabilities cannot be: (R,) places, kinds of `TROUBLES`, and sums.

    reason: what they are instead, where most rows of the block are something that can be told.
    """

    rows: NDArray[np.int64]
    kinds: NDArray[np.int64]
    total: NDArray[np.float64]
    reason: str = ""


def unsound(block: Block) -> UnsoundRows | None:
    """The rows of a B×K block that are no probabilities, if there are any."""
    import numpy as np

    rough = block.sum(axis=1)  # in the block's precision, so what is near the tolerance is looked at again
    rows = np.flatnonzero(~(np.abs(rough - 1) <= TOLERANCE / 2))
    if not (block.min(initial=0) >= -TOLERANCE and block.max(initial=0) <= 1 + TOLERANCE):
        rows = np.arange(len(block))
    if not len(rows):
        return None
    near = block[rows]
    total = near.sum(axis=1, dtype=np.float64)
    inside = (near.min(axis=1) >= -TOLERANCE) & (near.max(axis=1) <= 1 + TOLERANCE)
    fine = inside & (np.abs(total - 1) <= TOLERANCE)
    if fine.all():
        return None
    off = np.flatnonzero(inside & ~fine)
    fine[off] = _rounded(near[off], total[off])
    if fine.all():
        return None
    bad, total = near[~fine], total[~fine]
    return UnsoundRows(
        rows[~fine], _trouble(bad), total, _plain_reason(bad, total) if 2 * len(bad) > len(block) else ""
    )


def nonnegative(block: Block) -> Block:
    """The block, without what lies below 0 by rounding."""
    import numpy as np

    return block if block.min(initial=0) >= 0 else np.maximum(block, 0)


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
        (block < -TOLERANCE).any(axis=1),
        (block > 1 + TOLERANCE).any(axis=1),
        np.ones(len(block), bool),
    ]
    first: NDArray[np.int64] = np.argmax(masks, axis=0)
    return first


def _rounded(block: Block, total: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows that sum to 1 but for the rounding to the decimals that they show: two at least, as one tells too little."""
    import numpy as np

    fine = np.zeros(len(block), bool)
    for decimals in DECIMALS:
        steps = np.rint(block * 10.0**decimals)
        on_grid = (np.abs(block * 10.0**decimals - steps) <= ON_GRID).all(axis=1)
        half = 0.5 / 10**decimals
        least = total - half * (steps > 0).sum(axis=1)  # what is 0 may be nothing at all
        fine |= on_grid & (least <= 1 + ON_GRID * half) & (total + half * block.shape[1] >= 1 - ON_GRID * half)
    return fine


def _plain_reason(block: Block, total: NDArray[np.float64]) -> str:
    """What bad rows are instead of probabilities, if nine in ten of them are so."""
    import numpy as np

    numbers = block[np.isfinite(block).all(axis=1)].astype(np.float64)
    total = total[np.isfinite(block).all(axis=1)]
    if 10 * len(numbers) < 9 * len(block) or block.shape[1] < 2:
        return ""
    with np.errstate(over="ignore"):
        of_logarithms = np.abs(np.exp(numbers).sum(axis=1) - 1)
    kinds = {
        "they are logarithms of probabilities; take exp of them":
            (of_logarithms < 0.02) & (numbers <= 0.01).all(axis=1),
        "they are percent; divide them by 100": (np.abs(total - 100) < 2) & (numbers >= 0).all(axis=1),
        "each is a probability of its own, as sigmoids are; give each row's the sum 1, by softmax or by division":
            ((numbers >= 0) & (numbers <= 1)).all(axis=1) & (np.ptp(total) > TOLERANCE),
        "they look like logits; take their softmax": (numbers < 0).any(axis=1) | (numbers > 1).any(axis=1),
    }  # fmt: skip
    for words, rows in kinds.items():
        if 10 * int(rows.sum()) >= 9 * len(block):
            return words
    return ""
