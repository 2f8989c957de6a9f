"""Another file's rows beside the dataset's: matched by id where the file has ids, else by order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import repeated_values
from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.io.tables.unnamed_columns import INDEX

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def id_name(dataset: Dataset) -> str:
    """The column that another file would carry the dataset's ids in."""
    return dataset.columns.id or "id"


def joining_column(files: tuple[Source, ...], names: Sequence[str], dataset: Dataset) -> str | None:
    """The column of another file, whose columns are `names`, that tells which row is which; None for their order.

    It is the id column; else a data frame's row labels, where there are such and they hold most ids of the dataset.
    Labels that only count the rows, from 0 or from 1, tell nothing that their order does not.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if id_name(dataset) in names:
        return id_name(dataset)
    if dataset.columns.id is None or not table_files.have_index(files, dataset.encoding):
        return None
    labels = read_ids(files, INDEX, dataset.encoding)
    if any(labels.equals(pa.array(map(str, range(first, first + len(labels))), pa.string())) for first in (0, 1)):
        return None
    found = pc.sum(pc.is_in(dataset.ids, value_set=labels)).as_py() or 0
    return INDEX if 2 * found > len(dataset) else None


def read_ids(files: tuple[Source, ...], column: str, encoding: str | None = None) -> pa.Array:
    """A file's ids, in its own order."""
    import pyarrow as pa

    parts = [batch.column(0) for batch in table_files.read(files, ReadRequest(text=(column,), encoding=encoding))]
    return pa.chunked_array(parts, pa.string()).combine_chunks()


def rows_by_id(
    name: str, ids: pa.Array, dataset: Dataset, *, may_lack: bool = False, hint: str = "add them"
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """For each row of the dataset the place of its id in `ids` (−1 where it may lack one), and notes.

    Raises InputError for ids that are repeated, that match nothing, or that leave rows of the dataset out, with a
    `hint` what to do.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if repeated := repeated_values(ids):
        raise InputError(f"{name}: ids that stand in more than one row: {listing(repeated)}; make them unique")
    rows: NDArray[np.int64] = pc.fill_null(pc.index_in(dataset.ids, value_set=ids), -1).to_numpy().astype(np.int64)
    lacking = rows < 0
    if lacking.all():
        theirs, ours = ids.slice(0, 2).to_pylist(), dataset.ids.slice(0, 2).to_pylist()
        raise InputError(
            f"{name}: none of its ids is in {dataset.name}: {listing(theirs)} against {listing(ours)}; "
            "is --id the right column?"
        )
    if lacking.any() and not may_lack:
        missing = dataset.ids.filter(pa.array(lacking)).sort().to_pylist()
        raise InputError(f"{name}: nothing for {len(missing):,} rows of {dataset.name}: ids {listing(missing)}; {hint}")
    extra = len(ids) - int((~lacking).sum())
    note = f"{name}: {extra:,} rows match no id of {dataset.name} and were left aside"
    return rows, (note,) if extra else ()


def wrong_length(name: str, found: int, rows: int) -> InputError:
    return InputError(
        f"{name}: {found:,} rows for {rows:,} rows of data, and no ids to join them by; "
        "add an id column, or mend the rows"
    )
