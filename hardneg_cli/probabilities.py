"""Class probabilities of one or several models: a source of row blocks in the dataset's order, never one big array."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from hardneg_cli.dataset import Dataset
from hardneg_cli.errors import InputError, listing
from hardneg_cli.files.source import Source
from hardneg_cli.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block: TypeAlias = NDArray[np.floating[Any]]
    Files: TypeAlias = tuple[Source, ...]

    Span: TypeAlias = tuple[slice, list[Block]]

Answer = TypeVar("Answer")

BLOCK_CELLS = 1 << 18  # probabilities a block: a megabyte or two, so that a block stays in the cache
FEWEST_ROWS = 64  # of a block


@dataclass(frozen=True)
class Model:
    """One model's probabilities: `blocks()` starts a pass over N×C rows, C = `len(classes)`."""

    name: str
    classes: tuple[str, ...]
    blocks: Callable[[], Iterator[Block]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Probabilities:
    """M models of the same N rows, their columns in the order of `classes`.

    known: (M, K) bool, whether a model has a column for a class; where it has none its probability is 0.
    may_skip: whether rows whose probabilities are unsound may be left out instead of being an error.
    """

    models: tuple[Model, ...]
    classes: tuple[str, ...]
    rows: int
    may_skip: bool = False

    @property
    def known(self) -> NDArray[np.bool_]:
        import numpy as np

        theirs = [set(model.classes) for model in self.models]
        return np.array([[name in known for name in self.classes] for known in theirs])

    def blocks(self) -> Iterator[tuple[slice, list[Block]]]:
        """Row ranges with a B×K array for each model, in lockstep: O(N·K·M) a pass."""
        size = block_rows(len(self.classes))
        streams = [_resized(self._arranged(model), size) for model in self.models]
        start = 0
        for blocks in zip(*streams, strict=True):
            stop = start + len(blocks[0])
            yield slice(start, stop), list(blocks)
            start = stop
        assert start == self.rows, f"{start} rows of probabilities for {self.rows}"

    def over(self, work: Callable[..., Answer], *by_row: NDArray[Any]) -> Iterator[tuple[slice, Answer]]:
        """`work(blocks, *rows)` on every block and the rows' part of each (N,) array, by several threads at once.

        The answers come in the order of the rows. What the work does must not depend on where blocks begin and end.
        """

        def worked(item: Span) -> tuple[slice, Answer]:
            span, blocks = item
            return span, work(blocks, *(values[span] for values in by_row))

        return in_order(worked, self.blocks())

    def _arranged(self, model: Model) -> Iterator[Block]:
        """The model's blocks with columns in the order of `classes`."""
        import numpy as np

        if model.classes == self.classes:
            yield from model.blocks()
            return
        place = {name: column for column, name in enumerate(self.classes)}
        target = [place[name] for name in model.classes]
        for block in model.blocks():
            wide = np.zeros((len(block), len(self.classes)), block.dtype)
            wide[:, target] = block
            yield wide


def block_rows(classes: int) -> int:
    """How many rows a block has."""
    return max(FEWEST_ROWS, BLOCK_CELLS // max(1, classes))


def together(models: Sequence[Model], dataset: Dataset, *, may_skip: bool = False) -> tuple[Dataset, Probabilities]:
    """Models and dataset with one common list of classes: everything that either knows, sorted."""
    for model in models:
        if not set(model.classes) & set(dataset.classes):
            theirs, ours = listing(model.classes, 3), listing(dataset.classes, 3)
            raise InputError(f"{model.name}: none of its classes is a label: {theirs} against {ours}; call them alike")
    classes = tuple(sorted({*dataset.classes, *(name for model in models for name in model.classes)}))
    return dataset.with_classes(classes), Probabilities(tuple(models), classes, len(dataset), may_skip)


def _resized(blocks: Iterator[Block], size: int) -> Iterator[Block]:
    """The same rows in blocks of `size`, whatever the blocks were, so that sums do not depend on the file."""
    import numpy as np

    held: list[Block] = []
    count = 0
    for block in blocks:
        while len(block):
            part, block = block[: size - count], block[size - count :]
            held.append(part)
            count += len(part)
            if count == size:
                yield held[0] if len(held) == 1 else np.concatenate(held)
                held, count = [], 0
    if held:
        yield np.concatenate(held)
