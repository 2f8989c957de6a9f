"""What people see of any other table on a terminal: numbers with the decimals that tell, hashes last or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.io.tables.findings_columns import is_hash
from hardneg_cli.io.tables.row_snippets import PICTURE, shortened
from hardneg_cli.io.tables.terminal_tables import Parts, TerminalColumn, fits, plain_emoji
from hardneg_cli.io.tables.text_tables import as_text
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    import pyarrow as pa

FOR_PROGRAMS = ("row_hash", "hashed")
NUMBER = re.compile(r"[-+]?[\d,]+(\.\d+)?( ?%)?")
LONGEST = 200  # characters of a cell
SMALL, LARGE = 1e-3, 100  # numbers with more decimals, and with fewer


def columns_of_numbers(table: pa.Table, width: int) -> tuple[list[TerminalColumn], int]:
    """The columns for a terminal of that width, as many as have room, and how many are left out for that."""
    names = [name for name in table.column_names if name not in FOR_PROGRAMS]
    if "id" in names and is_hash(table["id"].to_pylist()):
        names = [*(name for name in names if name != "id"), "id"]
    columns = [_column(name, table[name], least=12 if place else 24) for place, name in enumerate(names)]
    kept = len(columns)
    while kept > 1 and not fits(columns[:kept], width):
        kept -= 1
    if kept == 1:  # a narrow terminal
        return columns, 0
    return columns[:kept], len(columns) - kept


def _column(name: str, values: pa.ChunkedArray, *, least: int) -> TerminalColumn:
    import pyarrow as pa
    import pyarrow.types as kinds

    title = plain_emoji(plain(name))
    if kinds.is_floating(values.type):
        return TerminalColumn(title, [*number_cells(values.to_pylist())], right=True, whole=True, least=12)
    if kinds.is_integer(values.type):
        counts = [(("" if value is None else f"{value:,}", ""),) for value in values.to_pylist()]
        return TerminalColumn(title, counts, right=True, whole=True, least=12)
    texts = [plain_emoji(plain(_short(text))) for text in as_text(pa.table({"text": values}))["text"].to_pylist()]
    numbers = any(texts) and all(NUMBER.fullmatch(text) for text in texts if text)
    return TerminalColumn(title, [((text, ""),) for text in texts], right=numbers, share=4, least=least)


def number_cells(values: Sequence[float | None]) -> Iterator[Parts]:
    """Numbers of one column, with as many decimals as its largest one lets count."""
    known = [abs(value) for value in values if value is not None and value == value]
    whole = all(value < 1e15 and value == int(value) for value in known)
    decimals = 0 if whole else 3 if max(known, default=0) < LARGE else 1
    for value in values:
        if value is None or value != value:
            yield (("", ""),)
        elif 0 < abs(value) < SMALL and not whole:
            yield ((f"{value:.1e}", ""),)
        else:
            yield ((f"{value:,.{decimals}f}", ""),)


def _short(text: str) -> str:
    """A cell in one line; a picture is no text."""
    return "(a picture)" if text.startswith(PICTURE) else shortened(text, LONGEST)
