"""Columns of a table as numbers and categories: which of them hold what, and how near rows of both kinds are.

A column holds numbers where every cell that is not missing is one; dates and times are numbers, too: days. Where
nearly all are, the others are mistakes, but for words among few numbers that come again and again: 4, 6, 8, rotary.
Truth values and all else are categories, whose missing value is a value like the others. What differs in nearly every
row is text, which tells no rows apart that another column could not.

As a point, a row has its numbers in units of their spread, far ones drawn in, and for each category a column a value,
which is 1 where the row has it: so two rows that differ in a category are as far apart in it as two random rows are in
a number, on average: √2. (Gower 1971 adds shares of the range and 0 or 1; here one far value does not make all others
near.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.tables.arrow_cells import read_number

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MISSING = ("", "na", "n/a", "nan", "null", "none", "?")  # of a number, in small letters
MISTAKES = 0.05  # of the cells: so few that are no numbers are mistakes in a column of numbers
FEW_KINDS, FEW_SHARE = 20, 0.2  # different values, and of the cells, that a category with numbers has at most
TEXT_SHARE, TEXT_ROWS = 0.5, 50  # different values a row, of which there are so many: a text
SECONDS_A_DAY = 86_400
QUARTILES = 1.35  # standard deviations that those of a normal distribution are apart


@dataclass(frozen=True)
class MixedColumns:
    """N rows. numbers: D columns by name, (N,) each, NaN where one is missing. categories: N values each, by name.

    dates: which of the columns of numbers are days.
    """

    numbers: Mapping[str, NDArray[np.float64]]
    categories: Mapping[str, tuple[str, ...]]
    dates: tuple[str, ...] = ()

    def matrix(self) -> NDArray[np.float64] | None:
        """(N, D) the numbers; None where there is none."""
        import numpy as np

        return np.column_stack([*self.numbers.values()]) if self.numbers else None

    def points(self, order: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N, D′) the rows as points; sums are made in this order of the rows."""
        import numpy as np

        parts = [_scaled(values, order) for values in self.numbers.values()]
        for values in self.categories.values():
            kinds, codes = np.unique(np.array(values, object).astype(str), return_inverse=True)
            parts += list((codes == np.arange(len(kinds))[:, None]).astype(np.float64)) if len(kinds) > 1 else []
        found = np.column_stack(parts) if parts else np.zeros((len(order), 1))
        return found - np.median(found, axis=0)

    @property
    def missing(self) -> int:
        """How many numbers are."""
        import numpy as np

        return int(sum(np.isnan(values).sum() for values in self.numbers.values()))


def mixed_columns(name: str, table: pa.Table) -> MixedColumns:
    """The columns of a table of texts by what they hold; `name` says whose they are.

    Raises InputError for a column with a few cells that are no numbers, and for one that holds a text in nearly every
    row.
    """
    numbers: dict[str, NDArray[np.float64]] = {}
    categories: dict[str, tuple[str, ...]] = {}
    dates: list[str] = []
    for column in table.column_names:
        found = column_numbers(name, column, table[column])
        if found is None:
            categories[column] = _values(name, column, table[column])
            continue
        numbers[column], is_date = found
        dates += [column] if is_date else []
    return MixedColumns(numbers, categories, tuple(dates))


def column_numbers(name: str, column: str, cells: pa.ChunkedArray) -> tuple[NDArray[np.float64], bool] | None:
    """Its cells as numbers, NaN for missing ones, and whether they are dates; None for what is no column of numbers.

    Raises InputError where a few cells are no numbers.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(pc.fill_null(cells, "")).combine_chunks()
    lacking = pc.is_in(pc.utf8_lower(text), pa.array(MISSING))
    filled = pc.if_else(lacking, None, text)
    if filled.null_count == len(filled):
        return None
    encoded = filled.dictionary_encode()
    kinds = encoded.dictionary
    values = _each_number(kinds)
    wrong = np.isnan(values)
    places = encoded.indices.fill_null(len(kinds)).to_numpy()
    if wrong.any():
        days = _days(kinds)
        if days is not None:
            return np.append(days, np.nan)[places], True
        share = float(np.append(wrong, False)[places].sum()) / (len(filled) - filled.null_count)
        if share > MISTAKES or len(kinds) <= 2 or _are_names(kinds, wrong, len(filled) - filled.null_count):
            return None
        row = int(np.flatnonzero(np.append(wrong, False)[places])[0])
        raise InputError(
            f"{name}: row {row + 1}, column {quote(column)}: {quote(str(filled[row]))} is not a number, as nearly all "
            "others there are"
        )
    found: NDArray[np.float64] = np.append(values, np.nan)[places]
    if (endless := np.flatnonzero(np.isinf(found))).size:
        raise InputError(f"{name}: row {endless[0] + 1}, column {quote(column)}: an infinite number")
    return found, False


def _each_number(texts: pa.Array) -> NDArray[np.float64]:
    """(n,) NaN for what is no number."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        found: NDArray[np.float64] = pc.cast(texts, pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return np.array([read_number(text) for text in texts.to_pylist()], np.float64)
    return found


def _are_names(kinds: pa.Array, wrong: NDArray[np.bool_], cells: int) -> bool:
    """Whether numbers stand for names: few of them, and beside them words."""
    if len(kinds) > min(FEW_KINDS, FEW_SHARE * cells):
        return False
    return all(len(word) > 1 and word.replace(" ", "").isalpha() for word in kinds.filter(wrong).to_pylist())


def _days(texts: pa.Array) -> NDArray[np.float64] | None:
    """Dates and times in ISO 8601 as days since 1970; None where one is none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            moments = pc.cast(texts, kind)
        except pa.ArrowInvalid:
            continue
        found: NDArray[np.float64] = pc.cast(moments, pa.int64()).to_numpy() / (SECONDS_A_DAY * 1e6)
        return np.asarray(found, np.float64)
    return None


def _values(name: str, column: str, cells: pa.ChunkedArray) -> tuple[str, ...]:
    import pyarrow.compute as pc

    distinct, filled = pc.count_distinct(cells).as_py(), len(cells) - cells.null_count
    if distinct > TEXT_ROWS and distinct > TEXT_SHARE * filled:
        raise InputError(
            f"{name}: column {quote(column)} holds {distinct:,} different texts in {filled:,} rows, so it is no "
            "category: name it with --text, or leave it out of --features"
        )
    return tuple(cell or "" for cell in cells.to_pylist())


def _scaled(values: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """At unit spread, 0 where a number is missing, which is the median; far values are drawn in, by arsinh.

    Columns such as prices have a long tail, in which rows would have no near ones.
    """
    import numpy as np

    known = values[~np.isnan(values)]
    largest = np.abs(known).max(initial=0.0)
    values = np.ldexp(values, -int(np.frexp(largest)[1])) if largest else values
    away: NDArray[np.float64] = np.where(np.isnan(values), 0.0, values - np.nanmedian(values))
    low, high = np.quantile(away, (0.25, 0.75))
    middle = float(high - low) / QUARTILES if high > low else float(away[order].std())
    drawn = np.arcsinh(away / middle) if middle > 0 else away
    spread = float(drawn[order].std())
    return drawn / spread if spread > 0 else drawn
