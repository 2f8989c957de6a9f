"""Places what belongs together, each whole, so that every class has its share of the rows in every part.

Every bundle of rows stands first where its content says. Where a part has too many rows of a class, bundles leave it:
those of several rows first, as they are hard to place, and then single rows, until all classes are within their bounds.
Who leaves is whom another part costs little more, so the same rows leave whatever the order, and few others when the
dataset has grown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.preparation.splits.balance import BundleTable, evened
from hardneg_cli.preparation.splits.preferences import Preferences
from hardneg_cli.preparation.splits.quotas import of_bundles, targets, windows
from hardneg_cli.preparation.splits.shares import SplitShares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

NOWHERE = -1
HALF = 0.5  # a row


@dataclass(frozen=True)
class Bundles:
    """M bundles of N rows. of: (N,) the bundle of each row. stratum: (N,) the class of each, or a part of a class.

    hashes: (M,) of what the bundles hold. fixed: (M,) the part in which a bundle stands, NOWHERE for those to place.
    fixed_rows: (N,) the same of rows, which their bundle, if it is torn, does not move. label: (C,) the class of each
    stratum.
    """

    of: Codes
    stratum: Codes
    hashes: NDArray[np.uint64]
    fixed: Codes
    fixed_rows: Codes
    label: Codes


def placed(bundles: Bundles, shares: SplitShares) -> Codes:
    """(N,) the part of each row. O(N log N)."""
    import numpy as np

    size = np.bincount(bundles.of)
    rows = np.bincount(bundles.stratum, minlength=len(bundles.label))
    whole = np.bincount(bundles.label)[bundles.label] == 1
    low, high = windows(shares, rows, whole)
    preferences = Preferences(shares, bundles.hashes)
    part = preferences.first()
    part = np.where(bundles.fixed == NOWHERE, part, bundles.fixed)
    loose = bundles.fixed_rows == NOWHERE
    several = size[bundles.of] > 1
    anchored = np.zeros((len(rows), len(shares)), np.int64)  # rows that stay where they stand
    np.add.at(anchored, (bundles.stratum[~loose], bundles.fixed_rows[~loose]), 1)
    free = loose & several
    table = BundleTable.of(bundles.of[free], bundles.stratum[free])
    counts = anchored + table.counts(part, anchored.shape)
    loosest = of_bundles(shares, rows, np.bincount(bundles.stratum[loose & ~several], minlength=len(rows)))
    part = evened(table, part, counts, loosest, preferences, bundles.fixed == NOWHERE)
    counts = anchored + table.counts(part, anchored.shape)
    singles = np.flatnonzero(loose & ~several)
    _place_singles(bundles, singles, part, _Quotas(counts, low, high, shares.ideal(rows)), shares)
    found: Codes = np.where(loose, part[bundles.of], bundles.fixed_rows)
    return found


@dataclass(frozen=True)
class _Quotas:
    """(C, S) each: the rows that have a part, the least and the most there may be, and the ideal number."""

    counts: Codes
    low: Codes
    high: Codes
    ideal: NDArray[np.float64]

    def room(self, stratum: int, owed: NDArray[np.float64]) -> tuple[Codes, Codes]:
        """(S,) the least and the most rows that are to come; owed: what other strata of the class have too much.

        Where these have more than half a row too much this one is rounded down, and up where they have too little.
        """
        import numpy as np

        ideal = self.ideal[stratum]
        low = np.where(owed < -HALF, np.ceil(ideal), self.low[stratum])
        high = np.where(owed > HALF, np.floor(ideal), self.high[stratum])
        low, high = np.minimum(low, high), np.maximum(low, high)
        return (low - self.counts[stratum]).astype(np.int64), (high - self.counts[stratum]).astype(np.int64)


def _place_singles(bundles: Bundles, singles: Codes, part: Codes, quotas: _Quotas, shares: SplitShares) -> None:
    """Let single rows leave parts that have too many of their stratum, for those that have too few."""
    import numpy as np

    order = singles[np.argsort(bundles.stratum[singles], kind="stable")]
    starts = np.searchsorted(bundles.stratum[order], np.arange(len(bundles.label) + 1))
    owed = np.zeros((int(bundles.label.max()) + 1, len(shares)))
    preferences = Preferences(shares, bundles.hashes)
    for stratum in range(len(bundles.label)):
        units = bundles.of[order[starts[stratum] : starts[stratum + 1]]]
        wish = np.bincount(part[units], minlength=len(shares))
        target = targets(wish, *quotas.room(stratum, owed[bundles.label[stratum]]), shares)
        if (target != wish).any():
            _move(units, part, wish - target, preferences)
        owed[bundles.label[stratum]] += quotas.counts[stratum] + target - quotas.ideal[stratum]


def _move(units: Codes, part: Codes, surplus: Codes, preferences: Preferences) -> None:
    """Move units from parts with a surplus to those that lack some: those first that it costs least."""
    import numpy as np

    giving = units[surplus[part[units]] > 0]
    receiving = np.flatnonzero(surplus < 0)
    own = np.empty(len(giving))
    for place in np.flatnonzero(surplus > 0).tolist():
        mine = part[giving] == place
        own[mine] = preferences.cost(place, giving[mine])
    costs = np.stack([preferences.cost(place, giving) - own for place in receiving.tolist()], axis=1)
    left = surplus.copy()
    moved = set()
    order = np.lexsort((np.repeat(preferences.hashes[giving], len(receiving)), costs.ravel()))
    for number in order.tolist():
        unit, target = int(giving[number // len(receiving)]), int(receiving[number % len(receiving)])
        if unit in moved or left[part[unit]] <= 0 or left[target] >= 0:
            continue
        left[part[unit]] -= 1
        left[target] += 1
        part[unit] = target
        moved.add(unit)
        if not (left > 0).any():
            return
