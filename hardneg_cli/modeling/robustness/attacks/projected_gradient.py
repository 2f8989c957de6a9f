"""Projected gradient: the point near each row at which the model is most wrong about its label.

Steps along the sign of the loss's gradient, each cut back to the ball around the row (maximum norm) and to the range of
each number, from the row itself and from random starts; the start that ends with the highest loss wins (Madry et al.,
Towards deep learning models resistant to adversarial attacks, 2018). For models whose gradient is known: networks and
logistic regression.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]


class DifferentiableModel(Protocol):
    def loss(self, points: Block, labels: Codes) -> Block: ...

    def gradient(self, points: Block, labels: Codes) -> Block: ...


def run(
    model: DifferentiableModel, points: Block, labels: Codes, low: Block, high: Block, rng: np.random.Generator, *,
    steps: int = 40, stride: float = 2.5, starts: int = 2,
) -> Block:  # fmt: skip
    """(n, D) points between `low` and `high`, (n, D) each, in place of the given ones; O(steps · starts) gradients.

    steps: of `stride` / `steps` times the ball's radius each. starts: the row itself, and so many less one at random.
    """
    import numpy as np

    radius = np.maximum(high - points, points - low)
    worst, highest = points.copy(), np.full(len(points), -np.inf)
    for start in range(starts):
        moved = points.copy() if start == 0 else low + (high - low) * rng.random(points.shape)
        for _ in range(steps):
            moved += (stride / steps) * radius * np.sign(model.gradient(moved, labels))
            np.clip(moved, low, high, out=moved)
        loss = model.loss(moved, labels)
        better = loss > highest
        worst[better], highest[better] = moved[better], loss[better]
    return worst
