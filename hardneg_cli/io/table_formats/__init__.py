"""One kind of table file each: recognises, columns, read, rewrite.

For example:

    # fixed.py
    "Columns of fixed width, their names in the first line."

    EXTENSIONS = (".fwf",)

    def recognises(head: bytes) -> bool:
        return False  # by the extension alone

    def columns(source: Source, *, encoding: str | None) -> list[str]: ...
    def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]: ...
    def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None: ...
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.io.files.inverse_edits import RewriteTarget
    from hardneg_cli.io.files.source import Source
    from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest


class TableFormat(Protocol):
    """What every kind of table file has: `recognises`, `columns`, `read` and `rewrite`.

    Optional: EXTENSIONS, in lower case. CHEAP_TO_READ_AGAIN: whether a second pass costs little, as nothing has to be
    parsed. MAY_HAVE_AN_INDEX: whether a first column without a name is a data frame's row labels. DIVISIBLE: whether
    parts of a file can be read alone; `groups` and `read_groups` do it. SHEETS: whether a file holds several tables,
    one of which may be named. `class_names` and `picture_columns`, where files say them. `line_numbers`, for text.
    `typed` and `as_filled`, where cells have types.
    """

    EXTENSIONS: tuple[str, ...] = ()
    CHEAP_TO_READ_AGAIN: bool = False
    MAY_HAVE_AN_INDEX: bool = False
    DIVISIBLE: bool = False
    SHEETS: bool = False

    @abstractmethod
    def recognises(self, head: bytes) -> bool:
        """Whether a file with these first bytes, unpacked, is one; at most one format says so."""

    @abstractmethod
    def columns(self, source: Source, *, encoding: str | None) -> list[str]:
        """The names as they stand in the file, even if they are empty or there twice."""

    @abstractmethod
    def read(self, source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
        """The text columns, then the numbers, in the order wanted; see `ReadRequest`. No rows are no batches."""

    @abstractmethod
    def rewrite(self, source: Source, out: RewriteTarget, edits: CellEdits) -> None:
        """The file with its edits; all that needs no change stays as it is. Raises InputError if it cannot be done."""

    def class_names(self, source: Source) -> dict[str, tuple[str, ...]]:
        """By column, the names of its numbers 0, 1, …, where the file's metadata says them."""
        return {}

    def picture_columns(self, source: Source) -> tuple[str, ...]:
        """The columns that hold pictures themselves, by their type."""
        return ()

    def typed(self, source: Source, *, encoding: str | None) -> pa.Table | None:
        """The whole file with the types that its columns have; None where all cells are texts."""
        return None

    def as_filled(self, source: Source, fills: Mapping[str, str]) -> dict[str, str]:
        """By column, what a cell that is filled with this text is read as. Raises InputError where it cannot be."""
        return dict(fills)

    def groups(self, source: Source) -> list[int]:
        """How many rows each part has that can be read alone."""
        raise NotImplementedError

    def read_groups(self, source: Source, wanted: ReadRequest, parts: Sequence[int]) -> Iterator[pa.RecordBatch]:
        """As `read`, these parts alone, which follow one another."""
        raise NotImplementedError

    def line_numbers(self, source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]] | None:
        """The line that each row begins in, from 1, block by block; None where rows are not in lines."""
        return None


TABLE_FORMATS = Units[TableFormat]("table format")
