"""Added and edited rows against the unchanged ones with the same labels: all together, and class by class."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hardneg_cli.statistics.stratified_tests import Strata, fisher_p, least_p, levels, permutation_p, significant

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.int64]
    Mask = NDArray[np.bool_]

SEEN = 0.8  # how often what is called noticeable is noticed


@dataclass(frozen=True)
class ChangedRowTest:
    """N rows, of which some are fresh, some unchanged, and some neither.

    labels: (N,) class codes. suspect: (N,) bool, the rows whose labels are doubted. level: (N,) how much, see `levels`.
    """

    labels: NDArray[np.int32]
    fresh: Mask
    unchanged: Mask
    suspect: Mask
    level: Counts

    @classmethod
    def of(
        cls,
        labels: NDArray[np.int32],
        fresh: Mask,
        unchanged: Mask,
        score: NDArray[np.float64],
        cut: float,
        right: Mask,
    ) -> ChangedRowTest:
        """Rows are suspect from `cut` on; fresh ones that are known to be `right` are in no doubt."""
        import numpy as np

        known = fresh & right
        return cls(labels, fresh, unchanged, (score >= cut) & ~known, np.where(known, 0, levels(score)))

    @cached_property
    def shared_classes(self) -> Counts:
        """The classes that have rows of both kinds, ascending."""
        import numpy as np

        return np.flatnonzero((self._count(self.fresh) > 0) & (self._count(self.unchanged) > 0))

    @property
    def compared(self) -> Mask:
        """(N,) the fresh rows of these classes."""
        import numpy as np

        return self.fresh & np.isin(self.labels, self.shared_classes)

    @property
    def expected(self) -> float:
        """How many of `compared` would be suspect, had they the rates of the unchanged rows."""
        rate = self._by_shared_class(self.unchanged & self.suspect) / self._by_shared_class(self.unchanged)
        return float((self._by_shared_class(self.fresh) * rate).sum())

    @property
    def least_p(self) -> float:
        """The p-value if all fresh rows were suspect: more than that cannot be seen in so few rows."""
        fresh = self._by_shared_class(self.fresh)
        return least_p(
            fresh + self._by_shared_class(self.unchanged), self._by_shared_class(self.unchanged & self.suspect), fresh
        )

    def needed(self, alpha: float) -> int | None:
        """How many fresh rows at least could show something; None where no number can."""
        import numpy as np

        rows = int(self.compared.sum())
        usual = max(self.expected / max(rows, 1), 1 / (self._by_shared_class(self.unchanged).sum() + 1))
        return None if usual >= 1 else max(int(np.ceil(np.log(alpha) / np.log(usual))), rows + 1)

    def noticeable(self, alpha: float) -> float:
        """The share of wrong labels, added to the usual one, that so many rows show 4 times in 5, if all are suspect.

        As if the number of suspect rows were compared with one known rate: 1 where not even all wrong would be seen.
        """
        import numpy as np
        from scipy.special import bdtrc

        rows = int(self.compared.sum())
        usual = self.expected / max(rows, 1)
        least = int(np.searchsorted(-bdtrc(np.arange(rows + 1), rows, usual), -alpha))  # so many are still usual
        wrong = np.arange(101) / 100
        seen = bdtrc(least, rows, usual + wrong * (1 - usual)) >= SEEN
        return float(wrong[seen.argmax()]) if seen.any() else 1.0

    def p(self) -> float:
        import numpy as np

        rows = np.flatnonzero(self.fresh | self.unchanged)
        return permutation_p(Strata.of(self.level[rows], self.fresh[rows], self.labels[rows].astype(np.int64)))

    def by_class(self, alpha: float) -> list[ClassTest]:
        """The classes with too many suspect fresh rows, worst first; at most `alpha` that any is by chance."""
        import numpy as np

        fresh, hit = self._by_shared_class(self.fresh), self._by_shared_class(self.fresh & self.suspect)
        suspect = self._by_shared_class((self.fresh | self.unchanged) & self.suspect)
        rows = fresh + self._by_shared_class(self.unchanged)
        p = fisher_p(rows, suspect, fresh, hit)
        bad = significant(p, fisher_p(rows, suspect, fresh, np.minimum(suspect, fresh)), alpha)
        found = [
            ClassTest(int(self.shared_classes[i]), int(hit[i]), int(fresh[i]), float(p[i])) for i in np.flatnonzero(bad)
        ]
        return sorted(found, key=lambda one: (one.p, one.code))

    def _count(self, mask: Mask) -> Counts:
        """(K,) rows by class."""
        import numpy as np

        return np.bincount(self.labels[mask], minlength=int(self.labels.max(initial=0)) + 1)

    def _by_shared_class(self, mask: Mask) -> Counts:
        return self._count(mask)[self.shared_classes]


@dataclass(frozen=True)
class ClassTest:
    """A class: `suspect` of its `fresh` rows are."""

    code: int
    suspect: int
    fresh: int
    p: float
