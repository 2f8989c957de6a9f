"""Mining modes: each file chooses hard rows of one kind.

As with detectors, positional parameters name evidence, and keyword-only ones are settings. `trainable` is (N,) bool,
the rows that are probably right and may train.

    # boundary.py
    "Rows that the model only just gets right."

    def run(digest: Digest, trainable: NDArray[np.bool_], *, margin_below: float = 0.6) -> HardNegatives:
        "margin_below: of the probabilities of the given label and the next one."
        ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    from hardneg_cli.modeling.mining.hard_negatives import HardNegatives

GIVEN = {"trainable": ""}  # which nobody has to bring
SAFER = 8  # times less likely to be wrong than the average row: half of a quarter, as the hardest stand at the guard


class MiningMode(Protocol):
    """What every mode has: `run(evidence…, *, settings…)`, the hardest rows first; a `digest` needs probabilities.

    SAFER (optional): how many times less likely to be wrong than the average row a row has to be, by default 8.
    """

    SAFER: float = SAFER
    run: Callable[..., HardNegatives]


MINING_MODES = Units[MiningMode]("mode")
