"""Near copies: rows that are almost the same, in groups; what near-duplicate says of them stands in its manual."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import AlikeRows, Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.features.near_texts import near_texts
from hardneg_cli.data.features.picture_copies import PictureCopies, compared_content
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.siblings import joined
from hardneg_cli.data.text_normalization import bare

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def near_copies(
    dataset: Dataset, copies: Copies, picture_copies: PictureCopies, features: Features | None = None,
    neighbors: Neighbors | None = None, *, closer_than: float = 0.1, text_closer_than: float = 0.1,
) -> NDArray[np.int64]:  # fmt: skip
    """(N,) the group of near and exact copies that each row belongs to; the settings are those of near-duplicate."""
    import numpy as np

    n = len(dataset)
    left, right = np.arange(n), AlikeRows.in_all_columns(compared_content(dataset), bare).first
    left, right = np.r_[left, picture_copies.links[0]], np.r_[right, picture_copies.links[1]]
    of_pictures = picture_copies.compared and features is not None and features.kind == "pictures"
    if neighbors is not None and not of_pictures:
        alone = copies.size == 1
        if features is not None and features.kind == "text" and dataset.columns.text is not None:
            near = near_texts(dataset, alone, neighbors, text_closer_than)
        else:
            usual = np.median(neighbors.distances[alone, 0]) if alone.any() else 0
            close = neighbors.distances < closer_than * usual
            near = np.nonzero(close)[0], neighbors.rows[close]
        left, right = np.r_[left, near[0]], np.r_[right, near[1]]
    same = _first_of_each(copies.group)
    group: NDArray[np.int64] = joined(n, np.stack([same[left], same[right]]))[same]
    return group


def _first_of_each(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) the first row of each row's group."""
    import numpy as np

    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    return first[place]
