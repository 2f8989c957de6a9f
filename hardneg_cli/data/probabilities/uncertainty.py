"""How undecided the models are about each row: entropy of the probabilities, adjusted for each class's confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.probabilities.probabilities import Probabilities

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.probabilities.probabilities import Block


@dataclass(frozen=True)
class Uncertainty:
    """probabilities: the models'. judged: (N,) bool, the rows to ask about. raised: (K,) what each class gets more.

    From each class's probability its average over the rows of that label (the confident threshold) is
    taken away before the row is normalized again, so that hard classes are not outliers as a whole
    (Kuan and Mueller, Back to the Basics: Revisiting Out-of-Distribution Detection Baselines, 2022).
    """

    probabilities: Probabilities
    judged: NDArray[np.bool_]
    raised: NDArray[np.float64]


def entropies(
    raised: NDArray[np.float64], blocks: list[Block], judged: NDArray[np.bool_]
) -> NDArray[np.float64]:  # fmt: skip
    """(B,) normalized entropy in [0, 1] of the models' mean, NaN for rows that are not judged."""
    import numpy as np

    p = (blocks[0] if len(blocks) == 1 else sum(blocks) / len(blocks)) + raised.astype(blocks[0].dtype)
    if not judged.all():
        p[~judged] = 1
    np.maximum(p, 1e-12, out=p)
    total = p.sum(axis=1)
    spread = np.einsum("ij,ij->i", p, np.log(p))
    entropy = (np.log(total) - spread / total).astype(np.float64) / np.log(max(len(raised), 2))
    return np.where(judged, entropy, np.nan)
