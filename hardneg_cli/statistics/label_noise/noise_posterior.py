"""The posterior of what `noise_model` describes, given written labels; the priors decide what either the model or the
labels could explain.

Cost: O(S·K²) a value over S sampled rows, O(S·K) where all flips are alike. The parameters can be turned along axes
whose curvatures are nearly independent, and told in units of these, so that a search takes few steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.column_blocks import ColumnBlock, each, pieces
from hardneg_cli.statistics.label_noise.noise_model import NoiseModel
from hardneg_cli.statistics.probability import FLOOR, log_softmax, sigmoid, uniform_transition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

FLIP_RIDGE = 5.0  # prior sd of 0.45 on the log-odds of a flip against the uniform one
RECALIBRATION_RIDGE = 100.0  # prior sd of 0.1 on the recalibration
USUAL_FLIP = -2.2  # log-odds of one flip in ten, held weakly


@dataclass(frozen=True)
class _Sums:
    """What pieces add up to. log_p: Σ log p(written). The others are slopes: of log sharpness, (K,) bias, K×K mixing.

    pairs: (K, P) expected rows, true class by written label, where flips differ; else rate: the slope of its
    log-odds. What a model does not have is empty.
    """

    log_p: float
    sharpness: float
    bias: Array
    mixing: Array
    pairs: Array
    rate: float = 0.0


@dataclass(frozen=True)
class NoiseParameters:
    """Which of the parameters t stand where: log sharpness, log-odds of a flip, bias, mixing, tilt of the flips."""

    k: int
    recalibrate: bool
    pairs: bool

    @property
    def bias(self) -> slice:
        return slice(2, 2 + self.k)

    @property
    def mixing(self) -> slice:
        return slice(2 + self.k, 2 + self.k + self.k**2 * self.recalibrate)

    @property
    def tilt(self) -> slice:
        return slice(self.mixing.stop, self.mixing.stop + self.k**2 * self.pairs)

    def model(self, t: Array, center: Array) -> NoiseModel:
        import numpy as np

        k, rate, flips = self.k, float(sigmoid(t[1])), None
        mixing = t[self.mixing].reshape(k, k) if self.recalibrate else None
        if self.pairs:
            flips = np.exp(log_softmax(np.log(uniform_transition(rate, k)) + t[self.tilt].reshape(k, k)))
        return NoiseModel(float(np.exp(t[0])), t[self.bias], center, mixing, rate, flips)


class NoisePosterior:
    """What the parameters are judged by, on the rows of some pieces."""

    def __init__(self, layout: NoiseParameters, z: Array, labels: Labels, center: Array) -> None:
        self.layout, self.center = layout, center
        self.pieces = pieces(z, labels)

    def loss(self, t: Array) -> tuple[float, Array]:
        """The negative logarithm of the posterior, and its slope."""
        import numpy as np

        at, model = self.layout, self.layout.model(t, self.center)
        part = _by_pairs if at.pairs else _uniformly
        parts = each(lambda piece: part(model, piece), self.pieces)
        bias = np.sum([sums.bias for sums in parts], axis=0)
        slope = np.empty_like(t)
        slope[0] = sum(sums.sharpness for sums in parts) * model.sharpness + t[0]
        slope[1] = sum(sums.rate for sums in parts) + (t[1] - USUAL_FLIP) / 10
        slope[at.bias] = bias + RECALIBRATION_RIDGE * model.bias
        if model.mixing is not None:
            pulled = np.sum([sums.mixing for sums in parts], axis=0) - np.outer(self.center, bias)
            slope[at.mixing] = pulled.ravel() + RECALIBRATION_RIDGE * t[at.mixing]
        if model.flips is not None:
            pairs = self._pairs(parts)
            push = pairs.sum(axis=1, keepdims=True) * model.flips - pairs
            slope[1] += push.sum() * (1 - model.rate) - np.trace(push)
            slope[at.tilt] = push.ravel() + FLIP_RIDGE * t[at.tilt]
        weak = t[0] ** 2 + (t[1] - USUAL_FLIP) ** 2 / 10
        ridge = weak + FLIP_RIDGE * (t[at.tilt] ** 2).sum() + RECALIBRATION_RIDGE * (t[2 : at.tilt.start] ** 2).sum()
        return ridge / 2 - sum(sums.log_p for sums in parts), slope

    def log_p(self, t: Array) -> float:
        """Σ log p(written)."""
        model = self.layout.model(t, self.center)
        part = _by_pairs if self.layout.pairs else _uniformly
        return sum(each(lambda piece: part(model, piece).log_p, self.pieces))

    def turned(self, t: Array) -> TurnedPosterior:
        """The same in parameters whose curvatures at t are nearly those of each by itself."""
        import numpy as np

        at, model, k = self.layout, self.layout.model(t, self.center), self.layout.k
        axes = np.eye(k)
        if model.mixing is not None:
            axes = np.linalg.eigh(np.sum(each(lambda piece: _spread_of_z(model, piece), self.pieces), axis=0))[1]
        parts = each(lambda piece: _spreads(model, piece, axes), self.pieces)
        rows, bias = (np.sum(arrays, axis=0) for arrays in ([part[0] for part in parts], [part[1] for part in parts]))
        curvature = np.empty_like(t)
        curvature[0] = sum(part[2] for part in parts) + 1
        curvature[1] = rows.sum() * model.rate * (1 - model.rate) + 0.1
        curvature[at.bias] = bias + RECALIBRATION_RIDGE
        if model.mixing is not None:
            curvature[at.mixing] = np.sum([part[3] for part in parts], axis=0).ravel() + RECALIBRATION_RIDGE
        if model.flips is not None:
            spread = rows[:, None] * model.flips * (1 - model.flips)
            curvature[at.tilt] = spread.ravel() + FLIP_RIDGE
        return TurnedPosterior(self, axes, 1 / np.sqrt(curvature))

    def _pairs(self, parts: Sequence[_Sums]) -> Array:
        import numpy as np

        total = np.zeros((self.layout.k, self.layout.k))
        for piece, sums in zip(self.pieces, parts, strict=True):
            total[:, piece.present] += sums.pairs
        return total


@dataclass(frozen=True)
class TurnedPosterior:
    """A posterior whose mixing is told along other axes of z: the rows' main directions, K×K. units: (P,)."""

    posterior: NoisePosterior
    axes: Array
    units: Array

    def loss(self, t: Array) -> tuple[float, Array]:
        value, slope = self.posterior.loss(self.forth(t))
        return value, self.back(slope)

    def forth(self, t: Array) -> Array:
        return self._mixed(t, self.axes)

    def back(self, t: Array) -> Array:
        return self._mixed(t, self.axes.T)

    def _mixed(self, t: Array, axes: Array) -> Array:
        at = self.posterior.layout
        if not at.recalibrate:
            return t
        found = t.copy()
        found[at.mixing] = (axes @ t[at.mixing].reshape(at.k, at.k)).ravel()
        return found


def _by_pairs(model: NoiseModel, piece: ColumnBlock) -> _Sums:
    import numpy as np

    assert model.flips is not None
    pull = model.classes(piece.z)
    posterior = model.flips.take(piece.labels, axis=1)  # of the true class, given x and the written label
    posterior *= pull
    p = posterior.sum(axis=0) + FLOOR
    posterior /= p
    pairs = np.add.reduceat(posterior, piece.starts, axis=1)
    pull -= posterior
    return _sums(model, piece, pull, p, pairs)


def _uniformly(model: NoiseModel, piece: ColumnBlock) -> _Sums:
    import numpy as np

    k = len(piece.z)
    pull = model.classes(piece.z)
    own = pull.ravel()[piece.own]
    flip = model.rate / (k - 1)
    p = own * (1 - model.rate) + (1 - own) * flip + FLOOR
    pull *= 1 - flip / p
    pull.ravel()[piece.own] = own * (1 - (1 - model.rate) / p)
    rate = float((((own - (1 - own) / (k - 1)) / p).sum()) * model.rate * (1 - model.rate))
    return _sums(model, piece, pull, p, np.empty((0, 0)), rate)


def _sums(model: NoiseModel, piece: ColumnBlock, pull: Array, p: Array, pairs: Array, rate: float = 0.0) -> _Sums:
    import numpy as np

    mixing = np.empty((0, 0)) if model.mixing is None else piece.z @ pull.T
    return _Sums(
        float(np.log(p).sum()), float(np.vdot(pull, piece.z)), pull.sum(axis=1), mixing, pairs, rate
    )  # fmt: skip


def _spreads(model: NoiseModel, piece: ColumnBlock, axes: Array) -> tuple[Array, Array, float, Array]:
    """Expected rows of each class, and the curvatures of bias, log sharpness and mixing along the axes."""
    import numpy as np

    q = model.classes(piece.z)
    spread = q * (1 - q)
    mixing = np.empty((0, 0))
    if model.mixing is not None:
        away = axes.T @ (piece.z - model.center[:, None])
        mixing = (away**2) @ spread.T
    sharpness = model.sharpness**2 * float(np.vdot(spread * piece.z, piece.z))
    return q.sum(axis=1), spread.sum(axis=1), sharpness, mixing


def _spread_of_z(model: NoiseModel, piece: ColumnBlock) -> Array:
    """K×K, how z varies where the class is in doubt."""
    q = model.classes(piece.z)
    away = piece.z - model.center[:, None]
    spread: Array = (away * (q * (1 - q)).sum(axis=0)) @ away.T
    return spread
