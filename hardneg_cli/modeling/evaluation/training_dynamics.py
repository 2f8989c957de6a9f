"""What the checkpoints of one training say of each row: dataset cartography, and what is forgotten on the way.

confidence is the mean probability of the given label over the checkpoints, variability its standard deviation (of these
checkpoints, none added to the denominator), correctness the share of checkpoints that are right (Swayamdipta et al.,
Dataset cartography: mapping and diagnosing datasets with training dynamics, 2020). A forgetting event is a checkpoint
that is wrong after one that was right (Toneva et al., An empirical study of example forgetting during deep neural
network learning, 2019).

A row is hard-to-learn where confidence plus variability stays below, and easy where confidence less variability stays
above, half of the probability that the label has on average where a checkpoint is right; the others are ambiguous. So
the regions are no shares of the rows, and mean the same with two classes as with a hundred.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Rows = NDArray[np.bool_]

EASY, AMBIGUOUS, HARD = "easy", "ambiguous", "hard-to-learn"
REGIONS = (EASY, AMBIGUOUS, HARD)


@dataclass(frozen=True)
class TrainingDynamics:
    """E checkpoints on n rows, in the order of training.

    labels: (n,) codes. top: (E, n) the likeliest class of each. p: (E, n) the probability of the label, None where a
    checkpoint names classes only.
    """

    labels: Codes
    top: Codes
    p: Numbers | None

    @cached_property
    def right(self) -> Rows:
        """(E, n)."""
        right: Rows = self.top == self.labels
        return right

    @cached_property
    def losses(self) -> Numbers | None:
        """(E, n) minus the logarithm of the label's probability, in nats, clipped as log-loss is."""
        import numpy as np

        if self.p is None:
            return None
        eps = np.finfo(np.float64).eps
        losses: Numbers = -np.log(np.clip(self.p, eps, 1 - eps))
        return losses


@dataclass(frozen=True)
class Cartography:
    """(n,) each. confidence, variability: None where a checkpoint names classes only. region: codes into REGIONS.

    learned: the first checkpoint that is right, −1 for none. likeliest: the class other than the label that most
    checkpoints say, the later one of a tie, −1 where none says another.
    """

    confidence: Numbers | None
    variability: Numbers | None
    correctness: Numbers
    forgetting_events: Codes
    learned: Codes
    region: Codes
    likeliest: Codes


def cartography(dynamics: TrainingDynamics) -> Cartography:
    """Of each row. O(E²·n)."""
    import numpy as np

    right = dynamics.right
    p = right.astype(np.float64) if dynamics.p is None else dynamics.p
    confidence, variability = p.mean(axis=0), p.std(axis=0)
    half = float(p[right].mean()) / 2 if right.any() else 0.5
    region = np.full(len(confidence), REGIONS.index(AMBIGUOUS))
    region[confidence + variability < half] = REGIONS.index(HARD)
    region[confidence - variability > half] = REGIONS.index(EASY)
    known = dynamics.p is not None
    return Cartography(
        confidence if known else None,
        variability if known else None,
        right.mean(axis=0),
        (right[:-1] & ~right[1:]).sum(axis=0).astype(np.int64),
        np.where(right.any(axis=0), right.argmax(axis=0), -1),
        region,
        _likeliest(dynamics),
    )


def _likeliest(dynamics: TrainingDynamics) -> Codes:
    import numpy as np

    votes, found = np.zeros(len(dynamics.labels), np.int64), np.full(len(dynamics.labels), -1)
    for top in dynamics.top:
        count = (dynamics.top == top).sum(axis=0)
        better = (count >= votes) & (top != dynamics.labels)
        votes, found = np.where(better, count, votes), np.where(better, top, found)
    return found
