"""Which rows train and which are held out: folds by content, never by position, and splits that the dataset names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.features.picture_copies import picture_copies
from hardneg_cli.data.siblings import joined
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.modeling.frozen_predictions import FrozenPredictions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

LEAST_FOLDS = 2
UNLEARNED = -1
TRAIN = "train"


def fold_of(
    dataset: Dataset, inputs: ModelInputs | None, folds: int, older: FrozenPredictions | None = None
) -> tuple[Codes, list[str]]:
    """(N,) fold numbers and the folds' names: those of the dataset's own column, of an older file, or assigned ones.

    inputs: what models learn from, by which copies are told; without, rows of the same content are copies. Copies, near
    copies of pictures, and groups share a fold. Raises InputError for fewer than two folds, and where there are too few
    different rows.
    """
    import numpy as np

    if (column := dataset.role(dataset.columns.fold)) is not None:
        names, fold = np.unique(np.array(column, object), return_inverse=True)
        if len(names) < LEAST_FOLDS:
            raise InputError(f"{dataset.name}: column {quote(dataset.columns.fold)} has one fold only")
        return fold.astype(np.int64), names.tolist()
    if folds < LEAST_FOLDS:
        raise InputError(f"--folds is at least {LEAST_FOLDS}, not {folds}")
    keys, groups = _content_keys(dataset) if inputs is None else inputs.keys(), dataset.role(dataset.columns.groups)
    if dataset.columns.image is not None:
        keys = _linked(keys, picture_copies(dataset).links)
    if older is not None:
        return older.folds(bundles(keys, groups)), list(older.names)
    fold = assign_folds(keys, dataset.labels.astype(np.int64), folds, groups)
    return fold, [str(number + 1) for number in range(folds)]


def assign_folds(keys: Sequence[str], labels: Codes, folds: int, groups: Sequence[str] | None = None) -> Codes:
    """(N,) fold numbers from 0; rows with the same key, or of the same group, share one.

    Bundles of such rows are assigned class by class in the order of a hash of their keys, each to the fold that has the
    fewest rows of its class, so the order of the rows does not matter. Raises InputError for fewer bundles than folds.
    """
    import numpy as np

    bundle = bundles(keys, groups)
    hashes = [blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest() for key in keys]
    first: dict[int, bytes] = {}
    labels_of: dict[int, Counter[int]] = {}
    for number, hash_, label in zip(bundle.tolist(), hashes, labels.tolist(), strict=True):
        first[number] = min(first.get(number, hash_), hash_)
        labels_of.setdefault(number, Counter())[label] += 1
    if len(first) < folds:
        raise InputError(f"{len(first):,} different rows or groups are too few for {folds} folds; choose fewer --folds")
    majority = {number: min(counts, key=lambda label: (-counts[label], label)) for number, counts in labels_of.items()}
    fold_of_bundle = np.empty(len(first), np.int64)
    rows = [0] * folds
    of_class: dict[int, list[int]] = {}
    for number in sorted(first, key=lambda number: (majority[number], -labels_of[number].total(), first[number])):
        class_rows = of_class.setdefault(majority[number], [0] * folds)
        fold = min(range(folds), key=lambda fold: (class_rows[fold], rows[fold], fold))
        class_rows[fold] += labels_of[number].total()
        rows[fold] += labels_of[number].total()
        fold_of_bundle[number] = fold
    return fold_of_bundle[bundle]


def learnable(
    dataset: Dataset, fold: Codes, older: FrozenPredictions | None = None
) -> tuple[tuple[str, ...], Codes, tuple[str, ...]]:
    """The classes that stand in two folds, (N,) codes into them of the rows that teach (else −1), and the other ones.

    A class of one fold alone would never be known to the models that judge its rows.
    """
    import numpy as np

    trains = np.ones(len(dataset), bool) if older is None else older.unchanged
    spread = [len(np.unique(fold[trains & (dataset.labels == code)])) for code in range(len(dataset.classes))]
    known = {name for name, folds in zip(dataset.classes, spread, strict=True) if folds >= LEAST_FOLDS}
    if len(known) < LEAST_FOLDS:
        raise InputError(
            f"{dataset.name}: fewer than two classes have different rows in two folds, nothing can be learned"
        )
    classes = tuple(sorted(known | set(() if older is None else older.classes)))
    code = {name: number for number, name in enumerate(classes)}
    codes = np.array([code[name] if name in known else UNLEARNED for name in dataset.classes], np.int64)
    unknown = tuple(name for name in dataset.classes if name not in known)
    return classes, np.where(trains, codes[dataset.labels], UNLEARNED), unknown


def _linked(keys: Sequence[str], links: Codes) -> list[str]:
    """N keys, that of rows which are linked, directly or by a key of theirs, being the first of them in their order."""
    import numpy as np

    _, first, place = np.unique(np.array(keys, object), return_index=True, return_inverse=True)
    same = np.stack([np.arange(len(keys)), first[place]])
    group = joined(len(keys), np.concatenate([same, links], axis=1))
    least: dict[int, str] = {}
    for number, key in zip(group.tolist(), keys, strict=True):
        least[number] = min(least.get(number, key), key)
    return [least[number] for number in group.tolist()]


def bundles(keys: Sequence[str], groups: Sequence[str] | None = None) -> Codes:
    """(N,) numbers from 0 without gaps: rows that are linked by a key or a group, directly or through others."""
    import numpy as np
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    _, key = np.unique(np.array(keys, dtype=object), return_inverse=True)
    if groups is None:
        return key.astype(np.int64)
    _, group = np.unique(np.array(groups, dtype=object), return_inverse=True)
    size = int(key.max()) + 1 + int(group.max()) + 1
    edges = csr_array((np.ones(len(key), np.int8), (key, group + int(key.max()) + 1)), (size, size))
    _, parts = connected_components(edges, directed=False)
    _, bundle = np.unique(parts[key], return_inverse=True)
    return bundle.astype(np.int64)


def held_out_parts(dataset: Dataset, inputs: ModelInputs, train: Bools, folds: int) -> list[Bools]:
    """(N,) bool each: what is held out; the other splits, or each fold in turn, nothing where `folds` is 0."""
    if not train.all():
        return [~train]
    if not folds and dataset.columns.fold is None:
        return []
    fold, names = fold_of(dataset, inputs, folds)
    return [fold == number for number in range(len(names))]


def describe(dataset: Dataset, train: Bools, folds: int) -> str:
    """What `held_out_parts` holds out, in words."""
    if not train.all():
        return "rows of other splits"
    if dataset.columns.fold is not None:
        return f"each fold of column {quote(dataset.columns.fold)} in turn"
    return f"each of {folds} folds in turn" if folds else "--folds 0"


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
    split = TRAIN if train_split is None else train_split
    train: Bools = pc.equal(column, split).to_numpy(zero_copy_only=False)
    if not train.any():
        known = sorted(set(column.to_pylist()))
        hint = did_you_mean(split, known) or f"; it has {listing(known)}, so name one with --train-split"
        raise InputError(
            f"{dataset.name}: no row of split {quote(split)} in column {quote(dataset.columns.split)}{hint}"
        )
    return train


def _content_keys(dataset: Dataset) -> list[str]:
    """A text a row, the same for copies; ids where there is no content."""
    import numpy as np

    has_content = bool(dataset.content.column_names)
    ids: list[str] = dataset.ids.to_pylist()
    return dataset.row_hashes(np.arange(len(dataset))) if has_content else ids
