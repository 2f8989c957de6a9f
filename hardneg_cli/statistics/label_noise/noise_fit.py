"""Which noise models are fitted to written labels, by maximum a posteriori, and how well each is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from hardneg_cli.statistics.label_noise.noise_model import NoiseModel
from hardneg_cli.statistics.label_noise.noise_posterior import USUAL_FLIP, NoiseParameters, NoisePosterior
from hardneg_cli.statistics.quasi_newton import minimize

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

MOST_STEPS = 150
NO_GAIN, LEADING_NO_GAIN = 2e-6, 1e-5  # of a row's share of the logarithm of the posterior
LEADING_ROWS, LEADING_CELLS = 10_000, 1_000_000


class NoiseModels(NamedTuple):
    """plain: no mixing. mixed: with it. equal: with it, and equal flips. The latter two where asked for.

    flips_proof: nats by which flips that differ make the labels likelier than equal ones do, both with mixing.
    mixing_proof: nats by which mixing does, both with equal flips. Infinite where that was not asked.
    """

    plain: NoiseModel
    mixed: NoiseModel | None = None
    equal: NoiseModel | None = None
    flips_proof: float = float("inf")
    mixing_proof: float = float("inf")

    @property
    def fitted(self) -> tuple[NoiseModel, ...]:
        """plain, and mixed if there is one."""
        return (self.plain,) if self.mixed is None else (self.plain, self.mixed)

    def log_odds_of_wrong(self, z: Array, labels: Labels) -> tuple[Array, Array]:
        """By plain and mixed; twice the former where there is no latter."""
        t = self.plain.log_odds_of_wrong(z, labels)
        return t, t if self.mixed is None else self.mixed.log_odds_of_wrong(z, labels)


def fit_noise_models(z: Array, labels: Labels, *, pairs: bool, mixed: bool, proved: bool) -> NoiseModels:
    """The noise models of K×S log-probabilities and S written labels; if `mixed`, one that frees the mixing, too.

    The flips start as uniform ones and leave them only against a ridge; bias and mixing leave zero against a
    stronger one: mixing lets a weak model's habitual confusions be the model's fault, the flips let errors that
    do not depend on x be the labels' fault. Without `pairs` all flips stay alike. Of many rows
    a thinned sample leads the way, and all of them refine what it found; the second model starts from the first.
    If `proved`, models with equal flips are fitted to the thinned sample, so that what the others gain there can be
    told: a likelihood ratio.
    """
    import numpy as np

    center, k = z.mean(axis=1), len(z)
    data = z, labels, center
    layout = NoiseParameters(k, recalibrate=False, pairs=pairs)
    t = np.zeros(layout.tilt.stop)
    t[1] = USUAL_FLIP
    t = _fitted(layout, t, *data)
    plain = layout.model(t, center)
    if not mixed:
        return NoiseModels(plain)
    free = NoiseParameters(k, recalibrate=True, pairs=pairs)
    start = np.concatenate([t[: layout.mixing.start], np.zeros(k**2), t[layout.tilt]])
    t = _fitted(free, start, *data)
    model = free.model(t, center)
    if not proved:
        return NoiseModels(plain, model)
    few = _thinned(*data)
    rigid, loose = (NoiseParameters(k, recalibrate=mixing, pairs=False) for mixing in (False, True))
    stiff = _fitted(rigid, t[: rigid.tilt.stop], *few)
    equal = _fitted(loose, np.concatenate([stiff, np.zeros(k**2)]), *few)
    differing, alike, unmixed = (
        NoisePosterior(at, *few).log_p(x) for at, x in ((free, t), (loose, equal), (rigid, stiff))
    )  # fmt: skip
    return NoiseModels(plain, model, loose.model(equal, center), differing - alike, alike - unmixed)


def _thinned(z: Array, labels: Labels, center: Array) -> tuple[Array, Labels, Array]:
    """The part of many rows, or of fewer of many classes, that leads the way."""
    thin = max(1, len(labels) // LEADING_ROWS, z.size // LEADING_CELLS)
    return z[:, ::thin], labels[::thin], center


def _fitted(layout: NoiseParameters, t: Array, z: Array, labels: Labels, center: Array) -> Array:
    few = _thinned(z, labels, center)
    for data in [few] + [(z, labels, center)] * (len(few[1]) < len(labels)):
        turned = NoisePosterior(layout, *data).turned(t)
        no_gain = (LEADING_NO_GAIN if len(data[1]) < len(labels) else NO_GAIN) * len(data[1])
        found = minimize(turned.loss, turned.back(t), units=turned.units, steps=MOST_STEPS, tolerance=no_gain)
        t = turned.forth(found)
    return t
