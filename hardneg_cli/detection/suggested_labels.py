"""Which label is suggested instead of each row's, of what all detectors say, and how certain the suggestion is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.detection.label_error_scores import LabelErrorScores


@dataclass(frozen=True)
class SuggestedLabels:
    """label: (N,) class code or `NO_CLASS`. certainty: (N,) P(the suggestion is right) / P(the given label is wrong).

    p: (N,) the models' mean probability of the suggestion, NaN where nobody has said it.
    """

    label: NDArray[np.int32]
    certainty: NDArray[np.float64]
    p: NDArray[np.float64]

    @classmethod
    def none(cls, n: int) -> SuggestedLabels:
        """None for any of n rows."""
        import numpy as np

        return cls(np.full(n, NO_CLASS, np.int32), np.zeros(n), np.full(n, np.nan))

    def put(self, rows: NDArray[np.int64], label: NDArray[np.int32], certainty: NDArray[np.float64],
            p: NDArray[np.float64]) -> None:  # fmt: skip
        """Fill in these rows."""
        self.label[rows], self.certainty[rows], self.p[rows] = label, certainty, p


def suggested_labels(
    labels: NDArray[np.int32],
    score: NDArray[np.float64],
    results: Collection[DetectorResult],
    together: LabelErrorScores | None,
) -> SuggestedLabels:
    """For each of the N given labels, the suggestion of the detector with the highest score among those that have one.

    score: (N,) of all detectors. together: what several detectors that judge labels say as one; it speaks for each of
    them. A spelling that `label-spelling` doubts is not suggested: the frequent one is.
    """
    import numpy as np

    best, found = np.full(len(labels), -1.0), SuggestedLabels.none(len(labels))
    for d in results:
        more = np.flatnonzero((d.suggested != NO_CLASS) & (d.score > best[d.rows]))
        rows = d.rows[more]
        best[rows] = d.score[more]
        p = np.full(len(rows), np.nan) if d.p_suggested is None else d.p_suggested[more]
        found.put(rows, d.suggested[more], _certainty(labels, score, d)[more], p)
        if d.about == "label" and together is not None:
            rows = rows[together.suggested[rows] != NO_CLASS]
            found.put(rows, together.suggested[rows], together.certainty[rows], together.p_suggested[rows])
    _spell_well(labels, found, [d for d in results if d.about == "name"])
    return found


def _certainty(labels: NDArray[np.int32], score: NDArray[np.float64], d: DetectorResult) -> NDArray[np.float64]:
    """(n,) of the detector's rows. In a conflict, how likely the label is right in the rows that carry it."""
    import numpy as np

    if d.group is None or not len(d.rows):
        return np.ones(len(d.rows)) if d.certainty is None else d.certainty
    k = int(max(labels.max(), d.suggested.max())) + 1
    carried, first = np.unique(d.group * k + labels[d.rows], return_index=True)
    twin = np.searchsorted(carried, d.group * k + np.maximum(d.suggested, 0)) % len(carried)
    right, wrong = 1 - score[d.rows[first[twin]]], score[d.rows]
    most = np.maximum(wrong, right)
    certain: NDArray[np.float64] = np.divide(right, most, out=np.zeros(len(most)), where=most > 0)
    return certain


def _spell_well(labels: NDArray[np.int32], found: SuggestedLabels, names: list[DetectorResult]) -> None:
    """Suggest the frequent spelling instead of a doubted one; nothing where it is the given label."""
    import numpy as np

    better = np.arange(max(labels.max(initial=0), found.label.max(initial=0)) + 1, dtype=np.int32)
    for d in names:
        better[labels[d.rows[d.flagged]]] = d.suggested[d.flagged]
    rows = np.flatnonzero((found.label != NO_CLASS) & (better[found.label] != found.label))
    meant = better[found.label[rows]]
    found.put(rows, np.where(meant == labels[rows], NO_CLASS, meant), found.certainty[rows], np.full(len(rows), np.nan))
