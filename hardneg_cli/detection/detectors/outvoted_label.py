"""The rows nearest to it carry other labels.

Each row is left out and its nearest neighbors in feature or text space vote, near ones more than
far ones (a weighted nearest-neighbor rule, Dudani 1976). The vote's shares are taken as a model's
probabilities, and judged as doubtful-label judges a model's; with both, they are weighed together.
The suggestion is the class that most of the others carry. It fails where the classes overlap in
feature space, and where a whole region is mislabeled alike.

Rows of one group (--groups), copies and near copies share one vote. They have none about each other's
label as long as all of them are labeled alike: one wrong label that was copied is no witness for itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.data.siblings import Siblings
from hardneg_cli.detection.detector_result import DetectorResult, ModeledDoubt
from hardneg_cli.detection.label_error_scores import LabelErrorScores
from hardneg_cli.detection.neighbor_votes import NeighborVotes
from hardneg_cli.statistics.label_noise.suggestion import SUREST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

USUALLY, IN_TABLES = 10, 20  # neighbors; in tables many columns tell nothing of the class


def detect(
    dataset: Dataset, neighbors: Neighbors, siblings: Siblings | None = None, features: Features | None = None, *,
    among: int = 0,
) -> ModeledDoubt:  # fmt: skip
    """among: how many neighbors vote (at most 20); 0: ten, and twenty in tables of numbers and categories."""
    import numpy as np

    among = among or (IN_TABLES if features is not None and features.kind == "table" else USUALLY)
    votes = NeighborVotes.of(dataset, neighbors, among, siblings)
    probabilities = Probabilities((votes.model(dataset.classes),), dataset.classes, len(dataset))
    rows = np.arange(len(dataset))
    other, carried, share = votes.best_other(dataset.labels)

    def why(places: NDArray[np.int64]) -> list[str]:
        return [
            f"{carried[i]} of the {votes.voters[i]} nearest rows are {dataset.classes[other[i]]!r}"
            if carried[i]
            else f"its {votes.voters[i]} nearest rows are no clear majority"
            for i in places
        ]

    def finish(found: LabelErrorScores) -> DetectorResult:
        certain = np.where(found.suggested == other, found.certainty, np.minimum(found.certainty, 0.5))
        certain = np.where(np.isnan(certain), np.minimum(share, SUREST), certain)
        return DetectorResult(rows, found.score, found.score >= 0.5, other, why, errors=found.errors, certainty=certain)

    return ModeledDoubt(probabilities, rows >= 0, finish)
