"""GitHub's Markdown: text of the data in which nothing is markup, a mention or a reference; and the labels' matrix."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    from hardneg_cli.data.change_report import LabelChange

LONGEST, LONGEST_SENTENCE = 300, 1000  # bytes, as written
OTHERS = "others"
LOOKS = {"passed": "passed", "failed": "**failed**", "warned": "*warned*", "not judged": "not judged"}
# What is markup or math; and what GitHub looks for in the text that is left: @name, #1, GH-1, :smile:, www.a, a://b
MARKUP = re.compile(r"(?P<sign>[\\`*_{}\[\]<>&|$~!^+])|(?P<apart>[@#]|:(?=\S)|(?i:(?<=\bgh)-(?=\d))|(?i:(?<=www)\.))")


@dataclass(frozen=True)
class MarkdownTable:
    """head: the line of the names and the one below it. lines: one a row."""

    head: tuple[str, str]
    lines: list[str]


def code(text: str, longest: int = LONGEST) -> str:
    """Text of the data, as code: GitHub resolves no mention and no reference there."""
    return f"<code>{_escaped(plain(text), longest)}</code>"


def prose(text: str, longest: int = LONGEST_SENTENCE) -> str:
    """A sentence of ours that may quote the data."""
    return _escaped(plain(text), longest)


def matrix(pairs: Sequence[LabelChange], most: int, longest: int = LONGEST) -> MarkdownTable:
    """Labels in the base by labels now: `most` of each, those of the first pairs, and the others together.

    pairs: the most frequent first.
    """
    before = _names([pair.before for pair in pairs], most, longest)
    after = _names([pair.after for pair in pairs], most, longest)
    cells: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        cells[before.get(pair.before, OTHERS), after.get(pair.after, OTHERS)] += pair.rows
    shown = list(dict.fromkeys([*after.values(), *(column for _, column in cells)]))
    lines = [
        f"| {row} | " + " | ".join(f"{cells[row, column]:,}" if cells[row, column] else "" for column in shown) + " |"
        for row in dict.fromkeys([*before.values(), *(row for row, _ in cells)])
    ]
    return MarkdownTable((f"| from ↓ to → | {' | '.join(shown)} |", "| --- |" + " ---: |" * len(shown)), lines)


def _names(named: Sequence[str], most: int, longest: int) -> dict[str, str]:
    """The first of the names, as they are shown, sorted by name."""
    return {name: code(name, longest) for name in sorted([*dict.fromkeys(named)][:most])}


def _escaped(text: str, longest: int) -> str:
    """Signs as character references, which stand for no markup, some in an element of their own; cut if overlong."""
    kept = text[:longest]
    while len((escaped := MARKUP.sub(_reference, kept)).encode(errors="backslashreplace")) > longest:
        kept = kept[: len(kept) * 3 // 4]
    return escaped if len(kept) == len(text) else f"{escaped}…"


def _reference(sign: re.Match[str]) -> str:
    reference = f"&#{ord(sign[0])};"
    return f"<span>{reference}</span>" if sign["apart"] else reference
