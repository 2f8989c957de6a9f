"""Label noise: which labels the people meant, given which they wrote and what a model says.

p(written | x) = Σ_k q_k(x) T[k, written], where q is the model, recalibrated, and T[true, written] the
flips. Both are fitted to the written labels at once, by maximum a posteriori; the priors decide what
either could explain. Cost: O(S·K²) a step over S sampled rows.

Sources: forward noise models (Goldberger and Ben-Reuven 2017; Patrini et al. 2017), Dawid and Skene 1979;
matrix scaling with an off-diagonal ridge (Guo et al. 2017; Kull et al. 2019); the confident joint
(Northcutt, Jiang and Chuang 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Labels: TypeAlias = NDArray[np.int64]

FLOOR = 1e-12  # probabilities: files of float16 hold exact zeros
FLIP_RIDGE = 5.0  # prior sd of 0.45 on the log-odds of a flip against the uniform one
RECALIBRATION_RIDGE = 100.0  # prior sd of 0.1 on the recalibration
USUAL_FLIP = -2.2  # log-odds of one flip in ten, held weakly
PSEUDO_ROWS = 100.0  # rows of uniform flips added to each class of the confident joint
UNLEARNING_STEPS = 3
MOST_STEPS, REFINING_STEPS = 150, 30
LEADING_ROWS = 10_000


@dataclass(frozen=True)
class NoiseModel:
    """The true class's log-odds are `sharpness`·z + bias + (z − center)·mixing; flips: K×K, T[true, written]."""

    sharpness: float
    bias: Array
    mixing: Array | None
    flips: Array

    def classes(self, z: Array, center: Array) -> Array:
        """N×K probabilities of the true class from N×K log-probabilities."""
        import numpy as np

        odds = self.sharpness * z + self.bias
        return np.exp(log_softmax(odds if self.mixing is None else odds + (z - center) @ self.mixing))


def log_softmax(values: Array) -> Array:
    import numpy as np

    shifted = values - values.max(axis=1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def sigmoid(values: Array) -> Array:
    import numpy as np

    result: Array = 1 / (1 + np.exp(-np.clip(values, -500, 500)))
    return result


def uniform_flips(rate: float, k: int) -> Array:
    """K×K: the label stays with 1 − rate, else becomes any other class alike."""
    import numpy as np

    rate = min(max(rate, FLOOR), 1 - FLOOR)
    flips = np.full((k, k), rate / (k - 1))
    np.fill_diagonal(flips, 1 - rate)
    return flips


def log_odds_of_wrong(classes: Array, flips: Array, labels: Labels) -> Array:
    """(N,) log p(true class is not the written one) / p(it is), from N×K probabilities of the true class."""
    import numpy as np

    rows = np.arange(len(labels))
    joint = classes * flips[:, labels].T
    right = joint[rows, labels].copy()
    joint[rows, labels] = 0
    result: Array = np.log(joint.sum(axis=1) + FLOOR) - np.log(right + FLOOR)
    return result


def pooling_weights(logs: list[Array], labels: Labels) -> Array:
    """(M,) weights of a logarithmic opinion pool, softmax(Σ a_m log p_m), fitted together with a uniform flip rate.

    Maximum likelihood of the written labels; for one model, the weight is its inverse temperature.
    """
    import numpy as np
    from scipy.optimize import minimize

    rows, k, m = np.arange(len(labels)), logs[0].shape[1], len(logs)

    def loss(t: Array) -> tuple[float, Array]:
        flip = float(sigmoid(t[m:])[0])
        q = np.exp(log_softmax(sum((a * z for a, z in zip(t[1:m], logs[1:], strict=True)), t[0] * logs[0])))
        own = q[rows, labels]
        p = (1 - flip) * own + flip / k + FLOOR
        slopes = [((1 - flip) * own * (z[rows, labels] - (q * z).sum(axis=1)) / p).mean() for z in logs]
        return -np.log(p).mean(), -np.array([*slopes, ((1 / k - own) / p).mean() * flip * (1 - flip)])

    start = np.array([1 / m] * m + [-2.0])
    bounds = [(0.0 if m > 1 else 0.05, 7.0)] * m + [(-8.0, 2.0)]
    weights: Array = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x[:m]
    return weights if weights.sum() > 0 else np.full(m, 1 / m)


class _Posterior:
    """What the parameters t = (log sharpness, log-odds of a flip, bias, mixing, tilt of the flips) are judged by."""

    def __init__(self, z: Array, labels: Labels, center: Array, recalibrate: bool) -> None:
        import numpy as np

        self.z, self.labels, self.center = z, labels, center
        self.k = z.shape[1]
        self.end = 2 + self.k + (self.k**2 if recalibrate else 0)
        self.given = np.zeros(z.shape)
        self.given[np.arange(len(z)), labels] = 1
        self.away = z - center

    def model(self, t: Array) -> NoiseModel:
        import numpy as np

        k, end = self.k, self.end
        mixing = t[2 + k : end].reshape(k, k) if end > 2 + k else None
        tilt = np.log(uniform_flips(float(sigmoid(t[1:2])[0]), k)) + t[end:].reshape(k, k)
        return NoiseModel(float(np.exp(t[0])), t[2 : 2 + k], mixing, np.exp(log_softmax(tilt)))

    def loss(self, t: Array) -> tuple[float, Array]:
        """The negative logarithm of the posterior, and its slope."""
        import numpy as np

        k, end, model = self.k, self.end, self.model(t)
        q = model.classes(self.z, self.center)
        joint = q * model.flips[:, self.labels].T
        p = joint.sum(axis=1) + FLOOR
        posterior = joint / p[:, None]  # of the true class, given x and the written label
        pull = q - posterior
        pairs = (self.given.T @ posterior).T  # expected rows, true by written
        push = pairs.sum(axis=1, keepdims=True) * model.flips - pairs
        slope = np.empty_like(t)
        slope[0] = (pull * self.z).sum() * model.sharpness + t[0]
        slope[1] = push.sum() * (1 - sigmoid(t[1:2])[0]) - np.trace(push) + (t[1] - USUAL_FLIP) / 10
        slope[2 : 2 + k] = pull.sum(axis=0) + RECALIBRATION_RIDGE * model.bias
        if model.mixing is not None:
            slope[2 + k : end] = (self.away.T @ pull).ravel() + RECALIBRATION_RIDGE * t[2 + k : end]
        slope[end:] = push.ravel() + FLIP_RIDGE * t[end:]
        weak = t[0] ** 2 + (t[1] - USUAL_FLIP) ** 2 / 10
        ridge = weak + FLIP_RIDGE * (t[end:] ** 2).sum() + RECALIBRATION_RIDGE * (t[2:end] ** 2).sum()
        return ridge / 2 - np.log(p).sum(), slope


def fit_noise_model(z: Array, labels: Labels, center: Array, *, recalibrate: bool) -> NoiseModel:
    """The noise model of S×K log-probabilities and S written labels; `recalibrate` frees the mixing matrix as well.

    The flips start as uniform ones and leave them only against a ridge; bias and mixing leave zero
    against a stronger one: mixing lets a weak model's habitual confusions be the model's fault, the
    flips let errors that do not depend on x be the labels' fault. Of many rows a thinned sample leads
    the way, and all of them refine what it found.
    """
    import numpy as np
    from scipy.optimize import minimize

    k = z.shape[1]
    t = np.zeros(2 + k + k * k * (1 + recalibrate))
    t[1] = USUAL_FLIP
    thin = max(1, len(z) // LEADING_ROWS)
    for every, steps in [(thin, MOST_STEPS)] + [(1, REFINING_STEPS)] * (thin > 1):
        posterior = _Posterior(z[::every], labels[::every], center, recalibrate)
        t = minimize(posterior.loss, t, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    return posterior.model(t)


def confident_joint(p: Array, labels: Labels) -> Array:
    """Confident learning's counts, K×K (model's class by written label), scaled to the rows of each label."""
    import numpy as np

    k = p.shape[1]
    counts = np.bincount(labels, minlength=k)
    own = np.bincount(labels, p[np.arange(len(labels)), labels], k)
    threshold = np.where(counts > 0, own / np.maximum(counts, 1), 2) - FLOOR
    sure = np.where(p >= threshold, p, -1)
    best, counted = sure.argmax(axis=1), sure.max(axis=1) >= 0
    joint = np.zeros((k, k))
    np.add.at(joint, (best[counted], labels[counted]), 1.0)
    scaled: Array = joint * (counts / np.maximum(joint.sum(axis=0), 1))
    return scaled


def learned_flips(joint: Array) -> Array:
    """T[true, written] from the confident joint, each class shrunk toward uniform flips."""
    import numpy as np

    k = len(joint)
    rate = float(np.clip(1 - np.trace(joint) / max(joint.sum(), 1), 1e-6, 1 - 1 / k))
    flips: Array = joint + PSEUDO_ROWS * uniform_flips(rate, k)
    shrunk: Array = flips / flips.sum(axis=1, keepdims=True)
    return shrunk


def unlearned(p: Array, flips: Array) -> Array:
    """N×K q with q·flips near p: what a model that has learned the flips would say of the true class.

    A few steps of Richardson-Lucy from p, which is a regularized inverse.
    """
    import numpy as np

    q: Array = p
    for _ in range(UNLEARNING_STEPS):
        q = np.maximum(q * ((p / np.maximum(q @ flips, FLOOR)) @ flips.T), 1e-9)
        q = q / q.sum(axis=1, keepdims=True)
    return q
