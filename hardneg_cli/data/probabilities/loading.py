"""Models' probabilities from files and arrays, each brought into the dataset's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.alignment import id_name, joining_column, read_ids, rows_by_id, wrong_length
from hardneg_cli.data.class_names import as_names
from hardneg_cli.data.dataset import Dataset, ignore
from hardneg_cli.data.probabilities.arrays import checked_classes, from_array, with_prefixed_columns
from hardneg_cli.data.probabilities.block_sources import (
    exactly_rows,
    first_rows,
    model_of_rows,
    model_read_again,
    read_blocks,
)
from hardneg_cli.data.probabilities.file_columns import (
    VALUES,
    by_order_note,
    misspelled,
    no_probabilities,
    probability_columns,
    width_of_lists,
)
from hardneg_cli.data.probabilities.partitions import partitioned
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities
from hardneg_cli.data.probabilities.validation import ProbabilityValidator
from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import as_table, in_memory
from hardneg_cli.io.tables.spill import MEMORY, spool
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block
    from hardneg_cli.io.files.source import Source

    Files: TypeAlias = tuple[Source, ...]
    ModelSource: TypeAlias = str | Path | Block | Model  # a file of probabilities, or an array N×C

MOST_CELLS = 1 << 27  # a gigabyte of numbers, of which several copies are made


def load_models(
    dataset: Dataset,
    probs: Sequence[ModelSource],
    classes: Sequence[str] | None = None,
    *,
    may_lack: bool = False,
    memory: int = MEMORY,
) -> list[Model]:
    """The models of `probs`, which share the memory, else the one in the dataset's own columns, if there is any.

    What each of `probs` may be, `load_model` says.
    """
    if not probs:
        own = inside(dataset, memory)
        return [] if own is None else [own]
    share = memory // len(probs)
    return [load_model(source, dataset, classes, may_lack=may_lack, memory=share) for source in probs]


def load_model(
    source: ModelSource,
    dataset: Dataset,
    classes: Sequence[str] | None = None,
    *,
    may_lack: bool = False,
    memory: int = MEMORY,
    name: str = "array",
) -> Model:
    """A file of probabilities, a frame with their columns, or an array N×C; `name`: what to call what is no file.

    A model that is one already stays what it is.
    """
    if isinstance(source, Model):
        return source
    names = as_names(classes) or dataset.columns.class_names
    if isinstance(source, str | Path):
        return from_file(str(source), dataset, names, may_lack=may_lack, memory=memory)
    if (table := as_table(source, id_name(dataset))) is not None:
        table = with_prefixed_columns(table, dataset, names, name)
        return _from_sources(name, (in_memory(table),), dataset, names, may_lack, memory)
    return from_array(source, dataset, names, name)


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
    return _from_sources(pattern, sources(pattern, may_be_remote=True), dataset, classes, may_lack, memory)


def _from_sources(
    pattern: str, files: Files, dataset: Dataset, classes: Sequence[str] | None, may_lack: bool, memory: int
) -> Model:  # fmt: skip
    names = table_files.columns(files, dataset.encoding)
    width = None
    if VALUES in names and set(names) <= {VALUES, id_name(dataset)}:
        columns: tuple[str, ...] = (VALUES,)
        width = width_of_lists(pattern, files)
        known = checked_classes(pattern, classes or _of_numbers(dataset), width)
    else:
        columns = probability_columns(pattern, names, dataset, classes or (), files)
        if not columns:
            raise no_probabilities(pattern, names, dataset)
        known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in columns)
    model_columns = _ModelColumns(columns, dataset.called(known), width)
    id_column = joining_column(files, names, dataset)
    if id_column is not None:
        model = _by_id(pattern, files, dataset, id_column, model_columns, may_lack=may_lack, memory=memory)
    else:
        model = _by_order(pattern, files, dataset, model_columns, memory)
        if width is None:
            model = replace(model, notes=by_order_note(pattern, names, dataset, columns))
    return replace(model, notes=model.notes + misspelled(model, dataset))


def inside(dataset: Dataset, memory: int = MEMORY) -> Model | None:
    """The probabilities in the dataset's own `prob_<class>` columns, if it has any."""
    columns = dataset.columns.probabilities(dataset.all_columns)
    if not columns:
        return None
    known = dataset.called([name.removeprefix(dataset.columns.prob_prefix) for name in columns])
    if (values := dataset.probabilities) is not None:
        return model_of_rows(dataset.name, known, lambda: values, dataset.positions)
    return _by_order(dataset.name, dataset.sources, dataset, _ModelColumns(columns, known), memory)


def mean_probabilities(
    models: Sequence[Model], dataset: Dataset, classes: Sequence[str], *, may_skip: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N, K) the models' mean, rows summing to 1, and (N,) whether a row is sound; others are uniform.

    Raises InputError for unsound probabilities unless they may be skipped, for classes that are not among `classes`,
    and for more probabilities than fit into memory.
    """
    import numpy as np

    if len(dataset) * len(classes) > MOST_CELLS:
        raise InputError(
            f"{dataset.name}: {len(dataset):,} rows of {len(classes):,} classes are too many to be held in memory; "
            "take a sample of the rows"
        )
    for model in models:
        if strange := sorted(set(model.classes) - set(classes)):
            raise InputError(f"{model.name}: classes that the first model and the labels lack: {listing(strange)}")
    probabilities = Probabilities(tuple(models), tuple(classes), len(dataset), may_skip)
    validator = ProbabilityValidator(dataset, probabilities)
    mean = np.empty((len(dataset), len(classes)))
    for span, blocks in probabilities.blocks():
        checked = [validator.checked(number, span, block).astype(np.float64) for number, block in enumerate(blocks)]
        mean[span] = np.maximum(sum(checked) / len(checked), 0)
    validator.refuse_all_bad()
    return mean / mean.sum(axis=1, keepdims=True), ~validator.bad


def _of_numbers(dataset: Dataset) -> tuple[str, ...] | None:
    """The order of the classes, where their numbers say it."""
    return None if dataset.numbered is None else dataset.numbered.names


@dataclass(frozen=True)
class _ModelColumns:
    """The columns of a model's file, its classes, and how many numbers the lists of a list column have."""

    names: tuple[str, ...]
    classes: tuple[str, ...]
    width: int | None = None


def _by_order(pattern: str, files: Files, dataset: Dataset, columns: _ModelColumns, memory: int) -> Model:
    """Row by row; where rows of the dataset were skipped, theirs are skipped here. Nothing is read before a pass."""
    known, width = columns.classes, columns.width
    skips = files == dataset.sources and not dataset.whole
    request = ReadRequest(numbers=columns.names, encoding=dataset.encoding, skip_ragged=ignore if skips else None)
    rows = None if dataset.whole else dataset.positions
    partitions = partitioned(pattern, files, columns.names, rows, dataset.rows_read, width)
    if dataset.whole and table_files.cheap_to_read_again(files[0]):
        read = partial(read_blocks, files, request, width=width)
        model = model_read_again(
            pattern, known, lambda: exactly_rows(pattern, read(), len(dataset)), len(dataset), memory
        )
        return replace(model, partitions=partitions)

    def values() -> Block:
        found = spool(read_blocks(files, request, width=width), memory)
        if len(found) != dataset.rows_read:
            raise wrong_length(pattern, len(found), dataset.rows_read)
        return found

    return replace(model_of_rows(pattern, known, cache(values), dataset.positions), partitions=partitions)


def _by_id(
    pattern: str, files: Files, dataset: Dataset, id_column: str, columns: _ModelColumns, *,
    may_lack: bool, memory: int,
) -> Model:  # fmt: skip
    import numpy as np
    import pyarrow as pa

    known, width = columns.classes, columns.width
    match = partial(rows_by_id, may_lack=may_lack, hint="predict them too, or skip them with --on-bad-rows skip")
    if table_files.cheap_to_read_again(files[0]):
        rows, notes = match(pattern, read_ids(files, id_column, dataset.encoding), dataset)
        request = ReadRequest(numbers=columns.names, encoding=dataset.encoding)
        if np.array_equal(rows, np.arange(len(rows))):
            read = partial(read_blocks, files, request, width=width)
            model = model_read_again(pattern, known, lambda: first_rows(read(), len(rows)), len(rows), memory)
            return replace(model, notes=notes, partitions=partitioned(pattern, files, columns.names, None, None, width))
        values = cache(lambda: spool(read_blocks(files, request, width=width), memory))
        return replace(
            model_of_rows(pattern, known, values, rows, notes),
            partitions=partitioned(pattern, files, columns.names, rows, None, width),
        )
    parts: list[pa.Array] = []
    request = ReadRequest((id_column,), columns.names, dataset.encoding)
    held = spool(read_blocks(files, request, parts.append, width), memory)
    ids = pa.chunked_array(parts, pa.string()).combine_chunks()
    rows, notes = match(pattern, ids, dataset)
    return model_of_rows(pattern, known, lambda: held, rows, notes)
