"""The model contradicts the label.

`method=estimated` weighs four readings of the models' pooled probabilities: plain self-confidence, a
noise model of the labels, the same with the models recalibrated, and one for models that have learned
the noise. The score is one half at the cut, and the scores sum to the estimated number of errors. With
one model alone, a weak model on clean labels and people who err on ambiguous rows look alike, so the
count comes with a wide interval. The other methods are cleanlab's, computed by cleanlab on the models' mean: its
label-quality scores (self_confidence, normalized_margin, confidence_weighted_entropy; the score is one
minus the quality, flagged are as many as its count of label issues) and its filters
(`find_label_issues(filter_by=…)`; flagged is exactly what the filter returns; the prune_by_… ones spare
classes of five rows or fewer). Rows whose label no model
knows are not judged. (Northcutt, Jiang and Chuang, Confident Learning, JAIR 2021; Kuan and Mueller,
Model-agnostic label quality scoring, 2022.)
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.digest import Digest
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.detection.cleanlab_methods import QUALITY_SCORES, filtered, quality
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult, ModeledDoubt
from hardneg_cli.detection.label_error_scores import LabelErrorScores
from hardneg_cli.errors import Unavailable
from hardneg_cli.statistics.probability import CLOSEST

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THOUSANDTHS = [f"{number / 1000:.3f}" for number in range(1011)]  # a sound probability may be a little over 1


def detect(
    dataset: Dataset,
    digest: Digest,
    probabilities: Probabilities,
    *,
    method: Literal[
        "estimated",
        "self_confidence",
        "normalized_margin",
        "confidence_weighted_entropy",
        "prune_by_class",
        "prune_by_noise_rate",
        "both",
        "confident_learning",
        "predicted_neq_given",
        "low_normalized_margin",
        "low_self_confidence",
    ] = "estimated",
) -> DetectorResult | ModeledDoubt:
    """method: the project's own estimate, one of cleanlab's label-quality scores or one of its filters."""
    import numpy as np

    rows = np.flatnonzero(digest.judged)
    if digest.unseen is not None:
        probabilities = digest.unseen.marked(probabilities)
    mean = digest.mean
    other, p = mean.other[rows], mean.p_other[rows].astype(np.float64)
    certainty = p / np.maximum(1 - mean.p_given[rows].astype(np.float64), np.maximum(p, CLOSEST))
    if method != "estimated":
        judged = _by_cleanlab(dataset, probabilities, rows, method)
        return DetectorResult(rows, *judged, other, _words(dataset, digest, rows, other), certainty=certainty)

    def finish(found: LabelErrorScores) -> DetectorResult:
        score, told = found.score[rows], found.suggested[rows] != NO_CLASS
        suggested = np.where(told, found.suggested[rows], other)
        return DetectorResult(
            rows, score, score >= 0.5, suggested, _words(dataset, digest, rows, suggested), errors=found.errors,
            certainty=np.where(told, found.certainty[rows], certainty),
            p_suggested=np.where(told, found.p_suggested[rows], p),
        )  # fmt: skip

    return ModeledDoubt(probabilities, digest.judged, finish)


def _by_cleanlab(
    dataset: Dataset, probabilities: Probabilities, rows: NDArray[np.int64], method: str
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    import numpy as np

    if len(np.unique(dataset.labels[rows])) < 2:
        raise Unavailable(f"cleanlab's {method} needs rows of at least two classes")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "May not flag all label issues", UserWarning)  # as the manual says
        return (quality if method in QUALITY_SCORES else filtered)(dataset, probabilities, rows, method)


def _thousandths(p: NDArray[np.floating]) -> NDArray[np.int64]:
    import numpy as np

    return np.rint(p.astype(np.float64) * 1000).astype(np.int64)


def _words(
    dataset: Dataset, digest: Digest, rows: NDArray[np.int64], suggested: NDArray[np.int32]
) -> Callable[[NDArray[np.int64]], list[str]]:
    mean, models = digest.mean, len(digest.models)
    who = "the model gives" if models == 1 else f"{models} models give"
    names = [repr(name) for name in dataset.classes]

    def why(places: NDArray[np.int64]) -> list[str]:
        chosen = rows[places]
        agree = sum((model.top[chosen] == dataset.labels[chosen]).astype(int) for model in digest.models)
        p_best, p_given = _thousandths(mean.p_other[chosen]), _thousandths(mean.p_given[chosen])
        told = (mean.other[chosen], p_best, p_given, agree, suggested[places])
        return [
            f"{who} {names[best]} {THOUSANDTHS[p_best]} and the label {THOUSANDTHS[p_given]}"
            + (f", {votes} of them agree with the label" if 0 < votes < models else "")
            + (f", but {names[likely]} is mistaken for it more often" if likely != best else "")
            for best, p_best, p_given, votes, likely in zip(*(column.tolist() for column in told), strict=True)
        ]

    return why
