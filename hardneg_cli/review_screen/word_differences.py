"""Which words of a text another one does not have, and which of that one's it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["same", "other", "lacking"]
LETTERS = re.compile(r"\W+")
MOST = 400  # words of either text that are compared
ALIKE = 0.5  # share of the words; texts that have fewer in common are not told what they lack


def differences(text: str, than: str, *, closely: bool = False) -> Iterator[tuple[str, Part]]:
    """The words of `text` in order, each the `same` as in `than` or an `other` one; and what it is `lacking`.

    What is lacking is told only where most words are the same. closely: whether case and punctuation matter.
    """
    words, theirs = text.split(), than.split()[:MOST]
    ours, rest = words[:MOST], words[MOST:]
    matcher = SequenceMatcher(None, _keys(theirs, closely), _keys(ours, closely), autojunk=False)
    alike = matcher.ratio() >= ALIKE
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind in ("delete", "replace") and alike:
            yield " ".join(theirs[first:last]), "lacking"
        if start < end:
            yield " ".join(ours[start:end]), "same" if kind == "equal" else "other"
    if rest:
        yield " ".join(rest), "other"


def _keys(words: list[str], closely: bool) -> list[str]:
    if closely:
        return words
    return [LETTERS.sub("", word).casefold() or word for word in words]
