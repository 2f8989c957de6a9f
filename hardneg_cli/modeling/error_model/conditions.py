"""Conditions on rows that people can read: a column's value or range, a word, a text's length, the predicted class."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.features.mixed_columns import MISSING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
MOST_VALUES, MOST_WORDS = 50, 300
LONGEST = 40  # characters of a value that can be read
WORD = re.compile(r"\w+")
PREDICTED, IS, CONTAINS, AT_MOST, ABOVE, SHORT, LONG = "predicted", "is", "contains", "≤", ">", "words ≤", "words >"


@dataclass(frozen=True)
class Condition:
    """What a cell of `column` has to be; `column` is empty for the predicted class."""

    column: str
    relation: str
    value: str | float

    def __str__(self) -> str:
        if self.relation == PREDICTED:
            return f"predicted {self.value!r}"
        if self.relation in (SHORT, LONG):
            return f"{self.column} has {'at most' if self.relation == SHORT else 'more than'} {self.value:g} words"
        value = f"{self.value:.6g}" if isinstance(self.value, float) else repr(self.value)
        return f"{self.column} {self.relation} {value}"


class ConditionTable:
    """N rows to ask conditions of; what a column holds is looked at once."""

    def __init__(self, content: pa.Table, predicted: Sequence[str]) -> None:
        """predicted: N class names."""
        self.content, self.predicted = content, list(predicted)
        self._cells: dict[str, list[str]] = {}
        self._words: dict[str, list[frozenset[str]]] = {}
        self._numbers: dict[str, NDArray[np.float64] | None] = {}

    def __len__(self) -> int:
        return len(self.predicted)

    def cells(self, column: str) -> list[str]:
        if column not in self._cells:
            self._cells[column] = [cell or "" for cell in self.content[column].to_pylist()]
        return self._cells[column]

    def words(self, column: str) -> list[frozenset[str]]:
        if column not in self._words:
            self._words[column] = [frozenset(WORD.findall(cell.casefold())) for cell in self.cells(column)]
        return self._words[column]

    def numbers(self, column: str) -> NDArray[np.float64] | None:
        """(N,), NaN for empty cells; None where a cell is none."""
        if column not in self._numbers:
            self._numbers[column] = _numbers(self.cells(column))
        return self._numbers[column]

    def that(self, condition: Condition) -> Bools:
        """(N,) whether the condition holds. No range holds for a cell that is no number."""
        import numpy as np

        column, value = condition.column, condition.value
        if condition.relation == PREDICTED:
            return np.array([name == value for name in self.predicted], bool)
        if condition.relation == IS:
            return np.array([cell == value for cell in self.cells(column)], bool)
        if condition.relation == CONTAINS:
            return np.array([value in words for words in self.words(column)], bool)
        if condition.relation in (SHORT, LONG):
            numbers = np.array([len(WORD.findall(cell)) for cell in self.cells(column)], np.float64)
        else:
            column_of = self.numbers(column)
            numbers = np.full(len(self), np.nan) if column_of is None else column_of
        edge = float(value)
        return numbers <= edge if condition.relation in (SHORT, AT_MOST) else numbers > edge


def conditions(rows: ConditionTable, text: str | None, at_least: int) -> list[Condition]:
    """Those that hold for at least so many rows, and do not for as many. No label is looked at."""
    found = [Condition("", PREDICTED, name) for name in _common(rows.predicted, at_least)]
    for column in rows.content.column_names:
        numbers = rows.numbers(column)
        if column == text:
            found += _of_text(rows, column, at_least)
        elif numbers is not None:
            found += [Condition(column, how, edge) for edge in _edges(numbers) for how in (AT_MOST, ABOVE)]
        else:
            values = _common(rows.cells(column), at_least)[:MOST_VALUES]
            found += [Condition(column, IS, value) for value in values if len(value) <= LONGEST]
    held = [int(rows.that(condition).sum()) for condition in found]
    return [one for one, count in zip(found, held, strict=True) if at_least <= count <= len(rows) - at_least]


def _of_text(rows: ConditionTable, column: str, at_least: int) -> list[Condition]:
    import numpy as np

    sizes = np.array([len(WORD.findall(cell)) for cell in rows.cells(column)], np.float64)
    words = [word for row in rows.words(column) for word in row if len(word) <= LONGEST]
    found = [Condition(column, CONTAINS, word) for word in _common(words, at_least)[:MOST_WORDS]]
    return found + [Condition(column, how, edge) for edge in _edges(sizes) for how in (SHORT, LONG)]


def _common(values: Sequence[str], at_least: int) -> list[str]:
    """The values with so many rows, the most frequent first, ties by name."""
    counts = Counter(values)
    return sorted((value for value in counts if counts[value] >= at_least), key=lambda value: (-counts[value], value))


def _edges(numbers: NDArray[np.float64]) -> list[float]:
    import numpy as np

    known = numbers[~np.isnan(numbers)]
    if not len(known):
        return []
    return [float(edge) for edge in np.unique(np.quantile(known, QUANTILES, method="lower"))]


def _numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
    import numpy as np

    try:
        found = np.array([np.nan if cell.strip().lower() in MISSING else float(cell) for cell in cells])
    except ValueError:  # what its users would call a category
        return None
    return None if np.isnan(found).all() else np.where(np.isinf(found), np.nan, found)
