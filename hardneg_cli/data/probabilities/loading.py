"""Models' probabilities from files and arrays, each brought into the dataset's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.alignment import id_name, read_ids, rows_by_id, wrong_length
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.partitions import place
from hardneg_cli.data.probabilities.probabilities import Model, block_rows
from hardneg_cli.errors import InputError, did_you_mean, listing
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.matrix import matrix
from hardneg_cli.io.tables.spill import MEMORY, drop_pages, spool
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block
    from hardneg_cli.io.files.source import Source

    Files: TypeAlias = tuple[Source, ...]


def from_array(values: Block, dataset: Dataset, classes: Sequence[str], name: str = "array") -> Model:
    """A model whose N×C probabilities are in memory, in the dataset's order."""
    import numpy as np

    if len(values) != len(dataset) or values.ndim != 2:
        raise InputError(f"{name}: shape {values.shape} for {len(dataset):,} rows of {dataset.name}")
    return _of_rows(name, _checked_classes(name, classes, values.shape[1]), lambda: values, np.arange(len(values)))


def from_file(
    pattern: str,
    dataset: Dataset,
    classes: Sequence[str] | None = None,
    *,
    may_lack: bool = False,
    memory: int = MEMORY,
) -> Model:
    """A model's probabilities from a file, joined by id where the file has ids, by order where it has none.

    What would be read again, and fits into `memory` bytes, is kept there.

    Raises InputError where columns are missing, lengths differ, or rows of the dataset have no
    probabilities (with `may_lack` such rows get NaN).
    """
    files = sources(pattern, may_be_remote=True)
    names = table_files.columns(files, dataset.encoding)
    if names == ["values"]:
        model = _of_matrix(pattern, files, dataset, classes, memory)
        return replace(model, notes=_misspelled(model, dataset))
    wanted = _wanted(pattern, names, dataset)
    if id_name(dataset) in names:
        model = _by_id(pattern, files, dataset, wanted, may_lack, memory)
    else:
        known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in wanted)
        model = replace(
            _by_order(pattern, files, dataset, wanted, known, memory), notes=_by_order_note(pattern, names, dataset)
        )
    return replace(model, notes=model.notes + _misspelled(model, dataset))


def inside(dataset: Dataset, memory: int = MEMORY) -> Model | None:
    """The probabilities in the dataset's own `prob_<class>` columns, if it has any."""
    wanted = dataset.columns.probabilities(dataset.all_columns)
    if not wanted:
        return None
    known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in wanted)
    if (values := dataset.probabilities) is not None:
        return _of_rows(dataset.name, known, lambda: values, dataset.positions)
    return _by_order(dataset.name, dataset.sources, dataset, wanted, known, memory)


def _wanted(pattern: str, names: list[str], dataset: Dataset) -> tuple[str, ...]:
    prefix = dataset.columns.prob_prefix
    wanted = tuple(name for name in names if name.startswith(prefix))
    if wanted:
        return wanted
    hint = did_you_mean(prefix, [name[: len(prefix)] for name in names])
    hint = hint or f"; the columns are {listing(names, 8)}"
    raise InputError(f"{pattern}: no column starts with {prefix!r}{hint}; name the prefix with --prob-prefix")


def _misspelled(model: Model, dataset: Dataset) -> tuple[str, ...]:
    """A note on each class that is close to a label which the model does not know."""
    unknown = sorted(set(dataset.classes) - set(model.classes))
    strange = [(name, did_you_mean(name, unknown)) for name in model.classes if name not in set(dataset.classes)]
    return tuple(f"{model.name}: no label is {name!r}{hint}" for name, hint in strange if hint)


def _by_order_note(pattern: str, names: list[str], dataset: Dataset) -> tuple[str, ...]:
    """What to say where a file has other columns than probabilities, one of which may have been meant for the ids."""
    others = [name for name in names if not name.startswith(dataset.columns.prob_prefix)]
    if not others:
        return ()
    return (f"{pattern}: rows were matched by order, as it has no column {id_name(dataset)!r} (but {listing(others)})",)


def _checked_classes(pattern: str, classes: Sequence[str] | None, columns: int) -> tuple[str, ...]:
    if classes is None:
        raise InputError(f"{pattern}: its {columns:,} columns have no names; give them in order with --classes")
    if len(classes) != columns:
        raise InputError(f"{pattern}: {columns:,} columns, but --classes names {len(classes):,}")
    if len(set(classes)) < len(classes):
        raise InputError(f"--classes names {listing(sorted({c for c in classes if list(classes).count(c) > 1}))} twice")
    return tuple(classes)


def _of_matrix(
    pattern: str, files: Files, dataset: Dataset, classes: Sequence[str] | None, memory: int
) -> Model:  # fmt: skip
    width = next(iter(table_files.read(files, ReadRequest(numbers=("values",))))).column(0).type.list_size
    return _by_order(pattern, files, dataset, ("values",), _checked_classes(pattern, classes, width), memory)


def _by_order(
    pattern: str, files: Files, dataset: Dataset, wanted: tuple[str, ...], known: tuple[str, ...], memory: int
) -> Model:
    """Row by row; where rows of the dataset were skipped, theirs are skipped here. Nothing is read before a pass."""
    skips = files == dataset.sources and not dataset.whole
    wants = ReadRequest(numbers=wanted, encoding=dataset.encoding, skip_ragged=_unheard if skips else None)
    rows = None if dataset.whole else dataset.positions
    where = place(pattern, files, wanted, rows, dataset.rows_read)
    if dataset.whole and table_files.cheap_to_read_again(files[0]):
        read = partial(_matrices, files, wants)
        model = _read_again(pattern, known, lambda: _counted(pattern, read(), len(dataset)), len(dataset), memory)
        return replace(model, place=where)

    def values() -> Block:
        found = spool(_matrices(files, wants), memory)
        if len(found) != dataset.rows_read:
            raise wrong_length(pattern, len(found), dataset.rows_read)
        return found

    return replace(_of_rows(pattern, known, cache(values), dataset.positions), place=where)


def _by_id(
    pattern: str, files: Files, dataset: Dataset, wanted: tuple[str, ...], may_lack: bool, memory: int
) -> Model:  # fmt: skip
    import numpy as np
    import pyarrow as pa

    known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in wanted)
    id_column = id_name(dataset)
    match = partial(rows_by_id, may_lack=may_lack, hint="predict them too, or skip them with --on-bad-rows skip")
    if table_files.cheap_to_read_again(files[0]):
        rows, notes = match(pattern, read_ids(files, id_column, dataset.encoding), dataset)
        wants = ReadRequest(numbers=wanted, encoding=dataset.encoding)
        if np.array_equal(rows, np.arange(len(rows))):
            read = partial(_matrices, files, wants)
            model = _read_again(pattern, known, lambda: _trimmed(read(), len(rows)), len(rows), memory)
            return replace(model, notes=notes, place=place(pattern, files, wanted, None, None))
        values = cache(lambda: spool(_matrices(files, wants), memory))
        return replace(_of_rows(pattern, known, values, rows, notes), place=place(pattern, files, wanted, rows, None))
    parts: list[pa.Array] = []
    held = spool(_matrices(files, ReadRequest((id_column,), wanted, dataset.encoding), parts.append), memory)
    ids = pa.chunked_array(parts, pa.string()).combine_chunks()
    rows, notes = match(pattern, ids, dataset)
    return _of_rows(pattern, known, lambda: held, rows, notes)


def _read_again(
    name: str, known: tuple[str, ...], read: Callable[[], Iterator[Block]], rows: int, memory: int
) -> Model:
    """A model that is read for each pass, or for the first one only where `memory` bytes hold what it is decoded to."""
    import pyarrow as pa

    whole: list[Block] = []

    def blocks() -> Iterator[Block]:
        if whole:
            yield from whole
            return
        mine: list[Block] = []
        for block in read():
            if block.base is None and rows * block.shape[1] * block.itemsize <= memory:
                mine.append(block)
            yield block
        whole.extend(mine)
        if whole:
            pa.default_memory_pool().release_unused()  # what the reader needed, and will not need again

    return Model(name, known, blocks)


def _of_rows(
    name: str, known: tuple[str, ...], read: Callable[[], Block], rows: NDArray[np.int64], notes: tuple[str, ...] = ()
) -> Model:
    """A model whose row for the dataset's row i is `read()[rows[i]]`, NaN where `rows[i]` is −1."""
    import numpy as np

    def blocks() -> Iterator[Block]:
        values, size = read(), block_rows(len(known))
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

    return Model(name, known, blocks, notes)


def _matrices(files: Files, wants: ReadRequest, collect: Callable[[pa.Array], None] | None = None) -> Iterator[Block]:
    for batch in table_files.read(files, wants):
        if collect:
            collect(batch.column(0))
        yield matrix(batch.select(list(wants.numbers)))


def _trimmed(blocks: Iterator[Block], rows: int) -> Iterator[Block]:
    """The first `rows` rows."""
    for block in blocks:
        if rows <= 0:
            return
        yield block[:rows]
        rows -= len(block)


def _counted(pattern: str, blocks: Iterator[Block], rows: int) -> Iterator[Block]:
    """The same blocks, if they have `rows` rows."""
    seen = 0
    for block in blocks:
        seen += len(block)
        if seen <= rows:
            yield block
    if seen != rows:
        raise wrong_length(pattern, seen, rows)


def _unheard(_: str) -> None:
    """Ragged rows were listed when the dataset was loaded."""
