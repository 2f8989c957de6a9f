"""An unlabeled pool: rows like the dataset's, whose labels, if there are any, nobody looks at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import pyarrow as pa

UNLABELED = "?"


def unlabeled(pool: str | Path | pa.Table, columns: Columns, encoding: str | None = None) -> Dataset:
    """The pool as a dataset whose labels all say nothing; its columns play the parts that the dataset's do.

    Raises InputError as `load` does; only the label, split and fold columns may be missing.
    """
    import pyarrow as pa

    if not isinstance(pool, str | Path):
        return _without_labels("pool", pool, columns)
    files = sources(str(pool))
    names = table_files.columns(files, encoding)
    wanted = tuple(name for name in names if not name.startswith(columns.prob_prefix))
    parts = list(table_files.read(files, ReadRequest(text=wanted, encoding=encoding)))
    return _without_labels(str(pool), pa.Table.from_batches(parts), columns)


def _without_labels(name: str, table: pa.Table, columns: Columns) -> Dataset:
    import pyarrow as pa

    for column in (columns.label, columns.split, columns.fold):
        if column in table.column_names:
            table = table.drop_columns([column])
    table = table.append_column(columns.label, pa.repeat(UNLABELED, len(table)))
    id_ = columns.id if columns.id in table.column_names else None
    groups = columns.groups if columns.groups in table.column_names else None
    return replace(load(table, replace(columns, id=id_, split=None, fold=None, groups=groups)), name=name)
