"""Label spreading over a graph of nearest neighbors (Zhou et al., Learning with local and global consistency, 2003)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search.search import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

NEARER = 3  # the power of the cosine: near neighbors count far more than far ones
HELD = 0.9  # how much of a row's label comes from its neighbors in each step
STEPS = 50


def neighbor_graph(vectors: Block, among: int) -> csr_array:
    """(N, N) sparse and symmetric: the cosine of each row and the `among` nearest ones, sharpened.

    At most O(N²·D) time; where rows are very many, a few of the nearest may be missed (a recall of at least .98). A row
    of zeros is near nothing.
    """
    import numpy as np
    from scipy.sparse import csr_array
    from sklearn.preprocessing import normalize

    unit = normalize(vectors).astype(np.float32)
    some = np.flatnonzero(unit.any(axis=1))
    if len(some) < 2:
        return csr_array((len(unit), len(unit)))
    near = nearest(unit[some], among)
    values = np.maximum(1 - near.distances**2 / 2, 0) ** NEARER  # of unit vectors, the distance tells the cosine
    cells = np.repeat(some, near.rows.shape[1]), some[near.rows].ravel()
    found = csr_array((values.ravel(), cells), (len(unit), len(unit)))
    return found.maximum(found.T)


def spread(graph: csr_array, labels: Codes, k: int) -> Block:
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
