"""What a sheet of results does: frozen edges, filters, drop-downs, the lock, and how it is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.io.excel.exact_text import printable
from hardneg_cli.io.excel.queue_sheet import Cell, is_queue
from hardneg_cli.io.tables.queue_columns import FILLED_IN

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 1_048_576, 16_384, 32_767  # Excel's own limits
MOST_LISTED = 32_767  # of a drop-down
WORDS = ["keep", "relabel", "drop", "unsure"]
TEXT = {"num_format": "@", "valign": "top", "font_name": "Calibri", "font_size": 11}
A4 = 9
MARGIN = 0.4  # inches, on paper
HEADER = 18  # points


def set_up(book: Workbook, sheet: Worksheet, columns: Mapping[str, Sequence[Cell]], classes: Sequence[str]) -> None:
    """Frozen edges, filters, drop-downs and the lock; the lock only where there is anything to fill in."""
    rows = max(map(len, columns.values()), default=0)
    sheet.set_row(0, HEADER)
    sheet.freeze_panes(1, 2 if is_queue([*columns]) else 1)
    if columns:
        sheet.autofilter(0, 0, rows, len(columns) - 1)
    places = {name: place for place, name in enumerate(columns) if name in FILLED_IN}
    if rows and "decision" in places:
        sheet.data_validation(1, places["decision"], rows, places["decision"], {
            "validate": "list", "source": WORDS, "error_title": "Not a decision",
            "error_message": "keep, relabel, drop or unsure; empty for undecided.",
        })  # fmt: skip
    if rows and "new_label" in places:
        _offer_classes(book, sheet, classes, rows, places["new_label"])
    if places:
        allowed = ("sort", "autofilter", "format_cells", "format_columns", "format_rows")
        sheet.protect("", dict.fromkeys(allowed, True))
    _set_up_print(sheet)


def _set_up_print(sheet: Worksheet) -> None:
    """On paper as wide as a page, with the header on each of them."""
    sheet.set_paper(A4)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.hide_gridlines(0)
    sheet.set_margins(MARGIN, MARGIN, MARGIN, MARGIN)


def _offer_classes(book: Workbook, sheet: Worksheet, classes: Sequence[str], rows: int, place: int) -> None:
    """A drop-down of the classes, from a sheet of their own; another label may be typed after a question."""
    names = [printable(name) for name in classes if len(name) <= LONGEST_CELL // 2][:MOST_LISTED]
    if not names:
        return
    hidden = book.add_worksheet("classes")  # behind the queue: a reader takes the first sheet
    hidden.hide()
    hidden.write_column(0, 0, names, book.add_format(TEXT))
    sheet.data_validation(1, place, rows, place, {
        "validate": "list", "source": f"=classes!$A$1:$A${len(names)}", "error_type": "warning",
        "error_title": "A new class?", "error_message": "The dataset has no such class yet.",
    })  # fmt: skip
