"""Files, or a table in memory, as a dataset."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset, ignore
from hardneg_cli.data.label_kinds import lists_of_labels, refuse_measurements
from hardneg_cli.data.numbered_labels import NumberedLabels, with_names
from hardneg_cli.data.picture_columns import columns_of_pictures, no_content
from hardneg_cli.data.probability_columns import named, strangers_that_belong
from hardneg_cli.data.row_identity import blank, content_ids, repeated_values
from hardneg_cli.errors import MOST_OF_A_PATH, InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import in_memory
from hardneg_cli.io.tables.matrix import matrix
from hardneg_cli.io.tables.picture_listing import IMAGE, LABEL
from hardneg_cli.io.tables.spill import MEMORY, spool
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.runtime.progress import Advance, progress

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    Table: TypeAlias = pa.Table | pd.DataFrame

ALONE = ("text", "id")  # parts of a column that can play no other; the others say which rows belong together
BOTH = ("id", "image")  # but a path is a picture, and tells it apart
MOST_TROUBLES = 3  # that are named


@worded_in_arguments
def load(
    data: str | Path | Table,
    columns: Columns | None = None,
    *,
    encoding: str | None = None,
    on_bad_rows: str = "fail",
    with_probabilities: bool = False,
    memory: int = MEMORY,
    files: Sequence[Source] = (),
) -> Dataset:
    """Read a dataset from a file, a glob, `-`, or a table in memory.

    with_probabilities: they will be needed, so where a second reading is dear they are kept; in `memory` bytes, if
    they fit. files: what to read in place of the files that `data` names.

    Raises InputError for a missing file or column, ragged rows, missing labels, empty or repeated
    ids. With `on_bad_rows="skip"`, rows without a label or an id and ragged rows
    are left out and listed in `skipped`.
    """
    import pyarrow as pa

    columns = columns or Columns()
    files = tuple(files) or (
        sources(str(data), may_be_remote=True)
        if isinstance(data, str | Path)
        else (in_memory(data, labels=columns.id or "id"),)
    )
    name = str(data) if isinstance(data, str | Path) else "table"
    names = table_files.columns(files, encoding)
    columns = _resolve(name, columns_of_pictures(files, columns), names)
    skipped: list[str] = []
    note = skipped.append if on_bad_rows == "skip" else None
    may_hold = columns.candidates(names)
    text = tuple(column for column in names if column not in set(may_hold))
    request = ReadRequest(text, (), encoding, note, tuple(filter(None, (columns.label, columns.id))))
    along = (
        may_hold if columns.prob_prefix and with_probabilities and not table_files.cheap_to_read_again(files[0]) else ()
    )
    with progress(f"reading {name}") as advance:
        table, values, lengths = _read_along(files, request, along, skipped, memory, advance)
    table, numbered = with_names(files, columns, table)
    told, table, values = _content_apart(files, columns, may_hold, table, values, request, numbered)
    table = table.select([column for column in names if column in table.column_names])
    dataset = _dataset(name, files, told, encoding, tuple(names), table, lengths, skipped, note)
    dataset = dataset if numbered is None else replace(dataset, numbered=numbered)
    new = (told.beside or ())[len(columns.beside or ()) :]
    about = files[0].pictures.notes if files[0].pictures else ()
    if notes := (*about, *_content_after_all(name, told, new), *lists_of_labels(name, told, dataset.classes)):
        dataset = dataset.with_notes(notes)
    del table
    pa.default_memory_pool().release_unused()  # what the table and its reader needed
    return dataset if values is None else dataset.with_probabilities(values)


def _read(
    files: tuple[Source, ...], request: ReadRequest, memory: int, advance: Advance
) -> tuple[pa.Table, NDArray[np.floating] | None, tuple[int, ...]]:
    """The text as a table, the numbers, if any are requested, as a matrix, and how many rows each file has."""
    import pyarrow as pa

    parts: list[pa.RecordBatch] = []
    lengths = [0] * len(files)

    def batches() -> Iterator[pa.RecordBatch]:
        for file, batch in table_files.read_by_file(files, request):
            parts.append(batch.select(list(request.text)))
            lengths[file] += batch.num_rows
            advance(batch.num_rows)
            yield batch

    values = None
    if request.numbers:
        values = spool((matrix(batch.select(list(request.numbers))) for batch in batches()), memory)
    else:
        deque(batches(), maxlen=0)  # reads all of them
    schema = pa.schema([(name, pa.string()) for name in request.text])
    return pa.Table.from_batches(parts, schema), values, tuple(lengths)


def _read_along(
    files: tuple[Source, ...],
    request: ReadRequest,
    along: tuple[str, ...],
    skipped: list[str],
    memory: int,
    advance: Advance,
) -> tuple[pa.Table, NDArray[np.floating] | None, tuple[int, ...]]:
    """As `_read`, with the numbers of `along` where all of these columns hold numbers, else without."""
    if along:
        try:
            return _read(files, replace(request, numbers=along), memory, advance)
        except InputError:  # text, perhaps, which is content; what else is wrong is said by the second reading
            skipped.clear()
    return _read(files, request, memory, advance)


def _content_apart(
    files: tuple[Source, ...],
    columns: Columns,
    may_hold: tuple[str, ...],
    table: pa.Table,
    values: NDArray[np.floating] | None,
    request: ReadRequest,
    numbered: NumberedLabels | None,
) -> tuple[Columns, pa.Table, NDArray[np.floating] | None]:
    """The columns with what is known of those that may hold probabilities; what is content goes into the table."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not may_hold:
        return columns, table, values
    classes = [label for label in pc.unique(table[columns.label]).to_pylist() if label and label.strip()]
    ours = named(may_hold, columns.prob_prefix, classes if numbered is None else numbered.spellings)
    strangers = tuple(name for name in may_hold if name not in set(ours))
    again = replace(request, skip_ragged=None if request.skip_ragged is None else ignore)
    if columns.prob_prefix and strangers:
        ours += strangers_that_belong(files, ours, strangers, again)
    content = tuple(name for name in may_hold if name not in set(ours))
    if not content:
        return columns, table, values
    columns = replace(columns, named=ours) if not columns.prob_prefix else replace(
        columns, beside=(*(columns.beside or ()), *content)
    )  # fmt: skip
    more = pa.Table.from_batches(list(table_files.read(files, replace(again, text=content))))
    for name in content:
        table = table.append_column(name, more[name])
    return columns, table, None


def _resolve(name: str, columns: Columns, names: Sequence[str]) -> Columns:
    if columns.id is None and "id" in names and columns.label != "id":
        columns = replace(columns, id="id")
    _refuse_two_parts(name, columns)
    for part, column in columns.parts().items():
        if column not in names:
            hint = did_you_mean(column, names) or f"; the columns are {listing(names, 8)}"
            raise InputError(f"{name}: no column {quote(column)} for --{part}{hint}")
    return columns


def _refuse_two_parts(name: str, columns: Columns) -> None:
    """Raises InputError for a column that is the text or the id, and something else besides."""
    parts = columns.parts()
    for part in ALONE:
        for other, column in parts.items():
            if other != part and column == parts.get(part) and not {part, other} <= {*BOTH}:
                raise InputError(f"{name}: column {quote(column)} is both --{part} and --{other}; name another one")


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
    table, positions = _without_troubles(name, files, columns, table, note)
    for part, column in (("label", columns.label), ("id", columns.id)):
        if column is not None:
            missing = blank(table[column])
            if missing.any():
                _refuse_missing(name, part, column, positions[missing], note)
                table, positions = table.filter(~missing), positions[~missing]
    if not len(positions):
        raise InputError(f"{name}: every row was skipped: {listing(skipped, 2)}")
    labels, classes = _codes(table[columns.label])
    refuse_measurements(name, columns, classes, len(labels))
    roles = {column for column in (columns.split, columns.fold, columns.groups) if column} | no_content(files)
    content = table.drop_columns(sorted({columns.label, *roles} | ({columns.id} if columns.id else set())))
    ids = table[columns.id].combine_chunks() if columns.id else content_ids(content, labels)
    dataset = Dataset(
        name, files, columns, encoding, names, ids, labels, classes,
        content, table.select(sorted(roles)), positions, lengths, tuple(skipped),
    )  # fmt: skip
    if columns.id and (repeated := repeated_values(ids, dataset.by_id)):
        raise InputError(
            f"{name}: ids in column {quote(columns.id)} that stand in more than one row: {listing(repeated)}; "
            "make them unique, or name another column with --id"
        )
    return dataset


def _without_troubles(
    name: str, files: tuple[Source, ...], columns: Columns, table: pa.Table, note: Callable[[str], None] | None
) -> tuple[pa.Table, NDArray[np.int64]]:
    """The rows that can be used, with their numbers. Raises InputError for others unless `note` takes them down."""
    import numpy as np

    positions = np.arange(table.num_rows)
    about = files[0].pictures
    troubles = {**(about.unlabeled if columns.label == LABEL else {}), **about.troubles} if about else {}
    if not troubles:
        return table, positions
    troubles = dict(sorted(troubles.items()))
    shown = dict(zip(troubles, table[IMAGE].take([*troubles]).to_pylist(), strict=True))
    if note is None:
        said = [f"{quote(shown[row], MOST_OF_A_PATH)} {why}" for row, why in [*troubles.items()][:MOST_TROUBLES]]
        more = f"; and {len(troubles) - len(said):,} more" if len(troubles) > len(said) else ""
        raise InputError(f"{name}: {'; '.join(said)}{more}: mend that, or leave such out with --on-bad-rows skip")
    for row, why in troubles.items():
        note(f"{quote(shown[row], MOST_OF_A_PATH)} {why}")
    usable = np.setdiff1d(positions, [*troubles])
    return table.take(usable), usable


def _content_after_all(name: str, columns: Columns, found: Sequence[str]) -> tuple[str, ...]:
    """A note on columns that look like probabilities by their names alone."""
    if not found:
        return ()
    begin = "begins with {!r} and names" if len(found) == 1 else "begin with {!r} and name"
    return (f"{name}: {listing(found)} {begin.format(columns.prob_prefix)} no class: content like any other column",)


def _refuse_missing(
    name: str, part: str, column: str, rows: NDArray[np.int64], note: Callable[[str], None] | None
) -> None:
    if not len(rows):
        return
    if note is None:
        shown = ", ".join(str(row + 1) for row in rows[:5]) + (f" and {len(rows) - 5:,} more" if len(rows) > 5 else "")
        plural = "row" if len(rows) == 1 else "rows"
        hint = "fill it in, or skip such rows with --on-bad-rows skip"
        raise InputError(f"{name}: no {part} (column {quote(column)}) in {plural} {shown}: {hint}")
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
