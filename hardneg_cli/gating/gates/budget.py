"""More rows are flagged and undecided than there may be.

A budget for open findings, as a number of rows (`most=50`) or a share of the rows (`most=2%`), for the dataset and for
each class. It counts what the model says now, so a retrained model moves it without any change of the data; `rate`
does not depend on that. For a budget that shrinks as people review, lower it in the configuration from time to time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, Unavailable, quote
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

BY_DEFAULT = None
REMEDY = "Decide about the open rows: they are the review queue."
FIGURES = ("open", "rows")


def judge(findings: Findings, *, most: str = "", most_per_class: str = "") -> Verdict:
    """most: open rows in the dataset, a number or a percentage of its rows. most_per_class: the same of each class."""
    import numpy as np

    if not most and not most_per_class:
        raise Unavailable("no budget is set: --set budget.most=50, budget.most=2% or budget.most_per_class=…")
    dataset, rows = findings.dataset, np.flatnonzero(findings.flagged)
    said, too_many = [], np.zeros(len(dataset.classes), bool)
    if most:
        allowed = int(_allowed("most", most, np.array([len(dataset)]))[0])
        said.append(f"{len(rows):,} rows are flagged and undecided, and {allowed:,} may be")
        too_many[:] = len(rows) > allowed
    if most_per_class:
        flagged = np.bincount(dataset.labels[rows], minlength=len(dataset.classes))
        limit = _allowed("most_per_class", most_per_class, dataset.counts)
        over = np.flatnonzero(flagged > limit)
        worst = over[np.lexsort((over, (limit - flagged)[over]))]
        said += [f"{flagged[c]:,} labeled {quote(dataset.classes[c])}, and {limit[c]:,} may be" for c in worst[:5]]
        said += [f"and {len(worst) - 5:,} more classes"] * (len(worst) > 5)
        said += ["no class has too many"] * (not len(worst))
        too_many[over] = True
    blamed = rows[too_many[dataset.labels[rows]]]
    numbers = {"open": float(len(rows)), "rows": float(len(dataset))}
    if not too_many.any():
        return Verdict(True, "; ".join(said), numbers=numbers)
    return Verdict(False, "; ".join(said), blamed, _reasons(blamed, findings), numbers)


def _allowed(setting: str, text: str, rows: Rows) -> Rows:
    """How many of so many rows; raises InputError for a text that is no number and no percentage."""
    import numpy as np

    text = text.strip()
    try:
        number = float(text.removesuffix("%")) / 100 if text.endswith("%") else float(int(text))
    except ValueError:
        number = -1.0
    if not number >= 0 or (text.endswith("%") and number > 1):
        raise InputError(f"budget.{setting} is a number of rows or a percentage of them (50, 2%), not {quote(text)}")
    if not text.endswith("%"):
        return np.full(len(rows), int(text), np.int64)
    share: Rows = np.floor(number * rows + 1e-9).astype(np.int64)  # 29 % of 100 rows are 29 rows
    return share


def _reasons(rows: Rows, findings: Findings) -> Callable[[Rows], list[str]]:
    labels, classes = findings.dataset.labels, findings.dataset.classes
    return lambda places: [
        f"labeled {quote(classes[labels[row]])}, flagged with score {findings.score[row]:.3f}" for row in rows[places]
    ]
