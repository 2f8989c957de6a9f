"""Distillation: points that fool models, with labels in the shares in which a hardened model believes in the classes.

A model that learns hard labels of a few more points learns them by heart, and is as easily fooled beside them. Where
the hardened model is in doubt, the same point stands there several times, with several labels, so that who learns from
it has to be in doubt as well, and its boundary runs where the hardened model's does (Hinton, Vinyals and Dean,
Distilling the knowledge in a neural network, 2015; for robustness Goldblum et al., Adversarially robust distillation,
2020). After the points that fool the hardened model and the plain one come, round by round, those that fool a model
which has learned from all before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class DistilledPoints:
    """m points (m, D), which of the n rows each belongs to, (m,), and the number of its label among the K classes."""

    rows: Codes
    points: Block
    labels: Codes

    def and_then(self, more: DistilledPoints) -> DistilledPoints:
        import numpy as np

        return DistilledPoints(
            np.concatenate([self.rows, more.rows]),
            np.vstack([self.points, more.points]),
            np.concatenate([self.labels, more.labels]),
        )


def run(
    probabilities: Callable[[Block], Block], labels: Codes, fooling: Sequence[Block],
    fools_next: Callable[[DistilledPoints], Block], *, rounds: int = 14, parts: int = 4,
) -> DistilledPoints:  # fmt: skip
    """The points of all `fooling`, (n, D) each, and of the rounds, with labels.

    probabilities: points -> (m, K), of the hardened model. labels: (n,) numbers of the rows' own classes. fools_next:
    (n, D) points that fool a new model of the given ones.
    rounds: of training such a model. parts: how often a point stands there at most: with 4, labels come in quarters;
    with 1, each has its row's label.
    """
    import numpy as np

    found = _labeled(probabilities, labels, np.vstack(fooling), parts)
    for _ in range(rounds):
        more = _labeled(probabilities, labels, fools_next(found), parts)
        found = found.and_then(more)
    return found


def _labeled(probabilities: Callable[[Block], Block], labels: Codes, points: Block, parts: int) -> DistilledPoints:
    import numpy as np

    rows = np.arange(len(points)) % len(labels)
    if parts == 1:
        return DistilledPoints(rows, points, labels[rows])
    times = _shares(probabilities(points), parts)
    place, label = np.nonzero(times)
    often = times[place, label]
    place, label = np.repeat(place, often), np.repeat(label, often)
    return DistilledPoints(rows[place], points[place], label)


def _shares(p: Block, parts: int) -> Codes:
    """(m, K) how often each label: by largest remainder, of `parts`; once, where all are of one label."""
    import numpy as np

    times = np.floor(p * parts).astype(np.int64)
    order = np.argsort(-(p * parts - times), axis=1, kind="stable")
    rank = np.argsort(order, axis=1, kind="stable")
    times += rank < parts - times.sum(axis=1, keepdims=True)
    return np.where((times == parts).any(axis=1, keepdims=True), times // parts, times)
