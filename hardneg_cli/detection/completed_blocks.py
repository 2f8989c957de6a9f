"""Blocks of several models' probabilities, with what a model cannot know of a class filled in from those that can."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block


def rows_of(block: Block, rows: NDArray[np.int64]) -> Block:
    """These of the block's rows."""
    return block if len(rows) == len(block) else block[rows]


def completed(
    blocks: list[Any], known: NDArray[np.bool_], unseen: NDArray[np.float64], columns: NDArray[np.int64]
) -> list[Any]:
    """The blocks with the classes that a model does not know, or never saw, filled in from those of models that do."""
    import numpy as np

    if len(blocks) > 1 and not np.isnan(unseen).all():
        blocks = _seen_by_others(blocks, unseen, columns)
    if known.all():
        return blocks
    total = sum(block[:, columns] for block in blocks) / np.maximum(known.sum(axis=0), 1)
    filled = []
    for block, knows in zip(blocks, known, strict=True):
        whole = block.copy()
        whole[:, columns[~knows]] = total[:, ~knows]
        filled.append(whole / whole.sum(axis=1, keepdims=True))
    return filled


def _seen_by_others(blocks: list[Any], unseen: NDArray[np.float64], columns: NDArray[np.int64]) -> list[Any]:
    """The blocks, and in rows whose model never saw a class the mean of the models that say something there."""
    import numpy as np

    filled, levels = [], np.nan_to_num(unseen)
    for block, never in zip(blocks, unseen, strict=True):
        whole = block.copy()
        for place in np.flatnonzero(~np.isnan(never)):
            column = columns[place]
            rows = np.flatnonzero(block[:, column] <= never[place])
            theirs = np.array([other[rows, column] for other in blocks])
            told = theirs > levels[:, [place]]
            whole[rows, column] = np.where(told, theirs, 0).sum(axis=0) / np.maximum(told.sum(axis=0), 1)
        filled.append(block if np.isnan(never).all() else whole / whole.sum(axis=1, keepdims=True))
    return filled
