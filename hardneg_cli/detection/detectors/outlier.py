"""The row fits neither its class nor the data.

With features, `method=distance` asks two questions: is the row much farther from its nearest rows
than rows usually are, and much farther from the rows of its own class than they are from each other
(Ramaswamy et al. 2000)? `method=isolation-forest` asks an auxiliary model how few random cuts set the
row apart (Liu et al. 2008). `method=clusters` asks how far the row is from the center of its cluster
(k-means). Without features, the entropy of the models' probabilities, adjusted for each class's
confidence, stands in (Kuan and Mueller 2022). Each measure is brought to a robust z-value (median and
median absolute deviation of its logarithm or logit); the score crosses one half at z = `beyond`.
An outlier may be correct and rare: it is a trouble of the row, not evidence about its label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult
from hardneg_cli.errors import Unavailable
from hardneg_cli.runtime.evidence_store import LACKING, OnDemand
from hardneg_cli.statistics.probability import log_odds, sigmoid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ROWS_A_CLUSTER = 50
LEAST_SPREAD = 1e-3
SMALLEST = 1e-9  # number that has a logarithm


def detect(
    dataset: Dataset,
    features: Features | None = None,
    neighbors: OnDemand[Neighbors] = LACKING,
    class_distances: OnDemand[NDArray[np.float64]] = LACKING,
    uncertainty: OnDemand[NDArray[np.float64]] = LACKING,
    *,
    method: Literal["distance", "isolation-forest", "clusters"] = "distance",
    beyond: float = 3.5,
) -> DetectorResult:
    """beyond: the robust z-value from which on a row is flagged."""
    import numpy as np

    if features is None:
        measures = _by_probabilities(uncertainty())
    elif method == "isolation-forest":
        measures = {"a few random cuts set it apart": _robust_z(_isolation(dataset, features))}
    else:
        by_distance = _by_distance(neighbors(), class_distances) if method == "distance" else None
        measures = by_distance or {
            "far from the center of its cluster": _robust_z(_log(_center_distance(dataset, features)))
        }
    z = np.nan_to_num(np.stack(list(measures.values())), copy=False, nan=-np.inf)
    score = sigmoid(z.max(axis=0) - beyond)
    words, which = list(measures), z.argmax(axis=0).astype(np.int8)

    def why(places: NDArray[np.int64]) -> list[str]:
        return [f"{words[which[i]]} (robust z {z[which[i], i]:.1f})" for i in places]

    nothing = np.full(len(dataset), NO_CLASS, np.int32)
    return DetectorResult(np.arange(len(dataset)), score, score >= 0.5, nothing, why, about="row")


def _by_probabilities(uncertainty: NDArray[np.float64] | None) -> dict[str, NDArray[np.float64]]:
    if uncertainty is None:
        raise Unavailable("no features (--features or --text) and no probabilities (--probs)")
    return {"the model is far less sure of it than of the others": _robust_z(log_odds(uncertainty, SMALLEST))}


def _by_distance(
    neighbors: Neighbors | None, class_distances: OnDemand[NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]] | None:
    """None where rows have no neighborhoods."""
    if neighbors is None or (own := class_distances()) is None:
        return None
    return {
        "far from every other row": _robust_z(_log(neighbors.distances[:, :10].mean(axis=1))),
        "far from the rows of its class": _robust_z(_log(own)),
    }


def _isolation(dataset: Dataset, features: Features) -> NDArray[np.float64]:
    import numpy as np
    from sklearn.ensemble import IsolationForest

    order = dataset.by_id
    values = features.matrix[order]
    found = np.empty(len(dataset))
    found[order] = -IsolationForest(random_state=0).fit(values).score_samples(values)
    return found


def _center_distance(dataset: Dataset, features: Features) -> NDArray[np.float64]:
    import numpy as np
    from sklearn.cluster import MiniBatchKMeans

    order = dataset.by_id
    values = features.matrix[order]
    clusters = max(1, min(len(dataset.classes), len(dataset) // ROWS_A_CLUSTER))
    fitted = MiniBatchKMeans(clusters, random_state=0, n_init=3).fit(values)
    found = np.empty(len(dataset))
    found[order] = fitted.transform(values).min(axis=1)
    return found


def _robust_z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x − median) / (1.4826 · median absolute deviation); a spread below `LEAST_SPREAD` is rounding, not variety."""
    import numpy as np

    known = values[~np.isnan(values)]
    if not len(known):
        return values
    middle = np.median(known)
    spread = 1.4826 * np.median(np.abs(known - middle)) or known.std()
    z: NDArray[np.float64] = (values - middle) / max(spread, LEAST_SPREAD)
    return z


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    found: NDArray[np.float64] = np.log(np.maximum(values, SMALLEST))
    return found
