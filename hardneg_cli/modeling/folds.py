"""Folds for cross-validation: by content, never by position, so that copies and groups stay together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]


def dealt(keys: Sequence[str], labels: Codes, folds: int, groups: Sequence[str] | None = None) -> Codes:
    """(N,) fold numbers from 0; rows with the same key, or of the same group, share one.

    Bundles of such rows are dealt class by class in the order of a hash of their keys, each to the fold that has the
    fewest rows of its class, so the order of the rows does not matter. Raises InputError for fewer bundles than folds.
    """
    import numpy as np

    bundle = bundles(keys, groups)
    hashes = [blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest() for key in keys]
    first: dict[int, bytes] = {}
    said: dict[int, Counter[int]] = {}
    for number, hash_, label in zip(bundle.tolist(), hashes, labels.tolist(), strict=True):
        first[number] = min(first.get(number, hash_), hash_)
        said.setdefault(number, Counter())[label] += 1
    if len(first) < folds:
        raise InputError(f"{len(first):,} different rows or groups are too few for {folds} folds; choose fewer --folds")
    chief = {number: min(counts, key=lambda label: (-counts[label], label)) for number, counts in said.items()}
    place = np.empty(len(first), np.int64)
    rows = [0] * folds
    of_class: dict[int, list[int]] = {}
    for number in sorted(first, key=lambda number: (chief[number], -said[number].total(), first[number])):
        own = of_class.setdefault(chief[number], [0] * folds)
        fold = min(range(folds), key=lambda fold: (own[fold], rows[fold], fold))
        own[fold] += said[number].total()
        rows[fold] += said[number].total()
        place[number] = fold
    return place[bundle]


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
