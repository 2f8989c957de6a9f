"""Figures as the cells of a table."""

from __future__ import annotations

from hardneg_cli.rendering.document import Cell, Precise
from hardneg_cli.rendering.figures import Interval, Measure

ENDS = ("at least", "at most")  # columns of an interval


def precise(value: float | None, decimals: int = 4) -> Cell:
    return None if value is None else Precise(value, decimals)


def measure_cells(found: Measure | Interval | None, decimals: int = 4) -> tuple[Cell, Cell, Cell]:
    """Value, low and high."""
    if found is None:
        return None, None, None
    return precise(found["value"], decimals), precise(found["low"], decimals), precise(found["high"], decimals)
