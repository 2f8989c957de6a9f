"""Some neighboring words exchanged (the random swap of Wei and Zou, EDA, 2019, but within limits).

No word moves further than to its neighbor's place, and negations, words with a digit and those of a class name stay.
"""

from __future__ import annotations

from random import Random

from hardneg_cli.preparation.augmentation.transforms._words import TextSurroundings, free_words, some, tokens, words_of

OF = "text"
FEWEST = 3  # words


def run(text: str, beside: TextSurroundings, rng: Random, *, share: float = 0.2) -> str | None:
    """share: of the words that are exchanged with the next one; one pair at least."""
    found = tokens(text)
    places, free = words_of(found), set(free_words(found, beside.spared))
    if len(places) < FEWEST:
        return None
    pairs = [at for at in range(len(places) - 1) if places[at] in free and places[at + 1] in free]
    last = -2
    for at in some(pairs, share / 2, rng, len(places)) if pairs else ():
        if at > last + 1:
            left, right = places[at], places[at + 1]
            found[left], found[right] = found[right], found[left]
            last = at
    changed = "".join(found)
    return None if changed == text else changed
