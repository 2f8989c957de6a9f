"""What empty cells of a sheet's columns are filled with: values of the kind that the column holds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hardneg_cli.io.excel.workbook import Cell, Valueless, as_text, empty


@dataclass
class _FilledColumn:
    """index: the place in a row. wanted: the texts that cells are filled with. alike: the cells that show one of them.

    numbers: whether every cell that holds anything holds a number.
    """

    index: int
    wanted: frozenset[str]
    alike: dict[str, tuple[int, Cell]] = field(default_factory=dict)
    numbers: bool = True


@dataclass(frozen=True)
class FilledColumns:
    """The columns that are filled, as far as their cells have been seen."""

    columns: Mapping[str, _FilledColumn]

    @classmethod
    def of(cls, names: Sequence[str], fills: Mapping[str, Mapping[int, str]]) -> FilledColumns:
        return cls({name: _FilledColumn(names.index(name), frozenset(cells.values())) for name, cells in fills.items()})

    def see(self, place: int, cells: Sequence[Cell]) -> None:
        """A row of the table, and where it stands in the sheet."""
        for column in self.columns.values():
            cell = cells[column.index]
            if empty(cell) or isinstance(cell, Valueless):
                continue
            column.numbers &= isinstance(cell, int | float) and not isinstance(cell, bool)
            text = as_text(cell)
            if text in column.wanted:
                column.alike.setdefault(text, (place, cell))

    def value(self, name: str, text: str) -> Cell:
        """The value of the first cell that shows this text; else a number in a column of numbers; else the text."""
        column = self.columns[name]
        if text in column.alike:
            return column.alike[text][1]
        return _number(text) if column.numbers else text

    def like(self, name: str, text: str) -> int | None:
        """Where in the sheet a cell of the column shows this text, if one does."""
        return self.columns[name].alike.get(text, (None, None))[0]


def _number(text: str) -> Cell:
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number
