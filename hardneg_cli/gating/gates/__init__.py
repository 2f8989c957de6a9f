"""Gates: each says yes or no to one thing about a dataset commit.

As with detectors, positional parameters name evidence, and keyword-only ones are settings. Besides what detectors may
ask for, a gate may ask for what `GIVEN` lists.

    # unreviewed.py
    "Changed rows are suspect and nobody has looked at them."

    BY_DEFAULT = "warn"

    def judge(changed_rows: NDArray[np.bool_], findings: Findings, *, most: int = 0) -> Verdict:
        "most: such rows that are let pass."
        ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import Verdict

GIVEN = {
    "decisions": "decisions (the log beside the data, or --decisions)",
    "base_log": "the decisions log of the base",
    "audited": "an audit (--audit)",
    "findings": "probabilities (--probs)",
    "allowed_classes": "class names (--allow-class)",
}


class Gate(Protocol):
    """What every gate has: `judge(evidence…, *, settings…)`, which raises Unavailable where it cannot tell.

    BY_DEFAULT (optional): what its refusal means where nobody names it, `fail` or `warn`; None: it is not asked then.
    REMEDY (optional): what to do where it says no, in a sentence or two. FIGURES (optional): the names that the numbers
    of its verdicts may have, in their order, so that they are known where it could not be judged.
    """

    BY_DEFAULT: Literal["fail", "warn"] | None = None
    REMEDY: str = ""
    FIGURES: tuple[str, ...] = ()
    judge: Callable[..., Verdict]


GATES = Units[Gate]("gate")
