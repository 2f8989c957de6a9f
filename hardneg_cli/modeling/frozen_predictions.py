"""Frozen probabilities: rows that are still what they were keep theirs, so that retraining moves nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.alignment import read_ids
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.table import ROW_COLUMNS
from hardneg_cli.data.row_identity import repeated_values
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class FrozenPredictions:
    """What an older file has of the N rows of a dataset.

    kept: (N,) bool, the content is the same, so the probabilities stay. unchanged: (N,) bool, the label is too, so the
    row may train. fold: (N,) into `names`, −1 for rows that are not kept. probabilities: (N, C) of `classes`, with
    zeros for rows that are not kept.
    """

    kept: Bools
    unchanged: Bools
    fold: Codes
    names: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: Block

    @property
    def rows(self) -> int:
        return int(self.kept.sum())

    def folds(self, bundle: Codes) -> Codes:
        """(N,) fold numbers: the old ones; other rows take that of a kept row of their bundle, or turns."""
        import numpy as np

        fold = self.fold.copy()
        of_bundle = np.full(int(bundle.max()) + 1, -1)
        kept = np.flatnonzero(self.kept)[::-1]
        of_bundle[bundle[kept]] = fold[kept]
        turn = np.flatnonzero(of_bundle < 0)
        of_bundle[turn] = np.arange(len(turn)) % len(self.names)
        return np.where(self.kept, fold, of_bundle[bundle])

    def overlay(self, fresh: Block, classes: Sequence[str]) -> Block:
        """(N, K) the fresh probabilities, but for the rows that keep theirs."""
        import numpy as np

        p = fresh.copy()
        rows = np.flatnonzero(self.kept)
        p[rows] = 0
        columns = np.array([list(classes).index(name) for name in self.classes], np.int64)
        p[np.ix_(rows, columns)] = self.probabilities[rows]
        return p


def frozen(old: str | Path, dataset: Dataset) -> FrozenPredictions:
    """What `old`, written by `predict`, says about the rows of the dataset.

    Raises InputError for a file that is none of that kind, and where it knows no row of the dataset.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    files = sources(str(old))
    names = table_files.columns(files, None)
    prefix = dataset.columns.prob_prefix
    probabilities = tuple(name for name in names if name.startswith(prefix) and name not in ROW_COLUMNS)
    for name in ROW_COLUMNS:
        if name not in names:
            raise InputError(
                f"{old}: no column {quote(name)}{did_you_mean(name, names)}; --frozen takes a file that predict wrote"
            )
    table = pa.Table.from_batches(list(table_files.read(files, ReadRequest(text=ROW_COLUMNS, numbers=probabilities))))
    if repeated := repeated_values(read_ids(files, "id")):
        raise InputError(f"{old}: ids that stand in more than one row: {repeated[:5]}")
    place = pc.fill_null(pc.index_in(dataset.ids, value_set=table["id"].combine_chunks()), -1).to_numpy()
    found = place >= 0
    hashes = np.array(dataset.row_hashes(np.arange(len(dataset))), object)
    labels = np.array(dataset.classes, object)[dataset.labels]
    kept = found & (np.array(table["row_hash"].to_pylist(), object)[place] == hashes)
    if not kept.any():
        raise InputError(f"{old}: none of its rows is a row of {dataset.name} as it is now; is it the right file?")
    folds, fold = np.unique(np.array(table["fold"].to_pylist(), object), return_inverse=True)
    values = np.column_stack([table[name].to_numpy() for name in probabilities])
    return FrozenPredictions(
        kept=kept,
        unchanged=kept & (np.array(table["given_label"].to_pylist(), object)[place] == labels),
        fold=np.where(kept, fold[place], -1),
        names=tuple(folds.tolist()),
        classes=tuple(name.removeprefix(prefix) for name in probabilities),
        probabilities=np.where(kept[:, None], values[place], 0.0),
    )
