"""How each row was learned, as `compare` writes it: columns of a file beside the data, or of the data itself.

A file is known by its columns confidence, variability and correctness; it is joined as probabilities are, by id where
it has ids, by order where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

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

    from hardneg_cli.data.probabilities.loading import ModelSource
    from hardneg_cli.io.files.source import Source

    Numbers = NDArray[np.float64]

CONFIDENCE, VARIABILITY, CORRECTNESS = MEASURES = ("confidence", "variability", "correctness")
GIVEN_LABEL, OTHER = "given_label", "likeliest_other"


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


def split_off(
    probs: Sequence[ModelSource], encoding: str | None = None
) -> tuple[list[ModelSource], ModelSource | None]:
    """The models among `probs`, and the file or frame that says how rows were learned, None where there is none.

    Raises InputError for more than one of these.
    """
    flags = [_is_training_evidence(source, encoding) for source in probs]
    if sum(flags) > 1:
        raise InputError(f"{sum(flags)} of the --probs say how rows were learned: name one of them")
    models = [source for source, flag in zip(probs, flags, strict=True) if not flag]
    return models, next((source for source, flag in zip(probs, flags, strict=True) if flag), None)


def beside(source: ModelSource, dataset: Dataset) -> TrainingEvidence:
    """From a file or a frame. Raises InputError for cells that cannot be right, and rows that cannot be joined."""
    import numpy as np

    if isinstance(source, str | Path):
        name, files = str(source), sources(str(source))
    else:
        name, files = "training evidence", (in_memory(source, labels=id_name(dataset)),)
    names = table_files.columns(files, dataset.encoding)
    id_column = joining_column(files, names, dataset)
    wanted = [column for column in (*MEASURES, GIVEN_LABEL, OTHER) if column in names]
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
    return replace(found, notes=(*notes, *found.notes))


def inside(dataset: Dataset) -> TrainingEvidence:
    """From the dataset's own columns. Raises Unavailable where they are not there, or mean something else."""
    import numpy as np

    content = dataset.content
    if not set(MEASURES) <= set(content.column_names):
        raise Unavailable("no training dynamics: give the cartography that compare makes of checkpoints with --probs")
    columns = {name: content[name] for name in (*MEASURES, GIVEN_LABEL, OTHER) if name in content.column_names}
    found = _evidence(columns, np.arange(len(dataset)), dataset, dataset.name)
    if isinstance(found, str):
        raise Unavailable(f"no training dynamics: {found}")
    return found


def _is_training_evidence(source: ModelSource, encoding: str | None) -> bool:
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
    import pyarrow as pa
    import pyarrow.compute as pc

    measures: list[Numbers] = []
    for column in MEASURES:
        values = _shares(columns[column])
        if isinstance(values, str):
            return f"{name}: column {quote(column)} holds {quote(values)}, no number between 0 and 1"
        measures.append(np.where(rows >= 0, values[rows], np.nan))
    classes = pa.array(dataset.classes, pa.string())
    notes = []
    if GIVEN_LABEL in columns:
        labels = pc.fill_null(pc.index_in(columns[GIVEN_LABEL], value_set=classes), -1).to_numpy()
        other_now = (rows >= 0) & (labels[rows] != dataset.labels)
        if other_now.any():
            ids = sorted(dataset.ids.take(np.flatnonzero(other_now)).to_pylist())
            them = plural(len(ids), "row has", "rows have")
            notes.append(f"{name}: {them} another label now, and how it was learned tells nothing: ids {listing(ids)}")
        measures = [np.where(other_now, np.nan, values) for values in measures]
    other = np.full(len(dataset), -1, np.int32)
    if OTHER in columns:
        codes = pc.fill_null(pc.index_in(columns[OTHER], value_set=classes), -1).to_numpy()
        other = np.where(rows >= 0, codes[rows], -1).astype(np.int32)
        other[other == dataset.labels] = -1
    confidence, variability, correctness = measures
    return TrainingEvidence(confidence, variability, correctness, other, tuple(notes))


def _shares(column: pa.ChunkedArray) -> Numbers | str:
    """The numbers of a column of texts, NaN for an empty cell; or the first text that is no number between 0 and 1."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(column.cast(pa.string()))
    texts = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    try:
        found: Numbers = pc.fill_null(texts.cast(pa.float64()), np.nan).to_numpy().astype(np.float64)
    except pa.ArrowInvalid:
        return str(next(text for text in texts.to_pylist() if text is not None and not _is_number(text)))
    odd = np.flatnonzero((found < 0) | (found > 1))
    return str(texts[int(odd[0])].as_py()) if len(odd) else found


def _is_number(text: str) -> bool:
    """As Arrow reads numbers."""
    import pyarrow as pa

    try:
        pa.scalar(text, pa.string()).cast(pa.float64())
    except pa.ArrowInvalid:
        return False
    return True
