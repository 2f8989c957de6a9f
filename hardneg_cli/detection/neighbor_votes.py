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


@dataclass(frozen=True)
class NeighborVotes:
    """neighbor_labels: (N, k) class codes. weight: (N, k) what their votes count, mean_weight: on average.

    prior: (K,) the classes' shares.
    Weights fall off as exp(−(d/d_k)²) with the distance relative to the k-th neighbor's; one average
    vote is added by the classes' frequencies, so that no share is 0 or 1.
    """

    neighbor_labels: NDArray[np.int32]
    weight: NDArray[np.float64]
    mean_weight: float
    prior: NDArray[np.float64]

    @classmethod
    def of(cls, dataset: Dataset, neighbors: Neighbors, among: int) -> NeighborVotes:
        import numpy as np

        near, far = neighbors.rows[:, :among], neighbors.distances[:, :among]
        weight = np.exp(-((far / np.maximum(far[:, -1:], 1e-12)) ** 2))
        mean_weight = float(weight[dataset.by_id].mean())  # by id: a sum's rounding depends on the order
        return cls(dataset.labels[near], weight, mean_weight, dataset.counts / len(dataset))

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
        tally[voted == labels[:, None]] = -1
        most = tally.max(axis=1)
        tied = np.isclose(tally, most[:, None], rtol=1e-9)
        other = voted[np.arange(len(labels)), np.where(tied, voted, voted.max() + 1).argmin(axis=1)]
        other = np.where(most < 0, -1, other).astype(np.int32)
        by_frequency = self.mean_weight * np.append(self.prior, 0)
        against = (weight * (voted != labels[:, None])).sum(axis=1) + self.mean_weight - by_frequency[labels]
        share = (np.maximum(most, 0) + by_frequency[other]) / np.maximum(against, 1e-12)
        return other, (voted == other[:, None]).sum(axis=1), share

    def _blocks(self) -> Iterator[NDArray[np.float64]]:
        import numpy as np

        k = len(self.prior)
        size = block_rows(k)
        for start in range(0, len(self.neighbor_labels), size):
            voted, weight = self.neighbor_labels[start : start + size], self.weight[start : start + size]
            cell = np.arange(len(voted))[:, None] * k + voted
            block = np.bincount(cell.ravel(), weight.ravel(), len(voted) * k).reshape(-1, k)
            yield (block + self.mean_weight * self.prior) / (weight.sum(axis=1, keepdims=True) + self.mean_weight)
