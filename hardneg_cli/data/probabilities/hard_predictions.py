"""Models that name a class for each row and say no more: as probabilities, certain of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.data.alignment import joining_column, rows_by_id, wrong_length
from hardneg_cli.data.class_names import matched
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.file_columns import VALUES, probability_columns
from hardneg_cli.data.probabilities.probabilities import Model, block_rows
from hardneg_cli.data.row_identity import blank
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest

if TYPE_CHECKING:
    from hardneg_cli.data.probabilities.probabilities import Block

USUAL = ("prediction", "predicted", "predicted_label")


def prediction_column(pattern: str, dataset: Dataset, column: str | None) -> str | None:
    """The column with a file's predictions, None for a file of probabilities.

    Raises InputError where `column` is named and the file has neither it nor probabilities.
    """
    names = table_files.columns(sources(pattern), dataset.encoding)
    if column is not None and column in names:
        return column
    if VALUES in names or probability_columns(pattern, names, dataset):
        return None
    if column is None:
        column = next((name for name in (*USUAL, dataset.columns.label) if name in names), None)
    if column is None or column not in names:
        hint = did_you_mean(column or USUAL[0], names) or f"; the columns are {listing(names, 8)}"
        raise InputError(
            f"{pattern}: no column starts with {quote(dataset.columns.prob_prefix)}, and there is no column "
            f"{quote(column or USUAL[0])} with predictions{hint}; name it with --prediction-column"
        )
    return column


def from_predictions(pattern: str, dataset: Dataset, column: str) -> Model:
    """Probability 1 for the class in `column`, joined by id where the file has ids, else by order.

    A row without a prediction gets NaN.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    files = sources(pattern)
    id_column = joining_column(files, table_files.columns(files, dataset.encoding), dataset)
    id_column = None if id_column == column else id_column
    wanted = ReadRequest((column,) if id_column is None else (column, id_column), encoding=dataset.encoding)
    table = pa.Table.from_batches(list(table_files.read(files, wanted)))
    rows, notes = dataset.positions, tuple[str, ...]()
    if id_column is not None:
        rows, notes = rows_by_id(pattern, table[id_column].combine_chunks(), dataset, may_lack=True)
    elif len(table) != dataset.rows_read:
        raise wrong_length(pattern, len(table), dataset.rows_read)
    predicted = table[column].combine_chunks()
    missing = blank(table[column])
    classes = tuple(sorted(pc.unique(predicted.filter(pa.array(~missing))).to_pylist()))
    if not classes:
        raise InputError(f"{pattern}: column {quote(column)} holds no prediction")
    codes = pc.fill_null(pc.index_in(predicted, value_set=pa.array(classes, pa.string())), -1).to_numpy()
    codes = np.where(missing, -1, codes)
    classes = matched(classes, dataset.classes)
    codes = np.where(rows >= 0, codes[rows], -1)

    def blocks() -> Iterator[Block]:
        size = block_rows(len(classes))
        certain = np.vstack([np.eye(len(classes), dtype=np.float32), np.full((1, len(classes)), np.nan, np.float32)])
        for start in range(0, len(codes), size):
            yield certain[codes[start : start + size]]

    return Model(pattern, classes, blocks, notes)
