"""A text as words and what is between them, and which of the words may be changed without changing what is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

TOKENS = re.compile(r"\s+|\S+")
WORD = re.compile(r"(\W*)([^\W\d_]+)(\W*)")
NEGATIONS = frozenset(
    ["aint", "arent", "cannot", "cant", "didnt", "doesnt", "dont", "isnt", "never", "no", "nobody", "none", "nor",
     "not", "nothing", "wasnt", "without", "wont"]
)  # fmt: skip


@dataclass(frozen=True)
class TextSurroundings:
    """others: the different texts of the class that train, sorted. spared: words in small letters that stay."""

    others: tuple[str, ...] = ()
    spared: frozenset[str] = frozenset()


def tokens(text: str) -> list[str]:
    """Words with what clings to them, and the blanks between them; joined they are the text."""
    return TOKENS.findall(text)


def words_of(found: list[str]) -> list[int]:
    """The places of the tokens that are no blanks."""
    return [place for place, token in enumerate(found) if not token.isspace()]


def free_words(found: list[str], spared: frozenset[str]) -> list[int]:
    """The places of words that may be changed: of letters only, no negation, none that is spared."""
    places = []
    for place, token in enumerate(found):
        parts = WORD.fullmatch(token)
        if parts and parts[2].casefold() not in spared and parts[2].casefold() not in NEGATIONS:
            places.append(place)
    return places


def some(places: list[int], share: float, rng: Random, of: int | None = None) -> list[int]:
    """A share of the places (of so many), at least one where there is any, in their order."""
    many = len(places) if of is None else of
    return sorted(rng.sample(places, min(len(places), max(1, round(share * many)))))
