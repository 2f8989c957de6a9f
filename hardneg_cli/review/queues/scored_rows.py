"""The rows of a findings file, with its types: what there is to share out among reviewers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import ADDED, FILLED_IN, NEAREST, NUMBERS, NUMERIC
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.audit.filled_audit import truths
from hardneg_cli.review.decisions.row_decisions import ANSWERS

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.int64]
    Bools: TypeAlias = NDArray[np.bool_]
    Codes: TypeAlias = NDArray[np.int64]

USED = ("id", *FILLED_IN, "given_label", "suggested_label", "flagged", "why", *NUMERIC, "row_hash")
NEEDED = tuple(name for name in USED if name not in ADDED)
NO_CLASS = -1
SPELLING = "label-spelling"  # the detector of labels that are misspelled


@dataclass(frozen=True)
class ScoredRows:
    """N rows as `find` writes them, nothing filled in; their ranks tell which is worse."""

    table: pa.Table

    def __len__(self) -> int:
        return len(self.table)

    @cached_property
    def ids(self) -> pa.Array:
        return self.table["id"].combine_chunks()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The given labels and the suggested ones, sorted."""
        names = {
            name for column in ("given_label", "suggested_label") for name in self.table[column].unique().to_pylist()
        }
        return tuple(sorted(names - {"", None}))

    @cached_property
    def real_classes(self) -> tuple[str, ...]:
        """Those that a reviewer is offered: no misspelling, as far as a detector called it one."""
        import pyarrow.compute as pc

        if "detectors" not in self.table.column_names:
            return self.classes
        slips = self.table.filter(pc.match_substring_regex(self.table["detectors"], f"(^|,){SPELLING}(,|$)"))
        return tuple(name for name in self.classes if name not in {*slips["given_label"].to_pylist()})

    @cached_property
    def labels(self) -> Codes:
        """(N,) codes of the given labels."""
        return self._codes("given_label")

    @cached_property
    def suggested(self) -> Codes:
        """(N,) codes of the suggested labels, −1 where there is none."""
        return self._codes("suggested_label")

    @cached_property
    def rank(self) -> Rows:
        """(N,) places by score, from 1."""
        rank: Rows = self.table["rank"].to_numpy()
        return rank

    @cached_property
    def flagged(self) -> Bools:
        flagged: Bools = self.table["flagged"].to_numpy()
        return flagged

    @cached_property
    def not_open(self) -> Bools:
        """(N,) bool: what people decided before stands first in `why`."""
        import pyarrow.compute as pc

        found: Bools = pc.match_substring_regex(self.table["why"], ANSWERS).to_numpy()
        return found

    def select(self, *, every: bool = False, limit: int | None = None, per_class: int | None = None) -> Rows:
        """Rows, worst first: the flagged ones or every one, at most so many in all and of each given label."""
        import numpy as np

        rows = np.argsort(self.rank, kind="stable")
        rows = rows if every else rows[self.flagged[rows]]
        if per_class is not None:
            labels = self.labels[rows]
            order = np.argsort(labels, kind="stable")
            place = np.empty(len(rows), np.int64)
            place[order] = np.arange(len(rows)) - np.searchsorted(labels[order], labels[order])
            rows = rows[place < per_class]
        return rows[:limit]

    def _codes(self, column: str) -> Codes:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        found = pc.index_in(self.table[column], value_set=pa.array(self.classes, pa.string()))
        codes: Codes = found.fill_null(NO_CLASS).to_numpy().astype(np.int64)
        return codes


def read_scored_rows(files: Sequence[Source]) -> ScoredRows:
    """The rows of a findings file. Raises InputError for a file that is none."""
    import pyarrow as pa

    names = [name for name in table_files.columns(files) if name != NEAREST]
    for name in NEEDED:
        if name not in names:
            hint = did_you_mean(name, names)
            raise InputError(f"{files[0].name}: no column {quote(name)}{hint}; is it a findings file, written by find?")
    numbers = tuple(name for name in NUMERIC if name in names)
    wanted = ReadRequest(tuple(name for name in names if name not in numbers), numbers)
    table = pa.Table.from_batches(list(table_files.read(files, wanted)))
    if not len(table):
        raise InputError(f"{files[0].name}: no rows to share out")
    return ScoredRows(pa.table({name: _typed(files, name, table[name]) for name in names}))


def _typed(files: Sequence[Source], name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column with the type that find gives it; an unknown number is null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if name in FILLED_IN:
        return pa.chunked_array([pa.repeat("", len(column))])
    if name in NUMBERS:
        values = column.cast(pa.float64())
        return pc.if_else(pc.is_nan(values), None, values)
    if name == "rank":
        rank = column.to_numpy()
        if not np.isfinite(rank).all() or len(np.unique(rank)) < len(rank):
            raise InputError(f"{files[0].name}: the ranks are not all known and different: write it anew with find")
        return column.cast(pa.int64())
    if name == "flagged":
        return pa.chunked_array([pa.array(truths(files, column))])
    return pc.fill_null(column, "")
