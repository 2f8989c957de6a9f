"""What is known of the rows' right labels: people's answers count as truth, other labels as far as they are trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.modeling.label_source import true_codes
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.row_decisions import row_decisions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = -1  # no class, or one that nobody else has


@dataclass(frozen=True)
class LabelTrust:
    """N rows. truth: (N,) class codes, the given label's where nobody decided. weight: (N,) how far to trust it, 0 … 1.

    decided: (N,) bool. usable: (N,) bool, less the rows that are to be dropped or have no sound probabilities. A weight
    of 1 − P(the label is wrong) makes a weighted mean over the rows one over those whose labels are right, if the
    probability is calibrated.
    """

    truth: NDArray[np.int64]
    weight: NDArray[np.float64]
    decided: NDArray[np.bool_]
    usable: NDArray[np.bool_]

    def of(self, rows: NDArray[np.int64]) -> LabelTrust:
        """These rows alone, in this order."""
        return LabelTrust(self.truth[rows], self.weight[rows], self.decided[rows], self.usable[rows])

    def wrong(self, called: NDArray[np.int64]) -> NDArray[np.float64]:
        """(N,) 1 where the class that a model calls is not the right one, else 0."""
        import numpy as np

        wrong: NDArray[np.float64] = (called != self.truth).astype(np.float64)
        return wrong

    def errs(self, called: NDArray[np.int64], right: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) the probability that a model's class is not the right one, by (N, K) probabilities of the right one."""
        import numpy as np

        errs: NDArray[np.float64] = np.clip(1 - right[np.arange(len(called)), called], 0, 1)
        errs[self.decided] = self.wrong(called)[self.decided]
        return errs

    def learned(self, guard: float) -> NDArray[np.int64]:
        """(N,) codes to train a classifier with; −1 for rows whose label is wrong with a probability above `guard`."""
        import numpy as np

        return np.where((1 - self.weight <= guard) & (self.truth != NONE), self.truth, NONE)


def label_trust(
    dataset: Dataset, score: NDArray[np.float64], sound: NDArray[np.bool_], decisions: Sequence[Decision] = ()
) -> LabelTrust:
    """score: (N,) the probability that the given label is wrong. sound: (N,) bool, rows whose probabilities are any.

    A row to be dropped, and one without sound probabilities, teaches nothing: its weight is 0. A new label that is no
    class of the dataset is one that no model can be right about.
    """
    import numpy as np

    truth, weight = true_codes(dataset, decisions, NONE), 1 - score
    answers = row_decisions(dataset, decisions)
    known = np.zeros(len(dataset), bool)
    known[answers.rows] = True
    weight[known] = 1
    weight[answers.rows[answers.dropped]] = 0
    weight[~sound] = 0
    usable = sound.copy()
    usable[answers.rows[answers.dropped]] = False
    return LabelTrust(truth, weight, known, usable)
