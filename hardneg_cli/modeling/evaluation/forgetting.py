"""What the last checkpoint has forgotten that an earlier one knew: rows, and classes with an interval and a test.

A class is judged by its held-out rows, by all of its rows where it has none of those. Its recall before and after is
compared on the same rows: McNemar's mid-p test, or with groups the interval's; p-values are corrected (Holm) for all
classes and earlier checkpoints.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.modeling.evaluation.training_dynamics import TrainingDynamics
from hardneg_cli.statistics.intervals import LEVEL, ends, error_of_change, error_of_mean, known, p_value
from hardneg_cli.statistics.paired_tests import holm, mcnemar_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Rows = NDArray[np.bool_]


@dataclass(frozen=True)
class ForgottenClass:
    """A class as the last checkpoint knows it, against the checkpoint `since`.

    rows: that it is judged by, of which `broke` were right then and are wrong now, and `fixed` the reverse. before,
    after: recall. change: between them, with its 95 % interval. None is unknown.
    """

    since: int
    class_: str
    held_out: bool
    rows: int
    broke: int
    fixed: int
    before: float
    after: float
    change: float
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None = None

    @property
    def is_forgotten(self) -> bool:
        """Whether it is known less than before, beyond chance."""
        return self.change < 0 and self.p_adjusted is not None and self.p_adjusted < 1 - LEVEL


def class_changes(
    dynamics: TrainingDynamics, held_out: Rows, classes: tuple[str, ...], since: tuple[int, ...], group: Codes | None
) -> list[ForgottenClass]:
    """Every class that has rows, against each of the checkpoints `since`, the greatest loss first. O(n) each."""
    import numpy as np

    order = np.argsort(dynamics.labels, kind="stable")
    codes, starts = np.unique(dynamics.labels[order], return_index=True)
    right, last = dynamics.right, len(dynamics.top) - 1
    found = []
    for code, rows in zip(codes.tolist(), np.split(order, starts[1:]), strict=True):
        mine = rows[held_out[rows]]
        chosen = mine if len(mine) else rows
        theirs = None if group is None else group[chosen]
        found += [
            _change(earlier, classes[code], bool(len(mine)), right[earlier, chosen], right[last, chosen], theirs)
            for earlier in since
        ]
    p = holm(np.array([np.nan if one.p is None else one.p for one in found], np.float64))
    found = [replace(one, p_adjusted=known(value)) for one, value in zip(found, p.tolist(), strict=True)]
    return sorted(found, key=lambda one: (one.since, one.change, one.class_))


def _change(since: int, name: str, held_out: bool, was: Rows, is_: Rows, group: Codes | None) -> ForgottenClass:
    import numpy as np

    n, broke, fixed = len(was), int((was & ~is_).sum()), int((~was & is_).sum())
    change = is_.astype(np.float64) - was
    spread, units, p = error_of_change(fixed, broke, n), n, mcnemar_p(fixed, broke)
    if group is not None:
        units = len(np.unique(group))
        spread = max(spread, float(error_of_mean(change[None], group)[0][0])) if units > 1 else float("nan")
        p = p_value(float(change.mean()), spread, units, broke + fixed)
    low, high = ends(float(change.mean()), spread, units, -1.0, 1.0)
    before, after = float(was.mean()), float(is_.mean())
    return ForgottenClass(
        since, name, held_out, n, broke, fixed, before, after, float(change.mean()), low, high, known(p)
    )
