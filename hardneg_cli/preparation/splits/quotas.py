"""How many rows of a class each part may have, and how many it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.preparation.splits.shares import SplitShares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]

SHARE, ROW = 0.01, 1.0  # of a stratum's rows, or one, by which a part may miss the ideal number
EVEN = 0.004  # of a class's rows, by which a part may miss the ideal number where that is more than a row
PLAIN = 0.25  # of a row: an ideal number that is so near a whole one is rounded to it


def windows(shares: SplitShares, rows: Counts, whole: NDArray[np.bool_]) -> tuple[Counts, Counts]:
    """(C, S) the least and the most rows of each stratum in each part; rows: (C,) how many the stratum has.

    These are the ideal number, rounded up or down (to the nearest, where that is plain), or 0.4 % of the stratum away
    from it. Within these bounds rows may stand where their content says, so that few move when rows are added. Of
    strata that are `whole` classes, (C,) bool, the part that trains has a row at least.
    """
    import numpy as np

    ideal = shares.ideal(rows)
    low, high = np.floor(ideal), np.ceil(ideal)
    nearest = np.round(ideal)
    plain = (np.abs(ideal - nearest) < PLAIN) & (ideal >= 1)
    narrow = np.where(plain, nearest, low), np.where(plain, nearest, high)
    possible = (narrow[0].sum(axis=1) <= rows) & (rows <= narrow[1].sum(axis=1))
    low, high = (np.where(possible[:, None], one, other) for one, other in zip(narrow, (low, high), strict=True))
    loose = EVEN * np.asarray(rows)[:, None]
    low = np.minimum(low, np.ceil(ideal - loose))
    high = np.maximum(high, np.floor(ideal + loose))
    if not shares.are_folds:
        low[whole, shares.largest] = np.maximum(low[whole, shares.largest], 1)
        high[whole, shares.largest] = np.maximum(high[whole, shares.largest], 1)
    return low.astype(np.int64), high.astype(np.int64)


def of_bundles(shares: SplitShares, rows: Counts, single: Counts) -> tuple[Counts, Counts]:
    """(C, S) the least and the most rows of each stratum that bundles of several rows are to bring into a part.

    They are harder to place than single rows, (C,), of which a part may still get as many as there are: so all is
    allowed that misses the ideal by a row or 1 %.
    """
    import numpy as np

    ideal, loose = shares.ideal(rows), np.maximum(ROW, SHARE * np.asarray(rows))[:, None]
    low = np.maximum(np.ceil(ideal - loose - 1e-9) - single[:, None], 0)
    return low.astype(np.int64), np.floor(ideal + loose + 1e-9).astype(np.int64)


def targets(wish: Counts, low: Counts, high: Counts, shares: SplitShares) -> Counts:
    """(S,) how many of `wish.sum()` units each part gets: as wished, or as little else as `low` and `high` allow.

    Where the bounds cannot be met, as parts have more already, the missing or excess units are the largest parts'.
    """
    import numpy as np

    found = np.clip(wish, np.maximum(low, 0), np.maximum(high, 0))
    order = sorted(range(len(shares)), key=lambda place: (-shares.fractions[place], place))
    left = int(wish.sum() - found.sum())
    for bound in (True, False):
        for place in order:
            if not left or not shares.fractions[place]:
                continue
            if left > 0:
                step = min(left, max(int(high[place] - found[place]), 0)) if bound else left
            else:
                least = max(int(low[place]), 0) if bound else 0
                step = max(left, min(int(least - found[place]), 0))
            found[place] += step
            left -= step
    return found
