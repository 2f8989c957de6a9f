"""How undecided the models are about each row: entropy of the probabilities, adjusted for each class's confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.dataset import Dataset
from hardneg_cli.facts.digest import Digest
from hardneg_cli.probabilities import Probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


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
    found = np.empty(len(dataset))
    for span, blocks in probabilities.blocks():
        p = np.where(digest.judged[span, None], sum(blocks) / len(blocks), 0) - threshold + threshold.max()
        p = np.maximum(p, 1e-12)
        p /= p.sum(axis=1, keepdims=True)
        found[span] = -(p * np.log(p)).sum(axis=1) / np.log(max(k, 2))
    return np.where(digest.judged, found, np.nan)
