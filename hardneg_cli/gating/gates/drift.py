"""The model says other things than before about rows that nobody touched.

Rows that are in the base with the same content and label get new findings only because the model, its training data
or the settings changed. Some of that is usual (retraining flips the flag of some percent of the rows); much of it
means that this commit's findings tell more about the model than about the data, and that a budget or a count is not
comparable with that of the base. What was flagged in the base is known from its state: `find --state FILE`, then
`check --state FILE`.

Warns by default, since a better model is no fault. Rows that people decided since are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardneg_cli.data.changes import Changes
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, Unavailable
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.baseline import Baseline

    Rows = NDArray[np.int64]

BY_DEFAULT = "warn"
REMEDY = (
    "Look at what the model says otherwise now; where the new model is meant, write a new state (`hardneg find "
    "--state FILE`)."
)
FIGURES = ("untouched", "newly", "no_longer", "share")
FEWEST_ROWS = 50  # fewer, and a share of them says little


def judge(
    changes: Changes, changed_rows: NDArray[np.bool_], findings: Findings, baseline: Baseline, *, at_most: float = 0.1
) -> Verdict:
    """at_most: the share of the untouched rows that may be flagged on one side alone."""
    import numpy as np

    if not 0 <= at_most <= 1:
        raise InputError(f"drift.at_most is a share between 0 and 1, not {at_most:g}")
    if baseline.flagged is None:
        raise Unavailable("what was flagged in the base is not known: name a state that hardneg find --state wrote")
    untouched = ~changed_rows
    untouched[list(findings.decided)] = False
    rows = np.flatnonzero(untouched)
    if len(rows) < FEWEST_ROWS:
        raise Unavailable(f"{len(rows):,} rows are untouched and undecided, too few to tell a drift")
    before, now = np.asarray(baseline.flagged)[changes.place[rows]], findings.flagged[rows]
    newly, no_longer = rows[now & ~before], rows[before & ~now]
    share = (len(newly) + len(no_longer)) / len(rows)
    why = (
        f"{100 * share:.1f} % of {len(rows):,} untouched rows changed sides: {len(newly):,} newly flagged, "
        f"{len(no_longer):,} no longer ({before.sum():,} before, {now.sum():,} now)"
    )
    numbers = {"untouched": len(rows), "newly": len(newly), "no_longer": len(no_longer), "share": share}
    if share <= at_most:
        return Verdict(True, why, numbers=numbers)
    moved = np.sort(np.concatenate([newly, no_longer]))
    return Verdict(False, why, moved, _reasons(moved, findings), numbers)


def _reasons(rows: Rows, findings: Findings) -> Callable[[Rows], list[str]]:
    def reasons(places: Rows) -> list[str]:
        words = {True: "newly flagged", False: "no longer flagged"}
        return [f"{words[bool(findings.flagged[row])]}, score {findings.score[row]:.3f}" for row in rows[places]]

    return reasons
