"""A document in words: Markdown for a job's summary or a pull request. Text cannot become markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from hardneg_cli.rendering.document import (
    Block,
    Cards,
    Cell,
    Chart,
    Charts,
    CommandLines,
    DataTable,
    Document,
    PointMap,
    RowCard,
    Words,
    cell_text,
)
from hardneg_cli.runtime.terminal import plain

# Markup wherever it stands; at a line's beginning; at the edge of a word; and what becomes a link by itself
ESCAPED = re.compile(
    r"([\\`*\[\]|~$<>&@]|^[#+=-]|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s|$)|(?<!\w)_|_(?!\w)|:(?=//)|(?<=www)\.)"
)
MOST_ROWS = 30  # of a table; a job's summary holds a megabyte
MOST_CARDS = 10


def markdown(document: Document) -> str:
    """The whole document; figures have their tables in place of the drawings."""
    parts = [f"# {_text(document.title)}: {_text(document.subject)}", f"**{_text(document.verdict)}**"]
    parts.append("\n".join(f"- {_text(name)}: {_text(said)}" for name, said in document.figures))
    for section in document.sections:
        parts.append(f"## {_text(section.title)}")
        parts += [written for block in section.blocks if (written := _block(block))]
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    return WRITERS[type(block)](block)


def _words(block: Words) -> str:
    return _text(block.text)


def _command(block: CommandLines) -> str:
    return "".join(f"    {plain(line)}\n" for line in block.text.splitlines()).rstrip("\n")


def _figure(block: Chart | PointMap) -> str:
    words = f"\n\n{_text(block.words)}" if block.words else ""
    return f"### {_text(block.title)}{words}\n\n{_table(block.table)}"


def _charts(block: Charts) -> str:
    return "\n\n".join(map(_figure, block.charts))


def _table(table: DataTable) -> str:
    lines = [_line(table.columns), "|" + " --- |" * len(table.columns)]
    lines += [_line(row) for row in table.rows[:MOST_ROWS]]
    left = len(table.rows) - MOST_ROWS
    more = f"\n\n… and {left:,} more rows" if left > 0 else ""
    return f"{_text(table.caption)}\n\n" + "\n".join(lines) + more


def _line(cells: Sequence[Cell]) -> str:
    return "| " + " | ".join(_text(cell_text(cell)) for cell in cells) + " |"


def _cards(block: Cards) -> str:
    return "\n".join(_card(card) for card in block.cards[:MOST_CARDS] if not card.example)


def _card(card: RowCard) -> str:
    change = _text(card.given) + (f" → {_text(card.suggested)}" if card.suggested else "")
    figures = ", ".join(f"{name} {said}" for name, said in card.figures)
    lines = [f"- **{_text(card.title)}**: {change} ({_text(figures)})"]
    lines += [f"  - {_text(f'{name}: {cell}' if len(card.cells) > 1 else cell)}" for name, cell in card.cells if cell]
    lines += [f"  - {_text(reason)}" for reason in card.reasons]
    lines += [f"  - {_text(near.how)}: {_text(near.label)} {_text(near.text)}".rstrip() for near in card.around[:2]]
    return "\n".join(lines)


def _text(said: str) -> str:
    """One line, in which nothing is markup."""
    return ESCAPED.sub(r"\\\1", plain(" ".join(said.split())))


WRITERS: dict[type, Callable[..., str]] = {
    Words: _words, CommandLines: _command, DataTable: _table, Chart: _figure, Charts: _charts, PointMap: _figure,
    Cards: _cards,
}  # fmt: skip
