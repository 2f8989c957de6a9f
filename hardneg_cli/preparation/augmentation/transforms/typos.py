"""Slips of the finger: two letters of a word exchanged, one left out, doubled, or that of the key beside it.

First and last letters stay, and so do words of fewer than four letters, those with a digit, of a class name, and
negations. Such noise made models of texts sturdier in Belinkov and Bisk, Synthetic and natural noise both break neural
machine translation, 2018.
"""

from __future__ import annotations

from random import Random

from hardneg_cli.preparation.augmentation.transforms._words import (
    WORD,
    TextSurroundings,
    free_words,
    some,
    tokens,
    words_of,
)

OF = "text"
SHORTEST = 4  # letters of a word that gets one
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {
    key: row[max(place - 1, 0) : place] + row[place + 1 : place + 2] for row in KEYS for place, key in enumerate(row)
}


def run(text: str, beside: TextSurroundings, rng: Random, *, share: float = 0.15) -> str | None:
    """share: of the words that get a typo, one each; one word at least."""
    found = tokens(text)
    open_ = [place for place in free_words(found, beside.spared) if _letters(found[place]) >= SHORTEST]
    if not open_:
        return None
    for place in some(open_, share, rng, len(words_of(found))):
        parts = WORD.fullmatch(found[place])
        assert parts is not None
        found[place] = parts[1] + _slip(parts[2], rng) + parts[3]
    changed = "".join(found)
    return None if changed == text else changed


def _letters(token: str) -> int:
    parts = WORD.fullmatch(token)
    return len(parts[2]) if parts else 0


def _slip(word: str, rng: Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0 and at < len(word) - 2:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    near = BESIDE.get(word[at].lower(), "")
    if kind == 2 and near:
        return word[:at] + rng.choice(near) + word[at + 1 :]
    return word[:at] + word[at] + word[at:]
