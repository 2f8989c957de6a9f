"""cleanlab's label-quality scores and filters, computed by cleanlab on rows that are safe for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.probabilities import Probabilities
from hardneg_cli.data.probabilities.validation import nonnegative
from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Answer = tuple[NDArray[np.float64], NDArray[np.bool_]]

QUALITY_SCORES = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
MOST_CELLS = 2 * 10**8  # cleanlab needs the whole matrix, and up to three copies of it


def quality(dataset: Dataset, probabilities: Probabilities, rows: NDArray[np.int64], method: str) -> Answer:
    """One minus the label quality of `rows`; flagged are the worst, as many as cleanlab counts label issues."""
    import numpy as np
    from cleanlab.count import num_label_issues
    from cleanlab.rank import get_label_quality_scores

    labels, matrix = _whole(dataset, probabilities, rows)
    score = 1 - get_label_quality_scores(labels, matrix, method=method)
    count = num_label_issues(labels, matrix, estimation_method="off_diagonal")
    flagged = np.zeros(len(rows), bool)
    flagged[np.lexsort((dataset.id_rank[rows], -score))[:count]] = True
    return np.clip(score, 0, 1), flagged


def filtered(dataset: Dataset, probabilities: Probabilities, rows: NDArray[np.int64], method: str) -> Answer:
    """Flagged are the rows that cleanlab's filter returns; they score above a half, all others below."""
    import numpy as np
    from cleanlab.filter import find_label_issues

    labels, matrix = _whole(dataset, probabilities, rows)
    flagged = find_label_issues(labels, matrix, filter_by=method, n_jobs=1)
    doubt = 1 - matrix[np.arange(len(rows)), labels].astype(np.float64)
    return np.clip(flagged / 2 + doubt / 2, 0, 1), flagged


def _whole(
    dataset: Dataset, probabilities: Probabilities, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Labels and the models' mean matrix, with the classes that labels use or models know numbered from 0."""
    import numpy as np

    cells = probabilities.rows * len(probabilities.classes)
    if cells > MOST_CELLS:
        raise InputError(
            f"cleanlab's methods need all {cells:,} probabilities in memory, more than {MOST_CELLS:,}: "
            "use doubtful-label.method=estimated"
        )
    parts = [blocks[0] if len(blocks) == 1 else sum(blocks) / len(blocks) for _, blocks in probabilities.blocks()]
    matrix = nonnegative(np.concatenate(parts)[rows])
    known = probabilities.known.any(axis=0)
    number = np.cumsum(known) - 1
    return number[dataset.labels[rows]].astype(np.int64), matrix[:, known]
