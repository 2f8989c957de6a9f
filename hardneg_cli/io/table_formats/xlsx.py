"""Excel workbooks: a sheet, its first row with data being the header; empty rows are passed over.

The sheet is the one named behind the file, `book.xlsx#Sheet`, else the first visible one with data. A cell with an
error such as #N/A holds nothing; a formula without its value is refused.

Rewriting keeps styles and other sheets; a new label is always text, however much it looks like a formula. A sheet
with formulas is not rewritten, because their computed values would be lost.
"""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.excel.exact_text import COLUMN, encoded, restore
from hardneg_cli.io.excel.filled_columns import FilledColumns
from hardneg_cli.io.excel.workbook import Cell, ExcelSheet, Valueless, as_text, empty, table_sheet, whole_book
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm, confirm_gap, confirm_length, require

if TYPE_CHECKING:
    import pyarrow as pa
    from openpyxl.cell import Cell as SheetCell
    from openpyxl.workbook import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

EXTENSIONS = (".xlsx", ".xlsm")
CHEAP_TO_READ_AGAIN = False
SHEETS = True
MAY_HAVE_AN_INDEX = True
BATCH_ROWS, BATCH_CHARACTERS = 1 << 14, 1 << 24
LONGEST_CELL = 32_767
ANY_TIME = (1980, 1, 1, 0, 0, 0)


def recognises(head: bytes) -> bool:
    return head.startswith(b"PK\x03\x04") and b"xl/" in head


def columns(source: Source, *, encoding: str | None) -> list[str]:
    with table_sheet(source) as sheet:
        return [name for name in sheet.names if name != COLUMN]


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    with table_sheet(source) as sheet:
        require(source, sheet.names, wanted)
        batch: list[Sequence[Cell]] = []
        first = length = 0
        for cells in _meant(source, sheet, wanted):
            batch.append(cells)
            length += sum(len(cell) for cell in cells if isinstance(cell, str))
            if len(batch) == BATCH_ROWS or length > BATCH_CHARACTERS:
                yield _batch(source, sheet, batch, wanted, first)
                first += len(batch)
                length = 0
                batch.clear()
        if batch:
            yield _batch(source, sheet, batch, wanted, first)


def as_filled(source: Source, fills: Mapping[str, str]) -> dict[str, str]:
    with table_sheet(source) as sheet:
        found = FilledColumns.of(sheet.names, {name: {0: text} for name, text in fills.items()})
        for place, cells in _data(source, sheet, ReadRequest(skip_ragged=lambda _: None)):
            found.see(place, cells)
    return {name: as_text(found.value(name, text)) or "" for name, text in fills.items()}


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    with table_sheet(source) as sheet:
        wanted = ReadRequest(skip_ragged=(lambda _: None) if edits.skip_ragged else None)
        column = sheet.names.index(edits.column)
        places = []
        fillings = FilledColumns.of(sheet.names, edits.fills)
        for row, (place, cells) in enumerate(_data(source, sheet, wanted)):
            confirm(source, edits, row, as_text(cells[column]))
            for name in edits.fills_of(row):
                confirm_gap(source, name, row, as_text(cells[sheet.names.index(name)]))
            fillings.see(place, cells)
            places.append(place)
    confirm_length(source, edits, len(places))
    with whole_book(source, keep_vba=source.suffix == ".xlsm") as found:
        target = found[sheet.title]
        _refuse_formulas(source, target)
        _fill(source, target, sheet, edits, places, fillings)
        _change(source, target, sheet, edits, places)
        _save(found, out.file)


def _data(source: Source, sheet: ExcelSheet, wanted: ReadRequest) -> Iterator[tuple[int, list[Cell]]]:
    """The table's rows, as long as the header."""
    width, left = len(sheet.names), sheet.left
    for number, (place, cells) in enumerate(sheet.rows, 1):
        filled = [index for index, cell in enumerate(cells) if not empty(cell)]
        if filled[0] < left or filled[-1] >= left + width:
            found = max(filled[-1] + 1, left + width) - min(filled[0], left)
            trouble = f"row {number}: {found} cells instead of {width}"
            if wanted.skip_ragged is None:
                raise InputError(f"{source.name}: {trouble} (row {place} of sheet {quote(sheet.title)})")
            wanted.skip_ragged(trouble)
            continue
        yield place, [*cells[left : left + width], *[None] * (left + width - len(cells))]


def _meant(source: Source, sheet: ExcelSheet, wanted: ReadRequest) -> Iterator[list[Cell]]:
    """The rows, with the exact text where the sheet tells it apart."""
    rows = (cells for _, cells in _data(source, sheet, wanted))
    if COLUMN not in sheet.names:
        yield from rows
        return
    every = list(rows)
    restore(source.name, sheet.names, every)
    yield from every


def _batch(
    source: Source, sheet: ExcelSheet, batch: Sequence[Sequence[Cell]], wanted: ReadRequest, first: int
) -> pa.RecordBatch:
    import pyarrow as pa

    place = {name: index for index, name in enumerate(sheet.names)}
    for name in (*wanted.text, *wanted.numbers):
        for row, cells in enumerate(batch, first + 1):
            if cells[place[name]] is Valueless.UNCOMPUTED:
                where = f"{source.name}: row {row}, column {quote(name)}"
                raise InputError(f"{where}: {Valueless.UNCOMPUTED.value}; open it in a spreadsheet program and save it")
    arrays = [pa.array([as_text(cells[place[name]]) for cells in batch], pa.string()) for name in wanted.text]
    for name in wanted.numbers:
        values = []
        for row, cells in enumerate(batch, first + 1):
            values.append(_number(cells[place[name]], f"{source.name}: row {row}, column {quote(name)}"))
        arrays.append(pa.array(values, pa.float64()))
    return pa.RecordBatch.from_arrays(arrays, names=[*wanted.text, *wanted.numbers])


def _number(cell: Cell, where: str) -> float:
    if empty(cell):
        return float("nan")
    if isinstance(cell, int | float | str) and not isinstance(cell, bool):
        try:
            return float(cell)
        except ValueError:
            pass
    found = f"{cell.value} that" if isinstance(cell, Valueless) else quote(as_text(cell))
    raise InputError(f"{where}: {found} is not a number")


def _refuse_formulas(source: Source, sheet: Worksheet) -> None:
    for cell in sheet._cells.values():  # iter_rows makes a cell for every place up to the last one
        if cell.data_type == "f":
            where = f"{source.name}: cell {cell.coordinate} of sheet {quote(sheet.title)}"
            raise InputError(f"{where} is a formula, whose value would be lost; paste values over the formulas")


def _change(source: Source, target: Worksheet, sheet: ExcelSheet, edits: CellEdits, places: list[int]) -> None:
    column = sheet.left + sheet.names.index(edits.column) + 1
    for row, text in edits.cells.items():
        _set_text(source, target.cell(places[row], column), text)
    if edits.mark is None:
        _remove(source, target, [places[row] for row in edits.drop])
        return
    column = sheet.left + len(sheet.names) + 1
    _set_text(source, target.cell(sheet.header, column), edits.mark)
    for row, place in enumerate(places):
        if text := edits.mark_of(row):
            _set_text(source, target.cell(place, column), text)


def _fill(
    source: Source, target: Worksheet, sheet: ExcelSheet, edits: CellEdits, places: list[int], fillings: FilledColumns
) -> None:
    """A cell gets the look of one that shows the same, lest a date become a number."""
    for name, cells in edits.fills.items():
        column = sheet.left + sheet.names.index(name) + 1
        for row, text in cells.items():
            cell, value = target.cell(places[row], column), fillings.value(name, text)
            _set_text(source, cell, text)
            if not isinstance(value, str):
                cell.value = value
                if place := fillings.like(name, text):
                    cell.number_format = target.cell(place, column).number_format


def _set_text(source: Source, cell: SheetCell, text: str) -> None:
    from openpyxl.cell import MergedCell

    where = f"{source.name}: cell {cell.coordinate}"
    if isinstance(cell, MergedCell):
        raise InputError(f"{where} is part of a merged cell; unmerge it first")
    if len(text) > LONGEST_CELL:
        raise InputError(f"{where} cannot hold more than {LONGEST_CELL:,} characters")
    cell.value = encoded(text)
    cell.data_type = "s"


def _remove(source: Source, target: Worksheet, places: list[int]) -> None:
    if places and any(merged.max_row >= min(places) for merged in target.merged_cells.ranges):
        raise InputError(
            f"{source.name}: sheet {quote(target.title)} has merged cells; unmerge them, or mark rows instead"
        )
    for place in sorted(places, reverse=True):
        target.delete_rows(place)


def _save(book: Workbook, out: BinaryIO) -> None:
    """The same bytes for the same workbook: openpyxl writes the time into the archive and into its properties."""
    modified = (book.properties.modified or datetime(*ANY_TIME)).strftime("%Y-%m-%dT%H:%M:%SZ")
    saved = io.BytesIO()
    with _temporary_sheets():
        book.save(saved)
    with zipfile.ZipFile(saved) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + modified.encode(), data)
            after.writestr(zipfile.ZipInfo(name, ANY_TIME), data, zipfile.ZIP_DEFLATED)


@contextmanager
def _temporary_sheets() -> Iterator[None]:
    """openpyxl writes sheets to temporary files, which it would leave where it is interrupted or the disk is full."""
    from openpyxl.worksheet import _writer

    saved = False
    try:
        yield
        saved = True
    except OSError as error:
        raise InputError(f"{tempfile.gettempdir()}: cannot be written: {error.strerror or error}") from error
    finally:
        if not saved:
            for path in _writer.ALL_TEMP_FILES:
                Path(path).unlink(missing_ok=True)
            _writer.ALL_TEMP_FILES.clear()
