"""Texts as counts of their words, pairs of words and character n-grams, hashed into a bounded number of columns.

Hashing (Weinberger et al. 2009) needs no vocabulary: what a text becomes depends on no other text. All texts of a block
are one array of code points, whose n-grams are hashed together, so that no Python runs per n-gram.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Codes = NDArray[np.uint64]
    Rows = NDArray[np.int64]
    Bools = NDArray[np.bool_]

COLUMNS = 1 << 20  # of each of the two kinds
BLOCK = 1 << 12  # texts that are held at once
CHARACTERS = 1 << 20  # likewise
SHORTEST, LONGEST = 3, 5  # characters
BASE = 0x9E3779B97F4A7C15  # odd, so that it can be divided by
PAIR = 0xC2B2AE3D27D4EB4F


def blocks(texts: Sequence[str]) -> Iterator[slice]:
    """The texts in blocks of at most `BLOCK` of them, and of at most `CHARACTERS` unless one alone is longer."""
    for first in range(0, len(texts), BLOCK):
        start, held = first, 0
        for row, text in enumerate(texts[first : first + BLOCK], first):
            if row > start and held + len(text) > CHARACTERS:
                yield slice(start, row)
                start, held = row, 0
            held += len(text) + 1
        yield slice(start, min(first + BLOCK, len(texts)))


def hashed_grams(texts: Sequence[str]) -> tuple[csr_array, csr_array]:
    """(n, `COLUMNS`) counts of words and of pairs of neighboring ones; (n, `COLUMNS`) of character n-grams.

    A word is a run of letters, digits and underscores. An n-gram lies within what white space parts, one blank before
    and one after it included. Case is folded. texts: one or more. O(characters) time and memory.
    """
    import numpy as np

    codes, row, space = characters(texts)
    word = _are(codes, lambda sign: sign.isalnum() or sign == "_")
    parted = np.where(space, ord(" "), codes).astype(np.uint64)
    return _counted(*_words(parted, word, row), len(texts)), _counted(*_pieces(parted, space, row), len(texts))


def characters(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Rows, Bools]:
    """Of all texts in lower case, parted by blanks: each character's code, its text, whether it is white space."""
    import numpy as np

    small = [text.lower() for text in texts]
    codes = np.frombuffer(f" {' '.join(small)} ".encode("utf-32-le"), np.uint32)
    row = np.repeat(np.arange(len(small)), [len(text) + 1 for text in small])
    row = np.append(row, len(small) - 1)
    return codes, row, _are(codes, str.isspace)


def _are(codes: NDArray[np.uint32], kind: Callable[[str], bool]) -> Bools:
    """(C,) which characters are of a kind."""
    import numpy as np

    seen, place = np.unique(codes, return_inverse=True)
    return np.array([kind(chr(code)) for code in seen.tolist()])[place]


def _words(codes: Codes, word: Bools, row: Rows) -> tuple[Rows, Rows]:
    """(G,) rows and columns of the words, then of the pairs.

    The hash of a run is its polynomial in `BASE`: the difference of two sums over all characters before, brought to the
    power 0.
    """
    import numpy as np

    edge = np.diff(word.astype(np.int8), prepend=0, append=0)
    start, stop = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    power, back = _powers(BASE, len(codes)), _powers(pow(BASE, -1, 1 << 64), len(codes))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * power, dtype=np.uint64)])
    hashes, own = (sums[stop] - sums[start]) * back[start], row[start]
    beside = own[1:] == own[:-1]
    pairs = (hashes[:-1] * np.uint64(PAIR) + mixed(hashes[1:]))[beside]
    return np.concatenate([own, own[1:][beside]]), _columns(np.concatenate([hashes, pairs]))


def _pieces(codes: Codes, space: Bools, row: Rows) -> tuple[Rows, Rows]:
    """(G,) rows and columns of the character n-grams: windows with no blank but at their ends."""
    import numpy as np

    n, rows, columns = len(codes), [], []
    hashes, whole = codes[: n - 1] + codes[1:] * np.uint64(BASE), np.ones(n - 1, bool)
    for size in range(SHORTEST, LONGEST + 1):
        many = max(n - size + 1, 0)
        whole = whole[:many] & ~space[size - 2 : size - 2 + many]
        hashes = hashes[:many] + codes[size - 1 :] * np.uint64(pow(BASE, size - 1, 1 << 64))
        found = np.flatnonzero(whole)
        rows.append(row[found + 1])
        columns.append(_columns(hashes[found] + np.uint64(size)))
    return np.concatenate(rows), np.concatenate(columns)


def _powers(base: int, many: int) -> Codes:
    import numpy as np

    factors = np.full(many, base, np.uint64)
    factors[:1] = 1
    return np.cumprod(factors, dtype=np.uint64)


def mixed(hashes: Codes) -> Codes:
    """Every bit of a hash made to depend on all of them (the finalizer of MurmurHash3, Appleby 2011)."""
    import numpy as np

    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(factor)
    return hashes ^ (hashes >> np.uint64(33))


def _columns(hashes: Codes) -> Rows:
    import numpy as np

    return (mixed(hashes) % np.uint64(COLUMNS)).astype(np.int64)


def _counted(rows: Rows, columns: Rows, many: int) -> csr_array:
    """(many, `COLUMNS`) how often each column occurs in each row, sorted, in single precision."""
    import numpy as np
    from scipy.sparse import csr_array

    cells, counts = np.unique(rows * COLUMNS + columns, return_counts=True)
    ends = np.searchsorted(cells, np.arange(many + 1) * COLUMNS)
    shape = (many, COLUMNS)
    return csr_array((counts.astype(np.float32), (cells % COLUMNS).astype(np.int32), ends.astype(np.int32)), shape)
