"""The label looks like a misspelling of a more frequent one.

Two names are spellings of one when they are equal after Unicode, white space and case are folded,
or when one slip of the hand (a letter added, left out, replaced, or two letters swapped: optimal
string alignment) turns the rare into the frequent one. Names whose digits differ are different names
(`class_12`, `class_21`), and so are short words that differ by a replaced letter (`cat`, `car`). The score is the
share of the frequent spelling among both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.label_spelling import AT_MOST, NO_SLIP, meant_classes
from hardneg_cli.detection.detector_result import DetectorResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def detect(dataset: Dataset, *, at_most: float = AT_MOST) -> DetectorResult:
    """at_most: a slip has at most this share of the frequent spelling's rows."""
    import numpy as np

    counts = dataset.counts
    target = meant_classes(dataset, at_most)[dataset.labels]
    rows = np.flatnonzero(target != NO_SLIP)
    here, there = counts[dataset.labels[rows]], counts[target[rows]]
    score = there / (here + there)

    def why(places: NDArray[np.int64]) -> list[str]:
        return [
            f"{dataset.classes[dataset.labels[rows[i]]]!r} looks like {dataset.classes[target[rows[i]]]!r}, "
            f"which has {there[i]:,} rows to its {here[i]:,}"
            for i in places
        ]

    return DetectorResult(rows, score, score >= 0.5, target[rows], why, about="name")
