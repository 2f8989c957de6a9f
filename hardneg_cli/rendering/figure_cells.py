"""Figures as the cells of a table."""

from __future__ import annotations

from collections.abc import Mapping

from hardneg_cli.rendering.document import Cell, DataTable, Precise
from hardneg_cli.rendering.figures import Interval, Measure

ENDS = ("at least", "at most")  # columns of an interval


def settings_table(settings: Mapping[str, str], versions: Mapping[str, str]) -> DataTable:
    """What was asked for, and what made the figures."""
    both = {**settings, **{f"{name} version": value for name, value in versions.items()}}
    return DataTable("Settings and versions", ("what", "value"), [*both.items()])


def precise(value: float | None, decimals: int = 4) -> Cell:
    return None if value is None else Precise(value, decimals)


def measure_cells(found: Measure | Interval | None, decimals: int = 4) -> tuple[Cell, Cell, Cell]:
    """Value, low and high."""
    if found is None:
        return None, None, None
    return precise(found["value"], decimals), precise(found["low"], decimals), precise(found["high"], decimals)
