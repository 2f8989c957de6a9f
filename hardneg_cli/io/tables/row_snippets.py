"""A row in one line: its text, or the columns that tell it apart."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.io.tables.text_tables import as_text

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST = 300  # characters of a line
LONGEST_CELL = 60  # of one of several columns
PICTURE = "data:"  # what nobody reads


def snippets(table: pa.Table, names: Sequence[str], pictures: Collection[str] = ()) -> list[str]:
    """A line for each row, of the columns `names`; `pictures` are quoted only where nothing else is there.

    One column is quoted as it is, several as `name cell`, without those that are the same in every row and without
    empty cells. O(N) in the length of the cells.
    """
    read = [name for name in names if name not in pictures] or list(names)
    shown = as_text(table.select(read))
    telling = [name for name in read if len(shown) < 2 or len(shown[name].unique()) > 1] or read
    columns = [shown[name].to_pylist() for name in telling]
    rows = zip(*columns, strict=True) if columns else iter([()] * len(table))
    return [_line(telling, cells) for cells in rows]


def _line(names: Sequence[str], cells: Sequence[str]) -> str:
    if len(names) == 1:
        text = cells[0]
        return "" if text.startswith(PICTURE) else shortened(text, LONGEST)
    said = [f"{name} {shortened(cell, LONGEST_CELL)}" for name, cell in zip(names, cells, strict=True)
            if cell.strip() and not cell.startswith(PICTURE)]  # fmt: skip
    return shortened(" · ".join(said), LONGEST)


def shortened(text: str, longest: int) -> str:
    """One line of at most so many characters; what is cut off is told by an ellipsis."""
    line = " ".join(text[: 4 * longest].split())
    return line if len(line) <= longest and len(text) <= 4 * longest else line[: longest - 1].rstrip() + "…"
