"""An unlabeled pool: rows like the dataset's, whose labels, if there are any, nobody looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import with_vectors_only
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.load import load
from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import in_memory
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import pyarrow as pa

UNLABELED = "?"


def unlabeled(
    pool: str | Path | pa.Table, columns: Columns, encoding: str | None = None, *, vectors: FeatureChoice | None = None
) -> Dataset:
    """The pool as a dataset whose labels all say nothing; its columns play the parts that the dataset's do.

    vectors: what rows are to be left out for where it holds no vector of theirs; None leaves none out.
    Raises InputError as `load` does; only the label, split and fold columns may be missing.
    """
    if isinstance(pool, str | Path):
        name, files = str(pool), sources(str(pool))
    else:
        name, files = "pool", (in_memory(pool, labels=columns.id),)
    names = table_files.columns(files, encoding)
    numbers = set(columns.probabilities(names))
    left_out = {*numbers, columns.label, columns.split, columns.fold}
    dataset = _without_labels(name, files, [one for one in names if one not in left_out], columns, encoding)
    return dataset if vectors is None else with_vectors_only(dataset, vectors)


def _without_labels(
    name: str, files: tuple[Source, ...], wanted: Sequence[str], columns: Columns, encoding: str | None
) -> Dataset:
    """The text is read now; numbers are read from the files when they are asked for."""
    import pyarrow as pa

    if not wanted:
        raise InputError(f"{name}: no column beside labels and probabilities")
    batches = table_files.read(files, ReadRequest(text=tuple(wanted), encoding=encoding))
    table = pa.Table.from_batches(list(batches))
    table = table.append_column(columns.label, pa.repeat(UNLABELED, len(table)))
    id_ = columns.id if columns.id in wanted else None
    groups = columns.groups if columns.groups in wanted else None
    loaded = load(table, replace(columns, id=id_, split=None, fold=None, groups=groups))
    return replace(loaded, name=name, sources=files, encoding=encoding, all_columns=(*wanted, columns.label))
