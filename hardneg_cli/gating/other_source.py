"""Rows that look unlike those that a model knows: what it doubts of them may be the rows, not their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hardneg_cli.statistics.label_coherence import is_less_coherent
from hardneg_cli.statistics.location_shift import location_shift

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Codes = NDArray[np.signedinteger]
    Rows = NDArray[np.int64]

LEAST_SHIFT, CHANCE = 0.6, 0.01  # pairs of rows in which one is larger; that they are so by chance
Source = Literal["the same", "another", "another, and wrong"]


def source_of(
    values: NDArray[np.floating], labels: Codes, top: Codes, fresh: Mask, unchanged: Mask, order: Rows
) -> Source:
    """Whether fresh rows look like the unchanged ones that a model takes for the same classes.

    values: (N, D) features. labels, top: (N,) codes of the given and of the most probable class; the latter, as wrong
    labels change no look. order: (N,) rows by id, so that their order in the file changes nothing. Copies of one row
    count once. Of rows from another source, labels that do not fit each other are wrong all the same.
    """
    import numpy as np

    rows, others = order[fresh[order]], order[unchanged[order]]
    rows = rows[np.sort(np.unique(values[rows], axis=0, return_index=True)[1])]
    once = np.zeros(len(fresh), bool)
    once[rows] = True
    shift = location_shift(values, once, unchanged, top)
    if shift.larger < LEAST_SHIFT or shift.p > CHANCE:
        return "the same"
    return "another, and wrong" if is_less_coherent(values, labels, rows, others) else "another"
