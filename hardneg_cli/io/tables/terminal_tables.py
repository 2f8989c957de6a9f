"""A table as people see it on a terminal: columns of whole words, as wide as the terminal and no wider.

Every cell is one line of inert text (`runtime.terminal.plain`). Where the columns have room for nothing any more, a row
is some lines below each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from rich.text import Text

GAP = 2  # between columns
MOST_LINES = 3  # of a cell; what is longer ends with an ellipsis
BREAKS = re.compile(r"(?<=[\s_/.,;:|-])(?=\S)")  # where a line may end
JOINED = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])")
Parts: TypeAlias = tuple[tuple[str, str], ...]  # texts, each with its style; side by side, or below each other


@dataclass(frozen=True)
class TerminalColumn:
    """A column and its cells. share: of the room that is left, against others. least: width that it cannot do without.

    whole: whether no cell is cut, however many lines it takes. right: whether it stands at its right end.
    """

    name: str
    cells: Sequence[Parts]
    share: int = 1
    least: int = 8
    whole: bool = False
    right: bool = False

    @property
    def widest(self) -> int:
        return max([cell_width(self.name), *(cell_width(_beside(cell)) for cell in self.cells)])

    @property
    def narrowest(self) -> int:
        return min(self.widest, max(self.least, cell_width(self.name)))


def plain_emoji(text: str) -> str:
    """The text without what makes one sign of several emoji: terminals do not agree on how wide that is."""
    return JOINED.sub("", text)


@lru_cache(1 << 14)
def cell_width(text: str) -> int:
    """How many places of a terminal it takes."""
    from rich.cells import cell_len

    return cell_len(text)


def fits(columns: Sequence[TerminalColumn], width: int) -> bool:
    """Whether they have room beside each other."""
    return sum(column.narrowest for column in columns) + GAP * (len(columns) - 1) + 2 <= width


def table_lines(columns: Sequence[TerminalColumn], width: int) -> Iterator[Text]:
    """The lines of the table, none of them wider than the terminal."""
    if not fits(columns, width):
        yield from _stacked(columns, width)
        return
    widths = _widths(columns, width - 2 - GAP * (len(columns) - 1))
    yield _line([[_text(((column.name, "bold"),))] for column in columns], columns, widths, 0)
    yield _text(((" " + "─" * (sum(widths) + GAP * (len(widths) - 1)), "dim"),))
    blocks = [[_wrapped(cell, size, 0 if column.whole else MOST_LINES)
               for cell, column, size in zip(row, columns, widths, strict=True)]
              for row in zip(*(column.cells for column in columns), strict=True)]  # fmt: skip
    airy = any(len(cell) > 1 for block in blocks for cell in block)
    for number, block in enumerate(blocks):
        if airy and number:
            yield _text(())
        yield from (_line(block, columns, widths, place) for place in range(max(map(len, block))))


def _stacked(columns: Sequence[TerminalColumn], width: int) -> Iterator[Text]:
    """A row below a row: the first column as it is, each other one with its name."""
    for number, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
        if number:
            yield _text(())
        for place, (cell, column) in enumerate(zip(row, columns, strict=True)):
            said = _beside(cell)
            if not said:
                continue
            name, indent = ("", "") if not place else (f"{column.name}: ", "  ")
            style = "bold" if not place else ""
            room = max(width - len(indent), 1)
            for line in broken(name + said, room)[: None if column.whole else MOST_LINES]:
                yield _text(((indent + line, style),))


def _widths(columns: Sequence[TerminalColumn], room: int) -> list[int]:
    """Each column has what it cannot do without; the rest goes by share to those that want more."""
    widths = [column.narrowest for column in columns]
    wanted = [column.widest for column in columns]
    left = room - sum(widths)
    while left > 0 and (open_ := [place for place, width in enumerate(widths) if width < wanted[place]]):
        shares = sum(columns[place].share for place in open_)
        for place in open_:
            more = min(max(1, left * columns[place].share // shares), wanted[place] - widths[place], left)
            widths[place], left = widths[place] + more, left - more
    return widths


def _line(
    block: Sequence[Sequence[Text]], columns: Sequence[TerminalColumn], widths: Sequence[int], place: int
) -> Text:
    """The line at `place` of a row."""
    line = _text(((" ", ""),))
    for number, (cell, column, width) in enumerate(zip(block, columns, widths, strict=True)):
        text = cell[place] if place < len(cell) else _text(())
        space = " " * (width - text.cell_len)
        line.append(space if column.right else "").append_text(text).append("" if column.right else space)
        line.append(" " * GAP if number < len(columns) - 1 else "")
    line.rstrip()
    return line


def _beside(cell: Parts) -> str:
    return " ".join(text for text, _ in cell if text)


def _wrapped(cell: Parts, width: int, most: int) -> list[Text]:
    """The cell's lines: side by side where its parts have room, else one below the other. most: 0 for any number."""
    parts = [(text, style) for text, style in cell if text]
    if cell_width(_beside(cell)) <= width:
        spaced = [piece for part in parts for piece in ((" ", ""), part)]
        return [_text(tuple(spaced[1:]))]
    lines = [(line, style) for text, style in parts for line in broken(text, width)]
    if most and len(lines) > most:
        last, style = lines[most - 1]
        lines = [*lines[: most - 1], (f"{_cut(last, width - 1).rstrip()}…", style)]
    return [_text((line,)) for line in lines]


def broken(text: str, width: int) -> list[str]:
    """Lines of whole words; a word that is wider than a line ends where it has to."""
    lines, line = [], ""
    for word in BREAKS.split(text):
        if cell_width(line + word.rstrip()) <= width:
            line += word
            continue
        lines += [line.rstrip()] if line else []
        while cell_width(word.rstrip()) > width:
            start = _cut(word, width) or word[0]
            lines.append(start)
            word = word[len(start) :]
        line = word
    return [*lines, line.rstrip()]


def _cut(text: str, width: int) -> str:
    """The beginning that has room."""
    end, wide = 0, 0
    while end < len(text) and (wide := wide + cell_width(text[end])) <= width:
        end += 1
    return text[:end]


def _text(parts: Parts) -> Text:
    from rich.text import Text

    return Text.assemble(*parts, no_wrap=True, end="")
