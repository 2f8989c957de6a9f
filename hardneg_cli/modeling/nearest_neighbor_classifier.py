"""A nearest-neighbor classifier whose probabilities are never zero, so that they can be calibrated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 1 << 10  # rows that are compared with all others at once


@dataclass
class NearestNeighborClassifier:
    """Votes weighted by 1 + cosine; one more vote is shared out by the classes' frequencies.

    Fitting costs nothing, predicting O(N) a row.
    """

    among: int

    def fit(
        self, rows: Any, labels: NDArray[np.int64], sample_weight: NDArray[np.float64] | None = None
    ) -> NearestNeighborClassifier:
        import numpy as np
        from sklearn.preprocessing import normalize

        self.classes_, codes, counts = np.unique(labels, return_inverse=True, return_counts=True)
        self._rows, self._codes = normalize(rows), codes
        self._weight = np.ones(len(codes)) if sample_weight is None else sample_weight
        self._prior = counts / counts.sum()
        return self

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """(n, C) probabilities of `classes_`."""
        import numpy as np
        from sklearn.preprocessing import normalize

        unit, k = normalize(rows), min(self.among, self._rows.shape[0])
        found = np.empty((unit.shape[0], len(self.classes_)))
        for start in range(0, unit.shape[0], BLOCK):
            product = unit[start : start + BLOCK] @ self._rows.T
            cosine = product.toarray() if hasattr(product, "toarray") else np.asarray(product)
            near = np.argsort(-cosine, axis=1, kind="stable")[:, :k]
            votes = np.tile(self._prior, (len(near), 1))
            weight = (1 + np.take_along_axis(cosine, near, axis=1)) * self._weight[near]
            np.add.at(votes, (np.arange(len(near))[:, None], self._codes[near]), weight)
            found[start : start + BLOCK] = votes / votes.sum(axis=1, keepdims=True)
        return found

    def predict(self, rows: Any) -> NDArray[np.int64]:
        """(n,) the most probable of `classes_`."""
        found: NDArray[np.int64] = self.classes_[self.predict_proba(rows).argmax(axis=1)]
        return found
