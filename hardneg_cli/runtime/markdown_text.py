"""Markdown as text for reading in a terminal: headings underlined, tables in columns, code indented, links in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

FENCE = "```"
COMMENT = re.compile(r"^<!--.*-->$")
LINK = re.compile(r"!?\[([^]]*)\]\(([^)]*)\)")
HEADING = re.compile(r"^(#+) (.*)$")
RULE = re.compile(r"^:?-+:?$")
RULERS = {1: "=", 2: "-"}
WIDEST_COLUMN = 60


def plain_page(markdown: str) -> str:
    """The page as text; comments that a page has for machines are left out."""
    return "\n".join(_lines(markdown.splitlines())).strip("\n") + "\n"


def summary(markdown: str) -> str:
    """The first line below the page's title, which says in one sentence what it is about."""
    return next(line for line in markdown.splitlines()[1:] if line.strip())


def _lines(source: list[str]) -> Iterator[str]:
    """Line by line; the lines of a table are held until it ends, as its columns are as wide as their widest cell."""
    is_code, table = False, list[list[str]]()
    for line in source:
        if table and not line.startswith("|"):
            yield from _columns(table)
            table = []
        if line.startswith(FENCE):
            is_code = not is_code
        elif is_code:
            yield f"    {line}".rstrip()
        elif line.startswith("|"):
            table.append([_words(cell.strip()) for cell in line.strip("|").split(" | ")])
        elif not COMMENT.match(line):
            yield from _heading(line)
    yield from _columns(table)


def _heading(line: str) -> Iterator[str]:
    found = HEADING.match(line)
    text = _words(found[2] if found else line)
    yield text
    if found and len(found[1]) in RULERS:
        yield RULERS[len(found[1])] * len(text)


def _words(text: str) -> str:
    """A link as its words, with the address behind them where that is one of the web's."""
    return LINK.sub(lambda link: f"{link[1]} ({link[2]})" if "://" in link[2] else link[1], text)


def _columns(table: list[list[str]]) -> Iterator[str]:
    rows = [row for row in table if not all(RULE.match(cell.strip("| ")) for cell in row)]
    if not rows:
        return
    widths = [min(WIDEST_COLUMN, max(len(row[place]) for row in rows)) for place in range(len(rows[0]) - 1)]
    for row in rows:
        padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield "  ".join([*padded, row[-1]]).rstrip()
