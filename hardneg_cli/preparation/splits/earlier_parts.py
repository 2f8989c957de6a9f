"""Parts that rows have already, by an older file or by the dataset's own column, which they keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.alignment import joining_column, read_ids, rows_by_id
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import content_hashes, content_ids
from hardneg_cli.errors import InputError, did_you_mean, listing, plural, quote
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import Frame, in_memory
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.preparation.splits.shares import SplitShares

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

NOWHERE = -1


@dataclass(frozen=True)
class EarlierParts:
    """names: N, that of each row's part, "" for none. source: who says so. gone: how many rows of it are no more."""

    names: tuple[str, ...]
    source: str
    gone: int = 0

    def codes(self, shares: SplitShares) -> Codes:
        """(N,) places among the parts, NOWHERE for none. Raises InputError for a part that is none of them."""
        import numpy as np

        place = {name: number for number, name in enumerate(shares.names)} | {"": NOWHERE}
        if strange := sorted({name for name in self.names if name not in place}):
            hint = f"{quote(strange[0])}=0 leaves it as it is" if not shares.are_folds else "choose as many --folds"
            raise InputError(
                f"{self.source}: {plural(len(strange), 'part')} that there is not now: {listing(strange)} (these are "
                f"{listing(shares.names)}); name them with --fractions; {hint}"
                if not shares.are_folds
                else f"{self.source}: no fold of {len(shares)} is called {listing(strange)}: {hint} as it has"
            )
        return np.array([place[name] for name in self.names], np.int64)

    def shares(self) -> SplitShares | None:
        """The parts with the share of the rows that each has; None where no two have any."""
        filled = [name for name in self.names if name]
        order = list(dict.fromkeys(sorted(filled, key=_usual_order)))
        if len(order) < 2:
            return None
        return SplitShares(tuple(order), tuple(filled.count(name) / len(filled) for name in order))


def own_parts(dataset: Dataset, column: str) -> EarlierParts:
    """What the dataset's own column says."""
    cells = dataset.role(column)
    if cells is None:
        raise InputError(f"{dataset.name}: no column {quote(column)}")
    return EarlierParts(tuple(cell.strip() for cell in cells), f"{dataset.name}, column {quote(column)}")


def older_parts(dataset: Dataset, older: str | Path | Frame, column: str, option: str) -> EarlierParts:
    """What an older file, or frame, says of the same rows: those with the same id, else those with the same content.

    option: the one that names the column. Raises InputError for a file without the column, or without ids and the
    content, and for one that has none of the rows.
    """
    files = (
        sources(str(older)) if isinstance(older, str | Path) else (in_memory(older, labels=dataset.columns.id or "id"),)
    )
    name = str(older) if isinstance(older, str | Path) else "keep"
    names = table_files.columns(files, dataset.encoding)
    if column not in names:
        hint = did_you_mean(column, names) or f"; the columns are {listing(names, 8)}"
        raise InputError(f"{name}: no column {quote(column)}, which --{option} names{hint}")
    parts = [(text or "").strip() for text in _texts(files, (column,), dataset).column(0).to_pylist()]
    if any(name_ not in names for name_ in dataset.content.column_names) or not dataset.content.num_columns:
        return _by_id_alone(dataset, files, names, name, parts)
    content = _texts(files, tuple(dataset.content.column_names), dataset)
    found, known = [""] * len(dataset), 0
    if (id_column := joining_column(files, names, dataset)) is not None:
        ids = read_ids(files, id_column, dataset.encoding)
    elif dataset.columns.id is None and dataset.columns.label in names:
        ids = content_ids(content, _labels(files, dataset))
    else:
        ids = None
    if ids is not None:
        place = _places(name, ids, dataset)
        found = ["" if at < 0 else parts[at] for at in place.tolist()]
        known = int((place >= 0).sum())
    found, more = _by_content(dataset, found, content, parts)
    if not known and not more:
        raise InputError(f"{name}: has none of the rows of {dataset.name}, neither by id nor by content")
    return EarlierParts(tuple(found), name, max(0, len(parts) - known - more))


def _by_id_alone(
    dataset: Dataset, files: tuple[Source, ...], names: list[str], name: str, parts: list[str]
) -> EarlierParts:
    column = joining_column(files, names, dataset)
    if column is None:
        raise InputError(
            f"{name}: neither ids nor the columns of {dataset.name}: its rows cannot be told; add an id column, or "
            "name the older dataset itself"
        )
    place = rows_by_id(name, read_ids(files, column, dataset.encoding), dataset, may_lack=True)[0]
    found = tuple("" if at < 0 else parts[at] for at in place.tolist())
    return EarlierParts(found, name, len(parts) - int((place >= 0).sum()))


def _places(name: str, ids: pa.Array, dataset: Dataset) -> Codes:
    """(N,) where each row's id stands among `ids`, −1 for nowhere. Raises InputError for an id that stands twice."""
    import numpy as np
    import pyarrow.compute as pc

    if not pc.any(pc.is_in(dataset.ids, value_set=ids)).as_py():
        return np.full(len(dataset), -1, np.int64)
    return rows_by_id(name, ids, dataset, may_lack=True)[0]


def _by_content(dataset: Dataset, found: list[str], content: pa.Table, parts: list[str]) -> tuple[list[str], int]:
    """The parts with those of rows whose content the older file has under another id, and how many these are.

    Of content that stands in several parts there, the first by name counts.
    """
    import numpy as np

    rows = np.array([row for row, part in enumerate(found) if not part], np.int64)
    if not len(rows):
        return found, 0
    by_hash: dict[str, str] = {}
    for hash_, part in zip(content_hashes(content, len(parts)), parts, strict=True):
        if part:
            by_hash[hash_] = min(part, by_hash.get(hash_, part))
    more = 0
    for row, hash_ in zip(rows.tolist(), dataset.row_hashes(rows), strict=True):
        if hash_ in by_hash:
            found[row] = by_hash[hash_]
            more += 1
    return found, more


def _labels(files: tuple[Source, ...], dataset: Dataset) -> NDArray[np.int32]:
    import numpy as np

    labels = [text or "" for text in _texts(files, (dataset.columns.label,), dataset).column(0).to_pylist()]
    if dataset.numbered is not None:
        labels = [dataset.numbered.name(label) for label in labels]
    return np.unique(np.array(labels, object), return_inverse=True)[1].astype(np.int32)


def _texts(files: tuple[Source, ...], names: tuple[str, ...], dataset: Dataset) -> pa.Table:
    import pyarrow as pa

    wanted = ReadRequest(text=names, encoding=dataset.encoding)
    return pa.Table.from_batches(list(table_files.read(files, wanted)))


def _usual_order(name: str) -> tuple[int, str]:
    """What trains first, what tests last."""
    for place, words in enumerate((("train",), ("dev", "val"), ("test", "eval"))):
        if name.lower().startswith(words):
            return (0, 1, 3)[place], name
    return 2, name
