"""The directions in which rows of a sparse matrix differ most: truncated SVD by subspace iteration (Halko et al. 2011).

Only the side of the rows is made orthogonal in between, which is the short one here.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Block = NDArray[np.float32]

SPARE = 10  # directions beyond those asked for, which make these more exact
ROUNDS = 4


def directions(blocks: Sequence[csr_array], many: int) -> Block:
    """(C, many) orthonormal, the strongest first: the right singular vectors of the blocks' rows, all of C columns.

    O(nnz · many) a round, in single precision. Sums go block by block, so that threads change nothing.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    n, columns = sum(block.shape[0] for block in blocks), blocks[0].shape[1]
    width = min(many + SPARE, n, columns)
    right = np.random.default_rng(0).standard_normal((columns, width), np.float32)
    with threadpool_limits(1, "blas"):  # a product's last bits depend on how many threads share it
        for _ in range(ROUNDS):
            right = _backward(blocks, np.linalg.qr(_forward(blocks, right))[0])
        strength, turn = np.linalg.eigh((right.T @ right).astype(np.float64))
        order = np.argsort(-strength, kind="stable")[:many]
        scale = np.sqrt(np.maximum(strength[order], np.finfo(np.float32).tiny))
        found: Block = right @ (turn[:, order] / scale).astype(np.float32)
    return np.ascontiguousarray(found)


def _forward(blocks: Sequence[csr_array], right: Block) -> Block:
    import numpy as np

    return np.concatenate(list(in_order(lambda block: block @ right, blocks)))


def _backward(blocks: Sequence[csr_array], left: Block) -> Block:
    import numpy as np

    ends = np.cumsum([0] + [block.shape[0] for block in blocks])
    parts = zip(blocks, (left[start:stop] for start, stop in pairwise(ends)), strict=True)
    found = np.zeros((blocks[0].shape[1], left.shape[1]), np.float32)
    for part in in_order(lambda pair: pair[0].T @ pair[1], parts):
        found += part
    return found
