"""Label spreading over a graph of nearest neighbors (Zhou et al., Learning with local and global consistency, 2003)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

ROWS_AT_ONCE = 1 << 11
NEARER = 3  # the power of the cosine: near neighbors count far more than far ones
HELD = 0.9  # how much of a row's label comes from its neighbors in each step
STEPS = 50


def neighbor_graph(vectors: Block, among: int) -> Any:
    """(N, N) sparse and symmetric: the cosine of each row and the `among` nearest ones, sharpened; O(N²·D) time."""
    import numpy as np
    from scipy.sparse import csr_array
    from sklearn.preprocessing import normalize

    unit = normalize(vectors).astype(np.float32)
    rows, k = len(unit), min(among, len(unit) - 1)
    near, weight = np.empty((rows, k), np.int64), np.empty((rows, k))
    for start in range(0, rows, ROWS_AT_ONCE):
        cosine = unit[start : start + ROWS_AT_ONCE] @ unit.T
        cosine[np.arange(len(cosine)), np.arange(start, start + len(cosine))] = -np.inf  # nobody is its own neighbor
        best = np.sort(np.argpartition(-cosine, k - 1, axis=1)[:, :k], axis=1)
        near[start : start + len(best)] = best
        weight[start : start + len(best)] = np.take_along_axis(cosine, best, axis=1)
    values = np.maximum(weight, 0).ravel() ** NEARER
    found = csr_array((values, (np.repeat(np.arange(rows), k), near.ravel())), (rows, rows))
    return found.maximum(found.T)


def spread(graph: Any, labels: Codes, k: int) -> Block:
    """(N, K) probabilities of all rows; labels: (N,) codes, negative where there is none.

    Where no label reaches, all classes are as likely. O(edges · K) a step.
    """
    import numpy as np
    from scipy.sparse import diags_array

    degree = np.asarray(graph.sum(axis=1)).ravel()
    scale = diags_array(np.where(degree > 0, 1 / np.sqrt(np.where(degree > 0, degree, 1)), 0))
    step = (scale @ graph @ scale).tocsr() * HELD
    given = np.zeros((len(labels), k))
    rows = np.flatnonzero(labels >= 0)
    given[rows, labels[rows]] = 1 - HELD
    found = given.copy()
    for _ in range(STEPS):
        found = step @ found + given
    total = found.sum(axis=1, keepdims=True)
    return np.where(total > 0, found / np.where(total > 0, total, 1), 1 / k)
