"""What stands around a row in lines of text, for those who show text alone: its twins first, then the nearest rows."""

from __future__ import annotations

from collections.abc import Sequence

from hardneg_cli.io.tables.queue_view import RowAround
from hardneg_cli.io.tables.row_snippets import shortened

TWIN = "same content"
LONGEST_LABEL = 60  # characters


def nearest_lines(around: Sequence[RowAround], most: int, longest: int) -> list[str]:
    """`label · text` of each row, at most so many; its id where it has no text. longest: characters of a line."""
    return [shortened(_line(row), longest) for row in around[:most]]


def _line(row: RowAround) -> str:
    said = f"{shortened(row.label, LONGEST_LABEL)} · {row.text or row.id}"
    return f"{TWIN}: {said}" if row.kind == "twin" else said
