"""Where data rows stand: the file of each, and the line on which its record begins.

Lines are counted as git and editors do, from 1, each ended by a line feed; a carriage return alone ends none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from hardneg_cli.io.delimited.dialect import table_of
from hardneg_cli.io.delimited.grammar import blocks
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import chunks, encoding_of, lines
from hardneg_cli.io.tables import json_records, table_files
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK_LINES = 1 << 14


@dataclass(frozen=True)
class RowLocation:
    """A row's file, and its line there; None where the kind of file has no lines."""

    source: Source
    line: int | None


def places(sources: Sequence[Source], encoding: str | None, rows: NDArray[np.int64]) -> list[RowLocation]:
    """The place of each of the ascending `rows`, which are numbered through all files in turn, ragged ones left out.

    One pass over each file up to the last row; O(bytes), most of it in the regular expression that splits records.
    """
    found: list[RowLocation] = []
    first = 0
    for number, source in enumerate(sources, 1):
        if len(found) == len(rows):
            break
        wanted = rows[len(found) :] - first
        numbers, length = _line_numbers(source, encoding, wanted, last=number == len(sources))
        found += [RowLocation(source, line) for line in numbers]
        first += length
    return found


def of_delimited(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]]:
    """The line of each data row of delimited text, block by block; a quoted cell may hold line ends."""
    import numpy as np

    table = table_of(source, encoding)
    line, header = 1, 1
    for block in blocks(chunks(source, table.encoding, errors="replace"), table.grammar):
        ends = np.fromiter((record.count("\n") for record in block.records), np.int64, len(block.records))
        begun = line + np.cumsum(ends) - ends
        line += int(ends.sum())
        rows = begun[np.asarray(block.rows, np.int64)]
        yield rows[header:]
        header -= min(header, len(rows))


def of_objects(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]] | None:
    """The line of each row of JSON lines, block by block; None for an array of objects."""
    known = encoding_of(source, encoding)
    if json_records.is_array(source, known):
        return None
    texts = lines(chunks(source, known, errors="replace"))
    return _blocks_of(number for number, text in enumerate(texts, 1) if text.strip(json_records.BLANK))


def _blocks_of(numbers: Iterator[int]) -> Iterator[NDArray[np.int64]]:
    import numpy as np

    while block := list(islice(numbers, BLOCK_LINES)):
        yield np.array(block, np.int64)


def _line_numbers(
    source: Source, encoding: str | None, wanted: NDArray[np.int64], *, last: bool
) -> tuple[list[int | None], int]:
    """The lines of the `wanted` rows that are here, and how many rows the file has, or the last file had so far."""
    import numpy as np

    counted = table_files.reader_of(source).line_numbers(source, encoding)
    if counted is None:
        length = int(wanted[-1]) + 1 if last else _length(source, encoding)
        return [None] * int(np.searchsorted(wanted, length)), length
    found: list[int | None] = []
    length = 0
    for block in counted:
        here = wanted[len(found) : np.searchsorted(wanted, length + len(block))]
        found += block[here - length].tolist()
        length += len(block)
        if last and len(found) == len(wanted):
            break
    return found, length


def _length(source: Source, encoding: str | None) -> int:
    column = table_files.columns([source], encoding)[0]
    wanted = ReadRequest(text=(column,), encoding=encoding, skip_ragged=lambda _: None)
    return sum(batch.num_rows for batch in table_files.reader_of(source).read(source, wanted))
