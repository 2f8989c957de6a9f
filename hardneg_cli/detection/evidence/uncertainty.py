"""How undecided the models are about each row: entropy of the probabilities, adjusted for each class's confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.data.probabilities.probabilities import Probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block


def gather(dataset: Dataset, digest: Digest, probabilities: Probabilities) -> NDArray[np.float64]:
    """(N,) normalized entropy in [0, 1] of the models' mean, NaN for rows that are not judged.

    From each class's probability its average over the rows of that label (the confident threshold) is
    taken away before the row is normalized again, so that hard classes are not outliers as a whole
    (Kuan and Mueller, Back to the Basics: Revisiting Out-of-Distribution Detection Baselines, 2022).
    """
    import numpy as np

    k = len(dataset.classes)
    mean = sum(sums.by_given for sums in digest.sums) / len(digest.sums)
    threshold = np.diag(mean) / np.maximum(dataset.counts, 1)
    raised = threshold.max() - threshold

    def entropies(blocks: list[Block], judged: NDArray[np.bool_]) -> NDArray[np.float64]:
        p = (blocks[0] if len(blocks) == 1 else sum(blocks) / len(blocks)) + raised.astype(blocks[0].dtype)
        p[~judged] = 1
        np.maximum(p, 1e-12, out=p)
        total = p.sum(axis=1)
        spread = np.einsum("ij,ij->i", p, np.log(p))
        entropy: NDArray[np.float64] = (np.log(total) - spread / total).astype(np.float64) / np.log(max(k, 2))
        return entropy

    found = np.concatenate([part for _, part in probabilities.over(entropies, digest.judged)])
    return np.where(digest.judged, found, np.nan)
