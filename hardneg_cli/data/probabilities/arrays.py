"""Probabilities from memory: arrays, and frames of any library that speaks Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.alignment import id_name
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.block_sources import model_of_rows
from hardneg_cli.data.probabilities.probabilities import Model
from hardneg_cli.data.probability_columns import named
from hardneg_cli.errors import InputError, listing, quote

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.data.probabilities.probabilities import Block


def from_array(values: Block, dataset: Dataset, classes: Sequence[str] | None = None, name: str = "array") -> Model:
    """A model whose N×C probabilities are in memory, in the order of the dataset, or of all rows that were read.

    classes: by default the labels, in the order of their numbers where all are numbers, as scikit-learn has them.
    """
    import numpy as np

    values = np.asarray(values)
    if values.ndim != 2 or values.dtype.kind not in "fiub" or len(values) not in (len(dataset), dataset.rows_read):
        raise InputError(f"{name}: {_kind(values)} for {len(dataset):,} rows of {dataset.name}")
    if classes is None and values.shape[1] != len(dataset.in_order):
        raise InputError(
            f"{name}: {values.shape[1]:,} columns for {len(dataset.in_order):,} different labels of {dataset.name}; "
            "say with classes which class each column is of"
        )
    known = checked_classes(name, dataset.in_order if classes is None else classes, values.shape[1])
    if values.dtype.kind != "f":
        values = values.astype(np.float64)
    rows = np.arange(len(values)) if len(values) == len(dataset) else dataset.positions
    return model_of_rows(name, dataset.called(known), lambda: values, rows)


def with_prefixed_columns(
    table: pa.Table, dataset: Dataset, classes: Sequence[str] | None, name: str
) -> pa.Table:  # fmt: skip
    """Columns with the prefix, as in a file; else columns that are called like classes, as `classes` says in turn."""
    prefix, own = dataset.columns.prob_prefix, id_name(dataset)
    numbers = [column for column in table.column_names if column != own]
    if not any(column.startswith(prefix) for column in numbers):
        called = numbers if classes is None else checked_classes(name, classes, len(numbers))
        if not named(dataset.called(called), "", dataset.classes):
            raise InputError(
                f"{name}: no column starts with {quote(prefix)} or is called like a label: {listing(numbers)}"
            )
        renamed = dict(zip(numbers, called, strict=True))
        table = table.rename_columns([prefix + renamed.get(one, one) if one in renamed else one
                                      for one in table.column_names])  # fmt: skip
    return table


def checked_classes(pattern: str, classes: Sequence[str] | None, columns: int) -> tuple[str, ...]:
    if classes is None:
        raise InputError(f"{pattern}: its {columns:,} columns have no names; give them in order with --classes")
    if len(classes) != columns:
        raise InputError(f"{pattern}: {columns:,} columns, but --classes names {len(classes):,}")
    if len(set(classes)) < len(classes):
        raise InputError(f"--classes names {listing(sorted({c for c in classes if list(classes).count(c) > 1}))} twice")
    return tuple(classes)


def _kind(values: Any) -> str:
    return f"shape {values.shape}" if values.dtype.kind in "fiub" else f"an array of {values.dtype}"
