"""Rows of other classes that the model takes for a class, or nearly so, class by class.

For each class, the rows with another label to which the model gives it the greatest probability beside that of their
own label. Rows take turns by class, the hardest of each first, so that a short list has something for every class that
is confused with any. A row that the model contradicts is among them only if find, which weighs all the evidence, holds
its label for right: what the model contradicts with good reason is a suspect, and goes to review instead.
Online hard example mining (Shrivastava, Gupta and Girshick, 2016) ranks by loss alone, and finds mislabels first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives, turns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def run(dataset: Dataset, digest: Digest, trainable: NDArray[np.bool_], *, at_least: float = 0.1) -> HardNegatives:
    """at_least: the probability that the model gives the other class."""
    import numpy as np

    mean = digest.mean
    rows = np.flatnonzero(trainable & digest.judged & (mean.p_other >= at_least))
    hardness = mean.p_other[rows] / (mean.p_given[rows] + mean.p_other[rows])
    rank = np.lexsort((dataset.id_rank[rows], -hardness.round(9)))
    rows, hardness = rows[rank], hardness[rank]
    fair = np.argsort(turns(mean.other[rows]), kind="stable")
    return HardNegatives.of_rows(rows[fair], mean.other[rows[fair]], hardness[fair])
