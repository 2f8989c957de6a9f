"""Verdicts on the ground of an audit: scores that are probabilities again, their cut, and the count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.detection.fusion import FusedScores
from hardneg_cli.errors import InputError
from hardneg_cli.review.audit.filled_audit import FilledAudit
from hardneg_cli.statistics.beta_calibration import recalibrate
from hardneg_cli.statistics.scores import LEAST_FLAGGED, best_f1_cut
from hardneg_cli.statistics.survey_estimation import stratum_counts, survey

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def recalibrate_on_audit(
    dataset: Dataset, judged: NDArray[np.bool_], verdicts: FusedScores, audited: FilledAudit
) -> FusedScores:
    """Recalibrate the scores of the (N,) `judged` rows on the audited ones, cut them, and count as the survey does.

    The inclusion probabilities are those of the draw, so this holds whatever has become of the scores since.
    Raises InputError if the audit was not drawn from these rows.
    """
    import numpy as np

    if audited.population != judged.sum():
        raise InputError(
            f"{audited.name}: drawn from {audited.population:,} rows, and {dataset.name} has {int(judged.sum()):,}: "
            "name the data that was audited, or draw a new audit from what find --all writes now"
        )
    rows, answered = audited.rows(dataset), audited.answered
    known = stratum_counts(audited.stratum, audited.size, audited.flagged, answered, audited.is_error)
    sound = judged[rows]
    is_error, share = audited.is_error[answered][sound], _response_rate(audited)[answered][sound]
    place = np.cumsum(judged) - 1
    score = verdicts.score.copy()
    score[judged] = recalibrate(score[judged], dataset.id_rank[judged], place[rows[sound]], is_error, share)
    flagged = judged & (score >= LEAST_FLAGGED)
    flagged[judged] &= best_f1_cut(score[judged])
    return replace(verdicts, score=score, flagged=flagged, errors=survey(known, audited.flagged_rows).errors)


def _response_rate(audited: FilledAudit) -> NDArray[np.float64]:
    """(n,) the share of each row's stratum that is answered: what its inclusion probability has come to."""
    import numpy as np

    of = np.unique(audited.stratum, return_inverse=True)[1]
    share: NDArray[np.float64] = np.bincount(of, audited.answered)[of] / audited.size
    return share
