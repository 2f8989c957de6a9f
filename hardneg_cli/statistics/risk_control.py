"""How far down a ranking the rows may be trusted, with proof: selective prediction with a guaranteed error rate.

Learn then test (Angelopoulos, Bates, Candès, Jordan and Lei, 2021): each cut is the hypothesis that the error rate
above it is more than allowed, with the binomial tail as its p-value (Clopper and Pearson, 1934); cuts are tested from
strict to loose until one fails, from several starts among which the level is shared out, so that with the stated
confidence no cut is called safe that is not. The rows that are tested must be a random sample of those that the cut is
meant for, judged by models that did not see them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

APART = 4  # how many times the rows of one start the next one has
STEP = 1.1  # how many times the rows of one test the next one has


@dataclass(frozen=True)
class RiskControlledThreshold:
    """score: what a row needs. tested: held-out rows that have it. wrong: how many of them are. bound: on the rate."""

    score: float
    tested: int
    wrong: int
    bound: float


def fewest(max_error: float, confidence: float) -> int:
    """How many rows, all of them right, show that the error rate is below `max_error`."""
    return ceil(log(1 - confidence) / log(1 - max_error))


def upper(wrong: int, tested: int, confidence: float) -> float:
    """The Clopper-Pearson upper limit of an error rate."""
    from scipy.stats import beta

    return 1.0 if wrong >= tested else float(beta.ppf(confidence, wrong + 1, tested - wrong))


def safe_cut(
    scores: NDArray[np.float64], wrong: NDArray[np.bool_], *, max_error: float, confidence: float
) -> RiskControlledThreshold | None:
    """The lowest score above which the error rate is proved to be at most `max_error`; None where there is no proof.

    scores, wrong: (n,) of held-out rows, in any order; equal scores are tested together.
    """
    import numpy as np

    order = np.argsort(-scores, kind="stable")
    levels, errors = scores[order], np.cumsum(wrong[order])
    ends = np.flatnonzero(np.r_[levels[1:] != levels[:-1], True]) if len(levels) else np.zeros(0, np.int64)
    counts = ends + 1
    starts, each = _starts(len(scores), max_error, confidence)
    best = None
    for start in starts:
        for place in _walk(counts, start):
            bound = upper(int(errors[ends[place]]), int(counts[place]), each)
            if bound > max_error:
                break
            if best is None or counts[place] > best.tested:
                best = RiskControlledThreshold(
                    float(levels[ends[place]]), int(counts[place]), int(errors[ends[place]]), bound
                )
    return best


def _starts(rows: int, max_error: float, confidence: float) -> tuple[list[int], float]:
    """The row counts to start from, and the confidence of each test; as many starts as the rows are enough for."""
    found, each = list[int](), confidence
    for many in range(1, rows + 1):
        level = 1 - (1 - confidence) / many
        first = fewest(max_error, level)
        if first * APART ** (many - 1) > rows:
            break
        found, each = [int(first * APART**power) for power in range(many)], level
    return found, each


def _walk(counts: NDArray[np.int64], start: int) -> list[int]:
    """The places of the tests: from the first count of at least `start`, growing by a factor, up to the last one."""
    import numpy as np

    places, wanted = list[int](), float(start)
    while (place := int(np.searchsorted(counts, wanted))) < len(counts):
        places.append(place)
        wanted = max(float(counts[place]) + 1, float(counts[place]) * STEP)
    if len(counts) and counts[-1] >= start and places[-1:] != [len(counts) - 1]:
        places.append(len(counts) - 1)
    return places
