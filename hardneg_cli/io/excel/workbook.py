"""Workbooks: which sheet the table is on, its rows with their text as it is in the file, and the whole for rewriting.

A workbook is read sheet by sheet and row by row; only outlines (what sheets there are, which numbers are dates) are
openpyxl's. So an endless row, a sheet that lies about its size or a row number beyond the last one costs nothing.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeAlias, TypedDict, TypeVar
from xml.etree.ElementTree import Element
from xml.parsers.expat import ExpatError

from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.excel.exact_text import decoded
from hardneg_cli.io.excel.xml_parts import CheckedArchive, confirm_grid, elements
from hardneg_cli.io.files import zip_archive
from hardneg_cli.io.files.limits import WORKBOOK
from hardneg_cli.io.files.source import Source
from hardneg_cli.runtime.remarks import remark

if TYPE_CHECKING:
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.workbook import Workbook

T = TypeVar("T")
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
LONGEST_TEXT = 1 << 20  # characters of a cell; Excel's own limit is 32,767
MOST_TEXTS, TEXT_BYTES = 1 << 20, 4  # of the table of texts: that many, or one for so many bytes of the file
BLOCK_ROWS = 1 << 8
OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"
OWN = ("queue", "classes")  # a queue's sheet, and the hidden one with its drop-down
# What openpyxl and the standard library raise for a workbook that is damaged
DAMAGED = (
    *zip_archive.DAMAGED, ExpatError, SyntaxError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError,
    AssertionError, RecursionError, OSError,
)  # fmt: skip


class Valueless(Enum):
    """What stands in a cell in a value's place: an error such as #N/A, or a formula that nobody has computed yet."""

    ERROR = "an error"
    UNCOMPUTED = "a formula without its value"


Cell: TypeAlias = object  # a text, number, truth, date or time, a Valueless, or None
Row: TypeAlias = tuple[int, Sequence[Cell]]


@dataclass(frozen=True)
class ExcelSheet:
    """Where the table is: the sheet, its header's columns (`left` is the first, from 0), and what follows.

    names: the first is empty where the rows have labels, as those of a data frame, to which no header belongs.
    """

    title: str
    names: list[str]
    left: int
    header: int
    rows: Iterator[Row]


class ParsedCell(TypedDict):
    """What openpyxl tells of a cell, as far as it is asked for."""

    column: int
    value: Cell
    data_type: str


@dataclass(frozen=True)
class _SheetPart:
    title: str
    visible: bool
    part: str


@contextmanager
def whole_book(source: Source, *, keep_vba: bool) -> Iterator[Workbook]:
    """All of a workbook, to be changed and saved. Raises InputError for one that openpyxl would not keep whole."""
    with _archive(source) as archive, _damage(source):
        confirm_grid(source.name, archive)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", UserWarning)
                reader = _reader(source, archive, keep_vba=keep_vba)
                reader.read()
        except UserWarning as loss:
            raise InputError(f"{source.name}: cannot be rewritten without loss: {loss}; save it as CSV") from loss
    yield reader.wb


@contextmanager
def table_sheet(source: Source) -> Iterator[ExcelSheet]:
    """The sheet that is named behind the file, else the first visible one with data, which a remark then tells.

    Raises InputError where there is none.
    """
    with _archive(source) as archive:
        with _damage(source), _silent():
            reader = _reader(source, archive)
            for step in (reader.read_manifest, reader.read_strings, reader.read_workbook):
                step()
            _read_styles(reader)
            parts = [*_parts(reader)]
        tables = ((part, _table(source, reader, part)) for part in _candidates(source, parts))
        found = next(((part, table) for part, table in tables if table is not None), None)
        if found is None:
            raise InputError(f"{source.name}: {_without_data(source, parts)}")
        if source.sheet is None:
            _tell_of_others(source, reader, found[0], parts)
        yield found[1]


def _candidates(source: Source, parts: Sequence[_SheetPart]) -> list[_SheetPart]:
    if source.sheet is None:
        return [part for part in parts if part.visible]
    named = [part for part in parts if part.title == source.sheet]
    if not named:
        titles = [part.title for part in parts]
        hint = did_you_mean(source.sheet, titles) or f"; the sheets are {listing(titles)}"
        raise InputError(f"{source.name}: no sheet {quote(source.sheet)}{hint}")
    return named


def _without_data(source: Source, parts: Sequence[_SheetPart]) -> str:
    if source.sheet is not None:
        return f"sheet {quote(source.sheet)} has no data"
    hidden = [part.title for part in parts if not part.visible]
    hint = f"; {listing(hidden)} is hidden: name it as {source.name}#{hidden[0]}" if hidden else ""
    return f"no sheet has any data{hint}" if not hidden else f"no visible sheet has any data{hint}"


def _tell_of_others(source: Source, reader: ExcelReader, chosen: _SheetPart, parts: Sequence[_SheetPart]) -> None:
    others = [
        part for part in parts
        if part is not chosen and (chosen.title, part.title) != OWN and _table(source, reader, part) is not None
    ]  # fmt: skip
    if others:
        names = ", ".join(repr(part.title) + ("" if part.visible else " (hidden)") for part in others[:5])
        more = f" and {len(others) - 5:,} more" if len(others) > 5 else ""
        remark(
            f"{source.name}: sheet {quote(chosen.title)} is read, and not {names}{more}; "
            f"{source.name}#{others[0].title} names another"
        )


def _table(source: Source, reader: ExcelReader, part: _SheetPart) -> ExcelSheet | None:
    """The table of a sheet; None where it has no data."""
    rows = _filled(source, part, _rows(source, reader, part))
    header = next(rows, None)
    if header is None:
        return None
    place, cells = header
    named = [index for index, cell in enumerate(cells) if not empty(cell)]
    left, right = named[0], named[-1] + 1
    first = next(rows, None)
    if first is not None and left and next(at for at, cell in enumerate(first[1]) if not empty(cell)) == left - 1:
        left -= 1  # row labels, over which a data frame has no name
    names = [as_text(cell) or "" for cell in cells[left:right]]
    return ExcelSheet(part.title, names, left, place, chain([] if first is None else [first], rows))


def empty(cell: Cell) -> bool:
    return cell is None or cell == ""


def as_text(cell: Cell) -> str | None:
    """A cell's value as Excel shows it; dates and times in ISO 8601."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, Valueless):
        return None
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _filled(source: Source, part: _SheetPart, rows: Iterator[Row]) -> Iterator[Row]:
    """Rows with anything in them, with their text as Excel reads it."""
    for place, cells in rows:
        if all(map(empty, cells)):
            continue
        texts = [decoded(cell) if isinstance(cell, str) else cell for cell in cells]
        for at, cell in enumerate(texts):
            if isinstance(cell, str) and len(cell) > LONGEST_TEXT:
                where = f"{source.name}: row {place} of sheet {quote(part.title)}, cell {at + 1}"
                raise InputError(f"{where}: {len(cell):,} characters, more than the {LONGEST_TEXT:,} that are read")
        yield place, texts


def _rows(source: Source, reader: ExcelReader, part: _SheetPart) -> Iterator[Row]:
    """The rows that the sheet has, numbered as there, from 1. Raises InputError for what no sheet can have."""
    with _damage(source), reader.archive.open(part.part) as stream:
        last, found = 0, map(_row_parser(reader), elements(source.name, part.part, stream, f"{MAIN}row"))
        while block := _block(found):
            for place, cells in block:
                values = {cell["column"]: cell["value"] for cell in cells}
                if not last < place <= MOST_ROWS or max(values, default=1) > MOST_COLUMNS or len(values) < len(cells):
                    where = f"{source.name}: sheet {quote(part.title)}"
                    raise InputError(f"{where}: row {place:,} is out of order, or no sheet's")
                last = place
                yield place, [values.get(column) for column in range(1, max(values, default=0) + 1)]


def _block(rows: Iterator[T]) -> list[T]:
    """The next rows, without openpyxl's warnings about dates that are none."""
    with _silent():
        return list(islice(rows, BLOCK_ROWS))


def _row_parser(reader: ExcelReader) -> Callable[[Element], tuple[int, list[ParsedCell]]]:
    from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

    class Parser(WorkSheetParser):  # type: ignore[misc]
        def parse_cell(self, element: Element) -> ParsedCell:
            if element.get("t") == "s" and (element.findtext(VALUE_TAG) or "").startswith("-"):
                raise ValueError("a cell names a text that is before the first")
            found: ParsedCell = super().parse_cell(element)
            if found["data_type"] == "e":
                found["value"] = Valueless.ERROR
            elif found["value"] is None and element.get("t") != "str" and element.find(FORMULA_TAG) is not None:
                found["value"] = Valueless.UNCOMPUTED
            return found

    book = reader.wb
    parser = Parser(
        None, reader.shared_strings, data_only=True, epoch=book.epoch, date_formats=book._date_formats,
        timedelta_formats=book._timedelta_formats,
    )  # fmt: skip
    parse: Callable[[Element], tuple[int, list[ParsedCell]]] = parser.parse_row
    return parse


@contextmanager
def _archive(source: Source) -> Iterator[CheckedArchive]:
    if source.head.startswith(OLD_OR_ENCRYPTED):
        raise InputError(
            f"{source.name}: not an Excel workbook of this kind, but an old or encrypted one; save it as .xlsx"
        )
    with _damage(source), source.open() as stream:
        found = CheckedArchive(source.name, io.BytesIO(stream.read()))
    zip_archive.confirm(source, found, WORKBOOK)
    with found:
        yield found


@contextmanager
def _silent() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


@contextmanager
def _damage(source: Source) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{source.name}: not an Excel workbook that can be read: {reason}") from error


def _reader(source: Source, archive: CheckedArchive, *, keep_vba: bool = False) -> ExcelReader:
    """As `openpyxl.load_workbook`, which however drops every `x005F_` from text, and so changes what it writes back."""
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.xml.constants import SHARED_STRINGS

    most = max(MOST_TEXTS, source.size // TEXT_BYTES)

    class Reader(ExcelReader):  # type: ignore[misc]
        def read_strings(self) -> None:
            part = self.package.find(SHARED_STRINGS)
            if part is not None:
                with self.archive.open(part.PartName[1:]) as stream:
                    found = elements(source.name, part.PartName[1:], stream, f"{MAIN}si")
                    self.shared_strings = [*islice(map(_string, found), most + 1)]
                if len(self.shared_strings) > most:
                    raise InputError(
                        f"{source.name}: more than {most:,} texts, which cannot be in {source.size:,} bytes"
                    )

    reader = Reader(archive.fp, keep_vba=keep_vba)
    reader.archive = archive
    return reader


def _read_styles(reader: ExcelReader) -> None:
    from openpyxl.styles.stylesheet import apply_stylesheet

    apply_stylesheet(reader.archive, reader.wb)


def _parts(reader: ExcelReader) -> Iterator[_SheetPart]:
    """The sheets that may hold a table: no charts."""
    for sheet, relation in reader.parser.find_sheets():
        if relation.target in reader.valid_files and "chartsheet" not in relation.Type:
            yield _SheetPart(sheet.name, sheet.state == "visible", relation.target)


def _string(item: Element) -> str:
    """A text of the string table: plain, or in runs of one look each; how it is pronounced is left out."""
    runs = [item, *item.findall(f"{MAIN}r")]
    return "".join(run.findtext(f"{MAIN}t") or "" for run in runs)
