"""What a run says to people: the verdict first, then sections under headings, then notes, then what to type next.

A result's `summary()` gives lines; each is a text, whole and in words that can be searched for, that knows under which
heading it stands and of which cells it is made. `layout` puts them in order, with the headings; on a terminal the cells
stand below each other, with numbers right-aligned. Nothing here knows how a terminal is written to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from hardneg_cli.runtime.terminal import plain

INDENT = "  "
NEXT = "Next"
REMARKS = ("note: ", "warning: ", "left out ")
LABEL = re.compile(r"([^:'\"]{1,40}): (.+)", re.DOTALL)  # no name from the data, which would be in quotation marks
LEADING_NUMBER = re.compile(r"[\d,]+(?:\.\d+)?(?= )")
Kind: TypeAlias = Literal["verdict", "heading", "fact", "note", "command", "blank"]


class SummaryLine(str):
    """A line of a summary. cells: what stands in columns; the text is all of them, with colons between."""

    heading: str
    cells: tuple[str, ...]
    dim: bool

    def __new__(cls, *cells: str, heading: str = "", dim: bool = False) -> SummaryLine:
        line = super().__new__(cls, ": ".join(cells))
        line.heading, line.cells, line.dim = heading, cells, dim
        return line


@dataclass(frozen=True)
class LaidLine:
    """A line as it is shown: an indent, the label of a column with what ends it, and the text."""

    kind: Kind
    text: str
    label: str = ""
    indent: str = ""
    dim: bool = False


def under(heading: str, lines: Iterable[str]) -> Iterator[SummaryLine]:
    """The lines under a heading. Of one that is but a text, what stands before its first colon is a cell."""
    for line in lines:
        if isinstance(line, SummaryLine):
            yield SummaryLine(*line.cells, heading=heading, dim=line.dim)
        else:
            found = LABEL.match(line)
            yield SummaryLine(*(found.groups() if found else (line,)), heading=heading)


def command(to: str, words: str) -> SummaryLine:
    """A command line to type next, and what it is good for."""
    return SummaryLine(to, words, heading=NEXT)


def layout(lines: Iterable[str], *, aligned: bool) -> Iterator[LaidLine]:
    """The lines in their order, headings and empty lines between them. aligned: cells in columns, as on a terminal.

    Elsewhere a summary without sections is but its lines, as scripts read it.
    """
    verdict: list[SummaryLine] = []
    notes: list[SummaryLine] = []
    sections: dict[str, list[SummaryLine]] = {}
    for line in lines:
        own = line if isinstance(line, SummaryLine) else SummaryLine(line)
        kept = notes if not own.heading and own.startswith(REMARKS) else verdict
        (sections.setdefault(own.heading, []) if own.heading else kept).append(own)
    last = sections.pop(NEXT, [])
    yield from _verdict(verdict)
    for heading, section in sections.items():
        yield LaidLine("blank", "")
        yield LaidLine("heading", heading)
        yield from _facts(section, INDENT, aligned=aligned)
    if notes and (sections or (aligned and len(verdict) > 1)):
        yield LaidLine("blank", "")
    yield from (LaidLine("note", plain(line)) for line in notes)
    if last and (sections or aligned):
        yield LaidLine("blank", "")
        yield LaidLine("heading", NEXT)
        yield from (replace(line, kind="command") for line in _facts(last, INDENT, aligned=aligned))


def _verdict(lines: Sequence[SummaryLine]) -> Iterator[LaidLine]:
    """The first line stands out, the others follow as they are."""
    for number, line in enumerate(lines):
        yield LaidLine("fact" if number else "verdict", plain(line))


def _facts(section: Sequence[SummaryLine], indent: str, *, aligned: bool) -> Iterator[LaidLine]:
    """Lines in columns where they are made of a label and what is said of it."""
    pairs = [line.cells if len(line.cells) > 1 else ("", line.cells[0]) for line in section]
    labels = [plain(pair[0]) + ":" if pair[0] else "" for pair in pairs]
    texts = [plain(": ".join(pair[1:])) for pair in pairs]
    numbers = [found.group() if aligned and (found := LEADING_NUMBER.match(text)) else "" for text in texts]
    widest = max(map(len, numbers))
    for label, text, number, line in zip(labels, texts, numbers, section, strict=True):
        moved = text.rjust(len(text) + widest - len(number)) if number else text
        yield LaidLine("fact", moved, label, indent, line.dim)
