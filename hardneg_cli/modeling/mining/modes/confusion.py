"""Rows of other classes that the model takes for a class, or nearly so, class by class.

For each class, the rows with another label to which the model gives it the greatest probability beside that of their
own label: of the rows that may train, the share with the most of it. Rows take turns by class, the hardest of each
first, so that a short list has something for every class that is confused with any. A row that the model contradicts is
among them only if find, which weighs all the evidence, holds its label for right: what the model contradicts with good
reason is a suspect, and goes to review instead.
Online hard example mining (Shrivastava, Gupta and Girshick, 2016) ranks by loss alone, and finds mislabels first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives, hardest, hardness_of, turns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def run(
    dataset: Dataset, digest: Digest, trainable: NDArray[np.bool_], *, share: float = 0.1, at_least: float = 0.0
) -> HardNegatives:
    """share: of the rows that may train, the most to take. at_least: the probability that the model gives the other
    class.
    """
    import numpy as np

    if not 0 < share <= 1:
        raise InputError(f"confusion: share is above 0 and at most 1, not {share:g}")
    mean, able = digest.mean, trainable & digest.judged
    rows = np.flatnonzero(able & (mean.p_other >= at_least))
    rows = hardest(dataset, rows, mean, int(np.ceil(share * able.sum())))
    fair = rows[np.argsort(turns(mean.other[rows]), kind="stable")]
    return HardNegatives.of_rows(fair, mean.other[fair], hardness_of(mean, fair))
