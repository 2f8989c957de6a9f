"""Quotes that are text: a cell that begins with one, which no program put there to enclose the cell.

Read as an opening quote, it swallows line ends up to the next quote, and with them whole rows, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hardneg_cli.io.delimited.grammar import EndlessRecordError, Grammar, blocks
from hardneg_cli.io.files.limits import RECORD

SEVERAL = 3  # lines
LINE_END = re.compile(r"\r\n?|\n")


def is_literal(texts: Callable[[], Iterator[str]], grammar: Grammar) -> bool:
    """Whether a table's quotes are text: if they enclose nothing, every line has as many cells as the header.

    If they do, some line is no row, and what they enclose is not as a program writes it.
    texts: the whole of it, as often as it is asked for. O(characters) up to the first line that is uneven.
    """
    if grammar.width < 2:
        return False
    try:
        return _is_suspect(texts(), grammar) and not _is_quoted(texts(), grammar)
    except EndlessRecordError:
        return False


def swallowing(texts: Iterator[str], grammar: Grammar, first: int) -> int | None:
    """The first row, from 1, in which a quoted cell spans lines and goes on behind its closing quote; None for none.

    first: the number of the text's first row; 0 for the header.
    """
    for block in blocks(texts, grammar):
        for number, place in enumerate(block.rows, first):
            if _swallows(block.records[place], grammar):
                return number
        first += len(block.rows)
    return None


def _swallows(record: str, grammar: Grammar) -> bool:
    inner = record.rstrip("\r\n")
    return '"' in inner and ("\n" in inner or "\r" in inner) and not grammar.strict_row.fullmatch(record)


def _is_suspect(texts: Iterator[str], grammar: Grammar) -> bool:
    found = False
    for line in _lines(texts):
        if line and line.count(grammar.delimiter) != grammar.width - 1:
            return False
        found = found or ('"' in line and not grammar.row.fullmatch(f"{line}\n"))
    return found


def _is_quoted(texts: Iterator[str], grammar: Grammar) -> bool:
    """Whether all rows are even, nothing follows a closing quote, and no row is made of three lines or more.

    All of which would have as many cells as the header, by chance.
    """
    try:
        for block in blocks(texts, grammar):
            if block.ragged or not all(_is_strict(block.records[place], grammar) for place in block.rows):
                return False
    except EndlessRecordError as error:
        return error.too_long
    return True


def _is_strict(record: str, grammar: Grammar) -> bool:
    lines = len(LINE_END.split(record.rstrip("\r\n")))
    return (lines < SEVERAL or grammar.width == 2) and grammar.strict_row.fullmatch(record) is not None


def _lines(texts: Iterator[str]) -> Iterator[str]:
    """Lines without their ends."""
    rest = ""
    for text in texts:
        whole = rest + text
        held = "\r" if whole.endswith("\r") else ""  # it may be half of a line end
        *ended, rest = LINE_END.split(whole.removesuffix("\r"))
        rest += held
        if len(rest) > RECORD:
            raise EndlessRecordError(0, too_long=True)
        yield from ended
    yield from LINE_END.split(rest)
