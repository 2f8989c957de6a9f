"""Edits to raw records: a changed cell is replaced, a dropped record vanishes, every other character stays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.delimited.grammar import Grammar, RecordBlock, spans, unquoted
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import Encoding, chunks, encoded
from hardneg_cli.io.tables.table_files import CellEdits, confirm, confirm_gap, within


@dataclass(frozen=True)
class RecordEdits:
    """Records decoded as `raw` (one character a byte, where that is possible) whose cells are in `encoding`."""

    source: Source
    edits: CellEdits
    grammar: Grammar
    names: list[str]
    encoding: Encoding
    raw: Encoding

    @cached_property
    def place(self) -> int:
        return self.names.index(self.edits.column)

    @cached_property
    def _raw_marks(self) -> dict[str, str]:
        return {"": ""}

    def raw_mark(self, text: str) -> str:
        """A cell of the new column as it is written."""
        if text not in self._raw_marks:
            self._raw_marks[text] = _raw(self, text, quoted=False)
        return self._raw_marks[text]


def raw_encoding(source: Source, encoding: Encoding) -> Encoding:
    """Latin-1, which keeps every byte, where delimiters and quotes are their own bytes; else the file's own encoding.

    Raises InputError for a file that its encoding would not write back byte for byte.
    """
    if encoding.name == "utf-8" or _one_byte_a_character(encoding.name):
        return Encoding("latin-1", encoding.prefix)
    with source.open() as stream:
        stream.read(len(encoding.prefix))
        for text in chunks(source, encoding):
            data = text.encode(encoding.name)
            if bytes(stream.read(len(data))) != data:
                raise InputError(
                    f"{source.name}: cannot be rewritten byte for byte in {encoding.name}; convert it to utf-8"
                )
    return encoding


def edited(editing: RecordEdits, block: RecordBlock, first: int) -> list[str]:
    """The block's records with their edits; `first` is the number of its first row, −1 for the header."""
    if block.ragged and not editing.edits.skip_ragged:
        raise _ragged(editing, block, first)
    records = list(block.records)
    if editing.edits.mark is not None:
        _add_mark(editing, block, first, records)
    for row in within(editing.edits.rows, first, first + len(block.rows)):
        place = block.rows[row - first]
        records[place] = _edited(editing, records[place], row)
    return records


def _edited(editing: RecordEdits, record: str, row: int) -> str:
    cells = spans(record, editing.grammar)
    start, stop = cells[editing.place]
    confirm(editing.source, editing.edits, row, _text(editing, record[start:stop]))
    if editing.edits.removes(row):
        return ""
    changed = {editing.place: editing.edits.cells[row]} if row in editing.edits.cells else {}
    for column, text in editing.edits.fills_of(row).items():
        place = editing.names.index(column)
        confirm_gap(editing.source, column, row, _text(editing, record[slice(*cells[place])]))
        changed[place] = text
    for place in sorted(changed, reverse=True):  # from the end, so that the places before stay
        start, stop = cells[place]
        new = _raw(editing, changed[place], quoted=record.startswith('"', start))
        record = record[:start] + new + record[stop:]
    return record


def _text(editing: RecordEdits, raw: str) -> str:
    text = raw if editing.grammar.literal else unquoted(raw)
    return text.encode(editing.raw.name).decode(editing.encoding.name)


def _raw(editing: RecordEdits, text: str, *, quoted: bool) -> str:
    if editing.grammar.literal:
        _refuse_delimiters(editing, text)
    elif quoted or editing.grammar.needs_quotes(text):
        text = '"' + text.replace('"', '""') + '"'
    return encoded(text, editing.encoding, editing.source.name).decode(editing.raw.name)


def _refuse_delimiters(editing: RecordEdits, text: str) -> None:
    if editing.grammar.needs_quotes(text):
        raise InputError(
            f"{editing.source.name}: its quotes are text, so {quote(text)}, with a tab or a line end in it, "
            "cannot be written there"
        )


def _add_mark(editing: RecordEdits, block: RecordBlock, first: int, records: list[str]) -> None:
    edits = editing.edits
    if edits.marks is not None and first >= 0 and _lines_alone(block):
        tails = {mark: f"{editing.grammar.delimiter}{editing.raw_mark(mark)}\n" for mark in set(edits.marks)}
        own = edits.marks[first : first + len(records)]
        records[: len(own)] = [record[:-1] + tails[mark] for record, mark in zip(records, own, strict=False)]
        return
    marks = {place: editing.raw_mark(edits.mark_of(first + index)) for index, place in enumerate(block.rows)}
    if first < 0 and marks:
        marks[block.rows[0]] = _raw(editing, edits.mark or "", quoted=False)
    # a ragged record gets a cell too, lest the new column make it a good one
    for place, mark in {**marks, **dict.fromkeys(block.ragged, "")}.items():
        cells = records[place].rstrip("\r\n")
        records[place] = f"{cells}{editing.grammar.delimiter}{mark}{records[place][len(cells) :]}"


def _lines_alone(block: RecordBlock) -> bool:
    """Whether every record is a row that ends with a line feed and nothing else."""
    whole = len(block.rows) == len(block.records) and block.records[-1:] and block.records[-1].endswith("\n")
    return bool(whole) and "\r" not in "".join(block.records)


def _ragged(editing: RecordEdits, block: RecordBlock, first: int) -> InputError:
    place = block.ragged[0]
    row = first + 1 + sum(other < place for other in block.rows)
    found = len(spans(block.records[place], editing.grammar))
    return InputError(f"{editing.source.name}: row {row}: {found} cells instead of {len(editing.names)}")


def _one_byte_a_character(name: str) -> bool:
    every = bytes(range(256))
    return every[:128].decode(name, "replace") == every[:128].decode() and len(every.decode(name, "replace")) == 256
