"""The map: the dataset's features in two dimensions, of all rows where they are few enough, else of a stated sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

MOST_DRAWN = 20_000  # rows
MOST_FLAGGED = 5_000  # of them, the worst ones
SPAN = 1000  # of both axes
OUTLYING = 0.001  # of the rows at either end, which are drawn at the edge


def drawn_rows(dataset: Dataset, worst_first: Rows, flagged: NDArray[np.bool_]) -> tuple[Rows, str]:
    """Which rows are drawn, ascending, and the rule in words."""
    import numpy as np

    n = len(dataset)
    if n <= MOST_DRAWN:
        return np.arange(n), "every row"
    worst = worst_first[flagged[worst_first]][:MOST_FLAGGED]
    others = dataset.by_id[~np.isin(dataset.by_id, worst)]
    left = MOST_DRAWN - len(worst)
    even = others[np.linspace(0, len(others) - 1, min(left, len(others))).astype(np.int64)]
    rows = np.sort(np.concatenate([worst, even]))
    return (
        rows,
        f"the {len(worst):,} worst flagged rows, and {len(even):,} others at even distances in the order of ids",
    )


def projected(matrix: NDArray[np.floating], rows: Rows) -> tuple[NDArray[np.int64], float]:
    """(n, 2) places from 0 to `SPAN` of these rows, and the share of their variance that the two dimensions hold.

    Principal components (scikit-learn's randomized SVD with a fixed seed), signs fixed by the largest loading.
    O(n·D).
    """
    import numpy as np
    from sklearn.decomposition import PCA

    values = np.asarray(matrix[rows], np.float32)
    if values.shape[1] == 1:
        values = np.column_stack([values, np.zeros(len(values), np.float32)])
    fit = PCA(2, svd_solver="auto", random_state=0)
    places = fit.fit_transform(values)
    strongest = np.abs(fit.components_).argmax(axis=1)
    places = places * np.sign(fit.components_[[0, 1], strongest] + 1e-12)
    low, high = np.quantile(places, [OUTLYING, 1 - OUTLYING], axis=0)
    share = np.clip((places - low) / np.maximum(high - low, 1e-12), 0, 1)
    return np.rint(share * SPAN).astype(np.int64), float(fit.explained_variance_ratio_.sum())
