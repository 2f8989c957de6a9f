"""Nearest neighbors in feature space, exact, by Euclidean distance."""

from __future__ import annotations

from hardneg_cli.dataset import Dataset
from hardneg_cli.errors import Unavailable
from hardneg_cli.facts.features import Features
from hardneg_cli.facts.neighbors import Neighbors

MOST = 20  # neighbors kept a row; detectors use these or fewer
SPARE = 10  # looked at beyond those, so that equal distances at the end are told apart by id
DIGITS = 5  # distances closer than this many significant digits are equal


def gather(dataset: Dataset, features: Features) -> Neighbors:
    """O(N²·D) time, O(N·k) memory. Rows are visited in the order of their ids, whatever their order in the file."""
    import numpy as np
    from sklearn.neighbors import NearestNeighbors

    n = len(dataset)
    if n < 3:
        raise Unavailable("fewer than three rows have no neighborhoods")
    order = np.argsort(dataset.id_rank)
    values = features.matrix[order]
    kept = min(MOST, n - 1)
    search = NearestNeighbors(n_neighbors=min(kept + SPARE, n - 1), algorithm="brute").fit(values)
    distances, found = search.kneighbors()
    distances = distances.astype(np.float64)
    with np.errstate(divide="ignore"):
        scale = 10.0 ** (np.floor(np.log10(distances.max(axis=1, keepdims=True))) - DIGITS)
    rounded = np.rint(distances / np.where(scale > 0, scale, 1))
    nearest = np.lexsort((found, rounded), axis=1)[:, :kept]
    rows, far = np.empty((n, kept), np.int64), np.empty((n, kept))
    rows[order] = order[np.take_along_axis(found, nearest, axis=1)]
    far[order] = np.take_along_axis(distances, nearest, axis=1)
    return Neighbors(rows, far)
