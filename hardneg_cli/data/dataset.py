"""A labeled dataset: ids, labels as class codes, and the content that the labels are about, all text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.class_names import in_order, matched
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.hashed_columns import HashedColumns
from hardneg_cli.data.numbered_labels import NumberedLabels
from hardneg_cli.data.row_identity import by_value, content_hashes
from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.picture_listing import ID
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """N labeled rows.

    ids: N texts, all different. labels: (N,) codes into `classes`, which are sorted by name.
    content: the text of every column that is no id, label, split, fold, groups or probability.
    roles: the text of the split, fold and groups columns.
    positions: (N,) each row's number among the `rows_read` rows of all files, from which ragged ones are missing.
    rows_of_files: how many of them each file of `sources` has.
    skipped: a sentence for every row of the file that was left out.
    notes: what to say about how the columns were understood.
    probabilities: the numbers of the `rows_read` rows' probability columns, where they were read along.
    numbered: how the files write the labels, where they write them as numbers of classes.
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
    notes: tuple[str, ...] = ()
    probabilities: NDArray[np.floating] | None = None
    numbered: NumberedLabels | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def rows_read(self) -> int:
        return sum(self.rows_of_files)

    @property
    def pictures_folder(self) -> Path:
        """What the paths of pictures are relative to: the folder of pictures itself, or the one of the first file."""
        first = self.sources[0]
        return first.pictures.folder if first.pictures else first.path.parent if first.path else Path()

    @property
    def has_moving_ids(self) -> bool:
        """Whether the ids are paths of pictures, so that a row that gets another label gets another id as well."""
        return self.sources[0].pictures is not None and self.columns.id == ID

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
        """(N,) each row's rank when rows are sorted by id: the breaker of ties."""
        import numpy as np

        rank = np.empty(len(self), np.int64)
        rank[self.by_id] = np.arange(len(self))
        return rank

    def with_classes(self, classes: Sequence[str]) -> Dataset:
        """The same rows with codes into `classes`, which contain the present ones."""
        import numpy as np

        code = {name: number for number, name in enumerate(classes)}
        codes = np.array([code[name] for name in self.classes], np.int32)
        return self._with(classes=tuple(classes), labels=codes[self.labels])

    def with_probabilities(self, values: NDArray[np.floating] | None) -> Dataset:
        """The same rows, with the numbers of all `rows_read` rows' probability columns, or without them."""
        return self._with(probabilities=values)

    def without(self, reasons: Mapping[int, str]) -> Dataset:
        """The dataset less some rows, each with the reason that `skipped` gives. Raises InputError where none is left.

        Classes that only those rows have are gone as well.
        """
        import numpy as np

        if not reasons:
            return self
        rows = np.setdiff1d(np.arange(len(self)), list(reasons))
        if not len(rows):
            raise InputError(f"{self.name}: every row was skipped: {next(iter(reasons.values()))}")
        codes, labels = np.unique(self.labels[rows], return_inverse=True)
        return replace(
            self, ids=self.ids.take(rows), labels=labels.astype(np.int32),
            classes=tuple(self.classes[code] for code in codes.tolist()), content=self.content.take(rows),
            roles=self.roles.take(rows), positions=self.positions[rows],
            skipped=(*self.skipped, *(f"row {self.positions[row] + 1}: {why}" for row, why in reasons.items())),
        )  # fmt: skip

    def with_notes(self, notes: Sequence[str]) -> Dataset:
        """The same rows, and something more to say about them."""
        return self._with(notes=(*self.notes, *notes))

    def remarks(self) -> Iterator[str]:
        """What was noted as the data was read, and how many rows were left out."""
        yield from self.notes
        yield from self.left_out()

    def left_out(self, most: int | None = 5) -> Iterator[str]:
        """How many rows were left out, if any, the first of them with the reason."""
        if self.skipped:
            more = "" if most is None or len(self.skipped) <= most else "; … (all of them with -v)"
            yield f"left out {len(self.skipped):,} bad rows: {'; '.join(self.skipped[:most])}{more}"

    def _with(self, **changes: Any) -> Dataset:
        """The same rows, which need not be sorted once more."""
        same = replace(self, **changes)
        same.__dict__["by_id"] = self.by_id
        return same

    def called(self, names: Sequence[str]) -> tuple[str, ...]:
        """Classes as the dataset calls them: by name where they are given by number, or in another spelling."""
        numbered = self.numbered
        return matched(names if numbered is None else [numbered.name(name) for name in names], self.classes)

    @property
    def in_order(self) -> tuple[str, ...]:
        """The classes in the order in which arrays have them."""
        return in_order(self.classes) if self.numbered is None else self.numbered.names

    def role(self, column: str | None) -> list[str] | None:
        """N texts of a split, fold or groups column, "" where a cell is empty; None where no column plays the part."""
        return None if column is None else [text or "" for text in self.roles[column].to_pylist()]

    def row_hashes(self, rows: NDArray[np.int64]) -> list[str]:
        """The hash of each row's content: `h` and 8 bytes of BLAKE2b as hexadecimal, over `name=length:value`."""
        return content_hashes(self.content.take(rows), len(rows))

    @cached_property
    def hashed(self) -> HashedColumns:
        """The columns that `row_hashes` cover."""
        return HashedColumns.of(self.content.column_names)

    def texts(self, names: Sequence[str]) -> pa.Table:
        """(N rows) these columns as text, whatever part they play; those that play one are read again."""
        import pyarrow as pa

        columns = {
            name: table[name] for table in (self.content, self.roles) for name in names if name in table.column_names
        }
        columns |= {name: self.ids for name in names if name == self.columns.id}
        absent = tuple(name for name in names if name not in columns)
        if absent:
            wanted = ReadRequest(text=absent, encoding=self.encoding, skip_ragged=ignore)
            again = pa.Table.from_batches(list(table_files.read(self.sources, wanted)))
            columns |= {name: again[name].take(self.positions) for name in absent}
        return pa.table(columns)

    def numbers(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Batches of these columns as numbers, the file's skipped rows included."""
        return table_files.read(
            self.sources, ReadRequest(numbers=tuple(names), encoding=self.encoding, skip_ragged=ignore)
        )


def ignore(_: str) -> None:
    """Ragged rows were listed when the dataset was loaded."""
