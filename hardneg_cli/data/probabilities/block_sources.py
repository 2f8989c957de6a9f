"""Where a model's row blocks come from: a matrix in memory or on disk, or a file that is read again for each pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.alignment import wrong_length
from hardneg_cli.data.probabilities.probabilities import Model, block_rows
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.matrix import matrix
from hardneg_cli.io.tables.spill import drop_pages
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block
    from hardneg_cli.io.files.source import Source

    Files: TypeAlias = tuple[Source, ...]


def model_read_again(
    name: str, classes: tuple[str, ...], read: Callable[[], Iterator[Block]], rows: int, memory: int
) -> Model:
    """A model that is read for each pass, or for the first one only where `memory` bytes hold what it is decoded to."""
    import pyarrow as pa

    held: list[Block] = []

    def blocks() -> Iterator[Block]:
        if held:
            yield from held
            return
        read_now: list[Block] = []
        for block in read():
            if block.base is None and rows * block.shape[1] * block.itemsize <= memory:
                read_now.append(block)
            yield block
        held.extend(read_now)
        if held:
            pa.default_memory_pool().release_unused()  # what the reader needed, and will not need again

    return Model(name, classes, blocks)


def model_of_rows(
    name: str, classes: tuple[str, ...], read: Callable[[], Block], rows: NDArray[np.int64], notes: tuple[str, ...] = ()
) -> Model:
    """A model whose row for the dataset's row i is `read()[rows[i]]`, NaN where `rows[i]` is −1."""
    import numpy as np

    def blocks() -> Iterator[Block]:
        values, size = read(), block_rows(len(classes))
        kind = np.promote_types(values.dtype, np.float32)
        for start in range(0, len(rows), size):
            chosen = rows[start : start + size]
            in_turn = chosen[0] >= 0 and (np.diff(chosen) == 1).all()
            block = values[chosen[0] : chosen[-1] + 1] if in_turn else values[chosen]
            block = block.astype(kind, copy=False)
            if not in_turn:
                block[chosen < 0] = np.nan
            yield block
            drop_pages(values)

    return Model(name, classes, blocks, notes)


def read_blocks(
    files: Files, request: ReadRequest, collect: Callable[[pa.Array], None] | None = None, width: int | None = None
) -> Iterator[Block]:
    """The numbers of each batch as one array; its first column besides goes to `collect`.

    width: how many numbers the lists of a list column have; NaN stands for a list of another size.
    """
    for batch in table_files.read(files, request):
        if collect:
            collect(batch.column(0))
        yield matrix(batch.select(list(request.numbers)), width)


def first_rows(blocks: Iterator[Block], rows: int) -> Iterator[Block]:
    """The first `rows` rows."""
    for block in blocks:
        if rows <= 0:
            return
        yield block[:rows]
        rows -= len(block)


def exactly_rows(name: str, blocks: Iterator[Block], rows: int) -> Iterator[Block]:
    """The same blocks, if they have `rows` rows."""
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen <= rows:
            yield block
    if seen != rows:
        raise wrong_length(name, seen, rows)
