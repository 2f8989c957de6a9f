"""Transfer: what fools a network that imitates the model often fools the model (Papernot et al., 2017).

For models without a gradient, such as trees and nearest neighbors. The imitator learns what the model answers for the
rows and for points scattered around them; its projected-gradient path is walked, and the model is asked at each step;
then corners of the ball at random. A model that withstands this need not withstand an attack that knows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]


class Imitator(Protocol):
    def gradient(self, points: Block, labels: Codes) -> Block: ...


def run(
    imitator: Imitator, predict: Callable[[Block], Codes], points: Block, labels: Codes, low: Block, high: Block,
    rng: np.random.Generator, *, steps: int = 10, corners: int = 20,
) -> Block:  # fmt: skip
    """(n, D) points between `low` and `high`: the first found that the model gets wrong, else the end of the path.

    steps: of the path. corners: how many are tried where the path does not fool the model.
    """
    import numpy as np

    radius = np.maximum(high - points, points - low)
    moved, found = points.copy(), points.copy()
    open_ = predict(points) == labels
    for _ in range(steps):
        moved = np.clip(moved + (2.5 / steps) * radius * np.sign(imitator.gradient(moved, labels)), low, high)
        found[open_] = moved[open_]
        open_[open_] = predict(moved[open_]) == labels[open_] if open_.any() else False
    for _ in range(corners):
        if not open_.any():
            break
        tried = np.where(rng.random(points.shape) < 0.5, low, high)[open_]
        fooled = predict(tried) != labels[open_]
        rows = np.flatnonzero(open_)[fooled]
        found[rows], open_[rows] = tried[fooled], False
    return found
