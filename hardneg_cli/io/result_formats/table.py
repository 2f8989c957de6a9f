"""For reading: a table as wide as the terminal, some lines a row on a narrow one, tab-separated lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Literal

from hardneg_cli.io.tables.text_tables import as_text
from hardneg_cli.runtime.terminal import console_for, plain, without_commands

if TYPE_CHECKING:
    import pyarrow as pa
    from rich.table import Table

EXTENSIONS = ()
RAW = True  # styles of its own on a terminal
SHOWN = ("rank", "id", "score", "given_label", "suggested_label", "detectors", "why")
UNCUT = ("rank", "id", "score")
LEAST_WIDTH = 8  # of every other column
GAP = 3  # between columns
SCORE_DIGITS = 5  # 0.123


def write(table: pa.Table, out: BinaryIO) -> None:
    findings = "rank" in table.column_names
    shown = as_text(table.select([name for name in SHOWN if name in table.column_names]) if findings else table)
    rows = [[plain(cell) for cell in row] for row in zip(*(c.to_pylist() for c in shown.columns), strict=True)]
    if "score" in shown.column_names:
        place = shown.column_names.index("score")
        rows = [[*row[:place], row[place][:SCORE_DIGITS], *row[place + 1 :]] for row in rows]
    if out.isatty():
        kept = [place for place, name in enumerate(shown.column_names) if not (findings and name == "detectors")]
        _draw([shown.column_names[place] for place in kept], [[row[place] for place in kept] for row in rows], out)
        return
    out.writelines(without_commands(("\t".join(row) + "\n").encode()) for row in rows)


def _draw(names: list[str], rows: list[list[str]], out: BinaryIO) -> None:
    from rich.cells import cell_len

    widest = [max(map(cell_len, cells)) for cells in zip(names, *rows, strict=True)]
    least = [width if name in UNCUT else LEAST_WIDTH for name, width in zip(names, widest, strict=True)]
    with console_for(out) as console:
        if sum(least) + GAP * len(names) > console.width:
            console.print(*_stacked(names, rows), sep="\n", soft_wrap=True)
        else:
            console.print(_table(names, rows))


def _table(names: list[str], rows: list[list[str]]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in names:
        side: Literal["left", "right"] = "right" if name in ("rank", "score") else "left"
        table.add_column(name, no_wrap=name in UNCUT, overflow="fold", justify=side)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _stacked(names: list[str], rows: list[list[str]]) -> Iterator[str]:
    """Where a table has no room: a line for what must not be cut, and one for each other cell."""
    for row in rows:
        cells = dict(zip(names, row, strict=True))
        yield "  ".join(cells[name] for name in names if name in UNCUT)
        yield from (f"    {name}: {cell}" for name, cell in cells.items() if name not in UNCUT and cell)
