"""How far each row is from the nearest rows of its own class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.statistics.neighbor_search.search import nearest_to

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AMONG = 10


def gather(dataset: Dataset, features: Features, neighbors: Neighbors) -> NDArray[np.float64]:
    """(N,) mean distance to the (up to) ten nearest rows of the same class, NaN for a class of one row.

    Those of most rows are among the nearest of all; for the m_c others of a class of n_c rows the class is searched:
    at most O(Σ m_c·n_c·D) time. The nearest in a class of more than 50,000 rows may be approximate.
    """
    import numpy as np

    same = dataset.labels[neighbors.rows] == dataset.labels[:, None]
    counted = same & (np.cumsum(same, axis=1) <= AMONG)
    found: NDArray[np.float64] = np.where(counted, neighbors.distances, 0).sum(axis=1) / AMONG
    order = dataset.by_id
    labels, left = dataset.labels[order], counted.sum(axis=1)[order] < AMONG
    for code in np.unique(labels[left]):
        mine = labels == code
        members = order[mine]
        found[order[mine & left]] = (
            nearest_to(features.matrix[members], np.flatnonzero(left[mine]), AMONG).distances.mean(axis=1)
            if len(members) > 1
            else np.nan
        )
    return found
