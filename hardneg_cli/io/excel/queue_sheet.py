"""How a queue stands on a sheet: what people read comes first, what only programs read is put away.

Whoever reads it back goes by the names of the columns; none of them is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from hardneg_cli.io.excel import cell_pictures
from hardneg_cli.io.excel.exact_text import COLUMN
from hardneg_cli.io.tables.queue_columns import FILLED_IN, LABELS, MARKS, NEAREST, display_columns

Cell: TypeAlias = str | int | float | None
REASONS = ("why", NEAREST, "score", "suggestion_score")
FOR_PROGRAMS = ("row_hash", "hashed", COLUMN)
WIDTHS = {"decision": 12.0, "new_label": 18.0, "note": 22.0, "detectors": 24.0}
NARROWEST, WIDEST, MEASURED_ROWS = 9.0, 60.0, 1000
WIDEST_OF = {"id": 24.0, **dict.fromkeys(LABELS, 34.0), NEAREST: 80.0}
NAME_ROOM = 4  # beside a column's name, for the button of the filter


def is_queue(names: Sequence[str]) -> bool:
    return {*MARKS, *FILLED_IN} <= {*names}


def arranged(names: Sequence[str], picture: str | None) -> list[str]:
    """The columns in the order of the sheet: what is asked, the row itself, why it is asked about, and all else."""
    if not is_queue(names):
        return list(names)
    shown = [name for name in display_columns(names) if name != COLUMN]
    shown.sort(key=lambda name: name != picture)
    first = ("id", *FILLED_IN, *LABELS, *shown, *REASONS)
    return list(dict.fromkeys(name for name in (*first, *names, COLUMN) if name in names))


def hidden(name: str, values: Sequence[Cell], names: Sequence[str]) -> bool:
    """Whether a column tells a reviewer nothing: it is for programs, nothing stands in it, or all rows are suspect."""
    if name == COLUMN:
        return True
    if not is_queue(names) or name in (*FILLED_IN, "id"):
        return False
    same = {*values} if name == "flagged" else set()
    return name in FOR_PROGRAMS or same == {"true"} or (bool(values) and all(value is None for value in values))


def width(name: str, values: Sequence[Cell], picture: str | None) -> float:
    """In digits."""
    if name == picture:
        return cell_pictures.WIDTH
    if name in WIDTHS:
        return WIDTHS[name]
    if has_pictures(values):
        return NARROWEST
    lines = (line for value in values[:MEASURED_ROWS] if isinstance(value, str) for line in value.splitlines())
    longest = max((len(line) for line in lines), default=0)
    return min(WIDEST_OF.get(name, WIDEST), max(NARROWEST, len(name) + NAME_ROOM, longest + 2))


def wrapped(name: str, values: Sequence[Cell], picture: str | None) -> bool:
    """Whether text goes on in the next line."""
    return name == "note" or (name not in (picture, *FOR_PROGRAMS, *FILLED_IN) and not has_pictures(values))


def has_pictures(values: Sequence[Cell]) -> bool:
    """Whether the cells are data URIs, which nobody reads."""
    return any(isinstance(value, str) and value.startswith("data:") for value in values[:MEASURED_ROWS])


def texts_of(columns: Mapping[str, Sequence[Cell]], widths: Mapping[str, float], row: int) -> list[tuple[str, float]]:
    """The texts of a row that may need more than a line, each with the width of its column."""
    cells = ((columns[name][row], wide) for name, wide in widths.items())
    return [(cell, wide) for cell, wide in cells if isinstance(cell, str)]
