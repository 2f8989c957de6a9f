"""An Excel workbook to review in: drop-downs for the answers, the evidence locked, and no cell ever a formula.

Its columns stand in an order of its own (`io/excel/queue_sheet.py`), with pictures in their cells and a column more,
`nearest`, that says what stands around each row.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.errors import InputError, plural, quote
from hardneg_cli.io.excel import cell_pictures, queue_sheet
from hardneg_cli.io.excel.exact_text import COLUMN, UNSAFE, exact_cells, exact_classes, printable
from hardneg_cli.io.excel.queue_sheet import Cell
from hardneg_cli.io.excel.row_heights import MOST_LINES, first_lines, height
from hardneg_cli.io.excel.sheet_setup import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, TEXT, set_up
from hardneg_cli.io.tables.images import column_of
from hardneg_cli.io.tables.nearest_lines import nearest_lines
from hardneg_cli.io.tables.queue_columns import FILLED_IN, LABELS, NEAREST, RETURNED
from hardneg_cli.io.tables.queue_view import RowAround, view_of, visible_surroundings, without_surroundings
from hardneg_cli.io.tables.text_tables import as_text

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

EXTENSIONS = (".xlsx",)
SURROUNDINGS = True
BINARY = True
MOST_PICTURED = 1 << 28  # bytes of all pictures
LONGEST_NEAREST = 160  # characters about each row around one
LARGEST_EXACT = 10**15  # Excel keeps 15 digits of a number
NAMED, LONGEST_NAMED = 3, 60  # pictures that a note names, and characters of each
ANY_DAY = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same findings, the same bytes


def write(table: pa.Table, out: BinaryIO) -> list[str]:
    """Answers what there is to say about pictures that could not be drawn."""
    import xlsxwriter

    view, around, pictured = view_of(table), visible_surroundings(table), column_of(table)
    table = without_surroundings(table)
    _refuse_what_is_too_large(table)
    columns = {name: _values(table, name) for name in table.column_names}
    picture, folder = pictured or (None, Path())
    cells = [*columns[picture]] if picture else []
    notes = _without_long_pictures(columns, picture)
    columns = _safe(columns, view.classes) | _nearest(around)
    for name, values in columns.items():
        _refuse_what_is_too_long(name, values)
    columns = {name: columns[name] for name in queue_sheet.arranged([*columns], picture)}
    held = io.BytesIO()  # a zip file is written back and forth, standard output is not
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, {"in_memory": True, **plain}) as book:
        book.set_properties({"created": ANY_DAY, "title": _title(view.dataset)})
        sheet = book.add_worksheet("queue")
        _write_rows(book, sheet, columns, picture)
        notes += _draw(book, sheet, columns, picture, cells, folder)
        set_up(book, sheet, columns, view.classes)
    out.write(held.getbuffer())
    return notes


def _title(dataset: str) -> str:
    """The dataset's name, without where it is on this machine."""
    name = PurePath(dataset).name or dataset
    return printable(name.encode("utf-8", "replace").decode())


def _nearest(around: Sequence[Sequence[RowAround]]) -> dict[str, list[Cell]]:
    if not any(around):
        return {}
    lines = (nearest_lines(rows, MOST_LINES, LONGEST_NEAREST) for rows in around)
    return {NEAREST: [printable(first_lines(texts, queue_sheet.WIDEST_OF[NEAREST])) or None for texts in lines]}


def _without_long_pictures(columns: dict[str, list[Cell]], picture: str | None) -> list[str]:
    """Leave out what no cell holds of the pictures that are drawn anyway; what there is to say about it."""
    left = 0
    for row, cell in enumerate(columns.get(picture or "", ())):
        if isinstance(cell, str) and len(cell) > LONGEST_CELL and picture:
            columns[picture][row] = None
            left += 1
    if not left:
        return []
    return [f"{plural(left, 'picture is', 'pictures are')} drawn alone: longer as text than a cell holds"]


def _values(table: pa.Table, name: str) -> list[Cell]:
    """A column's cells: numbers as they are, all else as text, None for nothing.

    Booleans too are text, because LibreOffice would save them as formulas.
    """
    from pyarrow import types

    column = table[name]
    if types.is_integer(column.type) or types.is_floating(column.type):
        return [_exact(value) for value in column.to_pylist()]
    return [text or None for text in as_text(table.select([name]))[name].to_pylist()]


def _exact(value: float | None) -> float | str | None:
    """A number that Excel would round, or does not know, is text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or abs(value) < LARGEST_EXACT else str(value)


def _refuse_what_is_too_large(table: pa.Table) -> None:
    """Raises InputError for more rows, with the header, or columns than a sheet holds."""
    if len(table) >= MOST_ROWS:
        raise InputError(
            f"xlsx: {len(table):,} rows are more than a sheet holds ({MOST_ROWS - 1:,}); use --limit, or write csv"
        )
    if table.num_columns > MOST_COLUMNS:
        raise InputError(
            f"xlsx: {table.num_columns:,} columns are more than a sheet holds ({MOST_COLUMNS:,}); choose with --show"
        )


def _safe(columns: dict[str, list[Cell]], classes: Sequence[str]) -> dict[str, list[Cell]]:
    """The columns, with text that might come back changed only as it is shown, and a column that tells it exactly."""
    exact: dict[int, dict[str, str]] = {}
    elsewhere = {*classes}.difference(*(columns.get(name, ()) for name in LABELS))
    for name in RETURNED:
        for row, value in enumerate(columns.get(name, ())):
            if isinstance(value, str) and UNSAFE.search(value):
                exact.setdefault(row, {})[name] = value
                columns[name][row] = printable(value)
    rows = max(map(len, columns.values()), default=0)
    if rows and (offered := exact_classes(sorted(elsewhere))):
        exact[0] = exact.get(0, {}) | offered
    if not exact:
        return columns
    return columns | {COLUMN: [exact_cells(exact[row]) if row in exact else None for row in range(rows)]}


def _refuse_what_is_too_long(name: str, values: Sequence[Cell]) -> None:
    for row, text in enumerate([name, *values]):
        if not isinstance(text, str):
            continue
        where = f"xlsx: row {row}, column {quote(name)}" if row else f"xlsx: the name of column {quote(name[:40])}"
        if len(text) > LONGEST_CELL // 2 and len(text.encode("utf-16-le")) // 2 > LONGEST_CELL:
            raise InputError(
                f"{where}: {len(text):,} characters are more than a cell holds ({LONGEST_CELL:,}); leave the column "
                "out with --show, or write csv"
            )


def _write_rows(book: Workbook, sheet: Worksheet, columns: Mapping[str, list[Cell]], picture: str | None) -> None:
    """All cells, and how wide and tall they are."""
    widths: dict[str, float] = {}  # of the columns whose text is wrapped
    for place, (name, values) in enumerate(columns.items()):
        away = queue_sheet.hidden(name, values, [*columns])
        wide = queue_sheet.width(name, values, picture)
        looks = _looks(name, values, picture)
        if looks.get("text_wrap") and not away and name not in FILLED_IN:
            widths[name] = wide
        _write_column(book, sheet, place, name, values, looks)
        sheet.set_column(place, place, wide, book.add_format(looks), {"hidden": away})
    for row in range(max(map(len, columns.values()), default=0)):
        tall = height(queue_sheet.texts_of(columns, widths, row))
        sheet.set_row(row + 1, max(tall, cell_pictures.HEIGHT) if picture else tall)


def _write_column(
    book: Workbook, sheet: Worksheet, place: int, name: str, values: Sequence[Cell], looks: Mapping[str, object]
) -> None:
    """Nothing is written for an empty cell: it has the looks, and the lock, of its column."""
    head = {"bold": True, "bottom": 1, "bg_color": "#DDEBF7" if name in FILLED_IN else "#F2F2F2"}
    sheet.write_string(0, place, name, book.add_format(TEXT | head))
    format_ = book.add_format(looks)
    for row, value in enumerate(values, 1):
        if value is not None:
            _write_cell(sheet, row, place, value, format_)


def _write_cell(sheet: Worksheet, row: int, place: int, value: Cell, looks: Format) -> None:
    if isinstance(value, str):
        sheet.write_string(row, place, value, looks)
    else:
        sheet.write_number(row, place, value, looks)


def _looks(name: str, values: Sequence[Cell], picture: str | None) -> dict[str, object]:
    if name in FILLED_IN:
        return TEXT | {"locked": False, "bg_color": "#F7FBFF", "text_wrap": name == "note"}
    kinds = {type(value) for value in values if value is not None}
    if not kinds or str in kinds:
        return TEXT | {"text_wrap": queue_sheet.wrapped(name, values, picture)}
    return TEXT | {"num_format": "0.000" if float in kinds else "General"}


def _draw(
    book: Workbook, sheet: Worksheet, columns: Mapping[str, list[Cell]], picture: str | None, cells: Sequence[Cell],
    folder: Path,
) -> list[str]:  # fmt: skip
    """The pictures in their cells, whose text is not shown where one is drawn; which ones could not be."""
    if picture is None:
        return []
    place = [*columns].index(picture)
    unseen = book.add_format(TEXT | {"num_format": cell_pictures.HIDDEN})
    troubles: list[str] = []
    size = 0
    texts = [cell if isinstance(cell, str) else None for cell in cells]
    for row, found in enumerate(cell_pictures.cell_pictures(texts, folder)):
        trouble = found.trouble
        size += len(found.content)
        if size > MOST_PICTURED:
            raise InputError(
                f"xlsx: the pictures of {row + 1:,} of {len(cells):,} rows are more than a workbook takes "
                f"({MOST_PICTURED / 1e6:,.0f} MB); ask for fewer rows, with --limit or --budget"
            )
        if found.content:
            trouble = cell_pictures.draw(sheet, row + 1, place, str(columns["id"][row]), found.content)
            if not trouble and (text := columns[picture][row]) is not None:
                _write_cell(sheet, row + 1, place, text, unseen)
        if trouble:
            troubles.append(f"{printable(str(cells[row]))[:LONGEST_NAMED]} ({trouble})")
    if not troubles:
        return []
    more = f" and {len(troubles) - NAMED:,} more" if len(troubles) > NAMED else ""
    said = plural(len(troubles), "picture is", "pictures are")
    return [f"{said} not drawn: {', '.join(troubles[:NAMED])}{more}"]
