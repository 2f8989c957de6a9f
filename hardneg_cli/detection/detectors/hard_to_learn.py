"""Training hardly ever came to believe the label.

Dataset cartography (Swayamdipta et al. 2020) has the mean probability of a row's label over the
checkpoints of a training: its confidence. Wrong labels are learned late, if at all, also by a model
that trains on them. `compare epoch1.parquet epoch2.parquet … DATA --cartography FILE` writes it, and
`find DATA --probs FILE` takes it as evidence beside out-of-fold probabilities; columns confidence,
variability and correctness of DATA itself serve, too. The confidence, and what is left of it for the
class that most checkpoints say instead, are taken as a model's probabilities, and judged as
doubtful-label judges a model's; with both, they are weighed together. A row whose label has changed
since is not judged. A training that goes on until every label is known by heart tells little: alone
it counts too few errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities, block_rows
from hardneg_cli.data.training_evidence import TrainingEvidence
from hardneg_cli.detection.detector_result import DetectorResult, ModeledDoubt
from hardneg_cli.detection.label_error_scores import LabelErrorScores
from hardneg_cli.errors import Unavailable
from hardneg_cli.statistics.label_noise.suggestion import SUREST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

OTHERS_SHARE = 0.5  # of what the label leaves, that the likeliest other class has for itself


def detect(dataset: Dataset, training_evidence: TrainingEvidence) -> ModeledDoubt:
    """It has no settings."""
    import numpy as np

    judged = ~np.isnan(training_evidence.confidence)
    if not judged.any():
        raise Unavailable("the training dynamics say nothing about the rows as they are labeled now")
    rows, other = np.flatnonzero(judged), training_evidence.other
    model = _LabelBelief(dataset.labels, np.where(judged, training_evidence.confidence, 0.5), other, dataset.counts)
    probabilities = Probabilities(
        (Model("training", dataset.classes, model.blocks),), dataset.classes, len(dataset)
    )  # fmt: skip

    def why(places: NDArray[np.int64]) -> list[str]:
        return [
            f"in training its label had {training_evidence.confidence[row]:.3f} on average "
            f"(± {training_evidence.variability[row]:.3f}), {training_evidence.correctness[row]:.0%} of the "
            "checkpoints had it right"
            + (f", most others said {dataset.classes[other[row]]!r}" if other[row] >= 0 else "")
            for row in rows[places].tolist()
        ]

    def finish(found: LabelErrorScores) -> DetectorResult:
        score = found.score[rows]
        certain = np.where(found.suggested == other, found.certainty, np.minimum(found.certainty, 0.5))[rows]
        certain = np.where(np.isnan(certain), SUREST * OTHERS_SHARE, certain)
        return DetectorResult(rows, score, score >= 0.5, other[rows], why, errors=found.errors, certainty=certain)

    return ModeledDoubt(probabilities, judged, finish)


@dataclass(frozen=True)
class _LabelBelief:
    """N×K probabilities, made block by block: `p` for the label, and of the rest one share for the likeliest other.

    labels, other: (N,) codes, −1 for no other. p: (N,). counts: (K,) rows of each class; what remains goes to the
    classes that rows have.
    """

    labels: NDArray[np.int32]
    p: Array
    other: NDArray[np.int32]
    counts: NDArray[np.int64]

    def blocks(self) -> Iterator[Array]:
        import numpy as np

        used = (self.counts > 0).astype(np.float64)
        size = block_rows(len(used))
        for start in range(0, len(self.labels), size):
            labels, p = self.labels[start : start + size], self.p[start : start + size]
            other, rows = self.other[start : start + size], np.arange(len(labels))
            own = np.where(other >= 0, OTHERS_SHARE, 0.0)
            block = np.repeat(used[None], len(rows), axis=0)
            block[rows, labels] = 0
            block *= ((1 - own) * (1 - p) / np.maximum(block.sum(axis=1), 1))[:, None]
            block[rows, other] += own * (1 - p)  # nothing for −1
            block[rows, labels] = p
            yield block / block.sum(axis=1, keepdims=True)
