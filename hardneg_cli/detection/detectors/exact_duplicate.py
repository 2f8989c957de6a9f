"""The row's content stands in the dataset already.

Rows are identical when their content is the same after Unicode (NFKC) and white space are folded.
One row of each group is kept: of the group's most frequent label, the first by id. The others are
flagged; a copy says nothing about its label, so it is a trouble of the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def detect(dataset: Dataset, copies: Copies) -> DetectorResult:
    """Score 1 for every row but the one worth keeping."""
    import numpy as np

    kept = copies.keepers(dataset.labels, len(dataset.classes), dataset.id_rank)
    rows = np.flatnonzero(kept != np.arange(len(dataset)))

    def why(places: NDArray[np.int64]) -> list[str]:
        ids = dataset.ids.take(kept[rows[places]]).to_pylist()
        return [f"an exact copy of {id_!r}" for id_ in ids]

    whole = np.ones(len(rows))
    return DetectorResult(rows, whole, whole > 0, np.full(len(rows), NO_CLASS, np.int32), why, about="row")
