"""Rows that look unlike those that a model knows: what it doubts of them may be the rows, not their labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.statistics.label_coherence import is_less_coherent, outvoted
from hardneg_cli.statistics.location_shift import location_shift

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask = NDArray[np.bool_]
    Codes = NDArray[np.signedinteger]
    Rows = NDArray[np.int64]

LEAST_SHIFT, CHANCE = 0.6, 0.01  # pairs of rows in which one is larger; that they are so by chance


def misfits(
    values: NDArray[np.floating], labels: Codes, top: Codes, fresh: Mask, unchanged: Mask, order: Rows
) -> Mask | None:
    """None where fresh rows look like the unchanged ones that a model takes for the same classes.

    Else (N,) bool, the fresh rows whose labels do not fit the fresh rows beside them; none where not more of them do
    not than of as many unchanged rows. values: (N, D) features. labels, top: (N,) codes of the given and of the most
    probable class; the latter, as wrong labels change no look. order: (N,) rows by id, so that their order in the file
    changes nothing. Copies of one row count once.
    """
    import numpy as np

    rows, others = order[fresh[order]], order[unchanged[order]]
    once = rows[np.sort(np.unique(values[rows], axis=0, return_index=True)[1])]
    counted, found = np.zeros((2, len(fresh)), bool)
    counted[once] = True
    shift = location_shift(values, counted, unchanged, top)
    if shift.larger < LEAST_SHIFT or shift.p > CHANCE:
        return None
    if is_less_coherent(values, labels, once, others):
        found[rows] = outvoted(values, labels, rows)
    return found
