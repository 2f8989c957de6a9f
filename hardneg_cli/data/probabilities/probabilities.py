"""Class probabilities of one or several models: a source of row blocks in the dataset's order, never one big array."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, listing
from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.partitions import PartitionedModel

    Block: TypeAlias = NDArray[np.floating]
    Span: TypeAlias = tuple[slice, list[Block]]

Answer = TypeVar("Answer")
Engine: TypeAlias = Callable[..., Iterator[Any]]  # called as `by_threads` is

BLOCK_CELLS = 1 << 18  # probabilities a block: a megabyte or two, so that a block stays in the cache
FEWEST_ROWS = 64  # of a block


@dataclass(frozen=True)
class Model:
    """One model's probabilities: `blocks()` starts a pass over N×C rows, C = `len(classes)`.

    partitions: where any process can read any part of them, if there is such a place.
    unseen: classes that it never saw for some rows, and the most that their probability is there.
    trained_here: on these very columns, so that neither they nor the rows can have got out of order.
    """

    name: str
    classes: tuple[str, ...]
    blocks: Callable[[], Iterator[Block]]
    notes: tuple[str, ...] = ()
    partitions: PartitionedModel | None = None
    unseen: Mapping[str, float] = field(default_factory=dict)
    trained_here: bool = False


def by_threads(
    probabilities: Probabilities, work: Callable[..., Answer], by_row: Sequence[NDArray[Any]]
) -> Iterator[tuple[slice, Answer]]:
    """A pass as `Probabilities.over` promises it, by several threads of this process at once."""

    def worked(item: Span) -> tuple[slice, Answer]:
        span, blocks = item
        return span, work(blocks, *(values[span] for values in by_row))

    return in_order(worked, probabilities.blocks())


@dataclass(frozen=True)
class Probabilities:
    """M models of the same N rows, their columns in the order of `classes`.

    known: (M, K) bool, whether a model has a column for a class; where it has none its probability is 0.
    may_skip: whether rows whose probabilities are unsound may be left out instead of being an error.
    engine: who does the work of a pass.
    """

    models: tuple[Model, ...]
    classes: tuple[str, ...]
    rows: int
    may_skip: bool = False
    engine: Engine = by_threads

    @property
    def known(self) -> NDArray[np.bool_]:
        import numpy as np

        classes = [set(model.classes) for model in self.models]
        return np.array([[name in known for name in self.classes] for known in classes])

    @property
    def unseen(self) -> NDArray[np.float64]:
        """(M, K) the probabilities up to which a model says nothing about a class, NaN where it always does."""
        import numpy as np

        return np.array([[model.unseen.get(name, np.nan) for name in self.classes] for model in self.models])

    def blocks(self, first: int | None = None) -> Iterator[tuple[slice, list[Block]]]:
        """Row ranges with a B×K array for each model, in lockstep: O(N·K·M) a pass.

        first: how many rows the first block has, if not as many as the others.
        """
        size = block_rows(len(self.classes))
        streams = [_resized(self._arranged(model), size, first or size) for model in self.models]
        start = 0
        for blocks in zip(*streams, strict=True):
            stop = start + len(blocks[0])
            yield slice(start, stop), list(blocks)
            start = stop
        assert start == self.rows, f"{start} rows of probabilities for {self.rows}"

    def over(self, work: Callable[..., Answer], *by_row: NDArray[Any]) -> Iterator[tuple[slice, Answer]]:
        """`work(blocks, *rows)` on every block and the rows' part of each (N,) array, by the engine.

        The answers come in the order of the rows. What the work does must not depend on where blocks begin and end.
        """
        return self.engine(self, work, by_row)

    def part(self, start: int, stop: int) -> Probabilities:
        """These rows alone, for another process: all models must be partitioned."""
        models = [
            Model(model.name, model.classes, model.partitions.reading(start, stop))
            for model in self.models
            if model.partitions is not None
        ]
        assert len(models) == len(self.models), "a model is not partitioned"
        return replace(self, models=tuple(models), rows=stop - start, engine=by_threads)

    def _arranged(self, model: Model) -> Iterator[Block]:
        """The model's blocks with columns in the order of `classes`."""
        import numpy as np

        if model.classes == self.classes:
            yield from model.blocks()
            return
        column_of = {name: column for column, name in enumerate(self.classes)}
        target = [column_of[name] for name in model.classes]
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


def _resized(blocks: Iterator[Block], size: int, first: int) -> Iterator[Block]:
    """The same rows in blocks of `size`, whatever the blocks were, so that sums do not depend on the file."""
    import numpy as np

    held: list[Block] = []
    count, most = 0, first
    for block in blocks:
        while len(block):
            part, block = block[: most - count], block[most - count :]
            held.append(part)
            count += len(part)
            if count == most:
                yield held[0] if len(held) == 1 else np.concatenate(held)
                held, count, most = [], 0, size
    if held:
        yield np.concatenate(held)
