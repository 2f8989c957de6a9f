"""For reading: a table as wide as the terminal, of its first rows, and tab-separated lines of all of them elsewhere.

On a terminal findings begin with the row itself, then say how it is labeled, what it should be and why, in a few words;
where there is no room for columns, some lines a row. The last line says how to see the other rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.io.tables.findings_columns import columns_of_findings
from hardneg_cli.io.tables.number_columns import columns_of_numbers
from hardneg_cli.io.tables.queue_columns import MARKS
from hardneg_cli.io.tables.queue_view import first_rows_of, is_viewed
from hardneg_cli.io.tables.terminal_tables import broken, table_lines
from hardneg_cli.io.tables.text_tables import as_text
from hardneg_cli.runtime.terminal import console_for, plain, without_commands

if TYPE_CHECKING:
    import pyarrow as pa

EXTENSIONS = ()
RAW = True  # styles of its own on a terminal
SHOWN = ("rank", "id", "score", "given_label", "suggested_label", "detectors", "why")
SCORE_DIGITS = 5  # 0.123


def write(table: pa.Table, out: BinaryIO) -> None:
    if out.isatty():
        _draw(table, out)
        return
    shown = as_text(table.select([name for name in SHOWN if name in table.column_names]) if _ranked(table) else table)
    rows = [[plain(cell) for cell in row] for row in zip(*(c.to_pylist() for c in shown.columns), strict=True)]
    if "score" in shown.column_names:
        place = shown.column_names.index("score")
        rows = [[*row[:place], row[place][:SCORE_DIGITS], *row[place + 1 :]] for row in rows]
    out.writelines(without_commands(("\t".join(row) + "\n").encode()) for row in rows)


def _ranked(table: pa.Table) -> bool:
    return "rank" in table.column_names


def _draw(table: pa.Table, out: BinaryIO) -> None:
    findings = set(MARKS) <= set(table.column_names) and _ranked(table)
    first = table.slice(0, first_rows_of(table))
    with console_for(out, soft_wrap=True) as console:
        hidden = 0
        if findings:
            columns = columns_of_findings(first, console.width)
        else:
            columns, hidden = columns_of_numbers(first, console.width)
        console.print()
        for line in table_lines(columns, console.width):
            console.print(line)
        console.print()
        if rest := _rest(len(table) - len(first), hidden, queue=is_viewed(table), of=len(table)):
            for part in broken(rest, console.width - 1):
                console.print(f" {part}", style="dim")
            console.print()


def _rest(rows: int, columns: int, *, queue: bool, of: int) -> str:
    """What is not shown, and how to see it."""
    parts = [(rows, "row"), (columns, "column")]
    counted = " and ".join(f"{count:,} more {word}{'s' * (count > 1)}" for count, word in parts if count)
    if not counted:
        return ""
    if queue:
        return f"… {counted}: -o queue.html makes a page of all of them, --limit {of} shows them here"
    return f"… {counted}: | less -S shows all of it, -f csv > rows.csv keeps it"
