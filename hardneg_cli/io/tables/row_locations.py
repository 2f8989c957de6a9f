"""Where data rows stand: the file of each, and the line on which its record begins.

Lines are counted as git and editors do, from 1, each ended by a line feed; a carriage return alone ends none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class RowLocation:
    """A row's file, and its line there; None where the kind of file has no lines."""

    source: Source
    line: int | None


def row_locations(sources: Sequence[Source], encoding: str | None, rows: NDArray[np.int64]) -> list[RowLocation]:
    """The location of each of the ascending `rows`, which are numbered through all files in turn, ragged ones left out.

    One pass over each file up to the last row; O(bytes), most of it in the regular expression that splits records.
    """
    locations: list[RowLocation] = []
    first = 0
    for number, source in enumerate(sources, 1):
        if len(locations) == len(rows):
            break
        numbers, length = _line_numbers(source, encoding, rows[len(locations) :] - first, last=number == len(sources))
        locations += [RowLocation(source, line) for line in numbers]
        first += length
    return locations


def _line_numbers(
    source: Source, encoding: str | None, rows: NDArray[np.int64], *, last: bool
) -> tuple[list[int | None], int]:
    """The lines of those `rows` that are here, and how many rows the file has, or the last file had so far."""
    import numpy as np

    counted = table_files.reader_of(source).line_numbers(source, encoding)
    if counted is None:
        length = int(rows[-1]) + 1 if last else _length(source, encoding)
        return [None] * int(np.searchsorted(rows, length)), length
    lines: list[int | None] = []
    length = 0
    for block in counted:
        here = rows[len(lines) : np.searchsorted(rows, length + len(block))]
        lines += block[here - length].tolist()
        length += len(block)
        if last and len(lines) == len(rows):
            break
    return lines, length


def _length(source: Source, encoding: str | None) -> int:
    column = table_files.columns([source], encoding)[0]
    request = ReadRequest(text=(column,), encoding=encoding, skip_ragged=lambda _: None)
    return sum(batch.num_rows for batch in table_files.reader_of(source).read(source, request))
