"""A label set's figures: every method measured against the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardneg_cli import Findings
from hardneg_cli.statistics.scores import Estimate

from .label_sets import LabelSet
from .measures import average_precision, best_f1, calibration_error, f1, precision_at_tenth
from .methods import DEFAULT, RANKERS, by_audit, by_cleanlab, by_hardneg, by_neighbors_too

OURS, AUDIT, ARGMAX, CLEANLAB, SELF = "hardneg", "with audit", "argmax", DEFAULT, RANKERS[0]


@dataclass(frozen=True)
class Figures:
    """ap, top, calibration, best: by ranker. f1: by rule for the flagged set. ap_with_neighbors: by detector and fused.

    agreement: the share of labels that the models' mean agrees with. count: our estimate; count_cleanlab: theirs.
    """

    name: str
    family: str
    rows: int
    classes: int
    errors: int
    agreement: float
    flagged: int
    ap: dict[str, float]
    top: dict[str, float]
    best: dict[str, float]
    calibration: dict[str, float]
    f1: dict[str, float]
    count: Estimate
    count_audited: Estimate
    count_cleanlab: int
    ap_with_neighbors: dict[str, float]

    @property
    def covered(self) -> bool:
        """Whether the interval of the count holds the true one, to the nearest row."""
        return holds(self.count, self.errors)


def holds(count: Estimate, errors: int) -> bool:
    return count.low - 0.5 <= errors <= count.high + 0.5


def figures(labels: LabelSet) -> Figures:
    wrong, ours, theirs = labels.wrong, by_hardneg(labels), by_cleanlab(labels)
    audited = by_audit(labels, ours)
    scores = {OURS: ours.score, AUDIT: audited.score, **theirs.scores}
    flagged = {OURS: ours.flagged, AUDIT: audited.flagged, ARGMAX: theirs.disagrees, **theirs.flagged}
    assert ours.errors is not None
    assert audited.errors is not None
    return Figures(
        labels.name, labels.family, len(wrong), labels.probs[0].shape[1], int(wrong.sum()),
        float(1 - theirs.disagrees.mean()), int(ours.flagged.sum()),
        {name: average_precision(wrong, score) for name, score in scores.items()},
        {name: precision_at_tenth(wrong, score) for name, score in scores.items()},
        {name: best_f1(wrong, score) for name, score in scores.items()},
        {name: calibration_error(wrong, scores[name]) for name in (OURS, AUDIT, SELF)},
        {name: f1(wrong, chosen) for name, chosen in flagged.items()},
        ours.errors, audited.errors, theirs.errors, _with_neighbors(labels),
    )  # fmt: skip


def _with_neighbors(labels: LabelSet) -> dict[str, float]:
    if not labels.wrong.any() or (labels.features is None and labels.texts is None):
        return {}
    found = by_neighbors_too(labels)
    alone = {name: average_precision(labels.wrong, _spread(found, name)) for name in found.doubts}
    return alone | {"fused": average_precision(labels.wrong, found.score)}


def _spread(found: Findings, detector: str) -> NDArray[np.float64]:
    """(N,) the detector's score, 0 for rows that it does not judge."""
    score = np.zeros(len(found.dataset))
    score[found.doubts[detector].rows] = found.doubts[detector].score
    return score
