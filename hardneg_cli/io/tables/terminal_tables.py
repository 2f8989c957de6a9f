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
SHORT = 20  # an id that has a column in any case
INDENT = "    "  # of what stands below a row
MOST_LINES = 3  # of a cell; what is longer ends with an ellipsis
BREAKS = re.compile(r"(?<=\s)(?=\S)")  # where a line may end
SEAMS = re.compile(r"(?<=[^\W\d_][_/.-])(?=\w)")  # and where in a word that is wider than a line
LETTERS = {0x1F1E6 + place: chr(ord("A") + place) for place in range(26)}  # of flags
JOINED = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]|\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])")
Parts: TypeAlias = tuple[tuple[str, str], ...]  # texts, each with its style; side by side, or below each other


@dataclass(frozen=True)
class TerminalColumn:
    """A column and its cells. share: of the room that is left, against others. least: width that it cannot do without.

    whole: whether no cell is cut, however many lines it takes. right: whether it stands at its right end.
    copied: whether people copy it, so that it is never broken: where it is long it stands below the row.
    """

    name: str
    cells: Sequence[Parts]
    share: int = 1
    least: int = 8
    whole: bool = False
    right: bool = False
    copied: bool = False

    @property
    def title(self) -> Parts:
        """The name; where there is an arrow in it, in two parts."""
        given, arrow, suggested = self.name.partition(" →")
        return ((given, "bold"), (f"→{suggested}", "bold")) if arrow else ((given, "bold"),)

    @property
    def widest(self) -> int:
        return max([cell_width(self.name), *(cell_width(_beside(cell)) for cell in self.cells)])

    @property
    def narrowest(self) -> int:
        if self.copied:
            return self.widest
        return min(self.widest, max(self.least, *(cell_width(text) for text, _ in self.title)))


def plain_emoji(text: str) -> str:
    """The text without what makes one sign of several emoji: terminals do not agree on how wide that is."""
    return JOINED.sub("", text).translate(LETTERS)


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
    below = [one for one in columns if one.copied and one.widest > max(SHORT, width // 4) and len(columns) > 1]
    beside = [column for column in columns if column not in below]
    if not fits(beside, width):
        yield from _stacked(columns, width)
        return
    widths = _widths(beside, width - 2 - GAP * (len(beside) - 1))
    yield from _block([column.title for column in beside], beside, widths)
    yield _text(((" " + "─" * (sum(widths) + GAP * (len(widths) - 1)), "dim"),))
    rows = zip(*(column.cells for column in beside), strict=True)
    blocks = [[*_block(row, beside, widths)] for row in rows]
    airy = bool(below) or any(len(block) > 1 for block in blocks)
    for number, block in enumerate(blocks):
        if airy and number:
            yield _text(())
        yield from block
        yield from (_text(((f"   {one.name} {_beside(one.cells[number])}", "dim"),)) for one in below)


def _block(row: Sequence[Parts], columns: Sequence[TerminalColumn], widths: Sequence[int]) -> Iterator[Text]:
    """The lines of a row."""
    cells = [_wrapped(cell, size, 0 if column.whole else MOST_LINES)
             for cell, column, size in zip(row, columns, widths, strict=True)]  # fmt: skip
    return (_line(cells, columns, widths, place) for place in range(max(map(len, cells))))


def _stacked(columns: Sequence[TerminalColumn], width: int) -> Iterator[Text]:
    """A row below a row: the first column as it is, each other one with its name."""
    first, *others = columns
    for number, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
        if number:
            yield _text(())
        yield from (_text(((line, "bold"),)) for line in _some_lines(_beside(row[0]), first, width))
        for column, cell in zip(others, row[1:], strict=True):
            for line in _named(column, cell):
                yield from (_text(((INDENT + part, ""),)) for part in _some_lines(line, column, width - len(INDENT)))


def _named(column: TerminalColumn, cell: Parts) -> Iterator[str]:
    """A cell with its column's name; of two labels each with its own."""
    if len(column.title) == 1:
        yield from (f"{column.name}: {said}" for said in [_beside(cell)] if said.strip())
        return
    for (name, _), (text, _) in zip(column.title, cell, strict=False):
        yield f"{name.removeprefix('→ ')}: {text.removeprefix('→ ')}"


def _some_lines(line: str, column: TerminalColumn, width: int) -> list[str]:
    """The lines of a text, as many as the column may have."""
    return [line] if column.copied else broken(line, max(width, 1))[: None if column.whole else MOST_LINES]


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
    for word in (piece for whole in BREAKS.split(text) for piece in _pieces(whole, width)):
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


def _pieces(word: str, width: int) -> list[str]:
    return SEAMS.split(word) if cell_width(word.rstrip()) > width else [word]


def _cut(text: str, width: int) -> str:
    """The beginning that has room."""
    end, wide = 0, 0
    while end < len(text) and (wide := wide + cell_width(text[end])) <= width:
        end += 1
    return text[:end]


def _text(parts: Parts) -> Text:
    from rich.text import Text

    return Text.assemble(*parts, no_wrap=True, end="")
