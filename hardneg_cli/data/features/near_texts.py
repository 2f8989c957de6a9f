"""Which texts are nearly the same as another one: at most so much of the one has to be changed to make the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.text_column import TextColumn
from hardneg_cli.statistics.text_edits import NOTHING, BagsOfWords, changed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

LOOKED_AT = 10  # nearest rows of a text, among which its near copies are
SAMPLED = 1_000  # texts that tell how far the nearest one usually is
UNLIKE = 1 / 3  # of what is usual, which a copy's words are changed by at most
LOOSEST = 2  # times the stated share of changed words
ROUNDING = 1e-9
BLOCK = 1 << 14  # rows whose pairs are looked at together


def near_texts(dataset: Dataset, alone: NDArray[np.bool_], neighbors: Neighbors, most: float) -> tuple[Rows, Rows]:
    """Pairs of texts and their nearest ones of which little is changed: counted only where it can be little.

    alone: (N,) bool, the rows that tell how far the nearest text usually is. most: the share of letters, or of words.
    """
    import numpy as np

    near = neighbors.rows[:, :LOOKED_AT]
    texts = TextColumn.of(dataset.content[dataset.columns.text])
    order = dataset.by_id[alone[dataset.by_id]]
    sample = order[:: max(1, len(order) // SAMPLED)]
    usual = _usual_change(texts, sample, near)
    most_words = max(most, min(LOOSEST * most, UNLIKE * usual)) + ROUNDING
    bags, pairs = BagsOfWords.of(texts), [np.empty((0, 2), np.int64)]
    for left, right in ((at, near[at : at + BLOCK]) for at in range(0, len(near), BLOCK)):
        row = left + np.arange(right.size) // right.shape[1]
        pair = np.sort(np.stack([row, right.ravel()], axis=1), axis=1)
        words, letters = bags.least(*pair.T)
        pairs.append(pair[(words <= most_words) | (letters <= most + ROUNDING)])
    found = np.unique(np.concatenate(pairs), axis=0)
    kept = changed(texts, *found.T, words=most_words, letters=most + ROUNDING) < NOTHING
    return found[kept, 0], found[kept, 1]


def _usual_change(texts: Sequence[str], sample: Rows, near: Rows) -> float:
    """The median share of words or letters that tells a text from the nearest ones; 0 for no text."""
    import numpy as np

    if not len(sample):
        return 0.0
    left, right = np.repeat(sample, near.shape[1]), near[sample].ravel()
    return float(np.median(changed(texts, left, right).reshape(len(sample), -1).min(axis=1)))
