"""The rows that train, where the dataset says which split each row is of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, did_you_mean, listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

TRAIN = "train"


def in_training(dataset: Dataset, train_split: str | None) -> Bools:
    """(N,) the rows of the training split; every row of a dataset without splits.

    Raises InputError for a split that no row is of, and for one that is named where the column is not.
    """
    import numpy as np
    import pyarrow.compute as pc

    if dataset.columns.split is None:
        if train_split is not None:
            raise InputError("--train-split names a value of the --split column: name that column too")
        return np.ones(len(dataset), bool)
    column = pc.fill_null(dataset.roles[dataset.columns.split], "")
    wanted = TRAIN if train_split is None else train_split
    found: Bools = pc.equal(column, wanted).to_numpy(zero_copy_only=False)
    if not found.any():
        known = sorted(set(column.to_pylist()))
        hint = did_you_mean(wanted, known) or f"; it has {listing(known)}, so name one with --train-split"
        raise InputError(f"{dataset.name}: no row of split {wanted!r} in column {dataset.columns.split!r}{hint}")
    return found
