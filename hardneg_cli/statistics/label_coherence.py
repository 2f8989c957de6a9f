"""Whether the labels of some rows fit each other as well as those of as many other rows do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Codes = NDArray[np.signedinteger]

NEIGHBORS = 5
MOST_ROWS = 300  # that are looked at
DRAWS = 199  # of as many others


def is_less_coherent(values: Array, labels: Codes, rows: Rows, others: Rows) -> bool:
    """Whether more of the rows have nearest neighbors *among the rows* that outvote their label than in any draw.

    values: (N, D). labels: (N,) codes from 0. rows, others: which of the N, in an order that is not the file's. A draw
    is of the others, as many of each label; where these are fewer, so many rows are looked at. Whatever rows look like,
    wrong labels do not fit the rows beside them. That rows like the others are called less coherent is a chance of 1 in
    200. O(199·300²·D).
    """
    import numpy as np

    rng = np.random.default_rng(0)
    rows = rng.permutation(rows)[:MOST_ROWS]
    pools = {label: others[labels[others] == label] for label in np.unique(labels[rows]).tolist()}
    mine = [rows[labels[rows] == label][: len(pool)] for label, pool in pools.items()]
    if sum(map(len, mine)) <= NEIGHBORS:
        return False
    found = _outvoted(values, labels, np.concatenate(mine))

    def draw() -> Rows:
        return np.concatenate(
            [rng.choice(pool, len(own), replace=False) for own, pool in zip(mine, pools.values(), strict=True)]
        )

    return all(_outvoted(values, labels, draw()) < found for _ in range(DRAWS))


def _outvoted(values: Array, labels: Codes, rows: Rows) -> int:
    """How many rows have a label that fewer of their nearest neighbors have than another one."""
    import numpy as np

    points, own = values[rows].astype(np.float64), labels[rows]
    length = np.einsum("ij,ij->i", points, points)
    far = length[:, None] + length[None] - 2 * points @ points.T
    np.fill_diagonal(far, np.inf)
    near = np.argpartition(far, NEIGHBORS, axis=1)[:, :NEIGHBORS]
    votes = (own[near][:, :, None] == np.unique(own)).sum(axis=1)
    return int(((own[near] == own[:, None]).sum(axis=1) < votes.max(axis=1)).sum())
