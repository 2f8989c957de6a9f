"""An Excel workbook to review in: drop-downs for the answers, the evidence locked, and no cell ever a formula."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.excel.exact_text import COLUMN, UNSAFE, exact_cells, printable
from hardneg_cli.io.tables.queue_columns import FILLED_IN, LABELS, RETURNED
from hardneg_cli.io.tables.queue_view import without_surroundings
from hardneg_cli.io.tables.text_tables import as_text

if TYPE_CHECKING:
    import pyarrow as pa
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

EXTENSIONS = (".xlsx",)
SURROUNDINGS = True
BINARY = True
Cell: TypeAlias = str | int | float | None
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 1_048_576, 16_384, 32_767  # Excel's own limits
MOST_LISTED = 32_767  # of a drop-down
LARGEST_EXACT = 10**15  # Excel keeps 15 digits of a number
WORDS = ["keep", "relabel", "drop", "unsure"]
TEXT = {"num_format": "@", "valign": "top", "font_name": "Calibri", "font_size": 11}
NARROWEST, WIDEST, WRAPPED_UP_TO, MEASURED_ROWS = 9, 60, 400, 1000
WIDTHS = {"decision": 12, "new_label": 20, "note": 28}
ANY_DAY = datetime(1980, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same findings, the same bytes


def write(table: pa.Table, out: BinaryIO) -> None:
    import xlsxwriter

    table = without_surroundings(table)
    _refuse_what_is_too_large(table)
    columns = _safe({name: _values(table, name) for name in table.column_names})
    for name, values in columns.items():
        _refuse_what_is_too_long(name, values)
    held = io.BytesIO()  # a zip file is written back and forth, standard output is not
    plain = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(held, {"in_memory": True, **plain}) as book:
        book.set_properties({"created": ANY_DAY})
        sheet = book.add_worksheet("queue")
        for place, (name, values) in enumerate(columns.items()):
            _write_column(book, sheet, place, name, values)
        _set_up(book, sheet, columns)
    out.write(held.getbuffer())


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


def _safe(columns: dict[str, list[Cell]]) -> dict[str, list[Cell]]:
    """The columns, with text that might come back changed only as it is shown, and a column that tells it exactly."""
    exact: dict[int, dict[str, str]] = {}
    for name in RETURNED:
        for row, value in enumerate(columns.get(name, ())):
            if isinstance(value, str) and UNSAFE.search(value):
                exact.setdefault(row, {})[name] = value
                columns[name][row] = printable(value)
    if not exact:
        return columns
    rows = max(map(len, columns.values()))
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


def _write_column(book: Workbook, sheet: Worksheet, place: int, name: str, values: Sequence[Cell]) -> None:
    """Nothing is written for an empty cell: it has the looks, and the lock, of its column."""
    looks = book.add_format(_looks(name, values))
    sheet.set_column(place, place, _width(name, values), looks, {"hidden": name == COLUMN})
    head = {"bold": True, "bottom": 1, "bg_color": "#DDEBF7" if name in FILLED_IN else "#F2F2F2"}
    sheet.write_string(0, place, name, book.add_format(TEXT | head))
    for row, value in enumerate(values, 1):
        if value is not None:
            _write_cell(sheet, row, place, value, looks)


def _write_cell(sheet: Worksheet, row: int, place: int, value: Cell, looks: Format) -> None:
    if isinstance(value, str):
        sheet.write_string(row, place, value, looks)
    else:
        sheet.write_number(row, place, value, looks)


def _looks(name: str, values: Sequence[Cell]) -> dict[str, object]:
    if name in FILLED_IN:
        return TEXT | {"locked": False, "bg_color": "#F7FBFF", "text_wrap": name == "note"}
    kinds = {type(value) for value in values if value is not None}
    if not kinds or str in kinds:
        longest = max((len(value) for value in values if isinstance(value, str)), default=0)
        readable = longest <= WRAPPED_UP_TO and not _has_pictures(values)  # rows as tall as a screen help nobody
        return TEXT | {"text_wrap": readable and name != "id"}
    return TEXT | {"num_format": "0.000" if float in kinds else "General"}


def _width(name: str, values: Sequence[Cell]) -> float:
    if name in WIDTHS:
        return WIDTHS[name]
    if _has_pictures(values):
        return NARROWEST
    lines = (line for value in values[:MEASURED_ROWS] if isinstance(value, str) for line in value.splitlines())
    return min(WIDEST, max(NARROWEST, len(name) + 4, *(len(line) + 2 for line in (*lines, ""))))


def _has_pictures(values: Sequence[Cell]) -> bool:
    """Whether the cells are data URIs, which nobody reads."""
    return any(isinstance(value, str) and value.startswith("data:") for value in values[:MEASURED_ROWS])


def _set_up(book: Workbook, sheet: Worksheet, columns: dict[str, list[Cell]]) -> None:
    """Frozen edges, filters, drop-downs and the lock; the lock only where there is anything to fill in."""
    rows = max(map(len, columns.values()), default=0)
    sheet.freeze_panes(1, 1)
    if columns:
        sheet.autofilter(0, 0, rows, len(columns) - 1)
    places = {name: place for place, name in enumerate(columns) if name in FILLED_IN}
    if rows and "decision" in places:
        sheet.data_validation(1, places["decision"], rows, places["decision"], {
            "validate": "list", "source": WORDS, "error_title": "Not a decision",
            "error_message": "keep, relabel, drop or unsure; empty for undecided.",
        })  # fmt: skip
    if rows and "new_label" in places:
        _offer_classes(book, sheet, columns, rows, places["new_label"])
    if places:
        allowed = ("sort", "autofilter", "format_cells", "format_columns", "format_rows")
        sheet.protect("", dict.fromkeys(allowed, True))


def _offer_classes(book: Workbook, sheet: Worksheet, columns: dict[str, list[Cell]], rows: int, place: int) -> None:
    """A drop-down of the classes seen, from a sheet of their own; another label may be typed after a question."""
    seen = {str(value) for name in LABELS for value in columns.get(name, ()) if value}
    classes = sorted(seen)[:MOST_LISTED]
    if not classes:
        return
    hidden = book.add_worksheet("classes")  # behind the queue: a reader takes the first sheet
    hidden.hide()
    hidden.write_column(0, 0, classes, book.add_format(TEXT))
    sheet.data_validation(1, place, rows, place, {
        "validate": "list", "source": f"=classes!$A$1:$A${len(classes)}", "error_type": "warning",
        "error_title": "A new class?", "error_message": "No row has this label yet.",
    })  # fmt: skip
