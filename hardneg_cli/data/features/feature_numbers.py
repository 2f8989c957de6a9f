"""The numbers that rows are compared by, as they are read: plain columns, or vectors, some of which may be none.

A vector is a list of as many numbers as most lists of its column have. A null, an empty list, one of another size and
one with a number that is missing or infinite are no vectors: such a row is named, or left out where rows may be.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardneg_cli.data.alignment import id_name, joining_column, read_ids, rows_by_id, wrong_length
from hardneg_cli.data.columns import choose
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.embedding import embedded
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.mixed_columns import MixedColumns, mixed_columns
from hardneg_cli.data.features.pictures import pictures
from hardneg_cli.errors import InputError, listing, quote
from hardneg_cli.io.files.small_pictures import has_pillow
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.matrix import NO_LIST, StackedNumbers, stacked
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]

VECTOR_TEXT = re.compile(r"\s*\[[-+.,;\s\d]*(?:(?:e[-+]?\d|nan|null|none|inf)[-+.,;\s\d]*)*\]?\s*", re.IGNORECASE)
FINGERPRINT = re.compile(r"\[\d+ numbers, blake2b [0-9a-f]{16}\]")
AS_TEXT = "vectors are not read from text: write them as lists in Parquet or JSON lines, as .npy, or a column a number"


@dataclass(frozen=True)
class FeatureNumbers:
    """N rows of numbers, in the dataset's order.

    names: of plain columns, empty for vectors. name: what to call vectors. mixed: the columns, where some hold
    categories, and the values are points. sizes: (N,) how many numbers each list has,
    `NO_LIST` for a null, None for vectors that are no lists. unreadable: why a row has no picture to make a vector of.
    """

    values: Matrix
    name: str
    names: tuple[str, ...] = ()
    sizes: NDArray[np.int64] | None = None
    mixed: MixedColumns | None = None
    unreadable: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def troubles(self) -> dict[int, str]:
        """Of vectors: what is wrong with each row that is none."""
        import numpy as np

        width = self.values.shape[1]
        found = dict(self.unreadable)
        for row in np.flatnonzero(~np.isfinite(self.values).all(axis=1)).tolist():
            if row in self.unreadable:
                continue
            size = width if self.sizes is None else int(self.sizes[row])
            if size == NO_LIST:
                found[row] = "no vector"
            elif size != width:
                found[row] = f"{size} numbers instead of {width}" if size else "an empty vector"
            else:
                found[row] = "NaN in the vector" if np.isnan(self.values[row]).any() else "an infinite number"
        return found


def feature_numbers(dataset: Dataset, choice: FeatureChoice) -> FeatureNumbers:
    """The numbers of the chosen columns, file or array. Raises InputError for columns that cannot be features.

    Of columns, some of which hold categories, the numbers are their points: see `mixed_columns`.
    """
    if choice.array is not None:
        return FeatureNumbers(_of_dataset(dataset, choice.array), "the features")
    if choice.file:
        return _from_file(dataset, choice.file)
    if choice.embed is not None:
        vectors = embedded(dataset, choice)
        name = f"{dataset.name}: column {quote(choice.image or choice.text)}"
        return FeatureNumbers(vectors.vectors, name, unreadable=vectors.troubles, notes=vectors.notes)
    if choice.image is not None:
        seen = pictures(dataset)
        name = f"{dataset.name}: column {quote(choice.image)}"
        return FeatureNumbers(seen.features, name, unreadable=seen.troubles)
    return _from_columns(dataset, choice.columns)


def with_vectors_only(dataset: Dataset, choice: FeatureChoice) -> Dataset:
    """The rows that have a vector, where vectors are chosen; the others are listed in `skipped`."""
    if not choice.numbers or (choice.columns and not _is_vector_column(dataset, choice.columns)):
        return dataset
    if choice.image and not choice.embed and not has_pillow():
        return dataset
    found = feature_numbers(dataset, choice)
    troubles = {} if found.names else found.troubles()
    return dataset.without({row: f"{found.name}: {trouble}" for row, trouble in troubles.items()})


def holds_vectors(cells: Iterable[str | None]) -> bool:
    """Whether the first of a column's cells that holds something is a list of numbers, or reads as one."""
    first = next((cell for cell in cells if cell and cell.strip()), "")
    return bool(FINGERPRINT.fullmatch(first) or VECTOR_TEXT.fullmatch(first[:4096]))


def _is_vector_column(dataset: Dataset, patterns: Sequence[str]) -> bool:
    if not patterns:
        return False
    names = choose(patterns, dataset.all_columns, "--features")
    return any(name in dataset.content.column_names and holds_vectors(_cells(dataset, name)) for name in names)


def _cells(dataset: Dataset, name: str) -> Iterable[str | None]:
    return (cell for chunk in dataset.content[name].chunks for cell in chunk.to_pylist())


def _from_columns(dataset: Dataset, patterns: tuple[str, ...]) -> FeatureNumbers:
    names = feature_columns(dataset, patterns)
    try:
        found = _stacked(dataset.name, dataset.numbers(names))
    except InputError as error:
        if any(name in dataset.content.column_names and holds_vectors(_cells(dataset, name)) for name in names):
            raise InputError(f"{error}; {AS_TEXT}") from error
        return _from_mixed_columns(dataset, names)
    values = found.values[dataset.positions]
    if found.sizes is None:
        return FeatureNumbers(values, dataset.name, tuple(names))
    return FeatureNumbers(values, f"{dataset.name}: column {quote(names[0])}", sizes=found.sizes[dataset.positions])


def _from_mixed_columns(dataset: Dataset, names: Sequence[str]) -> FeatureNumbers:
    """Of columns that are not all plain numbers. Raises InputError for those that hold none, and no categories."""
    found = mixed_columns(dataset.name, dataset.texts(names))
    return FeatureNumbers(found.points(dataset.by_id), dataset.name, tuple(names), mixed=found)


def feature_columns(dataset: Dataset, patterns: Sequence[str], taken: Collection[str] = ()) -> list[str]:
    """The columns that the patterns match. Raises InputError for one that plays a part, or is `taken` otherwise."""
    names = choose(patterns, dataset.all_columns, "--features")
    if taken := [name for name in names if name in {*dataset.columns.parts().values(), *taken}]:
        raise InputError(f"{dataset.name}: {listing(taken)} cannot be a feature: it is the label, id, text or the like")
    return names


def _from_file(dataset: Dataset, pattern: str) -> FeatureNumbers:
    files = sources(pattern)
    names = table_files.columns(files, None)
    wanted = [name for name in names if name != id_name(dataset)]
    if not wanted:
        raise InputError(f"{pattern}: no column beside the ids")
    found = _stacked(pattern, table_files.read(files, ReadRequest(numbers=tuple(wanted))))
    if (id_column := joining_column(files, names, dataset)) is not None:
        rows = rows_by_id(pattern, read_ids(files, id_column), dataset)[0]
    elif len(found.values) != dataset.rows_read:
        raise wrong_length(pattern, len(found.values), dataset.rows_read)
    else:
        rows = dataset.positions
    values, sizes = found.values[rows], None if found.sizes is None else found.sizes[rows]
    if len(wanted) > 1:
        return FeatureNumbers(values, pattern, tuple(wanted))
    return FeatureNumbers(values, f"{pattern}: column {quote(wanted[0])}", sizes=sizes)


def _stacked(name: str, batches: Iterable[pa.RecordBatch]) -> StackedNumbers:
    found = stacked(batches)
    if found.sizes is not None and not found.values.shape[1]:
        raise InputError(f"{name}: no list of the feature column holds a number")
    return found


def _of_dataset(dataset: Dataset, array: Matrix) -> Matrix:
    """The dataset's rows of an array that has all rows that were read, or has its rows alone."""
    import numpy as np

    values = np.asarray(array)
    if values.ndim == 2 and values.dtype.kind not in "fiub":
        raise InputError(f"the features: an array of {values.dtype} instead of numbers")
    if values.ndim == 2 and len(values) == dataset.rows_read != len(dataset):
        values = values[dataset.positions]
    if values.ndim != 2 or len(values) != len(dataset):
        raise InputError(f"the features: shape {values.shape} for {len(dataset):,} rows of {dataset.name}")
    return values
