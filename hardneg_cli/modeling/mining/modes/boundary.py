"""Rows near the border to another class, on the right side of it: the model agrees with the label, but only just.

The margin is the probability of the given label less that of the next class, as in margin sampling (Scheffer, Decomain
and Wrobel, 2001); the smallest come first, a share of the rows that may train, so that a model which is sure of all
has its least sure rows here, and one which is sure of none not all of them. That the model agrees is what keeps
mislabels out: among rows of small margin without that condition they are far more frequent than among all. Only where
it agrees with too few to fill a quarter of the share do the rows just beyond the border make up for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.mining.hard_negatives import HardNegatives, hardest, hardness_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LEAST = 0.25  # of the share, which rows beyond the border make up for
SURE = 0.9  # the margin above which nothing is near


def run(
    dataset: Dataset, digest: Digest, trainable: NDArray[np.bool_], *, share: float = 0.1, margin_below: float = 1.0
) -> HardNegatives:
    """share: of the rows that may train, the most to take. margin_below: how far the given label's probability may be
    ahead of the next one's; 1 is no limit.
    """
    import numpy as np

    if not 0 < share <= 1:
        raise InputError(f"boundary: share is above 0 and at most 1, not {share:g}")
    rows = np.flatnonzero(trainable & digest.judged)
    margin = (digest.mean.p_given - digest.mean.p_other)[rows].astype(np.float64)
    near = (np.abs(margin) < margin_below) | (margin_below >= 1)
    most = int(np.ceil(share * len(rows)))
    inside = hardest(dataset, rows[near & (margin > 0)], digest.mean, most)
    lacking = int(np.ceil(LEAST * most)) - len(inside)
    if lacking > 0:
        beyond = rows[near & (margin <= 0)]
        beyond = beyond[np.lexsort((dataset.id_rank[beyond], -margin[near & (margin <= 0)].round(9)))][:lacking]
        inside = hardest(dataset, np.concatenate([beyond, inside]), digest.mean, most)
    return HardNegatives.of_rows(
        inside, digest.mean.other[inside], hardness_of(digest.mean, inside), _notes(digest, inside)
    )


def _notes(digest: Digest, rows: NDArray[np.int64]) -> tuple[str, ...]:
    import numpy as np

    margin = (digest.mean.p_given - digest.mean.p_other)[rows]
    found = []
    if len(rows) and (sure := float(np.median(margin))) > SURE:
        found.append(f"the model is sure of most rows: half of these have a margin above {sure:.2f}, so expect little")
    if beyond := int((margin <= 0).sum()):
        found.append(f"the model agrees with few labels: {beyond:,} of these rows stand just beyond the border")
    return tuple(found)
