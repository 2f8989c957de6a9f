"""Groups of rows that are copies of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Copies:
    """group: (N,) the group of each row. size: (N,) how many rows that group has.

    empty: (N,) bool, rows that are alike because they have no content at all.
    """

    group: NDArray[np.int64]
    size: NDArray[np.int64]
    empty: NDArray[np.bool_]

    @classmethod
    def of(cls, group: NDArray[np.int64], empty: NDArray[np.bool_] | None = None) -> Copies:
        import numpy as np

        return cls(group, np.bincount(group)[group], np.zeros(len(group), bool) if empty is None else empty)

    def label_counts(self, labels: NDArray[np.int32], k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(N,) rows of the group that carry the row's label; (N,) code of the group's only commonest label or −1."""
        import numpy as np

        pair, place, count = np.unique(self.group * k + labels, return_inverse=True, return_counts=True)
        group, label = pair // k, (pair % k).astype(np.int64)
        order = np.lexsort((count, group))
        last = np.r_[group[order][1:] != group[order][:-1], True]
        most, top = np.zeros(self.group.max() + 1, np.int64), np.zeros(self.group.max() + 1, np.int64)
        most[group[order][last]], top[group[order][last]] = count[order][last], label[order][last]
        tied = np.bincount(group, count == most[group]) > 1
        return count[place], np.where(tied, -1, top)[self.group]

    def keepers(self, labels: NDArray[np.int32], k: int, id_rank: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) the row of each row's group worth keeping: of the group's commonest label, the first by id."""
        import numpy as np

        carried, _ = self.label_counts(labels, k)
        order = np.lexsort((id_rank, -carried, self.group))
        first = np.r_[True, self.group[order][1:] != self.group[order][:-1]]
        keeper = np.empty(self.group.max() + 1, np.int64)
        keeper[self.group[order][first]] = order[first]
        return keeper[self.group]
