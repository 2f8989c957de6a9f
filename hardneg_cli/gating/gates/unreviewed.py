"""Changed rows are flagged, and nobody has decided about them.

For a rule that people look at every doubtful row before it is merged: decide them in a queue or with `hardneg review`,
and commit the decisions log with the data. It fails most commits that nobody has reviewed, since a good model still
flags some percent of good rows; `rate` asks whether they are more than usual.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, quote
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

BY_DEFAULT = None
REMEDY = "Decide about the changed rows that are flagged: they are the review queue."
FIGURES = ("changed", "open")


def judge(changed_rows: NDArray[np.bool_], findings: Findings, *, most: int = 0) -> Verdict:
    """most: so many rows may be left undecided."""
    import numpy as np

    if most < 0:
        raise InputError(f"unreviewed.most is a number of rows, not {most}")
    changed = int(changed_rows.sum())
    rows = np.flatnonzero(changed_rows & findings.flagged)
    why = f"{len(rows):,} of {changed:,} added, edited or relabeled rows are flagged and undecided"
    numbers = {"changed": float(changed), "open": float(len(rows))}
    if len(rows) <= most:
        return Verdict(True, why, numbers=numbers)
    return Verdict(False, why + (f", and {most:,} may be" if most else ""), rows, _reasons(rows, findings), numbers)


def _reasons(rows: Rows, findings: Findings) -> Callable[[Rows], list[str]]:
    dataset = findings.dataset

    def reasons(places: Rows) -> list[str]:
        said = []
        for row in rows[places].tolist():
            code = int(findings.suggested[row])
            better = f", looks like {quote(dataset.classes[code])}" if code >= 0 else ""
            said.append(
                f"labeled {quote(dataset.classes[dataset.labels[row]])}{better} (score {findings.score[row]:.3f})"
            )
        return said

    return reasons
