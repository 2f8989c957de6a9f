"""The row lacks values that other rows have.

A cell is missing when it holds nothing but white space. A column counts when nearly every row has a
value in it, so that optional columns accuse nobody. The score is between a half and one and grows
with the share of such columns that are empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import blank
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.errors import Unavailable, listing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def detect(dataset: Dataset, *, filled_at_least: float = 0.9) -> DetectorResult:
    """filled_at_least: columns with values in at least this share of the rows count, and the text column always."""
    import numpy as np

    content = dataset.content
    if not content.num_columns:
        raise Unavailable("no content columns beside id, label and probabilities")
    names = np.array(content.column_names, dtype=object)
    gone = np.column_stack([blank(content[name]) for name in names])
    expected = (1 - gone.mean(axis=0) >= filled_at_least) | (names == dataset.columns.text)
    gone &= expected
    rows = np.flatnonzero(gone.any(axis=1))
    score = 0.5 + 0.5 * gone[rows].sum(axis=1) / max(1, expected.sum())

    def why(places: NDArray[np.int64]) -> list[str]:
        return [f"no value in {listing(names[gone[rows[i]]].tolist(), 3)}" for i in places]

    return DetectorResult(rows, score, score >= 0.5, np.full(len(rows), NO_CLASS, np.int32), why, about="row")
