"""The grammar of delimited text (RFC 4180, read leniently as Python's `csv` does), kept as raw records.

A cell is quoted only if it begins with a quote; what follows its closing quote belongs to it. Line feed, carriage
return, or both end a record; blank lines are no records.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from hardneg_cli.io.files.limits import HEADER, MOST_COLUMNS, RECORD

DELIMITERS = ",\t;|"
SAMPLE_RECORDS = 100
QUOTED = re.compile(r'"([^"]*+(?:""[^"]*+)*+)"(.*)', re.DOTALL)


class EndlessRecordError(ValueError):
    """The record of this number (the header is 0) has no end: the text ends in its quotes, or it is `too_long`."""

    def __init__(self, number: int, *, too_long: bool = False) -> None:
        super().__init__(number)
        self.number, self.too_long = number, too_long


class TooManyColumnsError(ValueError):
    """A header of more columns than any table has."""


@dataclass(frozen=True)
class RecordBlock:
    """Raw records whose concatenation is the text; `rows` are the places of data rows, `ragged` of other lengths."""

    records: list[str]
    rows: Sequence[int]
    ragged: Sequence[int] = ()


@dataclass(frozen=True)
class Grammar:
    """Records of `width` cells between delimiters; where it is `literal`, a quote is a sign like any other."""

    delimiter: str
    width: int = 1
    literal: bool = False

    @cached_property
    def _cell(self) -> str:
        plain = rf"[^{re.escape(self.delimiter)}\r\n]*+"
        if self.literal:
            return plain
        return rf'(?:"[^"]*+(?:""[^"]*+)*+"{plain}|(?!"){plain})'

    @cached_property
    def _any(self) -> str:
        return rf"(?![\r\n]){self._cell}(?:{re.escape(self.delimiter)}{self._cell})*+(?:\r\n?|\n)"

    @cached_property
    def _row(self) -> str:
        more = f"(?:{re.escape(self.delimiter)}{self._cell}){{{self.width - 1}}}"
        return rf"(?![\r\n]){self._cell}{more}(?:\r\n?|\n)"

    @cached_property
    def rows(self) -> re.Pattern[str]:
        """Row after row; the first text that is none, with all behind it, is one match."""
        return re.compile(rf"{self._row}|(?s:.+)")

    @cached_property
    def row(self) -> re.Pattern[str]:
        return re.compile(self._row)

    @cached_property
    def records(self) -> re.Pattern[str]:
        return re.compile(rf"(?P<row>{self._row})|(?P<blank>[\r\n]++)|(?P<ragged>{self._any})|(?P<rest>(?s:.+))")

    @cached_property
    def record(self) -> re.Pattern[str]:
        return re.compile(rf"[\r\n]*+({self._any})")

    @cached_property
    def cell(self) -> re.Pattern[str]:
        return re.compile(self._cell)

    @cached_property
    def strict_row(self) -> re.Pattern[str]:
        """A row in which nothing but blanks follows the closing quote of a cell."""
        plain = rf'(?!")[^{re.escape(self.delimiter)}\r\n]*+'
        cell = rf'(?:"[^"]*+(?:""[^"]*+)*+" *+|{plain})'
        return re.compile(rf"{cell}(?:{re.escape(self.delimiter)}{cell}){{{self.width - 1}}}(?:\r\n?|\n)?")

    def needs_quotes(self, text: str) -> bool:
        """Whether the text is no cell as it stands; in a literal table it cannot be one at all, then."""
        if self.literal:
            return any(sign in text for sign in (self.delimiter, "\r", "\n"))
        return any(sign in text for sign in (self.delimiter, '"', "\r", "\n")) or (not text and self.width == 1)


def blocks(texts: Iterator[str], grammar: Grammar) -> Iterator[RecordBlock]:
    """The records of a text. O(N), most of it in one regular expression. Raises EndlessRecordError."""
    seen, rest, more = 0, "", ""
    for text in texts:
        more += text
        if len(more) < len(rest):
            continue  # a record longer than a chunk is looked at again only when the text has doubled
        if len(rest) > RECORD:
            raise EndlessRecordError(seen, too_long=True)
        # a carriage return at the end may be half of a line end
        whole = rest + more.removesuffix("\r")
        block, rest = _split(whole, grammar)
        rest, more = rest + "\r" * more.endswith("\r"), ""
        seen += len(block.rows) + len(block.ragged)
        yield block
    if rest + more:
        yield _last(rest + more, grammar, seen)


def cells(record: str, grammar: Grammar) -> list[str]:
    """The texts of a record's cells."""
    found = [record[start:stop] for start, stop in spans(record, grammar)]
    return found if grammar.literal else [unquoted(cell) for cell in found]


def spans(record: str, grammar: Grammar) -> list[tuple[int, int]]:
    """Where the record's cells stand, quotes included."""
    found, position = [], 0
    while match := grammar.cell.match(record, position):
        found.append(match.span())
        position = match.end() + 1
        if record[match.end() : position] != grammar.delimiter:
            break
    return found


def unquoted(raw: str) -> str:
    match = QUOTED.fullmatch(raw)
    return match[1].replace('""', '"') + match[2] if match else raw


def header(texts: Iterator[str], grammar: Grammar) -> list[str]:
    """The cells of the first record. Raises EndlessRecordError and TooManyColumnsError."""
    begun = ""
    for text in texts:
        begun += text
        if match := grammar.record.match(begun):
            return _names(match[1], grammar)
        if len(begun) > HEADER and (begun := begun.lstrip("\r\n")):
            raise EndlessRecordError(0, too_long=True)
    match = grammar.record.match(begun + "\n")
    if match is None and begun.strip("\r\n"):
        raise EndlessRecordError(0)
    return _names(match[1], grammar) if match else []


def _names(record: str, grammar: Grammar) -> list[str]:
    if len(record) > HEADER:
        raise EndlessRecordError(0, too_long=True)
    if record.count(grammar.delimiter) >= MOST_COLUMNS and len(spans(record, grammar)) > MOST_COLUMNS:
        raise TooManyColumnsError
    return cells(record, grammar)


def sniff(text: str, *, tabs_first: bool) -> str:
    """The delimiter that gives the first records the most cells, the same number in each.

    Where the header has one cell by all of them, one that the other records do not hold either: a comma, if it may be.
    """
    if tabs_first and _evenness(text, "\t")[0]:
        return "\t"
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> tuple[bool, float, int]:
    """Whether the header has several cells, the share of records that have as many, and how many."""
    grammar, position = Grammar(delimiter), 0
    widths: list[int] = []
    while len(widths) < SAMPLE_RECORDS and (match := grammar.record.match(text, position)):
        widths.append(len(spans(match[1], grammar)))
        position = match.end()
    if not widths:  # the header is longer than the sample, or the whole file
        widths = [len(spans(text.lstrip("\r\n"), grammar))]
    others = widths[1:] or widths
    return widths[0] > 1, Counter(others)[widths[0]] / len(others), widths[0]


def _split(text: str, grammar: Grammar) -> tuple[RecordBlock, str]:
    """The complete records at the beginning of a text, and the rest of it."""
    records = grammar.rows.findall(text)
    if not records or grammar.row.fullmatch(records[-1]):
        return RecordBlock(records, range(len(records))), ""
    odd = records.pop()
    places: dict[str, list[int]] = {"row": list(range(len(records))), "ragged": [], "blank": []}
    for match in grammar.records.finditer(odd):
        if match.lastgroup == "rest":
            return RecordBlock(records, places["row"], places["ragged"]), match[0]
        places[match.lastgroup or ""].append(len(records))
        records.append(match[0])
    return RecordBlock(records, places["row"], places["ragged"]), ""


def _last(text: str, grammar: Grammar, seen: int) -> RecordBlock:
    """The records at the end of the text, where a line end may be missing."""
    block, rest = _split(text, grammar)
    if not rest:
        return block
    block, rest = _split(text + "\n", grammar)
    if rest:
        raise EndlessRecordError(seen + len(block.rows) + len(block.ragged))
    block.records[-1] = block.records[-1].removesuffix("\n")
    return block
