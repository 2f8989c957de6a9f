"""The row fits neither its class nor the data.

With features, `method=distance` asks how far the row is from the nearest rows of its class (Ramaswamy et
al. 2000). In columns of numbers half of how far apart the class's rows are is taken off, as classes are
loose or dense, and a second measure is averaged in, one to two: how far the row is from the middle of its
class in units of how the columns vary together (Mahalanobis), as far as its nearest rows leave that open:
a class may have several parts. A row among copies of its own is no outlier. Of vectors and texts, where
near means a small angle, the nearest rows of any class are looked at as well.
`method=isolation-forest` asks an auxiliary model how few random cuts set the row apart (Liu et al.
2008). `method=clusters` asks how far the row is from the center of its cluster (k-means). Without
features, the entropy of the models' probabilities, adjusted for each class's confidence, stands in (Kuan
and Mueller 2022).

The body of a measure's values tells how the tail of ordinary rows goes on (Tukey's g-distribution), and
so how many ordinary rows would lie as far out: the z-value. The score crosses one half where
`false_alarms` of the ordinary rows lie beyond, or lower, where so many rows lie that ordinary ones would
be fewer than `false_share` of them (Benjamini and Hochberg 1995). Of a clean dataset at most 1 % of the rows
are flagged as a rule: .3 % on average over the families of data in the benchmark `outlier`; more where columns
have very heavy tails or a class a small part of its own far away. The fewer the rows, the farther out an
outlier has to be.
An outlier may be correct and rare: it is a trouble of the row, not evidence about its label.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Literal

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.probabilities.uncertainty import Uncertainty, entropies
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult, RowMeasure
from hardneg_cli.errors import Unavailable
from hardneg_cli.runtime.evidence_store import LACKING, OnDemand
from hardneg_cli.statistics.class_spread import class_mahalanobis
from hardneg_cli.statistics.probability import log_odds, sigmoid
from hardneg_cli.statistics.upper_tail import cut_of, tail_z

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ROWS_A_CLUSTER = 50
AMONG = 10  # rows of any class
SMALLEST = 1e-9  # number that has a logarithm
OWN_LEVEL = 0.5  # of how far apart, in logarithms, rows of a class are: loose classes are no outliers, and no excuse
LEAD = 2.0  # of z: among rows of its class, how far from their middle counts for little: a class may have parts
STEEP = 2.0  # log-odds of the score a unit of z, near the cut


def detect(
    dataset: Dataset,
    features: Features | None = None,
    neighbors: OnDemand[Neighbors] = LACKING,
    class_distances: OnDemand[NDArray[np.float64]] = LACKING,
    uncertainty: OnDemand[Uncertainty] = LACKING,
    *,
    method: Literal["distance", "isolation-forest", "clusters"] = "distance",
    false_alarms: float = 0.005,
    false_share: float = 0.3,
) -> DetectorResult | RowMeasure:
    """false_alarms: the share of ordinary rows that may be flagged.

    false_share: the share of the flagged rows that may be ordinary, where that lets more be flagged.
    """
    cut = partial(cut_of, share=false_alarms, false=false_share)
    if features is None:
        return _undecided(dataset, uncertainty(), cut)
    if method == "isolation-forest":
        parts, z = _one("a few random cuts set it apart", _isolation(dataset, features))
    elif method == "distance" and (near := neighbors()) is not None and (own := class_distances()) is not None:
        parts, z = _by_distance(dataset, features, _log_apart(near.distances[:, :AMONG].mean(axis=1)), _log_apart(own))
    else:
        parts, z = _one("far from the center of its cluster", _log(_center_distance(dataset, features)))
    return _result(dataset, parts, z, cut)


def _result(dataset: Dataset, parts: dict[str, Array], z: Array, cut: Callable[[Array], float]) -> DetectorResult:
    import numpy as np

    z = np.where(np.isnan(z), -np.inf, z)
    score = sigmoid(STEEP * (z - cut(z)))
    words, which = list(parts), np.nan_to_num(np.stack(list(parts.values())), nan=-np.inf).argmax(axis=0)

    def why(places: NDArray[np.int64]) -> list[str]:
        return [f"{words[which[i]]} (robust z {z[i]:.1f})" for i in places]

    nothing = np.full(len(dataset), NO_CLASS, np.int32)
    return DetectorResult(np.arange(len(dataset)), score, score >= 0.5, nothing, why, about="row")


def _one(word: str, values: Array) -> tuple[dict[str, Array], Array]:
    z = tail_z(values)
    return {word: z}, z


def _by_distance(dataset: Dataset, features: Features, near: Array, own: Array) -> tuple[dict[str, Array], Array]:
    """The z-value of each measure, by its words, and that of all; a row without another of its class has `near`."""
    import numpy as np

    far = tail_z(near)
    if features.kind not in ("columns", "table"):
        apart = tail_z(own)
        parts = {"far from the rows of its class": apart, "far from every other row": far}
        return parts, tail_z(np.fmax(apart, far))
    apart = tail_z(own - OWN_LEVEL * _class_medians(dataset, own))
    odd = tail_z(_log(_middle_distance(dataset, features)))
    parts = {
        "far from the rows of its class": apart, "far from every other row": far,
        "far from the middle of its class": odd,
    }  # fmt: skip
    odd = np.minimum(odd, apart + LEAD)
    return parts, np.where(np.isnan(own), far, tail_z((2 * apart + odd) / 3))


def _class_medians(dataset: Dataset, values: Array) -> Array:
    """(N,) the median of each row's class, NaN for a class of one row."""
    import numpy as np

    found = np.full(len(dataset.classes), np.nan)
    for code in np.flatnonzero(dataset.counts > 1):
        mine = values[dataset.labels == code]
        mine = mine[np.isfinite(mine)]
        found[code] = np.median(mine) if len(mine) else 0.0
    medians: Array = found[dataset.labels]
    return medians


def _undecided(dataset: Dataset, uncertainty: Uncertainty | None, cut: Callable[[Array], float]) -> RowMeasure:
    if uncertainty is None:
        raise Unavailable("no features (--features or --text) and no probabilities (--probs)")
    words = "the model is far less sure of it than of the others"

    def finish(values: Array) -> DetectorResult:
        return _result(dataset, *_one(words, log_odds(values, SMALLEST)), cut)

    measure = partial(entropies, uncertainty.raised)
    return RowMeasure(uncertainty.probabilities, uncertainty.judged, measure, finish)


def _middle_distance(dataset: Dataset, features: Features) -> Array:
    import numpy as np
    from threadpoolctl import threadpool_limits

    order, found = dataset.by_id, np.empty(len(dataset))
    with threadpool_limits(1, "blas"):  # a product's last bits depend on how many threads share it
        found[order] = class_mahalanobis(features.matrix[order], dataset.labels[order])
    return found


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


def _log_apart(values: Array) -> Array:
    """−∞ for a row among copies of its own: it is no outlier, and their number says nothing of the others."""
    import numpy as np

    return np.where(values <= 0, -np.inf, _log(values))


def _log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    found: NDArray[np.float64] = np.log(np.maximum(values, SMALLEST))
    return found
