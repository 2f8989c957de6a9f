"""For each row, the rows of other classes that are most like it, without those that are too much alike.

The likeness is the cosine of the features (or of the text's latent semantic analysis); the positive is the most alike
row of the anchor's class. A candidate too near to be told from a positive may be one: its cosine has to stay below the
positive's by an absolute and a relative margin (TopK-PercPos of NV-Retriever, Moreira et al., 2024), as in
sentence-transformers' mine_hard_negatives, whose words these settings are. Copies, rows of the anchor's group and rows
that find doubts are neither anchors, nor positives, nor negatives. Exact up to 30,000 rows (O(N²·D) time, O(N·k)
memory); beyond, rows are looked for in regions nearby, and a note gives the recall that was measured on random rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.mining.approximate_similarity import EXACT_ROWS, similar_pairs
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives
from hardneg_cli.modeling.mining.similarity import SimilarRows
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

UNLIKE = "no row is at all like one of another class (no cosine is above 0)"
TOO_ALIKE = (
    "the {} nearest rows of other classes are all as much alike as the positive, or outside of the scores asked for: "
    "raise retrieval.range_max, or lower relative_margin"
)
SAFER = 2  # looks do not pick out mislabels as a small margin does, and anchors have to be of many kinds


def run(
    dataset: Dataset, features: Features, trainable: NDArray[np.bool_], *, negatives: int = 5, range_min: int = 0,
    range_max: int = 50, absolute_margin: float = 0.0, relative_margin: float = 0.05, max_score: float = 1.0,
    min_score: float = 0.0,
) -> HardNegatives:  # fmt: skip
    """negatives: the most an anchor gets. range_min, range_max: ranks, among the rows of other classes, to take from.

    absolute_margin: by how much the positive's cosine is greater. relative_margin: the same, as a share of it.
    max_score, min_score: the greatest and the least cosine of anchor and negative.
    """
    import numpy as np

    if not 0 <= range_min < range_max or negatives < 1:
        raise InputError("retrieval: range_min is at least 0 and below range_max, and negatives at least 1")
    likeness = SimilarRows.of(dataset, features, trainable)
    parts = [_nothing()]
    notes: tuple[str, ...] = ()
    like_any = False

    def keep(own: Rows, positive: Rows, alike: Numbers, near: Rows, cosine: Numbers) -> None:
        nonlocal like_any
        like_any |= bool((cosine > 0).any())
        highest = np.minimum(alike - np.abs(alike) * relative_margin, alike - absolute_margin)
        allowed = (cosine <= np.minimum(highest, max_score)[:, None]) & (cosine >= min_score) & (cosine > 0)
        allowed[:, :range_min] = False
        allowed &= (positive >= 0)[:, None] & (np.cumsum(allowed, axis=1) <= negatives)
        place, rank = np.nonzero(allowed)
        found = cosine[place, rank]
        parts.append((near[place, rank], own[place], positive[place], found, found / (found + alike[place])))

    codes = np.unique(likeness.classes)
    if len(likeness.rows) > EXACT_ROWS and len(codes) > 1:
        pairs = similar_pairs(likeness, range_max)
        keep(np.arange(len(likeness.rows)), pairs.positive, pairs.alike, pairs.near, pairs.cosine)
        notes = pairs.notes
    else:
        with progress("looking for hard negatives", total=len(likeness.rows)) as advance:
            for code in codes if len(codes) > 1 else ():
                own = np.arange(len(likeness.rows))[likeness.span(int(code))]
                keep(own, *likeness.nearest_of_others(int(code), range_max))
                advance(len(own))
    found = _hardest_first(dataset, likeness, *(np.concatenate(column) for column in zip(*parts, strict=True)))
    if len(likeness.rows) and len(codes) > 1 and not len(found.rows):
        notes = (*notes, TOO_ALIKE.format(range_max) if like_any else UNLIKE)
    return replace(found, notes=notes)


def _nothing() -> tuple[NDArray[Any], ...]:
    import numpy as np

    places, numbers = np.zeros(0, np.int64), np.zeros(0)
    return places, places, places, numbers, numbers


def _hardest_first(
    dataset: Dataset, likeness: SimilarRows, negative: Rows, anchor: Rows, positive: Rows, cosine: Numbers,
    hardness: Numbers,
) -> HardNegatives:  # fmt: skip
    """Pairs of places as pairs of rows, ties by id."""
    import numpy as np

    ids = dataset.id_rank[likeness.rows]
    rank = np.lexsort((ids[anchor], ids[negative], -hardness.round(9)))
    rows, negative, anchor = likeness.rows, negative[rank], anchor[rank]
    return HardNegatives(
        rows[negative], likeness.classes[anchor], hardness[rank], rows[anchor], rows[positive[rank]], cosine[rank],
        by_likeness=True,
    )  # fmt: skip
