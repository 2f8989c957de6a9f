"""Places what belongs together, each whole, so that every class has its share of the rows in every part.

Every bundle of rows stands first where its content says. Where a part has too many rows of a class, bundles leave it:
those of several rows first, as they are hard to place, and then single rows, until all classes are within their bounds.
Who leaves is whom another part costs little more, so the same rows leave whatever the order, and few others when the
dataset has grown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.preparation.split_preferences import Preferences
from hardneg_cli.preparation.split_quotas import targets, windows
from hardneg_cli.preparation.split_shares import SplitShares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

NOWHERE = -1
HALF = 0.5  # a row
LOOKED_AT = 256  # bundles of a class and a part, among which one is chosen that leaves
STEPS = 20  # moves, times the classes' and parts' number, and the bundles that were too many at first


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
    part, _ = Preferences(shares, bundles.hashes).first()
    part = np.where(bundles.fixed == NOWHERE, part, bundles.fixed)
    loose = bundles.fixed_rows == NOWHERE
    several = size[bundles.of] > 1
    anchored = np.zeros((len(rows), len(shares)), np.int64)  # rows that stay where they stand
    np.add.at(anchored, (bundles.stratum[~loose], bundles.fixed_rows[~loose]), 1)
    free = loose & several
    table = _BundleTable.of(bundles, np.flatnonzero(free))
    counts = anchored + table.counts(part, anchored.shape)
    part = _evened(table, part, counts, high, shares, bundles)
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


@dataclass(frozen=True)
class _BundleTable:
    """E entries: a bundle, a stratum, and how many rows of the stratum it has that may move; sorted by bundle."""

    bundle: Codes
    stratum: Codes
    rows: Codes

    @classmethod
    def of(cls, bundles: Bundles, rows: Codes) -> _BundleTable:
        import numpy as np

        width = int(bundles.stratum.max(initial=0)) + 1
        pair, count = np.unique(bundles.of[rows] * width + bundles.stratum[rows], return_counts=True)
        return cls(pair // width, pair % width, count.astype(np.int64))

    def counts(self, part: Codes, shape: tuple[int, ...]) -> Codes:
        import numpy as np

        found = np.zeros(shape, np.int64)
        np.add.at(found, (self.stratum, part[self.bundle]), self.rows)
        return found

    def some(self, bundles: Codes) -> tuple[Codes, Codes, Codes]:
        """Of sorted bundles: the number of the bundle among them, stratum and rows of each entry."""
        import numpy as np

        first, last = np.searchsorted(self.bundle, bundles), np.searchsorted(self.bundle, bundles, "right")
        length = last - first
        entry = np.repeat(first - np.r_[0, np.cumsum(length)[:-1]], length) + np.arange(length.sum())
        return np.repeat(np.arange(len(bundles)), length), self.stratum[entry], self.rows[entry]


def _evened(
    table: _BundleTable, part: Codes, counts: Codes, high: Codes, shares: SplitShares, bundles: Bundles
) -> Codes:
    """(M,) the parts once bundles have left those that have too many rows of a class, as far as that mends more."""
    import numpy as np

    part, counts = part.copy(), counts.copy()
    movable = np.zeros(len(part), bool)
    movable[table.bundle] = True
    movable &= bundles.fixed == NOWHERE
    by_stratum = np.argsort(table.stratum, kind="stable")
    starts = np.searchsorted(table.stratum[by_stratum], np.arange(len(counts) + 1))
    stuck = np.zeros(counts.shape, bool)
    most = STEPS * counts.size + int(np.maximum(counts - high, 0).sum())
    for _ in range(most):
        excess = np.where(stuck, 0, np.maximum(counts - high, 0))
        if not excess.any():
            break
        stratum, place = divmod(int(excess.argmax()), len(shares))
        there = table.bundle[by_stratum[starts[stratum] : starts[stratum + 1]]]
        there = there[movable[there] & (part[there] == place)]
        move = _best_move(table, there, place, counts, high, Preferences(shares, bundles.hashes))
        if move is None:
            stuck[stratum, place] = True
            continue
        one, target = move
        _, strata, rows = table.some(np.array([one]))
        counts[strata, place] -= rows
        counts[strata, target] += rows
        part[one] = target
        stuck[strata] = False
    return part


def _best_move(
    table: _BundleTable, there: Codes, place: int, counts: Codes, high: Codes, preferences: Preferences
) -> tuple[int, int] | None:
    """Which bundle goes where: of moves that are half as good as the best, the one that costs least; None for none."""
    import numpy as np

    others = [one for one, share in enumerate(preferences.shares.fractions) if share and one != place]
    if not len(there):
        return None
    margin = np.stack([preferences.cost(one, there) for one in others], axis=1)
    margin -= preferences.cost(place, there)[:, None] if preferences.shares.fractions[place] else 0
    near = np.sort(np.argsort(margin.min(axis=1), kind="stable")[:LOOKED_AT])
    number, strata, rows = table.some(there[near])

    def excess(column: Codes, more: Codes) -> Codes:
        over: Codes = np.maximum(column + more, 0) ** 2
        return over

    over = counts[strata] - high[strata]
    gain = np.stack(
        [
            excess(over[:, place], -rows) - excess(over[:, place], 0 * rows)
            + excess(over[:, one], rows) - excess(over[:, one], 0 * rows)
            for one in others
        ],
        axis=1,
    )  # fmt: skip
    change = np.zeros((len(near), len(others)), np.int64)
    np.add.at(change, number, gain)
    best = change.min()
    if best >= 0:
        return None
    costs = np.where(2 * change <= best, margin[near], np.inf)
    row, other = divmod(int(costs.argmin()), len(others))
    return int(there[near][row]), others[other]


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
