"""Whether the labels of some rows fit each other as well as those of as many other rows do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.neighbor_search.search import nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Codes = NDArray[np.signedinteger]
    Mask = NDArray[np.bool_]

NEIGHBORS = 5
MOST_ROWS = 300  # that are looked at
DRAWS = 199  # of as many others


def outvoted(values: Array, labels: Codes, rows: Rows) -> Mask:
    """(n,) bool: rows with a label that fewer of their nearest neighbors among these rows have than another one.

    values: (N, D). labels: (N,) codes from 0. rows: which n of the N; none is outvoted where they are too few.
    """
    import numpy as np

    if len(rows) <= NEIGHBORS:
        return np.zeros(len(rows), bool)
    _, own = np.unique(labels[rows], return_inverse=True)
    near = own[nearest(values[rows], NEIGHBORS).rows]
    votes = np.zeros((len(rows), int(own.max()) + 1), np.int64)
    np.add.at(votes, (np.arange(len(rows))[:, None], near), 1)
    found: Mask = votes[np.arange(len(rows)), own] < votes.max(axis=1)
    return found


def is_less_coherent(values: Array, labels: Codes, rows: Rows, others: Rows) -> bool:
    """Whether more of `rows` are outvoted among themselves than of the others in any draw of as many of each label.

    others: as rows, in an order that is not the file's. Where they are fewer, so many rows are looked at. Whatever rows
    look like, wrong labels do not fit the rows beside them. That rows like the others are called less coherent is a
    chance of 1 in 200. O(199·300²·D).
    """
    import numpy as np

    rng = np.random.default_rng(0)
    rows = rng.permutation(rows)[:MOST_ROWS]
    pools = {label: others[labels[others] == label] for label in np.unique(labels[rows]).tolist()}
    mine = [rows[labels[rows] == label][: len(pool)] for label, pool in pools.items()]
    found = outvoted(values, labels, np.concatenate(mine)).sum()

    def draw() -> Rows:
        return np.concatenate(
            [rng.choice(pool, len(own), replace=False) for own, pool in zip(mine, pools.values(), strict=True)]
        )

    return all(outvoted(values, labels, draw()).sum() < found for _ in range(DRAWS))
