"""How far each row is from the nearest rows of its own class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.dataset import Dataset
from hardneg_cli.facts.features import Features

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AMONG = 10


def gather(dataset: Dataset, features: Features) -> NDArray[np.float64]:
    """(N,) mean distance to the (up to) ten nearest rows of the same class, NaN for a class of one row.

    O(Σ n_c²·D) time over the class sizes n_c.
    """
    import numpy as np
    from sklearn.neighbors import NearestNeighbors

    order = np.argsort(dataset.id_rank)
    values, labels = features.matrix[order], dataset.labels[order]
    found = np.full(len(dataset), np.nan)
    for code in np.flatnonzero(dataset.counts > 1):
        members = np.flatnonzero(labels == code)
        search = NearestNeighbors(n_neighbors=min(AMONG, len(members) - 1), algorithm="brute").fit(values[members])
        found[order[members]] = search.kneighbors()[0].astype(np.float64).mean(axis=1)
    return found
