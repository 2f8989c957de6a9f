"""Whether scores mean what they say: groups of answered rows of about the same score, and how many were wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hardneg_cli.detection.report.figures import ReliabilityGroup
from hardneg_cli.rendering.figures import interval
from hardneg_cli.statistics.intervals import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_GROUPS = 10
FEWEST = 10  # rows of a group
DECIMALS = 4


def reliability_groups(score: NDArray[np.float64], answered: Mapping[int, bool]) -> list[ReliabilityGroup]:
    """Groups of equally many answered rows in the order of their (N,) scores; none of fewer than 2 × 10 answers.

    Which rows were asked about may depend on their score, as groups are of one score, but on nothing else.
    """
    import numpy as np

    if len(answered) < 2 * FEWEST:
        return []
    rows = np.array(sorted(answered), np.int64)
    rows = rows[np.argsort(score[rows], kind="stable")]
    wrong = np.array([answered[row] for row in rows.tolist()], float)
    found: list[ReliabilityGroup] = []
    for part in np.array_split(np.arange(len(rows)), min(MOST_GROUPS, len(rows) // FEWEST)):
        hits, of = float(wrong[part].sum()), len(part)
        low, high = map(float, wilson(hits, float(of)))
        mean = round(float(score[rows[part]].mean()), DECIMALS)
        found.append({"rows": of, "score": mean, "wrong": interval(hits / of, low, high)})
    return found
