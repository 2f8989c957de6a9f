"""Adversarial training: a network learns, in every batch, from the rows and from the points that fool it just then.

Half of each batch are the rows, half are their projected-gradient points against the weights of that moment (Madry et
al., 2018; half and half as Goodfellow, Shlens and Szegedy, 2015, so that accuracy on the rows as they are stays). The
ball grows to its full size over the first half of the epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hardneg_cli.modeling.robustness.network import network

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]
    Reach = Callable[[Block, float], tuple[Block, Block]]
    Attack = Callable[[Any, Block, Codes, Block, Block, np.random.Generator], Block]

GROWN = 0.5  # of the epochs


def run(
    model: Any, points: Block, labels: Codes, weights: Block, reach: Reach, attack: Attack, seed: int, *,
    epochs: int = 60, share: float = 0.5, batch: int = 64,
) -> Any:  # fmt: skip
    """The untrained MLPClassifier `model`, fitted to (n, D) points with (n,) labels and weights.

    reach: points, share of the radius -> the bounds (n, D) that they may be moved within. attack: as
    projected-gradient, with its settings.
    epochs: passes over the rows. share: of the loss that the fooling points carry. batch: rows, each with its point.
    """
    import numpy as np

    rng = np.random.default_rng(seed)
    classes = np.unique(labels)
    for epoch in range(epochs):
        grown = min(1.0, (epoch + 1) / (GROWN * epochs))
        for rows in np.array_split(rng.permutation(len(labels)), max(1, len(labels) // batch)):
            own, given = points[rows], labels[rows]
            fooling = attack(network(model), own, given, *reach(own, grown), rng) if epoch else own
            mixed = np.concatenate([2 * (1 - share) * weights[rows], 2 * share * weights[rows]])
            model.set_params(batch_size=len(mixed))
            model.partial_fit(np.vstack([own, fooling]), np.tile(given, 2), classes=classes, sample_weight=mixed)
    return model
