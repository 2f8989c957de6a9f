"""The digest: what one pass over the probabilities leaves behind, a handful of numbers a row and K×K sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.dataset import Dataset
from hardneg_cli.facts.digest import Digest, ModelDigest, RowDigest
from hardneg_cli.probabilities import Probabilities
from hardneg_cli.validation import Validator

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCALE = float(1 << 24)  # sums are made of multiples of 1/SCALE, so they are exact and no order of rows changes them


def gather(dataset: Dataset, probabilities: Probabilities) -> Digest:
    """Check every row and reduce it. One pass, O(N·K·M) time, O(N·M + K²·M) memory."""
    import numpy as np

    n, k, m = len(dataset), len(dataset.classes), len(probabilities.models)
    rows = [RowDigest.empty(n) for _ in range(m)]
    sums = [ModelDigest.empty(k) for _ in range(m)]
    mean = RowDigest.empty(n)
    validator = Validator(dataset, probabilities)
    for span, blocks in probabilities.blocks():
        given = dataset.labels[span]
        for model, block in enumerate(blocks):
            blocks[model] = block = validator.checked(model, span, block)
            rows[model].put(span, block, given)
            _add(sums[model], block, given, rows[model].top[span])
        mean.put(span, blocks[0] if m == 1 else sum(blocks[1:], blocks[0]) / m, given)
    known = np.logical_or.reduce(probabilities.known)[dataset.labels]
    return Digest(tuple(rows), tuple(sums), mean, known & ~validator.bad, validator.bad, tuple(validator.notes))


def _add(
    sums: ModelDigest, block: NDArray[np.floating], given: NDArray[np.int32], top: NDArray[np.int32]
) -> None:  # fmt: skip
    """Add a block's K×K sums: rows are sorted by given label and added up group by group."""
    import numpy as np

    k = sums.by_given.shape[0]
    order = np.argsort(given, kind="stable")
    groups, starts = np.unique(given[order], return_index=True)
    exact = np.rint(block[order].astype(np.float64) * SCALE)
    sums.by_given[groups] += np.add.reduceat(exact, starts) / SCALE
    sums.squares[:] += np.einsum("ij,ij->j", exact, exact) / SCALE**2
    lead = (exact - exact[np.arange(len(given)), given[order]][:, None]) / SCALE
    sums.lead_squares[groups] += np.add.reduceat(lead * lead, starts)
    sums.confusion[:] += np.bincount(given.astype(np.int64) * k + top, minlength=k * k).reshape(k, k)
