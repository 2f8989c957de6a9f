"""The row's label is hardly ever used.

A class of a few rows among much larger ones is often a slip, a leftover or a class that nobody
agreed on; no model learns it. The score grows as the class shrinks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TIMES_SMALLER = 10


def detect(dataset: Dataset, *, fewer_than: int = 5) -> DetectorResult:
    """fewer_than: a class of fewer rows is rare, if the average class is at least ten times its size."""
    import numpy as np

    counts = dataset.counts
    used = counts > 0
    mean = counts[used].mean() if used.any() else 0.0
    rare = used & (counts < fewer_than) & (counts * TIMES_SMALLER <= mean)
    rows = np.flatnonzero(rare[dataset.labels])
    size = counts[dataset.labels[rows]]

    def why(places: NDArray[np.int64]) -> list[str]:
        names = [dataset.classes[dataset.labels[rows[i]]] for i in places]
        return [
            f"{name!r} has {size[i]} row{'s' * bool(size[i] > 1)}, the average class {mean:,.0f}"
            for name, i in zip(names, places, strict=True)
        ]

    score = 1 - size / (2 * fewer_than)
    return DetectorResult(rows, score, score >= 0.5, np.full(len(rows), NO_CLASS, np.int32), why, about="row")
