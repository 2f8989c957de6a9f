"""The row is almost the same as another one.

Two rows are near duplicates when only case and punctuation tell them apart; with features, when they are far closer to
each other than rows usually are to their nearest neighbor; with text, when they share at least half of their character
n-grams (Jaccard index) and are closer by it than texts usually are to their nearest one (exact copies do not count for
what is usual). Texts of one or two words are too short to tell. Chains of such pairs make a group, of which one row is
kept: of its most frequent label, the first by id. Exact copies are the matter of exact-duplicate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import AlikeRows, Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.text_normalization import bare
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.statistics import text_sketches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

LOOKED_AT = 10  # nearest rows of a text, among which its near copies are
SHARED = 0.5  # of two texts' n-grams, at least


def detect(
    dataset: Dataset, copies: Copies, features: Features | None = None, neighbors: Neighbors | None = None, *,
    closer_than: float = 0.1, text_closer_than: float = 0.7,
) -> DetectorResult:  # fmt: skip
    """closer_than: a distance below this share of the usual (median) one makes a near duplicate.

    text_closer_than: the same for texts, whose distance is 1 − the Jaccard index; their pairs are those of a row and
    its ten nearest, estimated by sketches (MinHash) and then counted.
    """
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(dataset)
    left, right = np.arange(n), AlikeRows.in_all_columns(dataset.content, bare).first
    if neighbors is not None:
        alone = copies.size == 1
        if features is not None and features.kind == "text" and dataset.columns.text is not None:
            near = _alike_texts(dataset, alone, neighbors.rows[:, :LOOKED_AT], text_closer_than)
        else:
            usual = np.median(neighbors.distances[alone, 0]) if alone.any() else 0
            close = neighbors.distances < closer_than * usual
            near = np.nonzero(close)[0], neighbors.rows[close]
        left, right = np.r_[left, near[0]], np.r_[right, near[1]]
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


def _alike_texts(dataset: Dataset, alone: NDArray[np.bool_], near: Rows, closer_than: float) -> tuple[Rows, Rows]:
    """Pairs of texts and their (N, k) nearest rows that share enough n-grams: sketched first, then counted."""
    import numpy as np

    texts = [text or "" for text in dataset.content[dataset.columns.text].to_pylist()]
    sketches = text_sketches.sketches(texts)
    index = np.stack([text_sketches.estimated(sketches, sketches[rows]) for rows in near.T], axis=1)
    usual = float(np.median(1 - index.max(axis=1)[alone])) if alone.any() else 0.0
    least = max(SHARED, 1 - closer_than * usual)
    row, rank = np.nonzero(index >= least - text_sketches.SURE)
    pairs = np.unique(np.sort(np.stack([row, near[row, rank]], axis=1), axis=1), axis=0)
    kept = text_sketches.alike(texts, *pairs.T) >= least
    return pairs[kept, 0], pairs[kept, 1]


def _first_of_each(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """(N,) the first row of each row's group."""
    import numpy as np

    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    return first[place]
