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

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.features.picture_copies import PictureCopies
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.detection.near_copies import near_copies

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
