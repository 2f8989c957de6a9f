"""Moves bundles of several rows where parts have too many or too few rows of a class, alone or one for another.

It is a local search: each step lessens the sum of the squares of what is too much or too little, and of steps that are
half as good as the best the one is taken that costs least by `Preferences`. It ends where no step helps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.preparation.splits.preferences import Preferences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]

MOVED, SWAPPED = 256, 48  # bundles of a class and a part, among which one is chosen that leaves, or is exchanged
STEPS = 20  # steps, times the classes' and parts' number, and the rows that were too many at first


@dataclass(frozen=True)
class BundleTable:
    """E entries: a bundle, a stratum, and how many rows of the stratum it has that may move; sorted by bundle."""

    bundle: Codes
    stratum: Codes
    rows: Codes

    @classmethod
    def of(cls, bundle: Codes, stratum: Codes) -> BundleTable:
        """From (n,) the bundle and the stratum of each row."""
        import numpy as np

        width = int(stratum.max(initial=0)) + 1
        pair, count = np.unique(bundle * width + stratum, return_counts=True)
        return cls(pair // width, pair % width, count.astype(np.int64))

    def counts(self, part: Codes, shape: tuple[int, ...]) -> Codes:
        """(C, S) rows of each stratum in each part, if bundles stand in these."""
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

    def dense(self, bundles: Codes, strata: int) -> Codes:
        """(m, C) of sorted bundles."""
        import numpy as np

        found = np.zeros((len(bundles), strata), np.int64)
        number, stratum, rows = self.some(bundles)
        found[number, stratum] = rows
        return found


@dataclass
class _State:
    """A search: which part each bundle stands in, how many rows of each stratum a part has, may and should have."""

    table: BundleTable
    preferences: Preferences
    movable: Bools
    part: Codes
    counts: Codes
    low: Codes
    high: Codes

    def missed(self) -> Codes:
        """(C, S) rows too many or too few."""
        import numpy as np

        missed: Codes = np.maximum(np.maximum(self.counts - self.high, self.low - self.counts), 0)
        return missed

    def cost(self, strata: Codes | slice, place: int, more: Codes) -> Codes:
        """The squares of what a part would miss if it had so many more rows of the strata."""
        import numpy as np

        counts = self.counts[strata, place] + more
        square: Codes = (
            np.maximum(counts - self.high[strata, place], 0) ** 2 + np.maximum(self.low[strata, place] - counts, 0) ** 2
        )
        return square

    def move(self, bundle: int, target: int) -> None:
        import numpy as np

        _, strata, rows = self.table.some(np.array([bundle]))
        self.counts[strata, self.part[bundle]] -= rows
        self.counts[strata, target] += rows
        self.part[bundle] = target

    def others(self, place: int) -> list[int]:
        return [one for one, share in enumerate(self.preferences.shares.fractions) if share and one != place]

    def nearest(self, bundles: Codes, place: int, others: list[int], most: int) -> tuple[Codes, NDArray[np.float64]]:
        """Sorted, those of the bundles that cost least to move to any of the others, and what each of these costs."""
        import numpy as np

        margin = self.preferences.margin(place, others, bundles)
        near = np.sort(np.argsort(margin.min(axis=1), kind="stable")[:most])
        return bundles[near], margin[near]


def evened(
    table: BundleTable, part: Codes, counts: Codes, bounds: tuple[Codes, Codes], preferences: Preferences,
    movable: Bools,
) -> Codes:  # fmt: skip
    """(M,) the parts once they have as many rows of each stratum as they should and may, where bundles allow it.

    counts: (C, S) the rows that there are. bounds: (C, S) each, the least and the most. movable: (M,) bundles that may
    be moved, of those in the table.
    """
    import numpy as np

    here = np.zeros(len(part), bool)
    here[table.bundle] = True
    state = _State(table, preferences, movable & here, part.copy(), counts.copy(), *bounds)
    by_stratum = np.argsort(table.stratum, kind="stable")
    starts = np.searchsorted(table.stratum[by_stratum], np.arange(len(counts) + 1))
    stuck = np.zeros(counts.shape, bool)
    for _ in range(STEPS * counts.size + int(state.missed().sum())):
        missed = np.where(stuck, 0, state.missed())
        if not missed.any():
            break
        stratum, place = cell = divmod(int(missed.argmax()), counts.shape[1])
        if state.counts[cell] < state.low[cell]:  # from where there are most beyond the least
            place = int((state.counts - state.low)[stratum].argmax())
        there = table.bundle[by_stratum[starts[stratum] : starts[stratum + 1]]]
        there = there[state.movable[there] & (state.part[there] == place)]
        steps = (_best_move(state, there, place) or _best_swap(state, there, place)) if len(there) else ()
        for bundle, target in steps:
            state.move(bundle, target)
        stuck[cell] = not steps
        if steps:
            stuck[:] = False
    return state.part


def _best_move(state: _State, there: Codes, place: int) -> tuple[tuple[int, int], ...]:
    """Which bundle goes to which part; nothing where none should."""
    import numpy as np

    others = state.others(place)
    near, margin = state.nearest(there, place, others, MOVED)
    number, strata, rows = state.table.some(near)
    less = state.cost(strata, place, -rows) - state.cost(strata, place, 0 * rows)
    gain = np.stack(
        [less + state.cost(strata, one, rows) - state.cost(strata, one, 0 * rows) for one in others], axis=1
    )
    change = np.zeros((len(near), len(others)), np.int64)
    np.add.at(change, number, gain)
    if change.min() >= 0:
        return ()
    row, other = divmod(int(np.where(2 * change <= change.min(), margin, np.inf).argmin()), len(others))
    return ((int(near[row]), others[other]),)


def _best_swap(state: _State, there: Codes, place: int) -> tuple[tuple[int, int], ...]:
    """Which bundle goes to which part, and which one comes from there instead; nothing where none should."""
    import numpy as np

    found: tuple[int, tuple[tuple[int, int], ...]] = (0, ())
    for other in state.others(place):
        back = np.flatnonzero(state.movable & (state.part == other))
        if not len(back) or not state.preferences.shares.fractions[place]:
            continue
        near, going = state.nearest(there, place, [other], SWAPPED)
        coming, returning = state.nearest(back, other, [place], SWAPPED)
        strata = len(state.counts)
        net = state.table.dense(near, strata)[:, None] - state.table.dense(coming, strata)[None]
        every, nothing = slice(None), np.zeros(strata, np.int64)
        now = state.cost(every, place, nothing) + state.cost(every, other, nothing)
        change = (state.cost(every, place, -net) + state.cost(every, other, net) - now).sum(axis=2)
        if change.min() >= found[0]:
            continue
        costs = np.where(2 * change <= change.min(), going + returning.T, np.inf)
        row, column = divmod(int(costs.argmin()), len(coming))
        found = int(change[row, column]), ((int(near[row]), other), (int(coming[column]), place))
    return found[1]
