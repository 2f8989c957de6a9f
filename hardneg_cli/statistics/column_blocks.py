"""Sampled rows in pieces: what is made of one stays in the cache, and threads share them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

Item = TypeVar("Item")
Answer = TypeVar("Answer")

PIECE_CELLS = 1 << 17  # of fewer, threads would wait for each other
PIECES_TO_SHARE = 8  # fewer are not worth handing over


@dataclass(frozen=True)
class ColumnBlock:
    """K×n log-probabilities of rows in the order of their (n,) labels; the rows of label present[i] begin at starts[i].

    own: where in the matrix, row by row, each label's cell is. columns: (n,) which of all columns they are.
    """

    z: Array
    labels: Labels
    own: Labels
    present: Labels
    starts: Labels
    columns: Labels


def each(work: Callable[[Item], Answer], items: Sequence[Item]) -> list[Answer]:
    """`work(item)` for each of the items, by several threads if there are many."""
    return list(map(work, items) if len(items) < PIECES_TO_SHARE else in_order(work, items))


def pieces(z: Array, labels: Labels) -> list[ColumnBlock]:
    """The columns by label, in pieces; each row of the data keeps its place among those of its label."""
    import numpy as np

    order = np.argsort(labels, kind="stable")
    rows = max(256, PIECE_CELLS // len(z))
    pieces = []
    for start in range(0, len(order), rows):
        chosen = order[start : start + rows]
        mine = labels[chosen]
        present, starts = np.unique(mine, return_index=True)
        own = mine * len(mine) + np.arange(len(mine))
        pieces.append(ColumnBlock(np.ascontiguousarray(z[:, chosen]), mine, own, present, starts, chosen))
    return pieces
