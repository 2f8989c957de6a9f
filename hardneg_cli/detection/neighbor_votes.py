"""What a row's neighbors say about its class: a weighted nearest-neighbor rule with each row left out (Dudani 1976)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.probabilities.probabilities import Model, block_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.dataset import Dataset
    from hardneg_cli.data.neighbors import Neighbors
    from hardneg_cli.data.siblings import Siblings

    Codes = NDArray[np.int64]
    Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class NeighborVotes:
    """neighbor_labels: (N, k) class codes. weight: (N, k) what their votes count, mean_weight: on average.

    prior: (K,) the classes' shares. voters: (N,) how many of the k vote.
    Weights fall off as exp(−(d/d_k)²) with the distance relative to the k-th neighbor's; one average
    vote is added by the classes' frequencies, so that no share is 0 or 1. Siblings share one vote.
    """

    neighbor_labels: NDArray[np.int32]
    weight: Numbers
    mean_weight: float
    prior: Numbers
    voters: Codes

    @classmethod
    def of(cls, dataset: Dataset, neighbors: Neighbors, among: int, siblings: Siblings | None = None) -> NeighborVotes:
        import numpy as np

        near, far = neighbors.rows[:, :among], neighbors.distances[:, :among]
        share, last = np.ones(near.shape), far[:, -1:]
        if siblings is not None and siblings.group.max() + 1 < len(dataset):
            near, far, share, last = _sharing(neighbors, siblings, among)
        weight = share * np.exp(-((np.where(share > 0, far, 0) / np.maximum(last, 1e-12)) ** 2))
        by_id = dataset.by_id  # a sum's rounding depends on the order
        mean_weight = float(weight[by_id].sum() / max(share[by_id].sum(), 1))
        voters = (share > 0).sum(axis=1)
        return cls(dataset.labels[near], weight, mean_weight, dataset.counts / len(dataset), voters)

    def model(self, classes: tuple[str, ...]) -> Model:
        """The vote as one more model's N×K probabilities, made block by block."""
        return Model("neighbors", classes, self._blocks)

    def best_other(
        self, labels: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.float64]]:  # fmt: skip
        """(N,) the class that most of the others carry, −1 where all carry the given one; (N,) how many carry it.

        (N,) its share of the votes for other classes, those by the classes' frequencies among them.
        """
        import numpy as np

        voted, weight = self.neighbor_labels, self.weight
        tally = np.stack([((voted == voted[:, [j]]) * weight).sum(axis=1) for j in range(voted.shape[1])], axis=1)
        tally[(voted == labels[:, None]) | (weight <= 0)] = -1
        most = tally.max(axis=1)
        tied = np.isclose(tally, most[:, None], rtol=1e-9)
        other = voted[np.arange(len(labels)), np.where(tied, voted, voted.max() + 1).argmin(axis=1)]
        other = np.where(most < 0, -1, other).astype(np.int32)
        by_frequency = self.mean_weight * np.append(self.prior, 0)
        against = (weight * (voted != labels[:, None])).sum(axis=1) + self.mean_weight - by_frequency[labels]
        share = (np.maximum(most, 0) + by_frequency[other]) / np.maximum(against, 1e-12)
        return other, ((voted == other[:, None]) & (weight > 0)).sum(axis=1), share

    def _blocks(self) -> Iterator[NDArray[np.float64]]:
        import numpy as np

        k = len(self.prior)
        size = block_rows(k)
        for start in range(0, len(self.neighbor_labels), size):
            voted, weight = self.neighbor_labels[start : start + size], self.weight[start : start + size]
            cell = np.arange(len(voted))[:, None] * k + voted
            block = np.bincount(cell.ravel(), weight.ravel(), len(voted) * k).reshape(-1, k)
            yield (block + self.mean_weight * self.prior) / (weight.sum(axis=1, keepdims=True) + self.mean_weight)


def _sharing(neighbors: Neighbors, siblings: Siblings, among: int) -> tuple[Codes, Numbers, Numbers, Numbers]:
    """(N, m) rows that vote, their distances and how much of a vote each has, and (N, 1) how far the last one is.

    Those of one group have one vote together, a row's own siblings what `siblings.own_vote` leaves them; the nearest
    rows vote until `among` votes of others are given.
    """
    import numpy as np

    n, k = neighbors.rows.shape
    m = k + siblings.rows.shape[1]
    rows, far = np.full((n, m), -1), np.full((n, m), np.inf)
    rows[:, :k], far[:, :k] = neighbors.rows, neighbors.distances
    group = np.append(siblings.group, -1)
    if len(siblings.crowded):
        at = siblings.crowded
        far[at, :k] = np.where(group[rows[at, :k]] == group[at, None], far[at, :k], np.inf)
        rows[at, k:], far[at, k:] = siblings.rows, siblings.distances
    order = np.argsort(far, axis=1, kind="stable")
    rows, far = np.take_along_axis(rows, order, axis=1), np.take_along_axis(far, order, axis=1)
    of = np.where(np.isfinite(far), group[rows], -1)
    own = of == siblings.group[:, None]
    alike = np.stack([(of == of[:, [place]]).sum(axis=1) for place in range(m)], axis=1)
    share = np.where(of < 0, 0.0, np.where(own, siblings.own_vote, 1.0) / alike)
    others = np.where(own, 0, share)
    share[others.cumsum(axis=1) - others > among - 1e-9] = 0
    last = np.where(share > 0, np.where(np.isfinite(far), far, 0), 0).max(axis=1, keepdims=True)
    return np.maximum(rows, 0), far, share, last
