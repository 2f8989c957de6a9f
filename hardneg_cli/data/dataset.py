"""A labeled dataset: ids, labels as class codes, and the content that the labels are about, all text."""

from __future__ import annotations

import fnmatch
import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.data.row_identity import blank, by_value, content_hashes, content_ids, repeated_values
from hardneg_cli.errors import InputError, did_you_mean, listing
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.matrix import matrix
from hardneg_cli.io.tables.spill import MEMORY, spool
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    Table: TypeAlias = pa.Table | pd.DataFrame


@dataclass(frozen=True)
class Columns:
    """Which column of a dataset plays which part; `id` defaults to a column `id` where there is one."""

    label: str = "label"
    id: str | None = None
    text: str | None = None
    groups: str | None = None
    split: str | None = None
    fold: str | None = None
    prob_prefix: str = "prob_"

    def probabilities(self, names: Sequence[str]) -> tuple[str, ...]:
        """Those of a file's columns that hold probabilities."""
        return tuple(name for name in names if name.startswith(self.prob_prefix) and name != self.label)

    def parts(self) -> dict[str, str]:
        """The named columns, by the option that names them."""
        named = {part: getattr(self, part) for part in ("label", "id", "text", "groups", "split", "fold")}
        return {part: name for part, name in named.items() if name is not None}


@dataclass(frozen=True)
class Dataset:
    """N labeled rows.

    ids: N texts, all different. labels: (N,) codes into `classes`, which are sorted by name.
    content: the text of every column that is no id, label, split, fold, groups or probability.
    roles: the text of the split, fold and groups columns.
    positions: (N,) each row's number among the `rows_read` rows of all files, from which ragged ones are missing.
    rows_of_files: how many of them each file of `sources` has.
    skipped: a sentence for every row of the file that was left out.
    probabilities: the numbers of the `rows_read` rows' probability columns, where they were read along.
    """

    name: str
    sources: tuple[Source, ...]
    columns: Columns
    encoding: str | None
    all_columns: tuple[str, ...]
    ids: pa.Array
    labels: NDArray[np.int32]
    classes: tuple[str, ...]
    content: pa.Table
    roles: pa.Table
    positions: NDArray[np.int64]
    rows_of_files: tuple[int, ...]
    skipped: tuple[str, ...] = ()
    probabilities: NDArray[np.floating[Any]] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def rows_read(self) -> int:
        return sum(self.rows_of_files)

    @property
    def whole(self) -> bool:
        """Whether every row of the file is here."""
        return not self.skipped

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """(K,) rows per class."""
        import numpy as np

        return np.bincount(self.labels, minlength=len(self.classes))

    @cached_property
    def by_id(self) -> NDArray[np.int64]:
        """(N,) the rows in the order of their ids."""
        return by_value(self.ids)

    @cached_property
    def id_rank(self) -> NDArray[np.int64]:
        """(N,) each row's place when rows are sorted by id: the breaker of ties."""
        import numpy as np

        rank = np.empty(len(self), np.int64)
        rank[self.by_id] = np.arange(len(self))
        return rank

    def with_classes(self, classes: Sequence[str]) -> Dataset:
        """The same rows with codes into `classes`, which contain the present ones."""
        import numpy as np

        place = {name: code for code, name in enumerate(classes)}
        codes = np.array([place[name] for name in self.classes], np.int32)
        return self._with(classes=tuple(classes), labels=codes[self.labels])

    def with_probabilities(self, values: NDArray[np.floating[Any]] | None) -> Dataset:
        """The same rows, with the numbers of all `rows_read` rows' probability columns, or without them."""
        return self._with(probabilities=values)

    def _with(self, **changes: Any) -> Dataset:
        """The same rows, which need not be sorted once more."""
        same = replace(self, **changes)
        same.__dict__["by_id"] = self.by_id
        return same

    def row_hashes(self, rows: NDArray[np.int64]) -> list[str]:
        """The hash of each row's content: `h` and 8 bytes of BLAKE2b as hexadecimal, over `name=length:value`."""
        return content_hashes(self.content.take(rows), len(rows))

    def numbers(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Batches of these columns as numbers, the file's skipped rows included."""
        return table_files.read(
            self.sources, ReadRequest(numbers=tuple(names), encoding=self.encoding, skip_ragged=_ignore)
        )


def load(
    data: str | Path | Table,
    columns: Columns | None = None,
    *,
    encoding: str | None = None,
    on_bad_rows: str = "fail",
    with_probabilities: bool = False,
    memory: int = MEMORY,
) -> Dataset:
    """Read a dataset from a file, a glob, `-`, or a table in memory.

    with_probabilities: they will be needed, so where a second reading is dear they are kept; in `memory` bytes, if
    they fit.

    Raises InputError for a missing file or column, ragged rows, missing labels, empty or repeated
    ids. With `on_bad_rows="skip"`, rows without a label or an id and ragged rows
    are left out and listed in `skipped`.
    """
    import pyarrow as pa

    columns = columns or Columns()
    files = sources(str(data), may_be_remote=True) if isinstance(data, str | Path) else (in_memory(data),)
    name = str(data) if isinstance(data, str | Path) else "table"
    names = table_files.columns(files, encoding)
    columns = _resolve(name, columns, names)
    skipped: list[str] = []
    note = skipped.append if on_bad_rows == "skip" else None
    numbers = columns.probabilities(names)
    text = tuple(column for column in names if column not in set(numbers))
    along = numbers if with_probabilities and not table_files.cheap_to_read_again(files[0]) else ()
    with progress(f"reading {name}"):
        table, values, lengths = _read(files, ReadRequest(text, along, encoding, note), memory)
    dataset = _dataset(name, files, columns, encoding, tuple(names), table, lengths, skipped, note)
    del table
    pa.default_memory_pool().release_unused()  # what the table and its reader needed
    return dataset if values is None else dataset.with_probabilities(values)


def choose(patterns: Sequence[str], names: Sequence[str], what: str) -> list[str]:
    """The columns that any pattern matches, in the file's order; a pattern without a match is an error."""
    for pattern in patterns:
        if not fnmatch.filter(names, pattern):
            hint = did_you_mean(pattern, names) or (
                f"; the columns are {listing(names, 8)}" if names else "; there is none"
            )
            raise InputError(f"no column {pattern!r} for {what}{hint}")
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]


def _ignore(_: str) -> None:
    """Ragged rows were listed when the dataset was loaded."""


def in_memory(table: Any) -> Source:
    """A table as an Arrow file in memory, so that it is read as any other file is."""
    import pyarrow as pa

    table = table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False)
    out = io.BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return Source("table", data=out.getvalue())


def _read(
    files: tuple[Source, ...], wanted: ReadRequest, memory: int
) -> tuple[pa.Table, NDArray[np.floating[Any]] | None, tuple[int, ...]]:
    """The wanted text as a table, the numbers, if any are wanted, as a matrix, and how many rows each file has."""
    import pyarrow as pa

    parts: list[pa.RecordBatch] = []
    lengths = [0] * len(files)

    def batches() -> Iterator[pa.RecordBatch]:
        for file, batch in table_files.read_by_file(files, wanted):
            parts.append(batch.select(list(wanted.text)))
            lengths[file] += batch.num_rows
            yield batch

    values = None
    if wanted.numbers:
        values = spool((matrix(batch.select(list(wanted.numbers))) for batch in batches()), memory)
    else:
        deque(batches(), maxlen=0)  # reads all of them
    schema = pa.schema([(name, pa.string()) for name in wanted.text])
    return pa.Table.from_batches(parts, schema), values, tuple(lengths)


def _resolve(name: str, columns: Columns, names: Sequence[str]) -> Columns:
    if columns.id is None and "id" in names and columns.label != "id":
        columns = replace(columns, id="id")
    for part, column in columns.parts().items():
        if column not in names:
            hint = did_you_mean(column, names) or f"; the columns are {listing(names, 8)}"
            raise InputError(f"{name}: no column {column!r} for --{part}{hint}")
    return columns


def _dataset(
    name: str,
    files: tuple[Source, ...],
    columns: Columns,
    encoding: str | None,
    names: tuple[str, ...],
    table: pa.Table,
    lengths: tuple[int, ...],
    skipped: list[str],
    note: Callable[[str], None] | None,
) -> Dataset:
    import numpy as np

    positions = np.arange(table.num_rows)
    for part, column in (("label", columns.label), ("id", columns.id)):
        if column is not None:
            missing = blank(table[column])
            if missing.any():
                _refuse_missing(name, part, column, positions[missing], note)
                table, positions = table.filter(~missing), positions[~missing]
    if not len(positions):
        raise InputError(f"{name}: every row was skipped")
    labels, classes = _codes(table[columns.label])
    roles = {column for column in (columns.split, columns.fold, columns.groups) if column}
    content = table.drop_columns(sorted({columns.label, *roles} | ({columns.id} if columns.id else set())))
    ids = table[columns.id].combine_chunks() if columns.id else content_ids(content, labels)
    dataset = Dataset(
        name, files, columns, encoding, names, ids, labels, classes,
        content, table.select(sorted(roles)), positions, lengths, tuple(skipped),
    )  # fmt: skip
    if columns.id and (repeated := repeated_values(ids, dataset.by_id)):
        raise InputError(
            f"{name}: ids in column {columns.id!r} that stand in more than one row: {listing(repeated)}; "
            "make them unique, or name another column with --id"
        )
    return dataset


def _refuse_missing(
    name: str, part: str, column: str, rows: NDArray[np.int64], note: Callable[[str], None] | None
) -> None:
    if not len(rows):
        return
    if note is None:
        shown = ", ".join(str(row + 1) for row in rows[:5]) + (f" and {len(rows) - 5:,} more" if len(rows) > 5 else "")
        plural = "row" if len(rows) == 1 else "rows"
        hint = "fill it in, or skip such rows with --on-bad-rows skip"
        raise InputError(f"{name}: no {part} (column {column!r}) in {plural} {shown}: {hint}")
    for row in rows:
        note(f"row {row + 1}: no {part}")


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Codes into the sorted distinct values."""
    import numpy as np

    encoded = column.dictionary_encode().chunks  # with one dictionary for all of them
    names = encoded[-1].dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    code = np.empty(len(names), np.int32)
    code[order] = np.arange(len(names), dtype=np.int32)
    return np.concatenate([code[chunk.indices.to_numpy()] for chunk in encoded]), tuple(names[i] for i in order)
