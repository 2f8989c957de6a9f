"""What hardening trains with, and what it holds out to measure with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.modeling.folds import dealt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]


def held_out_parts(dataset: Dataset, rows: ModelInputs, train: Bools, folds: int) -> list[Bools]:
    """(N,) bool each: what is held out; the other splits, or each fold in turn."""
    import numpy as np

    if not train.all():
        return [~train]
    if dataset.columns.fold is not None:
        fold = np.array([name or "" for name in dataset.roles[dataset.columns.fold].to_pylist()], object)
        return [fold == name for name in sorted(set(fold.tolist()))]
    if not folds:
        return []
    groups = None
    if dataset.columns.groups is not None:
        groups = [group or "" for group in dataset.roles[dataset.columns.groups].to_pylist()]
    fold = dealt(rows.keys(), dataset.labels.astype(np.int64), folds, groups)
    return [fold == number for number in range(folds)]


def describe(dataset: Dataset, train: Bools, folds: int) -> str:
    if not train.all():
        return "rows of other splits"
    if dataset.columns.fold is not None:
        return f"each fold of column {dataset.columns.fold!r} in turn"
    return f"each of {folds} folds in turn" if folds else "--folds 0"
