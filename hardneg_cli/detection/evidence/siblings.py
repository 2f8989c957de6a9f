"""Siblings: rows of one group (--groups), and copies and near copies in feature space, or of pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.features.picture_copies import PictureCopies
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.siblings import Siblings, joined, labeled_apart, named_groups, near_rows, tells_nothing
from hardneg_cli.statistics.neighbor_search.filtered import nearest_allowed, nearest_allowed_exactly
from hardneg_cli.statistics.neighbor_search.search import EXACT_ROWS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

OTHERS = 20  # rows that are no siblings, kept of a row that siblings crowd around
CROWDED = 10  # of the nearest rows: fewer that are no siblings are too few


def gather(dataset: Dataset, features: Features, neighbors: Neighbors, picture_copies: PictureCopies) -> Siblings:
    """O(N); where siblings fill a row's neighborhood its other neighbors are searched for.

    Copies that more than half of the rows have, and that are labeled in different ways, are no siblings: their features
    do not tell rows apart.
    """
    import numpy as np

    n, k = len(dataset), len(dataset.classes)
    named = named_groups(dataset)
    near = np.concatenate([near_rows(neighbors), picture_copies.links], axis=1)
    copied = joined(n, near)
    if tells_nothing(copied, dataset.labels, k):
        near = near[:, :0]
    group = joined(n, np.concatenate([named, near], axis=1))
    alone = np.bincount(group)[group] == 1
    outside = group[neighbors.rows] != group[:, None]
    crowded = np.flatnonzero(~alone & (outside.sum(axis=1) < min(CROWDED, neighbors.rows.shape[1])))
    crowded = crowded[(np.bincount(group)[group] < n)[crowded]]
    rows, far, notes = _searched(dataset, features, group, crowded)
    return Siblings(group, labeled_apart(group, dataset.labels, k), crowded, rows, far, notes)


def _searched(
    dataset: Dataset, features: Features, group: Codes, crowded: Codes
) -> tuple[Codes, NDArray[np.float64], tuple[str, ...]]:
    """The nearest rows of other groups; rows in the order of their ids, whatever their order in the file."""
    import numpy as np

    order, rank = dataset.by_id, dataset.id_rank
    if not len(crowded):
        return np.zeros((0, OTHERS), np.int64), np.zeros((0, OTHERS)), ()
    by_id, values = group[order], features.matrix[order]

    def allowed(mine: Codes, theirs: Codes) -> NDArray[np.bool_]:
        apart: NDArray[np.bool_] = by_id[mine] != by_id[theirs]
        return apart

    if len(order) <= EXACT_ROWS:
        found = nearest_allowed_exactly(values, OTHERS, allowed, rank[crowded])
    else:
        found = nearest_allowed(values, OTHERS, allowed, "neighbors of other groups", rank[crowded])
    return order[found.rows], found.distances, found.notes
