"""Shortlists: candidates of a panel of rows, each packed into one whole number that sorts by row, distance and place.

Distances keep 16 binary digits, so that those as good as equal are a tie, which the lower place wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys = NDArray[np.uint64]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.floating]

PLACE_BITS, DISTANCE_BITS = 28, 24  # what is left is the row's number in its panel
DROPPED = 7  # of the 23 digits of a single-precision number
NOTHING = -1  # the place of a candidate that there is none of


def packed(rows: Rows, squared: Numbers, places: Rows) -> Keys:
    """A key for each candidate: its row's number, its squared distance and its place."""
    import numpy as np

    bits = np.sqrt(squared).astype(np.float32).view(np.uint32).astype(np.uint64)
    level = (bits + np.uint64(1 << (DROPPED - 1))) >> np.uint64(DROPPED)
    keys: Keys = (rows.astype(np.uint64) << np.uint64(DISTANCE_BITS)) + level
    return (keys << np.uint64(PLACE_BITS)) + places.astype(np.uint64)


def best(keys: Keys, rows: int, most: int) -> tuple[Rows, Keys]:
    """(rows,) how many candidates each row has, at most `most`, and these: their keys, sorted."""
    import numpy as np

    keys = np.sort(keys)
    first = np.searchsorted(keys, np.arange(rows + 1, dtype=np.uint64) << np.uint64(PLACE_BITS + DISTANCE_BITS))
    count = np.minimum(np.diff(first), most)
    rank = np.arange(len(keys)) - np.repeat(first[:-1], np.diff(first))
    return count, keys[rank < most]


def places(count: Rows, keys: Keys, most: int) -> Rows:
    """(rows, most) the candidates' places, nearest first, NOTHING where a row has no more."""
    import numpy as np

    found = np.full((len(count), most), NOTHING)
    found[np.arange(most) < count[:, None]] = (keys & np.uint64((1 << PLACE_BITS) - 1)).astype(np.int64)
    return found


def reach(count: Rows, keys: Keys, most: int) -> NDArray[np.float64]:
    """(rows,) the squared distance below which a candidate is better than a row's last one; infinite for short lists.

    Nothing is better than a last one that is no distance away: minus infinity.
    """
    import numpy as np

    found = np.full(len(count), np.inf)
    full = count == most
    last = keys[np.cumsum(count)[full] - 1] >> np.uint64(PLACE_BITS) & np.uint64((1 << DISTANCE_BITS) - 1)
    edge = np.maximum((last.astype(np.int64) << DROPPED) - (1 << (DROPPED - 1)), 0)
    found[full] = np.where(last > 0, edge.astype(np.uint32).view(np.float32).astype(np.float64) ** 2, -np.inf)
    return found
