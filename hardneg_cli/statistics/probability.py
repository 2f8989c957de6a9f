"""Probabilities and their log-odds. `axis` is where the classes stand: matrices of many rows have it last, those of
`label_noise` first, because sums over few classes are then sums of long vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]

FLOOR = 1e-12  # of probabilities: files of float16 hold exact zeros
CLOSEST = 1e-6  # to 0 and 1: what files round to
MOST_ODDS = 500.0  # of which the exponential is still a number


def softmax(odds: Array, *, axis: int = -1, out: Array | None = None) -> Array:
    """Probabilities of the classes along `axis` from their log-odds; `out` may be the log-odds themselves."""
    import numpy as np

    p: Array = np.subtract(odds, odds.max(axis=axis, keepdims=True), out=out)
    np.exp(p, out=p)
    p /= p.sum(axis=axis, keepdims=True)
    return p


def log_softmax(odds: Array, *, axis: int = -1) -> Array:
    """Log-probabilities of the classes along `axis` from their log-odds."""
    import numpy as np

    shifted = odds - odds.max(axis=axis, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))
    return result


def sigmoid(odds: Array) -> Array:
    """Probabilities from log-odds."""
    import numpy as np

    result: Array = 1 / (1 + np.exp(-np.clip(odds, -MOST_ODDS, MOST_ODDS)))
    return result


def log_odds(p: Array, closest: float = CLOSEST) -> Array:
    """Log-odds of probabilities, none of which counts as nearer to 0 or 1 than `closest`."""
    import numpy as np

    kept = np.clip(p, closest, 1 - closest)
    result: Array = np.log(kept / (1 - kept))
    return result


def uniform_transition(rate: float, k: int) -> Array:
    """K×K: the label stays with 1 − rate, else becomes any other class alike."""
    import numpy as np

    rate = min(max(rate, FLOOR), 1 - FLOOR)
    flips = np.full((k, k), rate / (k - 1))
    np.fill_diagonal(flips, 1 - rate)
    return flips
