"""What a file of delimited text is like: encoding, delimiter, quotes, header; and where it is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.delimited.grammar import (
    EndlessRecordError,
    Grammar,
    TooManyColumnsError,
    blocks,
    header,
    sniff,
)
from hardneg_cli.io.delimited.lone_quotes import is_literal
from hardneg_cli.io.files.limits import HEADER, MOST_COLUMNS, RECORD
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import CHUNK_BYTES, Encoding, chunks, encoding_of, undecodable

# the first line of a file that names its delimiter, as Excel reads it; a program may have quoted it, or filled it up
DELIMITER_LINE = re.compile(r'("?)sep=([^\r\n"\0])\1\2*(?:\r\n?|\n)(?=.)', re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Dialect:
    encoding: Encoding
    grammar: Grammar
    names: list[str]


def table_of(source: Source, named: str | None) -> Dialect:
    """By the first records, and where quotes may be no quotes, by all of them.

    Raises InputError for a header that cannot be read.
    """
    found = source.known.get(("dialect", named))
    if not isinstance(found, Dialect):
        found = source.known["dialect", named] = _table_of(source, named)
    return found


def _table_of(source: Source, named: str | None) -> Dialect:
    encoding = encoding_of(source, named)
    sample = source.head[len(encoding.prefix) :].decode(encoding.name, errors="replace")
    if line := DELIMITER_LINE.match(sample):
        delimiter = _named_delimiter(source, line[2])
        encoding = replace(encoding, prefix=encoding.prefix + line[0].encode(encoding.name))
    else:
        delimiter = sniff(sample, tabs_first=source.suffix in (".tsv", ".tab"))
    if delimiter == "\t" and _has_quotes(source, encoding):
        names = _names(source, encoding, Grammar(delimiter, literal=True))
        if is_literal(lambda: _texts(source, encoding), Grammar(delimiter, len(names))):
            return Dialect(encoding, Grammar(delimiter, len(names), literal=True), names)
    names = _names(source, encoding, Grammar(delimiter))
    return Dialect(encoding, Grammar(delimiter, len(names)), names)


def endless(source: Source, error: EndlessRecordError) -> InputError:
    """A record without an end, in words."""
    if not error.too_long:
        return unclosed(source, error.number)
    where, most = (f"row {error.number}", RECORD) if error.number else ("header", HEADER)
    return InputError(f"{source.name}: {where}: over {most:,} bytes; is a quote left open?")


def unclosed(source: Source, row: int) -> InputError:
    where = f"row {row}" if row else "header"
    return InputError(f"{source.name}: {where}: a quote is opened and never closed")


def first_undecodable(source: Source, table: Dialect) -> str:
    """The first row with bytes that are no character; decoding fails in chunks, which are no place to name."""
    row = 0
    try:
        for block in blocks(_texts(source, table.encoding), table.grammar):
            for place in sorted([*block.rows, *block.ragged]):
                if "\ufffd" in block.records[place]:
                    return f"row {row}"
                row += 1
    except EndlessRecordError as error:
        row = error.number
    return f"row {row}"


def _named_delimiter(source: Source, delimiter: str) -> str:
    if not delimiter.isascii():
        raise InputError(f"{source.name}: line 1: {quote(delimiter)} cannot be a delimiter here; it has to be ASCII")
    return delimiter


def _names(source: Source, encoding: Encoding, grammar: Grammar) -> list[str]:
    try:
        names = header(_texts(source, encoding), grammar)
    except EndlessRecordError as error:
        raise endless(source, error) from None
    except TooManyColumnsError:
        raise InputError(f"{source.name}: header: more than {MOST_COLUMNS:,} columns") from None
    if any("\ufffd" in name for name in names):
        raise undecodable(source, encoding, "header")
    if any("\0" in name for name in names):
        raise InputError(f"{source.name}: header: NUL characters; if the file is UTF-16, say --encoding utf-16")
    return names


def _has_quotes(source: Source, encoding: Encoding) -> bool:
    """Whether there is a quote anywhere, as nearly no file of tabs has one."""
    sign = '"'.encode(encoding.name)
    with source.open() as stream:
        while data := stream.read(CHUNK_BYTES):
            if sign in data:
                return True
    return False


def _texts(source: Source, encoding: Encoding) -> Iterator[str]:
    return chunks(source, encoding, errors="replace")
