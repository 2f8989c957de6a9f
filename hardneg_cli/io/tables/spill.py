"""Numbers that are needed more than once and too dear to read again: in memory, or in a file without a name."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterable
from itertools import chain
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block: TypeAlias = NDArray[np.floating]

MEMORY = 1 << 30  # bytes of one matrix
FIRST_ROWS = 1 << 14


def spool(blocks: Iterable[Block], memory: int = MEMORY) -> Block:
    """All B×K blocks as one N×K array: up to `memory` bytes of it are held, more go to disk, where nothing stays."""
    import numpy as np

    waiting = iter(blocks)
    first = next(waiting, None)
    if first is None:
        return np.empty((0, 0))
    most = memory // (first.itemsize * max(1, first.shape[1]))
    held, rows = np.empty((min(FIRST_ROWS, most), first.shape[1]), first.dtype), 0
    for block in chain((first,), waiting):
        needed = rows + len(block)
        if needed > most:
            return _on_disk(held[:rows], chain((block,), waiting))
        if needed > len(held):
            larger = np.empty((min(most, max(needed, 4 * len(held))), held.shape[1]), held.dtype)
            larger[:rows] = held[:rows]
            held = larger  # what is not filled in takes no memory yet
        held[rows:needed] = block
        rows = needed
    held.resize((rows, held.shape[1]), refcheck=False)
    return held


def drop_pages(values: Block) -> None:
    """Give back the memory that a mapped array's pages take; they come again from the file."""
    mapping = getattr(values, "_mmap", None)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapping.madvise(mmap.MADV_DONTNEED)


def _on_disk(held: Block, blocks: Iterable[Block]) -> Block:
    import numpy as np

    rows = len(held)
    with tempfile.TemporaryFile() as file:  # the mapping outlives it
        file.write(held.data)
        for block in blocks:
            rows += len(block)
            file.write(np.ascontiguousarray(block).data)
        file.flush()
        return np.memmap(file, held.dtype, "r", shape=(rows, held.shape[1]))
