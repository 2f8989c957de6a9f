"""The base: what a dataset was before, as far as a comparison needs it; its own troubles are no error here.

A commit that mends a broken base must pass, so rows without an id, or with one that stands twice, are left out and
counted, and a row without a label has the label "".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.numbered_labels import with_names
from hardneg_cli.data.picture_columns import no_content
from hardneg_cli.data.row_identity import blank, repeated_values
from hardneg_cli.errors import InputError, did_you_mean, plural, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Baseline:
    """M rows.

    ids: M texts, None where rows are told apart by their content alone. labels: M texts.
    content: the text of every column that is no id, label, role or probability; None where only hashes are known.
    hashes: M content hashes over the columns `hashed`, in place of the content.
    roles: the text of those split, fold and groups columns that it has.
    flagged, score: (M,) what a run of find said of each row, where that is known.
    """

    name: str
    ids: pa.Array | None
    labels: pa.Array
    content: pa.Table | None
    roles: pa.Table
    hashes: pa.Array | None = None
    hashed: tuple[str, ...] = ()
    flagged: NDArray[np.bool_] | None = None
    score: NDArray[np.float32] | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def classes(self) -> tuple[str, ...]:
        """The labels that it uses, sorted."""
        import pyarrow.compute as pc

        return tuple(sorted(filter(None, pc.unique(self.labels).to_pylist())))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of its content."""
        return self.hashed if self.content is None else tuple(self.content.column_names)


def read(
    name: str, files: Sequence[Source], columns: Columns, encoding: str | None = None, remarks: Sequence[str] = ()
) -> Baseline:
    """The base in `files`, which may be none; `columns` are those of the dataset that is compared with it.

    remarks: notes on the files.
    Raises InputError where there is no column of the labels, or where ids are given on one side alone.
    """
    import pyarrow as pa

    files = [source for source in files if source.head.strip()]  # an empty file has no rows, and no columns either
    if not files:
        nothing = pa.array([], pa.string())
        ids = nothing if columns.id else None
        return Baseline(name, ids, nothing, pa.table({}), pa.table({}), notes=tuple(remarks))
    names = table_files.columns(files, encoding)
    _require(name, names, columns)
    ragged: list[str] = []
    numbers = set(columns.probabilities(names))
    text = tuple(column for column in names if column not in numbers)
    wanted = ReadRequest(text, (), encoding, ragged.append, tuple(filter(None, (columns.label, columns.id))))
    schema = pa.schema([(column, pa.string()) for column in text])
    parts = [batch for source in files for batch in table_files.read_file(source, wanted)]
    table, _ = with_names(files, columns, pa.Table.from_batches(parts, schema))
    notes = [*remarks]
    if troubles := files[0].pictures.troubles if files[0].pictures else {}:
        table = table.take([row for row in range(table.num_rows) if row not in troubles])
        notes.append(f"{name}: {plural(len(troubles), 'picture')} that cannot be used left out of the base")
    if ragged:
        notes.append(f"{name}: {len(ragged):,} ragged rows were left out of the base")
    if columns.id:
        table, more = _with_ids(name, table, columns.id)
        notes += more
    return _of_table(name, table.drop_columns(sorted(no_content(files))), columns, tuple(notes))


def _require(name: str, names: Sequence[str], columns: Columns) -> None:
    for part, column in (("label", columns.label), ("id", columns.id)):
        if column is not None and column not in names:
            raise InputError(
                f"{name}: the base has no column {quote(column)} for --{part}{did_you_mean(column, names)}"
            )
    if columns.id is None and "id" in names and columns.label != "id":
        raise InputError(f"{name}: the base has ids, and the data has none: rows cannot be told apart by them")


def _of_table(name: str, table: pa.Table, columns: Columns, notes: tuple[str, ...]) -> Baseline:
    import pyarrow.compute as pc

    roles = {column for column in (columns.split, columns.fold, columns.groups) if column in table.column_names}
    parts = [column for column in (columns.label, columns.id, *roles) if column]
    content = table.drop_columns(sorted({*parts}))
    labels = table[columns.label]
    labels = pc.if_else(blank(labels), "", labels).combine_chunks() if labels.null_count else labels.combine_chunks()
    ids = table[columns.id].combine_chunks() if columns.id else None
    return Baseline(name, ids, labels, content, table.select(sorted(filter(None, roles))), notes=notes)


def _with_ids(name: str, table: pa.Table, column: str) -> tuple[pa.Table, list[str]]:
    """The rows whose id tells them apart."""
    import numpy as np

    ids = table[column].combine_chunks()
    bad = blank(table[column])
    if repeated_values(ids):
        place = ids.dictionary_encode().indices.fill_null(-1).to_numpy()
        bad = bad | (np.bincount(place + 1)[place + 1] > 1)
    count = int(bad.sum())
    if not count:
        return table, []
    return table.filter(~bad), [f"{name}: {count:,} rows with no id of their own were left out of the base"]
