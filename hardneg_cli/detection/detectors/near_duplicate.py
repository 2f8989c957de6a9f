"""The row is almost the same as another one.

Two rows are near duplicates when only case and punctuation tell them apart; with features, when they are far closer to
each other than rows usually are to their nearest neighbor; with text, when at most a tenth of it has to be changed to
make one the other: of its letters, or of its words where there are ten or more. Letters tell in texts of a dozen of
them or more in which all numbers are the same. Where texts usually are far from their nearest one, more words may
differ: up to two in ten, and up to a third of what is usual. With pictures (`--image`), when one is the other saved
anew, made smaller or larger, a little brighter, or cut a little at its edges: by their perceptual hashes, and by a look
at both in small; pictures without contrast are no near copies. Chains of such pairs make a group, of which one row is
kept: of its most frequent label, the first by id. Exact copies are the matter of exact-duplicate.
"""

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
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def detect(
    dataset: Dataset, copies: Copies, picture_copies: PictureCopies, features: Features | None = None,
    neighbors: Neighbors | None = None, *, closer_than: float = 0.1, text_closer_than: float = 0.1,
) -> DetectorResult:  # fmt: skip
    """closer_than: a distance below this share of the usual (median) one makes a near duplicate.

    text_closer_than: the largest share of a near copy's letters, or words, that is left out, put in, replaced or
    exchanged with the next one. Looked at are each text's ten nearest.
    """
    import numpy as np

    group = near_copies(
        dataset, copies, picture_copies, features, neighbors, closer_than=closer_than, text_closer_than=text_closer_than
    )
    kept = Copies.of(group).keepers(dataset.labels, len(dataset.classes), dataset.id_rank)
    rows = np.flatnonzero(copies.group[kept] != copies.group)

    def why(places: NDArray[np.int64]) -> list[str]:
        ids = dataset.ids.take(kept[rows[places]]).to_pylist()
        return [f"nearly the same as {id_!r}" for id_ in ids]

    whole = np.ones(len(rows))
    return DetectorResult(rows, whole, whole > 0, np.full(len(rows), NO_CLASS, np.int32), why, about="row")


def near_copies(
    dataset: Dataset, copies: Copies, picture_copies: PictureCopies, features: Features | None = None,
    neighbors: Neighbors | None = None, *, closer_than: float = 0.1, text_closer_than: float = 0.1,
) -> NDArray[np.int64]:  # fmt: skip
    """(N,) the group of near and exact copies that each row belongs to; the settings are those of `detect`."""
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
