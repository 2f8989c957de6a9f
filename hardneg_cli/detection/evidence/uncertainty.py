"""What it takes to tell how undecided the models are about each row."""

from __future__ import annotations

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.data.probabilities.uncertainty import Uncertainty


def gather(dataset: Dataset, digest: Digest, probabilities: Probabilities) -> Uncertainty:
    """O(K²); no probabilities are read for it."""
    import numpy as np

    mean = sum(sums.by_given for sums in digest.sums) / len(digest.sums)
    threshold = np.diag(mean) / np.maximum(dataset.counts, 1)
    return Uncertainty(probabilities, digest.judged, threshold.max() - threshold)
