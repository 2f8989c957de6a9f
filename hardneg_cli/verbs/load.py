"""Load: data as a dataset, for verbs that are to read it once."""

from __future__ import annotations

from typing import Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.verbs._keywords import Data, DataKeywords, Reading, read_data, spelled_out


@spelled_out(DataKeywords, Columns, Reading)
def load(data: Data, columns: Columns | None = None, **options: Unpack[DataKeywords]) -> Dataset:
    """The rows of `data`, a path, a glob or a frame, with the columns named by keywords or by `columns`.

    Every verb takes the dataset in place of the data. Raises InputError for a missing file or column, ragged rows,
    missing labels, and empty or repeated ids; with `on_bad_rows="skip"` such rows are left out and listed in `skipped`.
    """
    return read_data(data, columns, options, needs_vectors=False)
