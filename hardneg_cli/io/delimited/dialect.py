"""What a file of delimited text is like: encoding, delimiter, header; and where it is broken."""

from __future__ import annotations

from dataclasses import dataclass

from hardneg_cli.errors import InputError
from hardneg_cli.io.delimited.grammar import Grammar, UnclosedQuoteError, blocks, header, sniff
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import Encoding, chunks, encoding_of, undecodable


@dataclass(frozen=True)
class Dialect:
    encoding: Encoding
    grammar: Grammar
    names: list[str]


def table_of(source: Source, named: str | None) -> Dialect:
    """By the first records. Raises InputError for a header that cannot be read."""
    encoding = encoding_of(source, named)
    sample = source.head[len(encoding.bom) :].decode(encoding.name, errors="replace")
    delimiter = sniff(sample, tabs_first=source.suffix in (".tsv", ".tab"))
    try:
        names = header(chunks(source, encoding, errors="replace"), delimiter)
    except UnclosedQuoteError:
        raise unclosed(source, 0) from None
    if any("\ufffd" in name for name in names):
        raise undecodable(source, encoding, "header")
    if any("\0" in name for name in names):
        raise InputError(f"{source.name}: header: NUL characters; if the file is UTF-16, say --encoding utf-16")
    return Dialect(encoding, Grammar(delimiter, len(names)), names)


def unclosed(source: Source, row: int) -> InputError:
    where = f"row {row}" if row else "header"
    return InputError(f"{source.name}: {where}: a quote is opened and never closed")


def first_undecodable(source: Source, table: Dialect) -> str:
    """The first row with bytes that are no character; decoding fails in chunks, which are no place to name."""
    row = 0
    try:
        for block in blocks(chunks(source, table.encoding, errors="replace"), table.grammar):
            for place in sorted([*block.rows, *block.ragged]):
                if "\ufffd" in block.records[place]:
                    return f"row {row}"
                row += 1
    except UnclosedQuoteError as error:
        row = error.number
    return f"row {row}"
