"""Texts as dense vectors: latent semantic analysis (Deerwester et al. 1990) that holds few texts' words at a time.

TF-IDF of words, pairs of words and character n-grams, hashed into columns; the directions in which a sample of the
texts differs most (truncated SVD); then every text's coordinates in those, block by block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.threads import in_order
from hardneg_cli.statistics.hashed_grams import COLUMNS, blocks, hashed_grams
from hardneg_cli.statistics.sparse_directions import directions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Vectors = NDArray[np.float32]

DIMENSIONS = 256
LEARNED_FROM = 20_000  # up to so many texts the directions are those of all of them
MOST_KEPT = 1 << 16  # columns that the directions are made of, the most frequent ones
RARE = 2  # texts that an n-gram needs to be in: in fewer it makes nothing alike
MANY = 100  # texts, from which on rare n-grams are left out


@dataclass(frozen=True)
class GramWeights:
    """What columns count, words and pairs first. weight: (2·`COLUMNS`,) inverse document frequencies.

    place: (2·`COLUMNS`,) a column's place among those that are kept, −1 for the others; kept: how many these are.
    """

    weight: Vectors
    place: NDArray[np.int32]
    kept: int

    @classmethod
    def of(cls, counts: Sequence[tuple[csr_array, csr_array]]) -> GramWeights:
        """From blocks of texts' counts; RARE columns are not kept, where texts are many enough to tell."""
        import numpy as np

        n = sum(words.shape[0] for words, _ in counts)
        within = np.zeros(2 * COLUMNS, np.int64)
        for kinds in counts:
            for start, part in zip((0, COLUMNS), kinds, strict=True):
                within[start : start + COLUMNS] += np.bincount(part.indices, minlength=COLUMNS)
        kept = within >= (RARE if n >= MANY else 1)
        if kept.sum() > MOST_KEPT:
            kept = np.zeros(len(within), bool)
            kept[np.argsort(-within, kind="stable")[:MOST_KEPT]] = True
        place = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
        weight = (np.log((1 + n) / (1 + within)) + 1).astype(np.float32)
        return cls(weight, place, int(kept.sum()))

    def weighed(self, counts: tuple[csr_array, csr_array]) -> csr_array:
        """(n, kept) TF-IDF with 1 + log(count) for a count, words and n-grams each at unit length in all columns."""
        import numpy as np
        from scipy.sparse import csr_array

        parts = []
        for start, part in zip((0, COLUMNS), counts, strict=True):
            values = (1 + np.log(part.data)) * self.weight[start + part.indices]
            length = np.sqrt(csr_array((values**2, part.indices, part.indptr), part.shape).sum(axis=1))
            values = values / np.repeat(length, np.diff(part.indptr))
            place = self.place[start + part.indices]
            kept = place >= 0
            ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])[part.indptr].astype(np.int32)
            parts.append(csr_array((values[kept], place[kept], ends), (part.shape[0], self.kept)))
        return (parts[0] + parts[1]).tocsr()


def text_vectors(texts: Sequence[str]) -> Vectors:
    """(N, D) float32, of length 1; zeros for a text without words. O(N·D) memory, and O(1) for the n-grams.

    The directions are learned from all texts, or from a random `LEARNED_FROM` of them. What a text becomes depends on
    the order of the texts only by who is in that sample. D is 0 where no text has a word.
    """
    import numpy as np

    n = len(texts)
    some = texts
    if n > LEARNED_FROM:
        chosen = np.sort(np.random.default_rng(0).choice(n, LEARNED_FROM, replace=False))
        some = [texts[row] for row in chosen.tolist()]
    counts = list(in_order(lambda block: hashed_grams(some[block]), blocks(some)))
    weights = GramWeights.of(counts)
    if not weights.kept:
        return np.zeros((n, 0), np.float32)
    grams = list(in_order(weights.weighed, counts))
    del counts
    dimensions = min(DIMENSIONS, len(some) - 1, weights.kept - 1)
    if dimensions < 2:
        return unit_rows(grams[0].toarray())
    axes = directions(grams, dimensions)
    del grams
    found = np.empty((n, dimensions), np.float32)

    def project(block: slice) -> tuple[slice, Vectors]:
        return block, unit_rows(weights.weighed(hashed_grams(texts[block])) @ axes)

    with progress("texts as vectors", total=n) as advance:
        for block, vectors in in_order(project, blocks(texts)):
            found[block] = vectors
            advance(len(vectors))
    return found


def unit_rows(values: NDArray[np.floating]) -> Vectors:
    """Rows of length 1, or of zeros; divided by their largest number first, whose square may be too large or small."""
    import numpy as np

    largest = np.abs(values).max(axis=1, keepdims=True, initial=0)
    scaled = (values / np.where(largest > 0, largest, 1)).astype(np.float32)
    length = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.divide(scaled, np.where(length > 0, length, 1), dtype=np.float32)
