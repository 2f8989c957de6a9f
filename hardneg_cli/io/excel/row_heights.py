"""How many lines a text takes in a cell of some width, told without any font.

Rows whose heights are not said are laid out anew by each program, and not by all of them where text is wrapped. The
widths are those of Calibri and DejaVu Sans, whichever is the larger, so that a row is rather too tall than cut.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from unicodedata import east_asian_width

LINE, WIDE_LINE = 15.0, 18.0  # points; the latter with letters as wide as high
AIR = 1.5  # below the last line
MOST_LINES = 6  # that a row is made tall for
PADDING = 1.0  # of a cell, in digits, at its sides
NARROW, BROAD = frozenset(" !'(),./:;I[\\]`fijlrt|·"), frozenset("%@MWmw—…")
DIGITS = {"narrow": 0.55, "broad": 1.6, "capital": 1.15, "wide": 2.1, "other": 1.0}  # widths, in those of a digit
WORDS = re.compile(r"\S+|\s")


def height(texts: list[tuple[str, float]]) -> float:
    """Points that a row needs for its wrapped texts, each with the width of its column in digits."""
    lines = max((lines_of(text, width) for text, width in texts), default=1)
    wide = any(not text.isascii() and any(map(_is_wide, text)) for text, _ in texts)
    return min(lines, MOST_LINES) * (WIDE_LINE if wide else LINE) + AIR


def lines_of(text: str, width: float) -> int:
    """At least as many lines as the text takes; more than `MOST_LINES` are not counted."""
    room = max(width - PADDING, 1.0)
    found = 0
    for line in text.split("\n"):
        found += _wrapped(line, room)
        if found > MOST_LINES:
            break
    return found


def first_lines(texts: Iterable[str], width: float) -> str:
    """The first of the texts, each on a line of its own, as many as are seen of them in a row; one at least."""
    chosen: list[str] = []
    left = MOST_LINES
    for text in texts:
        left -= lines_of(text, width)
        if left < 0 and chosen:
            break
        chosen.append(text)
    return "\n".join(chosen)


def _wrapped(line: str, room: float) -> int:
    if len(line) * DIGITS["broad"] <= room and line.isascii():
        return 1
    if len(line) * DIGITS["narrow"] <= room and _length(line) <= room:
        return 1
    lines, used = 1, 0.0
    for word in WORDS.findall(line[: int(room * 2 * (MOST_LINES + 1)) + 1]):
        length = _length(word)
        if used + length <= room or word.isspace():
            used += length
        elif length <= room:
            lines, used = lines + 1, length
        else:  # a word longer than a line is broken; some programs begin it on a line of its own
            started = lines + (used > 0)
            lines, used = started + int(length // room), length % room
    return lines


def _length(word: str) -> float:
    return sum(map(_width, word))


@cache
def _width(letter: str) -> float:
    if letter in NARROW:
        return DIGITS["narrow"]
    if letter in BROAD:
        return DIGITS["broad"]
    if letter.isascii():
        return DIGITS["capital" if letter.isupper() else "other"]
    return DIGITS["wide" if _is_wide(letter) else "capital"]


def _is_wide(letter: str) -> bool:
    return east_asian_width(letter) in "WF"
