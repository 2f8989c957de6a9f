"""Models' probabilities from files and arrays, each brought into the dataset's order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.alignment import id_name, read_ids, rows_by_id, wrong_length
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.block_sources import (
    exactly_rows,
    first_rows,
    model_of_rows,
    model_read_again,
    read_blocks,
)
from hardneg_cli.data.probabilities.partitions import partitioned
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities
from hardneg_cli.data.probabilities.validation import ProbabilityValidator
from hardneg_cli.errors import InputError, did_you_mean, listing
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.spill import MEMORY, spool
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block
    from hardneg_cli.io.files.source import Source

    Files: TypeAlias = tuple[Source, ...]
    ModelSource: TypeAlias = str | Path | Block  # a file of probabilities, or an array N×C

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
    """A file of probabilities, or an array N×C, by default of the dataset's classes; `name`: what to call an array."""
    if isinstance(source, str | Path):
        return from_file(str(source), dataset, classes, may_lack=may_lack, memory=memory)
    return from_array(source, dataset, classes or dataset.classes, name)


def from_array(values: Block, dataset: Dataset, classes: Sequence[str], name: str = "array") -> Model:
    """A model whose N×C probabilities are in memory, in the dataset's order."""
    import numpy as np

    if len(values) != len(dataset) or values.ndim != 2:
        raise InputError(f"{name}: shape {values.shape} for {len(dataset):,} rows of {dataset.name}")
    return model_of_rows(name, _checked_classes(name, classes, values.shape[1]), lambda: values, np.arange(len(values)))


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
    columns = _probability_columns(pattern, names, dataset)
    if id_name(dataset) in names:
        model = _by_id(pattern, files, dataset, columns, may_lack, memory)
    else:
        known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in columns)
        model = replace(
            _by_order(pattern, files, dataset, columns, known, memory), notes=_by_order_note(pattern, names, dataset)
        )
    return replace(model, notes=model.notes + _misspelled(model, dataset))


def inside(dataset: Dataset, memory: int = MEMORY) -> Model | None:
    """The probabilities in the dataset's own `prob_<class>` columns, if it has any."""
    columns = dataset.columns.probabilities(dataset.all_columns)
    if not columns:
        return None
    known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in columns)
    if (values := dataset.probabilities) is not None:
        return model_of_rows(dataset.name, known, lambda: values, dataset.positions)
    return _by_order(dataset.name, dataset.sources, dataset, columns, known, memory)


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
        mean[span] = sum(checked) / len(checked)
    return mean / mean.sum(axis=1, keepdims=True), ~validator.bad


def _probability_columns(pattern: str, names: list[str], dataset: Dataset) -> tuple[str, ...]:
    prefix = dataset.columns.prob_prefix
    columns = tuple(name for name in names if name.startswith(prefix))
    if columns:
        return columns
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
    pattern: str, files: Files, dataset: Dataset, columns: tuple[str, ...], known: tuple[str, ...], memory: int
) -> Model:
    """Row by row; where rows of the dataset were skipped, theirs are skipped here. Nothing is read before a pass."""
    skips = files == dataset.sources and not dataset.whole
    request = ReadRequest(numbers=columns, encoding=dataset.encoding, skip_ragged=_ignore if skips else None)
    rows = None if dataset.whole else dataset.positions
    partitions = partitioned(pattern, files, columns, rows, dataset.rows_read)
    if dataset.whole and table_files.cheap_to_read_again(files[0]):
        read = partial(read_blocks, files, request)
        model = model_read_again(
            pattern, known, lambda: exactly_rows(pattern, read(), len(dataset)), len(dataset), memory
        )
        return replace(model, partitions=partitions)

    def values() -> Block:
        found = spool(read_blocks(files, request), memory)
        if len(found) != dataset.rows_read:
            raise wrong_length(pattern, len(found), dataset.rows_read)
        return found

    return replace(model_of_rows(pattern, known, cache(values), dataset.positions), partitions=partitions)


def _by_id(
    pattern: str, files: Files, dataset: Dataset, columns: tuple[str, ...], may_lack: bool, memory: int
) -> Model:  # fmt: skip
    import numpy as np
    import pyarrow as pa

    known = tuple(name.removeprefix(dataset.columns.prob_prefix) for name in columns)
    id_column = id_name(dataset)
    match = partial(rows_by_id, may_lack=may_lack, hint="predict them too, or skip them with --on-bad-rows skip")
    if table_files.cheap_to_read_again(files[0]):
        rows, notes = match(pattern, read_ids(files, id_column, dataset.encoding), dataset)
        request = ReadRequest(numbers=columns, encoding=dataset.encoding)
        if np.array_equal(rows, np.arange(len(rows))):
            read = partial(read_blocks, files, request)
            model = model_read_again(pattern, known, lambda: first_rows(read(), len(rows)), len(rows), memory)
            return replace(model, notes=notes, partitions=partitioned(pattern, files, columns, None, None))
        values = cache(lambda: spool(read_blocks(files, request), memory))
        return replace(
            model_of_rows(pattern, known, values, rows, notes),
            partitions=partitioned(pattern, files, columns, rows, None),
        )
    parts: list[pa.Array] = []
    held = spool(read_blocks(files, ReadRequest((id_column,), columns, dataset.encoding), parts.append), memory)
    ids = pa.chunked_array(parts, pa.string()).combine_chunks()
    rows, notes = match(pattern, ids, dataset)
    return model_of_rows(pattern, known, lambda: held, rows, notes)


def _ignore(_: str) -> None:
    """Ragged rows were listed when the dataset was loaded."""
