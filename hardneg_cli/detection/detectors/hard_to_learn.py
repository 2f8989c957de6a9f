"""Training hardly ever came to believe the label.

Dataset cartography (Swayamdipta et al. 2020) has the mean probability of a row's label over the
checkpoints of a training: its confidence. Wrong labels are learned late, if at all, also by a model
that trains on them. `compare epoch1.parquet epoch2.parquet … DATA --cartography FILE` writes it, and
`find DATA --probs FILE` takes it as evidence beside out-of-fold probabilities; columns confidence,
variability and correctness of DATA itself serve, too. The score crosses one half where the confidence
is half of what it is where checkpoints are right. As rows that
a model trains on are no fair test, the score counts half beside those of out-of-fold models and
neighbors, and the less, the more of what out-of-fold models deny the training has learned by heart.
The suggestion is the class that most of the other checkpoints say. A row whose label has changed since
is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.data.training_evidence import TrainingEvidence
from hardneg_cli.detection.detector_result import DetectorResult
from hardneg_cli.errors import Unavailable
from hardneg_cli.statistics.probability import log_odds, sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CLOSEST = 1e-4  # to 0 and 1, that a mean over some checkpoints may be
IN_SAMPLE = 0.5  # of the weight of evidence that was not trained on
CERTAINTY = 0.5  # of a class that most other checkpoints say


def detect(dataset: Dataset, training_evidence: TrainingEvidence, digest: Digest | None = None) -> DetectorResult:
    """It has no settings."""
    import numpy as np

    found = training_evidence
    known = ~np.isnan(found.confidence) & ~np.isnan(found.correctness)
    rows, by_id = np.flatnonzero(known), dataset.by_id[known[dataset.by_id]]
    if not len(rows):
        raise Unavailable("the cartography says nothing about the rows as they are labeled now")
    confidence, correctness, other = found.confidence[rows], found.correctness[rows], found.other[rows]
    right = found.correctness[by_id]  # what is summed up is so in the order of the ids
    half = float((found.confidence[by_id] * right).sum() / right.sum()) / 2 if right.any() else 0.5
    doubt = log_odds(np.full(len(rows), half), CLOSEST) - log_odds(confidence, CLOSEST)
    score = sigmoid(doubt)

    def why(places: NDArray[np.int64]) -> list[str]:
        return [
            f"in training its label had {confidence[place]:.3f} on average (± {found.variability[rows[place]]:.3f}), "
            f"{correctness[place]:.0%} of the checkpoints had it right"
            + (f", most others said {dataset.classes[other[place]]!r}" if other[place] >= 0 else "")
            for place in places.tolist()
        ]

    weight = IN_SAMPLE * (1 if digest is None else 1 - _by_heart(digest, by_id, right))
    certainty = np.full(len(rows), CERTAINTY)
    return DetectorResult(rows, score, score >= 0.5, other, why, certainty=certainty, weight=weight)


def _by_heart(digest: Digest, rows: NDArray[np.int64], correctness: NDArray[np.float64]) -> float:
    """The share of what the out-of-fold models deny that the training has learned all the same."""
    both = digest.judged[rows]
    if not both.any():
        return 0.0
    mean = digest.mean
    agree = float((mean.p_given[rows[both]] >= mean.p_other[rows[both]]).mean())
    return max(0.0, float(correctness[both].mean()) - agree) / (1 - agree) if agree < 1 else 0.0
