"""How each row was learned, as `compare` writes it: columns of a file beside the data, or of the data itself.

A file is known by its columns confidence, variability and correctness; it is joined as probabilities are, by id where
it has ids, by order where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.alignment import id_name, joining_column, rows_by_id, wrong_length
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, Unavailable, listing, plural, quote
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.frames import as_table, in_memory
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.io.files.source import Source

    Numbers = NDArray[np.float64]

MEASURES = ("confidence", "variability", "correctness")
GIVEN, OTHER = "given_label", "likeliest_other"


@dataclass(frozen=True)
class TrainingEvidence:
    """(N,) each: the label's mean probability over the checkpoints, its standard deviation, and how many were right.

    NaN for a row that nothing is known of, or that has another label now. other: codes of the class that most other
    checkpoints say, −1 for none.
    """

    confidence: Numbers
    variability: Numbers
    correctness: Numbers
    other: NDArray[np.int32]
    notes: tuple[str, ...] = ()


def split_off(probs: Sequence[Any], encoding: str | None = None) -> tuple[list[Any], Any]:
    """The models among `probs`, and the file or frame that says how rows were learned, None where there is none.

    Raises InputError for more than one of these.
    """
    flags = [_is_training_evidence(source, encoding) for source in probs]
    if sum(flags) > 1:
        raise InputError(f"{sum(flags)} of the --probs say how rows were learned: name one of them")
    models = [source for source, flag in zip(probs, flags, strict=True) if not flag]
    return models, next((source for source, flag in zip(probs, flags, strict=True) if flag), None)


def beside(source: Any, dataset: Dataset) -> TrainingEvidence:
    """From a file or a frame. Raises InputError for cells that cannot be right, and rows that cannot be joined."""
    import numpy as np

    if isinstance(source, str | Path):
        name, files = str(source), sources(str(source))
    else:
        name, files = "training evidence", (in_memory(source, labels=id_name(dataset)),)
    names = table_files.columns(files, dataset.encoding)
    id_column = joining_column(files, names, dataset)
    wanted = [column for column in (*MEASURES, GIVEN, OTHER) if column in names]
    table = _read(files, [*wanted, *([id_column] if id_column and id_column not in wanted else [])], dataset.encoding)
    if id_column is not None:
        rows, notes = rows_by_id(name, table[id_column].combine_chunks(), dataset, may_lack=True)
    elif len(table) == dataset.rows_read:
        rows, notes = dataset.positions, ()
    else:
        raise wrong_length(name, len(table), dataset.rows_read)
    found = _evidence({column: table[column] for column in wanted}, np.asarray(rows), dataset, name)
    if isinstance(found, str):
        raise InputError(found)
    return TrainingEvidence(**{**vars(found), "notes": (*notes, *found.notes)})


def inside(dataset: Dataset) -> TrainingEvidence:
    """From the dataset's own columns. Raises Unavailable where they are not there, or mean something else."""
    import numpy as np

    content = dataset.content
    if not set(MEASURES) <= set(content.column_names):
        raise Unavailable("no training dynamics: name with --probs what compare --cartography wrote")
    columns = {name: content[name] for name in (*MEASURES, GIVEN, OTHER) if name in content.column_names}
    found = _evidence(columns, np.arange(len(dataset)), dataset, dataset.name)
    if isinstance(found, str):
        raise Unavailable(f"no training dynamics: {found}")
    return found


def _is_training_evidence(source: Any, encoding: str | None) -> bool:
    if isinstance(source, str | Path):
        path = Path(source)
        if "://" in str(source) or str(source) == "-" or (path.exists() and not (path.is_file() or path.is_dir())):
            return False  # what can be read but once is a model
        names: Sequence[str] = table_files.columns(sources(str(source)), encoding)
    else:
        table = as_table(source)
        names = [] if table is None else table.column_names
    return set(MEASURES) <= set(names)


def _read(files: tuple[Source, ...], names: Sequence[str], encoding: str | None) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_batches(list(table_files.read(files, ReadRequest(text=tuple(names), encoding=encoding))))


def _evidence(
    columns: dict[str, pa.ChunkedArray], rows: NDArray[np.int64], dataset: Dataset, name: str
) -> TrainingEvidence | str:
    """What the columns say, or what is wrong with them. rows: (N,) the place of each row there, −1 for none."""
    import numpy as np

    measures: list[Numbers] = []
    for column in MEASURES:
        values = _shares(columns[column])
        if isinstance(values, str):
            return f"{name}: column {quote(column)} holds {quote(values)}, no number between 0 and 1"
        measures.append(np.where(rows >= 0, values[rows], np.nan))
    code = {label: number for number, label in enumerate(dataset.classes)}
    notes = []
    if GIVEN in columns:
        labels = np.array([code.get(label, -1) for label in columns[GIVEN].to_pylist()], np.int64)
        other_now = (rows >= 0) & (labels[rows] != dataset.labels)
        if other_now.any():
            ids = sorted(dataset.ids.take(np.flatnonzero(other_now)).to_pylist())
            them = plural(len(ids), "row has", "rows have")
            notes.append(f"{name}: {them} another label now, and how it was learned tells nothing: ids {listing(ids)}")
        measures = [np.where(other_now, np.nan, values) for values in measures]
    other = np.full(len(dataset), -1, np.int32)
    if OTHER in columns:
        codes = np.array([code.get(label, -1) for label in columns[OTHER].to_pylist()], np.int32)
        other = np.where(rows >= 0, codes[rows], -1).astype(np.int32)
        other[other == dataset.labels] = -1
    return TrainingEvidence(*measures, other, tuple(notes))


def _shares(column: pa.ChunkedArray) -> Numbers | str:
    """The numbers of a column of texts, NaN for an empty cell; or the first text that is no number between 0 and 1."""
    import numpy as np

    found = np.full(len(column), np.nan)
    for place, text in enumerate(column.to_pylist()):
        if text is None or not text.strip():
            continue
        try:
            found[place] = float(text)
        except ValueError:
            return str(text)
        if not 0 <= found[place] <= 1:
            return str(text)
    return found
