"""The map: the dataset's features in two dimensions, of all rows where they are few enough, else of a stated sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.surroundings import Surroundings
from hardneg_cli.io.tables.queue_view import MOST_NEAREST
from hardneg_cli.statistics.neighbor_layout import layout
from hardneg_cli.statistics.neighbor_search.search import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

MOST_DRAWN = 20_000  # rows
MOST_FLAGGED = 1_000  # of them, the worst ones
SPAN = 1000  # of both axes
OUTLYING = 0.001  # of the rows at either end, which are drawn at the edge


def sampled_rows(dataset: Dataset, worst: Rows) -> tuple[Rows, str]:
    """Which rows are drawn, ascending, and the rule in words. worst: at most `MOST_FLAGGED` flagged rows."""
    import numpy as np

    n = len(dataset)
    if n <= MOST_DRAWN:
        return np.arange(n), "every row"
    others = dataset.by_id[~np.isin(dataset.by_id, worst)]
    left = MOST_DRAWN - len(worst)
    even = others[np.linspace(0, len(others) - 1, min(left, len(others))).astype(np.int64)]
    rows = np.sort(np.concatenate([worst, even]))
    return (
        rows,
        f"the {len(worst):,} worst flagged rows, and {len(even):,} others at even distances in the order of ids",
    )


def placed(features: Features, surroundings: Surroundings, rows: Rows) -> NDArray[np.int64]:
    """(n, 2) places of these rows, from 0 to `SPAN` on either axis, by the graph of their nearest neighbors.

    The neighbors are those that the detectors went by where every row is drawn, else those among the rows drawn.
    """
    import numpy as np

    matrix = features.matrix
    known = surroundings.nearest
    if len(rows) < len(matrix) or known is None:
        matrix, known = matrix[rows], None
    places = layout(matrix, nearest(matrix, MOST_NEAREST).rows if known is None else known)
    low, high = np.quantile(places, [OUTLYING, 1 - OUTLYING], axis=0)
    share = np.clip((places - low) / np.maximum(high - low, 1e-12), 0, 1)
    found: NDArray[np.int64] = np.rint(share * SPAN).astype(np.int64)
    return found
