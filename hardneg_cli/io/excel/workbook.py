"""Excel workbooks as openpyxl reads them, but for their text, which stays as it is in the file."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import IO, TYPE_CHECKING, BinaryIO, TypeAlias
from xml.etree.ElementTree import ParseError

from hardneg_cli.errors import InputError
from hardneg_cli.io.excel.exact_text import decoded
from hardneg_cli.io.files.source import Source

if TYPE_CHECKING:
    from openpyxl.workbook import Workbook

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
Cell: TypeAlias = object  # a text, number, truth, date or time, or None
Row: TypeAlias = tuple[int, Sequence[Cell]]


@dataclass(frozen=True)
class ExcelSheet:
    """Where the table is: the sheet, its header's columns (`left` is the first, from 0), and what follows."""

    title: str
    names: list[str]
    left: int
    header: int
    rows: Iterator[Row]


@contextmanager
def book(source: Source, *, strict: bool = False, **options: bool) -> Iterator[Workbook]:
    """The workbook; with `strict`, one that openpyxl would not keep whole is refused."""
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with source.open() as stream, warnings.catch_warnings():
            warnings.simplefilter("error" if strict else "ignore", UserWarning)
            found = _loaded(io.BytesIO(stream.read()), **options)
    except UserWarning as loss:
        raise InputError(f"{source.name}: cannot be rewritten without loss: {loss}; save it as CSV") from loss
    except (zipfile.BadZipFile, KeyError, ValueError, ParseError, InvalidFileException) as error:
        raise InputError(f"{source.name}: not an Excel workbook that can be read: {error}") from error
    try:
        yield found
    finally:
        found.close()


@contextmanager
def first_sheet(source: Source) -> Iterator[ExcelSheet]:
    """The first sheet with data. Raises InputError where there is none."""
    with book(source, read_only=True, data_only=True) as found:
        for sheet in found.worksheets:
            sheet.reset_dimensions()  # what a file says about its own size is often wrong
            rows = _filled(sheet.iter_rows(values_only=True))
            header = next(rows, None)
            if header is not None:
                place, cells = header
                named = [index for index, cell in enumerate(cells) if not empty(cell)]
                left, right = named[0], named[-1] + 1
                yield ExcelSheet(sheet.title, [as_text(cell) or "" for cell in cells[left:right]], left, place, rows)
                return
    raise InputError(f"{source.name}: no sheet has any data")


def empty(cell: Cell) -> bool:
    return cell is None or cell == ""


def as_text(cell: Cell) -> str | None:
    """A cell's value as Excel shows it; dates and times in ISO 8601."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time.min else cell.isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _filled(rows: Iterator[Sequence[Cell]]) -> Iterator[Row]:
    """Rows with anything in them, numbered as in the sheet, from 1, with their text as Excel reads it."""
    for place, cells in enumerate(rows, 1):
        if not all(map(empty, cells)):
            yield place, [decoded(cell) if isinstance(cell, str) else cell for cell in cells]


def _loaded(data: BinaryIO, **options: bool) -> Workbook:
    """As `openpyxl.load_workbook`, which however drops every `x005F_` from text, and so changes what it writes back."""
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.xml.constants import SHARED_STRINGS

    class Reader(ExcelReader):  # type: ignore[misc]
        def read_strings(self) -> None:
            part = self.package.find(SHARED_STRINGS)
            if part is not None:
                with self.archive.open(part.PartName[1:]) as stream:
                    self.shared_strings = [*_strings(stream)]

    reader = Reader(data, **options)
    reader.read()
    return reader.wb


def _strings(stream: IO[bytes]) -> Iterator[str]:
    """The texts of the string table: plain, or in runs of one look each; how they are pronounced is left out."""
    from openpyxl.xml.functions import iterparse

    for _, node in iterparse(stream):
        if node.tag == f"{MAIN}si":
            runs = [node, *node.findall(f"{MAIN}r")]
            yield "".join(run.findtext(f"{MAIN}t") or "" for run in runs)
            node.clear()
