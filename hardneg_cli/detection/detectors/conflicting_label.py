"""Identical rows carry different labels.

Rows are identical when their content is the same after Unicode (NFKC) and white space are folded.
Of a group's different labels at most one is right. The score follows from that by Bayes' rule, with
one label in twenty wrong beforehand, or, beside a model or neighbors, with what they say of each row.
The suggestion is the group's most frequent label; a tie has none, and both sides are flagged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.statistics.scores import one_of_each_group_right

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

USUAL_ODDS = -2.9444  # the log-odds of one label in twenty


def detect(dataset: Dataset, copies: Copies, *, at_least: float = 0.5) -> DetectorResult:
    """at_least: rows whose score reaches this are flagged."""
    import numpy as np

    same, commonest = copies.label_counts(dataset.labels, len(dataset.classes))
    rows = np.flatnonzero(same < copies.size)
    others, size = (copies.size - same)[rows], copies.size[rows]
    group = copies.group[rows]
    score = one_of_each_group_right(np.full(len(rows), USUAL_ODDS), group, dataset.labels[rows])
    suggested = np.where(commonest[rows] == dataset.labels[rows], NO_CLASS, commonest[rows]).astype(np.int32)

    def why(places: NDArray[np.int64]) -> list[str]:
        return [f"{others[i]} of {size[i]} identical rows are labeled otherwise" for i in places]

    return DetectorResult(rows, score, score >= at_least, suggested, why, about="conflict", group=group)
