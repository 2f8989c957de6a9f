"""The row is almost the same as another one.

Two rows are near duplicates when only case and punctuation tell them apart, or, with features or
text, when they are far closer to each other than rows usually are to their nearest neighbor (exact
copies do not count for what is usual). Chains of such pairs make a group, of which one row is kept:
of its most frequent label, the first by id. Exact copies are the matter of exact-duplicate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import AlikeRows, Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.text_normalization import bare
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def detect(
    dataset: Dataset, copies: Copies, neighbors: Neighbors | None = None, *, closer_than: float = 0.1
) -> DetectorResult:  # fmt: skip
    """closer_than: a distance below this share of the usual (median) one makes a near duplicate."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(dataset)
    left, right = np.arange(n), AlikeRows.in_all_columns(dataset.content, bare).first
    if neighbors is not None:
        alone = copies.size == 1
        usual = np.median(neighbors.distances[alone, 0]) if alone.any() else 0
        near = neighbors.distances < closer_than * usual
        left, right = np.r_[left, np.nonzero(near)[0]], np.r_[right, neighbors.rows[near]]
    same = _first_of_each(copies.group)
    links = coo_array((np.ones(len(left), bool), (same[left], same[right])), shape=(n, n))
    group = connected_components(links, directed=False)[1].astype(np.int64)
    group = group[same]
    kept = Copies.of(group).keepers(dataset.labels, len(dataset.classes), dataset.id_rank)
    rows = np.flatnonzero(copies.group[kept] != copies.group)

    def why(places: NDArray[np.int64]) -> list[str]:
        ids = dataset.ids.take(kept[rows[places]]).to_pylist()
        return [f"nearly the same as {id_!r}" for id_ in ids]

    whole = np.ones(len(rows))
    return DetectorResult(rows, whole, whole > 0, np.full(len(rows), NO_CLASS, np.int32), why, about="row")


def _first_of_each(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) the first row of each row's group."""
    import numpy as np

    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    return first[place]
