"""Cells that hold nothing, filled by stated rules: with the column's median or most frequent value, or a given one.

A cell holds nothing where it is empty or blank, a null, or a missing number (NaN) in a column of numbers; words such as
`NA` are values as any other. Median and mode are those of the rows that stay and are not protected. In a column of
whole numbers the median is whole, rounded to the even one; of two modes the smaller number counts, else the first by
alphabet. Both are spelled as the column spells them.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from itertools import accumulate
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset, ignore
from hardneg_cli.data.row_identity import blank
from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.preparation.cleaning.decisions_by_rule import RowStates
from hardneg_cli.preparation.cleaning.rules import DROP, MEDIAN, MODE, FillRule
from hardneg_cli.review.correction.apply_result import RuleEffect

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
LONGEST_NUMBER = 400  # characters
WHOLE = re.compile(r"[+-]?\d+", re.ASCII)


@dataclass(frozen=True)
class ColumnGaps:
    """A column that a rule is for. texts: N cells. missing: (N,) bool, the rows where it holds nothing."""

    rule: FillRule
    texts: pa.ChunkedArray
    missing: NDArray[np.bool_]


@dataclass(frozen=True)
class FilledCells:
    """What the cells of a column are filled with. value: as the rule says it. texts: by row, as the file will read.

    spared: rows left alone for their split.
    """

    rule: FillRule
    value: str
    texts: Mapping[int, str]
    spared: frozenset[int]

    @property
    def words(self) -> str:
        """The rule, and what it comes to where it does not say so itself."""
        return f"{self.rule} ({self.value})" if self.rule.how in (MEDIAN, MODE) else str(self.rule)


def column_gaps(dataset: Dataset, rules: Sequence[FillRule]) -> list[ColumnGaps]:
    """The cells of the rules' columns, which are read again. Raises InputError for a median of what is no number."""
    import pyarrow as pa

    if not rules:
        return []
    if dataset.sources[0].pictures is not None:
        raise InputError(
            f"{dataset.name}: --fill is for tables: what a folder of pictures says beside them is not filled"
        )
    names = tuple(rule.column for rule in rules)
    request = ReadRequest(text=names, encoding=dataset.encoding, skip_ragged=ignore, nan_is_null=names)
    table = pa.Table.from_batches(list(table_files.read(dataset.sources, request))).take(dataset.positions)
    return [ColumnGaps(rule, table[rule.column], blank(table[rule.column])) for rule in rules]


def filled(dataset: Dataset, gaps: Sequence[ColumnGaps], states: RowStates) -> Iterator[tuple[FilledCells, RuleEffect]]:
    """What each rule but those that drop rows writes where. Raises InputError where there is nothing to write."""
    import numpy as np

    for column in gaps:
        if column.rule.how == DROP:
            continue
        usable = ~column.missing & ~states.dropped & ~states.protected
        open_ = column.missing & ~states.dropped
        value = _value(dataset, column, usable)
        rows = np.flatnonzero(open_ & ~states.protected)
        if value is None and len(rows):
            raise InputError(
                f"{dataset.name}: --fill {column.rule}: no row has a value in {quote(column.rule.column)} to learn "
                "from: give the value itself"
            )
        spared = frozenset(np.flatnonzero(open_ & states.protected).tolist())
        texts = _as_read(dataset, column.rule.column, value or "", rows)
        cells = FilledCells(column.rule, value or "", texts, spared)
        note = ""
        if len(rows) and _value_is_odd(column, usable, cells.value):
            note = f"the other values are numbers, and {quote(cells.value)} is none"
        yield cells, RuleEffect(cells.words if value else str(column.rule), len(rows), len(spared), note, unit="cell")


def _value(dataset: Dataset, column: ColumnGaps, usable: NDArray[np.bool_]) -> str | None:
    """What the rule writes; None where it is to be learned and no row has a value."""
    import pyarrow as pa

    if column.rule.how not in (MEDIAN, MODE):
        return column.rule.how
    counts = Counter(column.texts.filter(pa.array(usable)).to_pylist())
    if column.rule.how == MODE:
        most = max(counts.values(), default=0)
        return min((text for text, count in counts.items() if count == most), key=_in_order, default=None)
    for text in counts:
        if not is_number(text):
            row = int(dataset.positions[column.texts.combine_chunks().index(text).as_py()]) + 1
            raise InputError(
                f"{dataset.name}: --fill {column.rule}: row {row}, column {quote(column.rule.column)}: {quote(text)} "
                f"is not a number, so there is no median; {MODE} is of any values"
            )
    return median(counts) if counts else None


def is_number(text: str) -> bool:
    """Whether it is a finite number, written as such."""
    trimmed = text.strip()
    return len(trimmed) <= LONGEST_NUMBER and bool(NUMBER.fullmatch(trimmed)) and math.isfinite(float(trimmed))


def median(counts: Mapping[str, int]) -> str:
    """The median of numbers, each with how often it stands, as they are spelled; see the module for whole ones."""
    order = sorted(counts, key=_in_order)
    places = list(accumulate(counts[text] for text in order))
    low, high = (order[bisect_right(places, place)] for place in ((places[-1] - 1) // 2, places[-1] // 2))
    if _in_order(low)[1] == _in_order(high)[1]:
        return low.strip()
    with localcontext() as exact:
        exact.prec = 2 * LONGEST_NUMBER
        between = (Decimal(low.strip()) + Decimal(high.strip())) / 2
        if all(WHOLE.fullmatch(text.strip()) for text in counts):
            between = between.quantize(Decimal(1), ROUND_HALF_EVEN)
    if abs(between.adjusted()) > 20:
        return repr(float(between))
    return f"{between:f}"


def _in_order(text: str) -> tuple[bool, Decimal, str]:
    """Numbers by value, before other texts; the same number in two spellings by the spelling."""
    number = is_number(text)
    return not number, Decimal(text.strip()) if number else Decimal(0), text


def _value_is_odd(column: ColumnGaps, usable: NDArray[np.bool_], value: str) -> bool:
    """Whether a word is written into a column of numbers."""
    import pyarrow as pa

    known = column.texts.filter(pa.array(usable)).unique().to_pylist()
    return bool(known) and not is_number(value) and all(map(is_number, known))


def _as_read(dataset: Dataset, column: str, value: str, rows: NDArray[np.int64]) -> dict[int, str]:
    """By row, the text that the filled cell will be read as; files may differ in the column's type."""
    starts = list(accumulate(dataset.rows_of_files, initial=0))[:-1]
    found: dict[int, str] = {}
    by_file: dict[int, str] = {}
    for row, position in zip(rows.tolist(), dataset.positions[rows].tolist(), strict=True):
        file = bisect_right(starts, position) - 1
        if file not in by_file:
            by_file[file] = table_files.as_filled(dataset.sources[file], {column: value})[column]
        found[row] = by_file[file]
    return found


def rows_without(gaps: Sequence[ColumnGaps], states: RowStates) -> Iterator[tuple[FillRule, NDArray[np.int64]]]:
    """For each rule that drops rows, those that lack a value and are not dropped yet."""
    import numpy as np

    for column in gaps:
        if column.rule.how == DROP:
            yield column.rule, np.flatnonzero(column.missing & ~states.dropped)


def content_after(dataset: Dataset, cells: Sequence[FilledCells]) -> pa.Table:
    """The content with the filled cells in their places."""
    import numpy as np
    import pyarrow as pa

    content = dataset.content
    for one in cells:
        if one.texts:
            texts = np.array(content[one.rule.column].to_pylist(), object)
            texts[list(one.texts)] = list(one.texts.values())
            place = content.column_names.index(one.rule.column)
            content = content.set_column(place, one.rule.column, pa.array(texts, pa.string()))
    return content
