"""Rows near the border to another class, on the right side of it: the model agrees with the label, but only just.

The margin is the probability of the given label less that of the next class, as in margin sampling (Scheffer, Decomain
and Wrobel, 2001); the smallest come first. That the model agrees is what keeps mislabels out: among rows of small
margin without that condition they are far more frequent than among all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def run(dataset: Dataset, digest: Digest, trainable: NDArray[np.bool_], *, margin_below: float = 0.6) -> HardNegatives:
    """margin_below: how far the given label's probability may be ahead of the next one's."""
    import numpy as np

    mean = digest.mean
    margin = mean.p_given - mean.p_other
    rows = np.flatnonzero(trainable & digest.judged & (margin > 0) & (margin < margin_below))
    hardness = mean.p_other[rows] / (mean.p_given[rows] + mean.p_other[rows])
    rank = np.lexsort((dataset.id_rank[rows], -hardness.round(9)))
    return HardNegatives.of_rows(rows[rank], mean.other[rows[rank]], hardness[rank])
