"""How far each row is from the nearest rows of its own class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.statistics.neighbor_search.search import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AMONG = 10


def gather(dataset: Dataset, features: Features) -> NDArray[np.float64]:
    """(N,) mean distance to the (up to) ten nearest rows of the same class, NaN for a class of one row.

    At most O(Σ n_c²·D) time over the class sizes n_c. The nearest of a very large class have a recall of at least .98.
    """
    import numpy as np

    order = dataset.by_id
    labels = dataset.labels[order]
    found = np.full(len(dataset), np.nan)
    for code in np.flatnonzero(dataset.counts > 1):
        members = order[labels == code]
        found[members] = nearest(features.matrix[members], AMONG).distances.mean(axis=1)
    return found
