"""What is known of the rows' right labels: people's answers count as truth, other labels as far as they are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.row_decisions import row_decisions
from hardneg_cli.review.decisions.row_matching import match

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = -1  # no class, or one that nobody else has


@dataclass(frozen=True)
class LabelTrust:
    """N rows. truth: (N,) class codes, the given label's where nobody decided. weight: (N,) how far to trust it, 0 … 1.

    decided: (N,) bool. A weight of 1 − P(the label is wrong) makes a weighted mean over the rows one over those whose
    labels are right, if the probability is calibrated.
    """

    truth: NDArray[np.int64]
    weight: NDArray[np.float64]
    decided: NDArray[np.bool_]

    def of(self, rows: NDArray[np.int64]) -> LabelTrust:
        """These rows alone, in this order."""
        return LabelTrust(self.truth[rows], self.weight[rows], self.decided[rows])

    def wrong(self, called: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N,) 1 where the class that a model calls is not the right one, else 0."""
        import numpy as np

        found: NDArray[np.float64] = (called != self.truth).astype(np.float64)
        return found

    def learned(self, guard: float) -> NDArray[np.int64]:
        """(N,) codes to train a classifier with; −1 for rows whose label is wrong with a probability above `guard`."""
        import numpy as np

        return np.where((1 - self.weight <= guard) & (self.truth != NONE), self.truth, NONE)


def label_trust(
    dataset: Dataset, score: NDArray[np.float64], judged: NDArray[np.bool_], decisions: Sequence[Decision] = ()
) -> LabelTrust:
    """score: (N,) the probability that the given label is wrong. judged: (N,) bool, rows that a model speaks of.

    A row to be dropped, and one that is not judged, teaches nothing: its weight is 0. A new label that is no class of
    the dataset is one that no model can be right about.
    """
    import numpy as np
    import pyarrow as pa

    truth, weight = dataset.labels.astype(np.int64), 1 - score
    answers = row_decisions(dataset, decisions)
    known = np.zeros(len(dataset), bool)
    known[answers.rows] = True
    weight[known] = 1
    sure = [decision for decision in decisions if decision.is_decisive]
    ids = pa.chunked_array([pa.array([decision.id for decision in sure], pa.string())])
    code = {name: place for place, name in enumerate(dataset.classes)}
    for row, decision in match(dataset, sure, ids).fresh:
        if known[row] and decision.decision == "relabel":
            truth[row] = code.get(decision.new_label, NONE)
    weight[answers.rows[answers.dropped]] = 0
    weight[~judged] = 0
    return LabelTrust(truth, weight, known)
