"""Which rows may train: the guard, a score above which none does, and where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hardneg_cli.detection.findings import Findings
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.row_decisions import row_decisions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

LEAST_GUARD = 0.0025
LEAST_DOUBTED = 0.2  # of the rows, which may train even if their scores are not so low
RATHER_RIGHT = 0.5


def guard_of(findings: Findings, guard: float | None, training: Bools, safer: float | None) -> tuple[float, str]:
    """The guard, and where it comes from. It is relative, so that some rows may train whatever the model.

    training: (N,) the rows of the training split. safer: how many times less likely to be wrong than the average row
    those at the guard are; None for all that are rather right than wrong.
    """
    import numpy as np

    if guard is not None:
        return guard, "--guard"
    if safer is None:
        return RATHER_RIGHT, "what is rather right than wrong"
    mean = float(findings.score[findings.ranked].mean().round(9))
    usual, why = mean / safer, f"the mean score by {safer:g}"
    if usual < LEAST_GUARD:
        usual, why = LEAST_GUARD, f"one wrong label in {1 / LEAST_GUARD:.0f}"
    able = np.sort(findings.score[training & _undoubted(findings)])
    least = int(np.ceil(LEAST_DOUBTED * training.sum()))
    if len(able) and (fifth := float(able[min(least, len(able)) - 1])) > usual:
        return fifth, f"the score of the least doubted {LEAST_DOUBTED:.0%}, as {why} leaves fewer"
    return usual, why


def probably_right(findings: Findings, guard: float, decisions: Sequence[Decision]) -> Bools:
    """(N,) the rows that may train: not doubted, not flagged, and not decided to be wrong."""
    import numpy as np

    right = _undoubted(findings) & (findings.score <= guard)
    answers = row_decisions(findings.dataset, decisions)
    right[answers.rows[np.asarray(answers.wrong | answers.dropped)]] = False
    return right


def _undoubted(findings: Findings) -> Bools:
    """(N,) the rows that find does not flag, and whose probabilities are any."""
    right: Bools = ~findings.flagged
    return right if findings.digest is None else right & ~findings.digest.bad
