"""Some words left out (the random deletion of Wei and Zou, EDA, 2019; word dropout, Iyyer et al., 2015).

Negations, words with a digit and those of a class name stay, and so do texts of fewer than three words.
"""

from __future__ import annotations

from random import Random

from hardneg_cli.preparation.augmentation.transforms._words import TextSurroundings, free_words, some, tokens, words_of

OF = "text"
FEWEST = 3  # words


def run(text: str, beside: TextSurroundings, rng: Random, *, share: float = 0.2) -> str | None:
    """share: of the words that go; one at least."""
    found = tokens(text)
    places, free = words_of(found), free_words(found, beside.spared)
    if len(places) < FEWEST or not free:
        return None
    gone = set(some(free, share, rng, len(places)))
    left = [found[place].strip() for place in places if place not in gone]
    return " ".join(left) if len(left) >= 2 else None
