"""More labels may be wrong than there may be, says an audit of this data.

What `audit estimate` says: the upper end of the 95 % interval of the error rate has to be at most `at_most`. So it
asks for a proof that the labels are good, and an audit of few rows proves little: where none of 60 audited rows is
wrong, up to 5 to 6 % of all may be. The audit has to be drawn from this very data; once labels have changed that were
audited, it says nothing about them any more. See `hardneg audit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, Unavailable, percent
from hardneg_cli.gating.verdict import Verdict
from hardneg_cli.statistics.survey_estimation import stratum_counts, survey

if TYPE_CHECKING:
    from hardneg_cli.review.audit.filled_audit import FilledAudit

BY_DEFAULT = None
REMEDY = "Correct labels, and draw a new audit of what is left (`hardneg audit draw`)."
FIGURES = ("audited", "estimate", "low", "high", "at_most")


def judge(dataset: Dataset, audited: FilledAudit, *, at_most: float = 0.05) -> Verdict:
    """at_most: the share of wrong labels, as the upper end of its interval."""
    if not 0 <= at_most <= 1:
        raise InputError(f"error-bound.at_most is a share between 0 and 1, not {at_most:g}")
    _refuse_another(dataset, audited)
    known = stratum_counts(audited.stratum, audited.size, audited.flagged, audited.answered, audited.is_error)
    found = survey(known, audited.flagged_rows)
    value, low, high = (number / found.rows for number in (found.errors.value, found.errors.low, found.errors.high))
    numbers = {"audited": found.audited, "estimate": value, "low": low, "high": high, "at_most": at_most}
    why = (
        f"up to {percent(high)} of the labels may be wrong (estimated {percent(value)}, from {found.audited:,} "
        f"audited rows), and {percent(at_most)} may be"
    )
    if high > at_most >= value and found.rows_to_halve:
        why += f"; an audit of {found.rows_to_halve:,} more rows would halve the interval"
    return Verdict(high <= at_most, why, numbers=numbers)


def _refuse_another(dataset: Dataset, audited: FilledAudit) -> None:
    """Raises Unavailable if the audit was drawn from other rows."""
    if audited.population != len(dataset):
        raise Unavailable(
            f"{audited.name} was drawn from {audited.population:,} rows, and {dataset.name} has {len(dataset):,}: "
            "draw a new audit"
        )
    try:
        audited.rows(dataset)
    except InputError as error:
        raise Unavailable(str(error)) from error
