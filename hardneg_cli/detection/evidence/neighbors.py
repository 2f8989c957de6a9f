"""Nearest neighbors in feature space by Euclidean distance: exact, or with a measured recall where rows are many."""

from __future__ import annotations

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.errors import Unavailable
from hardneg_cli.statistics.neighbor_search.search import nearest

MOST = 20  # neighbors kept a row; detectors use these or fewer


def gather(dataset: Dataset, features: Features) -> Neighbors:
    """At most O(N²·D) time, O(N·(D + k)) memory; rows in the order of their ids, whatever their order in the file."""
    import numpy as np

    n = len(dataset)
    if n < 3:
        raise Unavailable("fewer than three rows have no neighborhoods")
    order = dataset.by_id
    found = nearest(features.matrix[order], MOST)
    rows, far = np.empty_like(found.rows), np.empty_like(found.distances)
    rows[order], far[order] = order[found.rows], found.distances
    return Neighbors(rows, far, found.notes)
