"""How much of a text has to be changed to make another one: the share of its words, or of its letters.

Letters are what is neither white space nor punctuation nor a control character, in lower case; the signs and points of
a number belong to it. A word is the letters between two blanks. Changes are counted by the optimal string alignment
distance (one left out, put in, replaced, or exchanged with the next one counts 1: Damerau 1964), in words and in
letters, each as a share of the longer text's, and the smaller share counts. Letters tell only where the numbers are the
same, and in texts that are no longer than `LONG`; words only in texts of `MANY` of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from hardneg_cli.runtime.threads import in_order
from hardneg_cli.statistics.hashed_grams import blocks, characters, mixed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Shares = NDArray[np.float64]
    Counts = NDArray[np.uint8]
    Codes = NDArray[np.uint64]

BINS = 32
FULL = 255  # what a bin can count
FEWEST = 12  # letters: in shorter texts one more makes another word
MANY = 10  # words, of which one is a tenth
LONG = 2_000  # letters: in longer texts so many words stand that they tell enough
PAIRS = 1 << 11  # that are compared at once
SIGNS = "-+−.,:/"  # that belong to the number behind them
NOTHING = 1.0  # of a text stays


@dataclass(frozen=True)
class BagsOfWords:
    """words, letters: (N, `BINS`) how many of each fall into a bin. many: (N, 2) how many there are in all."""

    words: Counts
    letters: Counts
    many: Rows

    @classmethod
    def of(cls, texts: Sequence[str]) -> BagsOfWords:
        """O(characters) time, O(N) memory."""
        import numpy as np

        shape = len(texts), BINS
        found = cls(np.empty(shape, np.uint8), np.empty(shape, np.uint8), np.empty((len(texts), 2), np.int64))

        def count(block: slice) -> tuple[slice, BagsOfWords]:
            return block, _Words.of(texts[block]).bags()

        for block, some in in_order(count, blocks(texts)):
            found.words[block], found.letters[block], found.many[block] = some.words, some.letters, some.many
        return found

    def least(self, left: Rows, right: Rows) -> tuple[Shares, Shares]:
        """(P,) the shares of words and of letters that are changed at least: a bin's surplus has to go."""
        import numpy as np

        most = np.maximum(np.maximum(self.many[left], self.many[right]), 1)
        shares = []
        for kind, counts in enumerate((self.words, self.letters)):
            more = np.maximum(counts[left], counts[right]) - np.minimum(counts[left], counts[right])
            here = np.where(counts[left] > counts[right], more, 0).sum(axis=1)
            shares.append(np.maximum(here, more.sum(axis=1) - here) / most[:, kind])
        return shares[0], shares[1]


def changed(texts: Sequence[str], left: Rows, right: Rows, *, words: float = 1.0, letters: float = 1.0) -> Shares:
    """(P,) the share of pairs of texts that is changed; `NOTHING` stays where it is more than `words` and `letters`."""
    import numpy as np

    def compare(at: int) -> Shares:
        rows, place = np.unique(np.r_[left[at : at + PAIRS], right[at : at + PAIRS]], return_inverse=True)
        some = _Words.of([texts[row] for row in rows.tolist()]).spelled()
        one, other = np.split(place, 2)
        pairs = zip(one.tolist(), other.tolist(), strict=True)
        return np.array([_changed(some[a], some[b], words, letters) for a, b in pairs])

    return np.concatenate([np.empty(0), *in_order(compare, range(0, len(left), PAIRS))])


@dataclass(frozen=True)
class _Spelled:
    letters: str
    words: list[str]
    numbers: list[str]


def _changed(one: _Spelled, other: _Spelled, most_words: float, most_letters: float) -> float:
    from rapidfuzz.distance import OSA

    found = NOTHING
    longest = max(len(one.letters), len(other.letters))
    if min(len(one.letters), len(other.letters)) >= FEWEST and longest <= LONG and one.numbers == other.numbers:
        most = int(most_letters * longest)
        edits = OSA.distance(one.letters, other.letters, score_cutoff=most)
        found = edits / longest if edits <= most else found
    longest = max(len(one.words), len(other.words))
    if longest >= MANY:
        most = int(most_words * longest)
        edits = OSA.distance(one.words, other.words, score_cutoff=most)
        found = min(found, edits / longest) if edits <= most else found
    return found


@dataclass(frozen=True)
class _Words:
    """Of many texts: their letters' codes, and where words and texts start among these, and those of words' numbers.

    first: (W + 1,) of words and of what is behind the last one. text: (W,) each word's. many: texts.
    """

    codes: NDArray[np.uint32]
    digit: NDArray[np.bool_]
    first: Rows
    text: Rows
    many: int

    @classmethod
    def of(cls, texts: Sequence[str]) -> _Words:
        """texts: one or more."""
        import numpy as np

        codes, row, space = characters(texts)
        letter, digit, sign = _kinds(codes)
        kept = (letter | (sign & np.append(digit[1:], False))) & ~space
        word = np.cumsum(space)[kept]
        first = np.flatnonzero(np.diff(word, prepend=-1))
        return cls(codes[kept], digit[kept], np.append(first, len(word)), row[kept][first], len(texts))

    def bags(self) -> BagsOfWords:
        import numpy as np

        sizes = np.diff(self.first)
        place = np.arange(len(self.codes)) - np.repeat(self.first[:-1], sizes)
        hashes = mixed(self.codes.astype(np.uint64) + (place.astype(np.uint64) << np.uint64(32)))
        words = np.add.reduceat(hashes, self.first[:-1]) if len(sizes) else hashes
        rows = np.repeat(self.text, sizes)
        many = [np.bincount(of, minlength=self.many) for of in (self.text, rows)]
        letters = mixed(self.codes.astype(np.uint64) + np.uint64(1))
        return BagsOfWords(self._binned(self.text, words), self._binned(rows, letters), np.stack(many, axis=1))

    def _binned(self, rows: Rows, hashes: Codes) -> Counts:
        import numpy as np

        cells = rows * BINS + (mixed(hashes) % np.uint64(BINS)).astype(np.int64)
        counts = np.bincount(cells, minlength=self.many * BINS).reshape(self.many, BINS)
        return np.minimum(counts, FULL).astype(np.uint8)

    def spelled(self) -> list[_Spelled]:
        import numpy as np

        letters = self.codes.tobytes().decode("utf-32-le")
        ends = self.first.tolist()
        words = [letters[start:stop] for start, stop in pairwise(ends)]
        numbers = (np.add.reduceat(self.digit, self.first[:-1]) if len(words) else np.zeros(0)) > 0
        found = []
        edges = np.searchsorted(self.text, np.arange(self.many + 1)).tolist()
        for start, stop in pairwise(edges):
            own = words[start:stop]
            found.append(
                _Spelled(
                    letters[ends[start] : ends[stop]],
                    own,
                    [word for word, is_number in zip(own, numbers[start:stop].tolist(), strict=True) if is_number],
                )
            )
        return found


def _kinds(codes: NDArray[np.uint32]) -> tuple[NDArray[np.bool_], ...]:
    """(C,) which characters are letters, digits, and signs of numbers."""
    import unicodedata

    import numpy as np

    seen, place = np.unique(codes, return_inverse=True)
    signs = [chr(code) for code in seen.tolist()]
    letter = np.array([unicodedata.category(sign)[0] not in "PZC" for sign in signs])
    digit = np.array([unicodedata.category(sign)[0] == "N" for sign in signs])
    return letter[place], digit[place], np.array([sign in SIGNS for sign in signs])[place]
