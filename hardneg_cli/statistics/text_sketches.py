"""How alike two texts are: the Jaccard index of their character n-grams, estimated by sketches and counted exactly.

A sketch is a one-permutation MinHash (Li et al. 2012): a hash puts each n-gram into one of `BINS` bins, and of each bin
the least remains. The share of bins that two texts have in common estimates their index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.runtime.threads import in_order
from hardneg_cli.statistics.hashed_grams import blocks, hashed_pieces, mixed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Sketches = NDArray[np.uint8]

BINS = 64
NOTHING = 0  # in a bin that no n-gram fell into
FEWEST = 24  # n-grams, about three words: texts of fewer are like none, as one letter changes too much
PAIRS = 1 << 11  # that are counted at once
SURE = 0.2  # by how much an estimate may be too low: three standard errors


def sketches(texts: Sequence[str]) -> Sketches:
    """(N, `BINS`) of each text; nothing but `NOTHING` for those of fewer than `FEWEST` n-grams. O(characters) time."""
    import numpy as np

    found = np.empty((len(texts), BINS), np.uint8)

    def sketch(block: slice) -> tuple[slice, Sketches]:
        return block, _sketched(texts[block])

    for block, some in in_order(sketch, blocks(texts)):
        found[block] = some
    return found


def _sketched(texts: Sequence[str]) -> Sketches:
    import numpy as np

    pieces = hashed_pieces(texts)
    many = np.diff(pieces.indptr)
    hashes = mixed(pieces.indices.astype(np.uint64) + np.uint64(1))
    row = np.repeat(np.arange(len(texts), dtype=np.uint64), many)
    cells = np.sort((row * np.uint64(BINS) + hashes % np.uint64(BINS)) << np.uint64(32) | hashes >> np.uint64(32))
    cell = (cells >> np.uint64(32)).astype(np.int64)
    first = np.diff(cell, prepend=-1) != 0
    found = np.full(len(texts) * BINS, NOTHING, np.uint8)
    found[cell[first]] = 1 + mixed(cells[first] & np.uint64(0xFFFFFFFF)) % np.uint64(255)
    by_text: Sketches = found.reshape(-1, BINS)
    by_text[many < FEWEST] = NOTHING
    return by_text


def estimated(some: Sketches, others: Sketches) -> Numbers:
    """(P,) the estimated index of pairs of sketches; 0 where one of them is of too short a text."""
    import numpy as np

    filled = ((some != NOTHING) | (others != NOTHING)).sum(axis=1)
    same = ((some == others) & (some != NOTHING)).sum(axis=1)
    index: Numbers = same / np.maximum(filled, 1)
    return index


def alike(texts: Sequence[str], left: Rows, right: Rows) -> Numbers:
    """(P,) the index of pairs of texts."""
    import numpy as np

    def count(at: int) -> Numbers:
        rows, place = np.unique(np.r_[left[at : at + PAIRS], right[at : at + PAIRS]], return_inverse=True)
        pieces = hashed_pieces([texts[row] for row in rows])
        pieces.data[:] = 1
        some, others = np.split(place, 2)
        both = pieces[some].multiply(pieces[others]).sum(axis=1)
        many = np.diff(pieces.indptr)
        found: Numbers = both / np.maximum(many[some] + many[others] - both, 1)
        return found

    return np.concatenate([np.empty(0), *in_order(count, range(0, len(left), PAIRS))])
