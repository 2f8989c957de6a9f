"""Small edits that a reader hardly notices and that change a model's mind: typos, case, dropped fillers, swapped words.

The words whose loss costs the label most are tried first, and of a word's edits the one that hurts most is made, until
the prediction flips or the edits are used up: the order of TextBugger (Li et al., 2019) and TextFooler (Jin et al.,
2020), with character edits instead of synonyms, because those keep the label. The model is asked, never looked into.

So that the label stays right: at most `edits` edits a text, one a word; first and last letters stay; no typo in words
of fewer than four letters; words with a digit, in a script without upper and lower case, of a class name, negations and
what `protect` lists are never touched. Negations and fillers (please, just, really …) are English. On request words are
also cut short, broken or joined by spaces, left out, or get a letter of another script that looks the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zlib import crc32

from hardneg_cli.errors import InputError, did_you_mean, quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Judge = Callable[[Sequence[int], Sequence[str]], NDArray[np.float64]]

ROWS_AT_ONCE = 1 << 9
SHORTEST, LONG = 4, 6  # letters of a word that gets a typo, and of one that is cut short
KINDS = ("typo", "case", "filler", "swap", "homoglyph", "break", "join", "cut", "drop")
USUAL = "typo,case,filler,swap"
ALIKE = str.maketrans("aceiopxyACEHKMOPTXBy", "асеіорхуАСЕНКМОРТХВу")  # Latin letters, and Cyrillic ones
TOKENS = re.compile(r"\s+|\S+")
WORD = re.compile(r"(\W*)([^\W\d_]+)(\W*)")
FILLERS = frozenset(
    ["actually", "also", "basically", "hello", "hey", "hi", "just", "kindly", "maybe", "please", "quite", "really",
     "simply", "so", "still", "then", "very", "well"]
)  # fmt: skip
NEGATIONS = frozenset(["cannot", "cant", "didnt", "dont", "isnt", "never", "no", "none", "nor", "not", "without"])
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
BESIDE = {key: row[max(place - 1, 0)] if place else row[1] for row in KEYS for place, key in enumerate(row)}


@dataclass(frozen=True)
class PerturbedTexts:
    """A text after its edits, their kinds in the order made (none: nothing helped), and the margin that is left.

    margin: p(label) − the highest other p; negative where the prediction flipped.
    """

    text: str
    kinds: tuple[str, ...]
    margin: float


@dataclass
class _State:
    """A text on its way: tokens, which of them may still be edited (most telling first), and what was done."""

    row: int
    tokens: list[str]
    margin: float
    kinds: tuple[str, ...] = ()
    open: tuple[int, ...] = ()


def run(
    texts: Sequence[str], judge: Judge, class_words: Collection[str], seed: int, *, edits: int = 2, protect: str = "",
    kinds: str = USUAL,
) -> list[PerturbedTexts]:  # fmt: skip
    """The texts, each as far edited as it takes to flip its prediction; about 10 + 6·edits judged texts each.

    judge: places in `texts`, and as many versions of those texts -> (n,) margins. class_words: in lower case.
    edits: the most a text gets. protect: words never touched, comma-separated. kinds: of edits, comma-separated: typo,
    case, filler (left out), swap (with the next word); homoglyph, break, join, cut, drop.
    """
    chosen = _chosen(kinds)
    spared = {*NEGATIONS, *class_words, *(word.strip().casefold() for word in protect.split(","))}
    found: list[PerturbedTexts] = []
    for start in range(0, len(texts), ROWS_AT_ONCE):
        rows = range(start, min(start + ROWS_AT_ONCE, len(texts)))
        states = _ranked([texts[row] for row in rows], rows, judge, spared)
        active = [state for state in states if state.margin >= 0 and state.open]
        while active:
            _step(active, judge, spared, seed, chosen)
            active = [s for s in active if s.margin >= 0 and s.open and len(s.kinds) < edits]
        found += [PerturbedTexts("".join(state.tokens), state.kinds, state.margin) for state in states]
    return found


def _ranked(texts: Sequence[str], rows: Sequence[int], judge: Judge, spared: Collection[str]) -> list[_State]:
    """The texts with their editable words, in the order of what their absence does to the margin."""
    tokens = [TOKENS.findall(text) for text in texts]
    places = [[place for place, token in enumerate(words) if _core(token, spared)] for words in tokens]
    versions = [(own, text) for own, text in enumerate(texts)]
    for own, (words, chosen) in enumerate(zip(tokens, places, strict=True)):
        versions += [(own, "".join([*words[:place], *words[place + 1 :]])) for place in chosen]
    margins = judge([rows[own] for own, _ in versions], [text for _, text in versions]).tolist()
    states, at = [], len(texts)
    for own, chosen in enumerate(places):
        order = sorted(range(len(chosen)), key=lambda turn: (margins[at + turn], turn))
        states.append(_State(rows[own], tokens[own], margins[own], open=tuple(chosen[turn] for turn in order)))
        at += len(chosen)
    return states


def _step(active: Sequence[_State], judge: Judge, spared: Collection[str], seed: int, chosen: Collection[str]) -> None:
    """Each text's next word gets the edit that hurts most, if any does."""
    versions: list[tuple[_State, str, list[str]]] = []
    for state in active:
        place, state.open = state.open[0], state.open[1:]
        versions += [(state, kind, tokens) for kind, tokens in _versions(state.tokens, place, spared, seed)
                     if kind in chosen]  # fmt: skip
    if not versions:
        return
    margins = judge([state.row for state, _, _ in versions], ["".join(tokens) for _, _, tokens in versions]).tolist()
    best: dict[int, tuple[float, str, list[str]]] = {}
    for (state, kind, tokens), margin in zip(versions, margins, strict=True):
        if margin < best.get(state.row, (state.margin,))[0]:
            best[state.row] = margin, kind, tokens
    for state in active:
        if state.row in best:
            state.margin, kind, state.tokens = best[state.row]
            state.kinds += (kind,)


def _versions(tokens: list[str], place: int, spared: Collection[str], seed: int) -> Iterator[tuple[str, list[str]]]:
    """Each kind of edit of the word at `place`, and the tokens after it; places stay what they are."""
    word = _core(tokens[place], spared)
    if word is None:  # a swap brought another word here
        return
    before, after = tokens[place].split(word, 1)
    for kind, edited in _edited(word, seed):
        if edited != word:
            yield kind, [*tokens[:place], before + edited + after, *tokens[place + 1 :]]
    if len(tokens) > 1:
        left_out = [*tokens[:place], "", "", *tokens[place + 2 :]][: len(tokens)]
        yield "drop", left_out
        if word.casefold() in FILLERS:
            yield "filler", left_out
    if place + 2 < len(tokens) and _core(tokens[place + 2], spared):
        yield "swap", [*tokens[:place], tokens[place + 2], tokens[place + 1], tokens[place], *tokens[place + 3 :]]
        yield "join", [*tokens[: place + 1], "", *tokens[place + 2 :]]


def _edited(word: str, seed: int) -> Iterator[tuple[str, str]]:
    """The word after each kind of edit of it alone."""
    yield from _typos(word, seed)
    yield "case", word.swapcase() if word.islower() else word.lower()
    if alike := [at for at, letter in enumerate(word) if letter != letter.translate(ALIKE)]:
        at = alike[crc32(f"{seed}:{word}".encode()) % len(alike)]
        yield "homoglyph", word[:at] + word[at].translate(ALIKE) + word[at + 1 :]
    if len(word) >= SHORTEST:
        yield "break", f"{word[: len(word) // 2]} {word[len(word) // 2 :]}"
    if len(word) >= LONG:
        yield "cut", word[:-2]


def _chosen(kinds: str) -> frozenset[str]:
    """The kinds in a list with commas. Raises InputError for one that there is not."""
    found = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    for kind in found:
        if kind not in KINDS:
            raise InputError(f"text-perturbation.kinds: no kind of edit {quote(kind)}{did_you_mean(kind, KINDS)}")
    return frozenset(found)


def _typos(word: str, seed: int) -> Iterator[tuple[str, str]]:
    """Two letters swapped, one left out, one doubled, one from the key beside it; where, a hash of the word says."""
    if len(word) < SHORTEST:
        return
    at = 1 + crc32(f"{seed}:{word}".encode()) % (len(word) - 2)
    left = min(at, len(word) - 3)
    yield "typo", word[:left] + word[left + 1] + word[left] + word[left + 2 :]
    yield "typo", word[:at] + word[at + 1 :]
    yield "typo", word[:at] + word[at] + word[at:]
    yield "typo", word[:at] + BESIDE.get(word[at].lower(), word[at]) + word[at + 1 :]


def _core(token: str, spared: Collection[str]) -> str | None:
    """The letters of a token that may be edited, without the punctuation around them; None where it may not."""
    found = WORD.fullmatch(token)
    if found is None or found[2].casefold() in spared or found[2].upper() == found[2].lower():
        return None
    return found[2]
