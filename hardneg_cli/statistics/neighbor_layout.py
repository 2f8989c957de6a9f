"""A map of points in two dimensions, by the graph of their nearest neighbors.

Neighbors attract each other, random others repel, from a start by principal components: what UMAP does (McInnes, Healy
and Melville, 2018), with Student's kernel, 1 / (1 + d²), as t-SNE has it. Each round moves all points at once, by sums
of float32 products without a function whose last digit depends on the machine; the start is rounded for the same
reason. Distances between far groups mean nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places = NDArray[np.float32]

ROUNDS = 120
REPELLED = 5  # random points a point and round
EXTENT = 10.0  # of the start, either way
GRID = 64.0  # steps a unit that the start is rounded to
SPEED = 1.2
MOST = 4.0  # of a single push or pull
NEAREST = 1e-3  # squared, at which repulsion ends to grow


def layout(matrix: NDArray[np.floating], neighbors: NDArray[np.integer]) -> Places:
    """(N, 2) places of N×D points. neighbors: (N, k) rows, never the point itself. O(rounds · N · k)."""
    import numpy as np

    places = _start(matrix)
    random = np.random.default_rng(0)
    degree = neighbors.shape[1] + np.bincount(neighbors.ravel(), minlength=len(places)).astype(np.float32)
    repulsion = np.float32(neighbors.shape[1] / 2)  # altogether what k/2 others a neighbor would come to
    for turn in range(ROUNDS):
        away = places[:, None] - places[neighbors]
        pull = away * (-2 / (1 + _squares(away)))
        moved = pull.sum(axis=1) - _back(neighbors, pull, len(places))
        away = places[:, None] - places[random.integers(0, len(places), (len(places), REPELLED))]
        squares = _squares(away)
        push = away * (2 / ((NEAREST + squares) * (1 + squares)))
        moved += repulsion * np.clip(push, -MOST, MOST).sum(axis=1)
        places = places + np.float32(SPEED * (1 - turn / ROUNDS)) * moved / degree[:, None]
    return places


def _start(matrix: NDArray[np.floating]) -> Places:
    """The first two principal components, each direction such that its largest loading is positive."""
    import numpy as np
    from sklearn.decomposition import PCA

    values = np.asarray(matrix, np.float32)
    if not np.ptp(values, axis=0).any():  # all at one place: a cloud
        cloud: Places = np.random.default_rng(0).normal(size=(len(values), 2)).astype(np.float32)
        return cloud
    if values.shape[1] == 1:
        values = np.column_stack([values, np.zeros(len(values), np.float32)])
    fit = PCA(2, random_state=0)
    found = fit.fit_transform(values)
    strongest = np.abs(fit.components_).argmax(axis=1)
    found = found * np.where(fit.components_[[0, 1], strongest] < 0, -1, 1)
    most = np.abs(found).max() or 1
    start: Places = (np.rint(found * (EXTENT * GRID / most)) / GRID).astype(np.float32)
    return start


def _squares(away: NDArray[np.float32]) -> NDArray[np.float32]:
    squares: NDArray[np.float32] = away[..., :1] * away[..., :1] + away[..., 1:] * away[..., 1:]
    return squares


def _back(neighbors: NDArray[np.integer], pull: NDArray[np.float32], n: int) -> Places:
    """(N, 2) how much each point pulls those whose neighbor it is."""
    import numpy as np

    flat = neighbors.ravel()
    return np.stack([np.bincount(flat, pull[..., axis].ravel(), n) for axis in (0, 1)], axis=1).astype(np.float32)
