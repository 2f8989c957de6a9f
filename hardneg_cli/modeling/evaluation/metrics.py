"""Metrics of classifiers as functions of sums over rows, so that one row's weight is all that resampling changes.

They are scikit-learn's: accuracy; precision, recall and F1 of a class, their means over the classes that the labels
have (macro: `labels=sorted(set(y_true))`, `zero_division=0`) and those weighted by the classes' rows; Matthews'
correlation (Gorodkin, Comparing two K-category assignments by a K-category correlation coefficient, 2004); log-loss, in
nats, of probabilities clipped at the machine's precision; the Brier score, summed over the classes.

Calibration is judged in `BINS` bins of confidence with equally many rows each (Nguyen and O'Connor 2015). `ece` is the
mean gap between confidence and accuracy (Naeini et al. 2015). Chance alone lifts it above zero, the more the fewer rows
there are, and resampling lifts it again, so it has no interval. `squared_calibration_error` is the mean square of the
gap without what chance adds (Kumar, Liang and Ma, Verified uncertainty calibration, 2019); it may be below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Codes = NDArray[np.int64]

BINS = 15
UNLABELED = -1
BY_CLASS = ("precision", "recall", "f1")
OF_CALLS = (
    "accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_precision", "weighted_recall", "weighted_f1",
    "mcc",
)  # fmt: skip
OF_PROBABILITIES = ("log_loss", "brier", "ece", "squared_calibration_error")
OVERALL = OF_CALLS + OF_PROBABILITIES
LESS_IS_BETTER = OF_PROBABILITIES
WITHOUT_INTERVAL = ("ece",)


@dataclass(frozen=True)
class PredictionSummary:
    """What one model says about N rows: its class (N,), that one's probability (N,), and Σ p² over all classes (N,).

    The probabilities are None where a model names classes only. bin: (N,) the bin of its confidence.
    """

    name: str
    top: Codes
    p_top: Numbers | None = None
    squares: Numbers | None = None
    bin: Codes | None = None


@dataclass(frozen=True)
class MetricSums:
    """D weighted sums over the rows: of the labels by class (D, K), and for M models of what follows.

    right, called: (D, M, K) rows of a class that are called right, rows that are called it. loss, brier: (D, M).
    gaps, squares, binned: (D, M, BINS) confidence minus being right, its square, and rows.
    """

    labels: Numbers
    right: Numbers
    called: Numbers
    loss: Numbers
    brier: Numbers
    gaps: Numbers
    squares: Numbers
    binned: Numbers

    @classmethod
    def of(cls, sums: Numbers, models: int, k: int) -> MetricSums:
        """From D rows of the sums of `facts`' columns; rounding and estimates may bring a count out of bounds."""
        import numpy as np

        wide = sums[:, k:].reshape(len(sums), models, -1)
        labels, called = sums[:, :k].clip(min=0), wide[..., k : 2 * k].clip(min=0)
        right = np.clip(wide[..., :k], 0, np.minimum(called, labels[:, None]))
        loss, brier = wide[..., 2 * k], wide[..., 2 * k + 1]
        gaps, squares, binned = np.moveaxis(wide[..., 2 * k + 2 :].reshape(*wide.shape[:2], 3, BINS), 2, 0)
        return cls(labels, right, called, loss, brier, gaps, squares.clip(min=0), binned.clip(min=0))


def row_sums(models: Sequence[PredictionSummary], labels: Codes, p_label: Sequence[Numbers | None], k: int) -> Any:
    """N × (K + M·(2K + 2 + 3·BINS)) sparse: what each row adds to `Sums`; nothing for a row that has no label.

    p_label: for each model the probability (N,) of the row's label.
    """
    import numpy as np
    from scipy import sparse

    rows = np.flatnonzero(labels != UNLABELED)
    ones, true, width = np.ones(len(rows)), labels[rows], 2 * k + 2 + 3 * BINS
    places, columns, values = [rows], [true], [ones]
    for number, (model, p) in enumerate(zip(models, p_label, strict=True)):
        start, right = k + number * width, (model.top[rows] == true).astype(np.float64)
        places += [rows, rows]
        columns += [start + true, start + k + model.top[rows]]
        values += [right, ones]
        if p is not None and model.p_top is not None and model.squares is not None and model.bin is not None:
            eps = np.finfo(np.float64).eps
            places += [rows] * 5
            columns += [np.full(len(rows), start + 2 * k), np.full(len(rows), start + 2 * k + 1)]
            columns += [start + 2 * k + 2 + place * BINS + model.bin[rows] for place in range(3)]
            gap = model.p_top[rows] - right
            values += [-np.log(np.clip(p[rows], eps, 1 - eps)), model.squares[rows] - 2 * p[rows] + 1]
            values += [gap, gap**2, ones]
    shape = len(labels), k + len(models) * width
    index = np.concatenate(places), np.concatenate(columns)
    found = sparse.csr_array((np.concatenate(values), index), shape=shape)
    found.eliminate_zeros()
    return found


def bins(confidence: Numbers) -> Codes:
    """(N,) the bin of each row: equally many rows in each, the same confidence in the same one."""
    import numpy as np

    edges = np.quantile(confidence, np.arange(1, BINS) / BINS)
    found: Codes = np.searchsorted(edges, confidence, side="left").astype(np.int64)
    return found


def by_class(sums: MetricSums) -> Numbers:
    """(D, M, K, 3): precision, recall and F1; recall and F1 are NaN where no row has the class."""
    import numpy as np

    labels = sums.labels[:, None, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(sums.called > 0, sums.right / sums.called, 0.0)
        recall = sums.right / np.where(labels > 0, labels, np.nan)
        f1 = 2 * sums.right / np.where(labels > 0, labels + sums.called, np.nan)
    return np.stack(np.broadcast_arrays(precision, recall, f1), axis=-1)


def overall(sums: MetricSums, classes: Numbers) -> Numbers:
    """(D, M, len(OVERALL)); `classes` is what `by_class` said."""
    import numpy as np

    labels = sums.labels[:, None, :]
    n = sums.labels.sum(axis=1)[:, None]
    present = (labels > 0)[..., None]
    shares = np.where(present, classes, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):  # no row is left
        macro = shares.sum(axis=2) / present.sum(axis=2)
        weighted = (shares * labels[..., None]).sum(axis=2) / n[..., None]
        right = sums.right.sum(axis=2)
        ece = np.abs(sums.gaps).sum(axis=2) / n
        rest = [sums.loss / n, sums.brier / n, ece, _squared_calibration_error(sums) / n]
        mine = [right / n, *np.moveaxis(macro, -1, 0), *np.moveaxis(weighted, -1, 0), _mcc(sums, right, n), *rest]
    return np.stack(mine, axis=-1)


def _mcc(sums: MetricSums, right: Numbers, n: Numbers) -> Numbers:
    """0 where either side knows one class only, as scikit-learn has it."""
    import numpy as np

    labels = sums.labels[:, None, :]
    covariance = right * n - (sums.called * labels).sum(axis=2)
    spread = (n**2 - (sums.called**2).sum(axis=2)) * (n**2 - (labels**2).sum(axis=2))
    return np.where(spread > 0, covariance / np.sqrt(np.where(spread > 0, spread, 1.0)), 0.0)


def _squared_calibration_error(sums: MetricSums) -> Numbers:
    """(D, M) the sum over the bins of rows times squared gap, less the gap's own variance."""
    import numpy as np

    rows = np.maximum(sums.binned, 1e-9)
    gap = sums.gaps / rows
    variance = np.maximum(sums.squares / rows - gap**2, 0) / np.maximum(rows - 1, 1e-9)
    found: Numbers = (sums.binned * np.where(rows > 1, gap**2 - variance, 0.0)).sum(axis=2)
    return found
