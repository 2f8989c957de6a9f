"""Files that are read in part: which row groups hold which rows, as divisible formats tell it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.remote import is_shared
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables.table_files import ReadRequest, reader_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class RowGroupSpan:
    """Row groups of one file that follow one another, and which of their rows are meant: `rows`, after `skip`."""

    source: Source
    groups: tuple[int, ...]
    skip: int
    rows: int


@dataclass(frozen=True)
class FileLayout:
    """Files one after the other; sizes: the rows of each row group, by file."""

    files: tuple[Source, ...]
    sizes: tuple[tuple[int, ...], ...]

    @cached_property
    def edges(self) -> list[int]:
        """The number of the row that each row group of all files begins with, and of the one after the last."""
        return [0, *accumulate(size for sizes in self.sizes for size in sizes)]

    @property
    def rows(self) -> int:
        return self.edges[-1]

    def spans(self, start: int, stop: int) -> tuple[RowGroupSpan, ...]:
        """Where the rows from `start` to before `stop` are."""
        found, number = [], 0
        for source, sizes in zip(self.files, self.sizes, strict=True):
            edges = self.edges[number : number + len(sizes) + 1]
            number += len(sizes)
            first, last = max(start, edges[0]), min(stop, edges[-1])
            if first < last:
                low, high = bisect_right(edges, first) - 1, bisect_right(edges, last - 1)
                found.append(RowGroupSpan(_bare(source), tuple(range(low, high)), first - edges[low], last - first))
        return tuple(found)


def is_divisible(files: Sequence[Source]) -> bool:
    """Whether any process can read any part of each file."""
    return all(
        (source.path is not None or (source.url is not None and is_shared(source.url)))
        and source.compression is None
        and reader_of(source).DIVISIBLE
        for source in files
    )


def layout(files: tuple[Source, ...]) -> FileLayout:
    """Reads what the files say about themselves, nothing more."""
    return FileLayout(files, tuple(tuple(reader_of(source).groups(source)) for source in files))


def read(lots: Sequence[RowGroupSpan], wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    """The lots' rows; raises InputError where a file cannot be read here, or has fewer rows by now."""
    for lot in lots:
        try:
            yield from _read(lot, wanted)
        except OSError as error:
            raise InputError(f"{lot.source.name}: cannot be read: {error}") from error


def _read(lot: RowGroupSpan, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    skip, left = lot.skip, lot.rows
    for batch in reader_of(lot.source).read_groups(lot.source, wanted, lot.groups):
        mine = batch.slice(skip, left)
        skip = max(0, skip - batch.num_rows)
        left -= mine.num_rows
        if mine.num_rows:
            yield mine
        if not left:
            return
    raise InputError(f"{lot.source.name}: {left:,} rows are missing; the file has changed since its start was read")


def _bare(source: Source) -> Source:
    """Without what was read of it already, and found from any folder."""
    return Source(source.name, source.path and source.path.absolute(), url=source.url, sheet=source.sheet)
