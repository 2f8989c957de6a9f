"""How far a row is from the middle of its class, in units of how rows of a class vary together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

RIDGE = 0.05  # of the mean variance: directions in which rows hardly vary are not to decide alone
TRIMMED = 0.1  # of the rows, the farthest, are no part of the second fit
BLOCK = 8192  # rows at once


def class_mahalanobis(values: NDArray[np.floating], labels: NDArray[np.integer]) -> Array:
    """(N,) Mahalanobis distance of N×D values to the other rows' mean of the class; NaN for the only row of a class.

    Classes share one covariance, as in linear discriminant analysis. Means and covariance are fitted twice, without the
    farthest tenth the second time, which would stretch them. O(N·D² + D³) time.
    """
    import numpy as np

    largest = max(float(values.max(initial=0)), -float(values.min(initial=0)))
    values = np.ldexp(values.astype(np.float64), -int(np.frexp(largest)[1]))  # no square is too large; distances stay
    once = np.ones(len(values), bool)
    first = _distances(values, labels, once)
    if np.isnan(first).all():
        return first
    return _distances(values, labels, ~(first > np.nanquantile(first, 1 - TRIMMED)))


def _distances(values: NDArray[np.floating], labels: NDArray[np.integer], part: NDArray[np.bool_]) -> Array:
    """The fit is to `part`; a class with no row in it has all of its rows."""
    import numpy as np
    from scipy.sparse import csr_array

    part = part | ~np.isin(labels, labels[part])
    k, width = int(labels.max()) + 1, values.shape[1]
    counts = np.bincount(labels[part], minlength=k)
    members = csr_array((part.astype(np.float64), (labels, np.arange(len(values)))), shape=(k, len(values)))
    means = (members @ values) / np.maximum(counts, 1)[:, None]
    covariance = np.zeros((width, width))
    for span in _spans(len(values)):
        rest = (values[span] - means[labels[span]])[part[span]]
        covariance += rest.T @ rest
    covariance /= max(int((counts - 1).clip(0).sum()), 1)
    covariance += max(RIDGE * float(np.trace(covariance)) / max(width, 1), np.finfo(float).tiny) * np.eye(width)
    strength, axes = np.linalg.eigh(covariance)
    whitened = axes / np.sqrt(np.maximum(strength, np.finfo(float).tiny))
    found = np.empty(len(values))
    for span in _spans(len(values)):
        away = (values[span] - means[labels[span]]) @ whitened
        size = np.maximum(np.abs(away).max(axis=1, keepdims=True, initial=0), np.finfo(float).tiny)
        found[span] = size[:, 0] * np.linalg.norm(away / size, axis=1)
    others = counts[labels] - part
    grown = np.where(part, counts[labels] / np.maximum(others, 1), 1.0)  # its own mean is nearer than the others'
    result: Array = np.where(others > 0, found * grown, np.nan)
    return result


def _spans(rows: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, rows, BLOCK)]
