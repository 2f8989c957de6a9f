"""Detectors: each file is named after a trouble and says which rows are in it.

Its positional parameters name the evidence that it looks at: files of `detection/evidence`, or what a run is given
(`dataset`, `probabilities`, …). A parameter with a default may be lacking; one whose default is `LACKING` is gathered
when it is called. Keyword-only parameters are settings that users tune with `--set NAME.setting=value`: each has a type
(bool, int, float, str, or a Literal of words) and a default. The file's docstring is its manual, the function's says
what the settings mean.

    # rare_label.py
    "So few rows have the label that it may be a slip."

    def detect(dataset: Dataset, *, fewer_than: int = 5) -> DetectorResult:
        "fewer_than: rows."
        rows = np.flatnonzero(dataset.counts[dataset.labels] < fewer_than)
        ...
        return DetectorResult(rows, score, flagged, suggested, why, about="row")
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    from hardneg_cli.detection.detector_result import DetectorResult, ModeledDoubt, RowMeasure


class Detector(Protocol):
    """What every detector has: `detect(evidence…, *, settings…)`, which raises Unavailable where it cannot tell.

    A detector that needs more than the evidence, a fit to the labels or a look at all probabilities, answers what it
    needs, so that one fit and one pass serve all detectors (`scoring_pass`).
    """

    detect: Callable[..., DetectorResult | ModeledDoubt | RowMeasure]


DETECTORS = Units[Detector]("detector")
