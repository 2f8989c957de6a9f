"""Out-of-fold probabilities as a file: what predict and dual write, and find, predict and dual read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

ROW_COLUMNS = ("id", "fold", "row_hash", "given_label")  # beside them prob_<class> for each class
DECIMALS = 7


def probability_table(
    dataset: Dataset,
    classes: Sequence[str],
    probabilities: NDArray[np.float64],
    fold: Sequence[str],
    *,
    rows: NDArray[np.int64] | None = None,
    labeled: bool = True,
) -> pa.Table:
    """The columns of `ROW_COLUMNS`, and `prob_<class>` for each of C classes, in single precision.

    probabilities, fold: (n, C) and n, of the dataset's `rows`, by default of all. labeled: whether its labels are any;
    without them there is no `given_label`.
    """
    import numpy as np
    import pyarrow as pa

    rows = np.arange(len(dataset)) if rows is None else rows
    cells = {
        "id": dataset.ids.take(pa.array(rows)),
        "fold": pa.array(fold, pa.string()),
        "row_hash": pa.array(dataset.row_hashes(rows), pa.string()),
        "given_label": pa.array([dataset.classes[code] for code in dataset.labels[rows]], pa.string()),
    }
    leading = {name: cells[name] for name in ROW_COLUMNS if labeled or name != "given_label"}
    return pa.table(leading | {
        dataset.columns.prob_prefix + name: pa.array(probabilities[:, column].round(DECIMALS).astype(np.float32))
        for column, name in enumerate(classes)
    })  # fmt: skip
