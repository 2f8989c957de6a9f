"""Which labels are right, given what several reviewers said and what a model thinks.

p(class | row) ∝ q(class)^s · Π_r T_r[class, answer of r]^w_r, fitted by EM to the answers alone (Dawid and Skene 1979,
with the model's probabilities q as the prior of each row, as Raykar et al. 2010 have it):

- T_r is each reviewer's confusion matrix, shrunk toward that reviewer's accuracy with everybody's confusions, and
  these toward uniform ones; s, the inverse temperature, corrects a model that is too sure or not sure enough.
- w_r is one over the design effect (Kish 1965): reviewers who agree more often than what they have in common with the
  truth explains, because one copies or both err on the same rows, count for less than their number. The excess of a
  pair is measured against what all others and the model say of the row, not the pair itself.

CROWDLAB (Goh, Tkachenko and Mueller 2022) weighs the model and each reviewer by one number, whatever they confuse.
Cost: O(A·K + N·K) a step for A answers about N rows, O(R²·K²) for the pairs of R reviewers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.statistics.given_voice import USUAL, GivenVoice, fit_voice
from hardneg_cli.statistics.probability import log_softmax, uniform_transition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[np.float64]
    Codes: TypeAlias = NDArray[np.int64]

EVERYBODY_ROWS, OWN_ROWS = 10.0, 50.0  # what the priors of all reviewers' confusions and of one's own weigh
STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)  # answers that confusions with any class alike are worth
LEAST_COUNT = 1e-3  # fewer answers of a kind are none
USUAL_ACCURACY = 0.8  # to begin with, so that the classes keep their names
ROUNDS, MOST_STEPS, LEAST_STEPS = 4, 40, 5
HEATS, USUAL_HEAT = (0.3, 1.0, 15), 0.3  # exponents to choose from, and how far their logarithm is usually from 0
MOSTLY = 0.5  # of the given labels: if fewer are a voice of their own, too little is known of it
GIVEN_JOINS = 2  # rounds are left when the given labels join: the answers and the model have been without them
ENOUGH = 1e-3  # change of log s
SHARPNESS = (0.05, 7.0)
LEAST_SHARED = 20  # rows that a pair must share before its excess is believed


@dataclass(frozen=True)
class AnnotatorLabels:
    """One reviewer's answers: (A,) rows, each once, and (A,) class codes."""

    rows: Codes
    codes: Codes


@dataclass(frozen=True)
class DawidSkeneFit:
    """classes: N×K probability that each class is right. flips: R×K×K, each reviewer's T[right, answer].

    accuracy: (R,) expected share of right answers. weight: (R,) what an answer counts, 1 for independent reviewers.
    sharpness: the exponent of the model's probabilities.
    """

    classes: Array
    flips: Array
    accuracy: Array
    weight: Array
    sharpness: float


@dataclass(frozen=True)
class ModelPrior:
    """z: N×K log-probabilities of a model. strange: (K,) shares of the classes that it does not know, 0 of others.

    Sharpness is about what the model knows, so a strange class keeps its share.
    """

    z: Array
    strange: Array

    def odds(self, sharpness: float) -> Array:
        """N×K log-probabilities."""
        import numpy as np

        known = self.strange == 0
        odds = np.empty(self.z.shape)
        odds[:, known] = log_softmax(sharpness * self.z[:, known]) + np.log1p(-self.strange.sum())
        odds[:, ~known] = np.log(self.strange[~known])
        return odds

    def sharpness(self, classes: Array, sharpness: float, steps: int = 3) -> float:
        """Newton's method for the most likely exponent, a factor of two a step at most."""
        import numpy as np

        known = self.strange == 0
        z, classes = self.z[:, known], classes[:, known]
        mass = classes.sum(axis=1)
        for _ in range(steps):
            q = np.exp(log_softmax(sharpness * z))
            mean = (q * z).sum(axis=1)
            slope = ((classes * z).sum(axis=1) - mass * mean).sum()
            bend = (mass * ((q * z * z).sum(axis=1) - mean**2)).sum()
            step = sharpness + slope / max(float(bend), 1e-9)
            sharpness = float(np.clip(np.clip(step, sharpness / 2, sharpness * 2), *SHARPNESS))
        return sharpness


def fit(labels: Sequence[AnnotatorLabels], prior: ModelPrior, given: Codes | None = None) -> DawidSkeneFit:
    """The posterior of N rows from R reviewers' answers. given: (N,) the data's own labels, a voice besides."""
    import numpy as np

    k = prior.z.shape[1]
    flips, sharpness = np.stack([uniform_transition(1 - USUAL_ACCURACY, k)] * len(labels)), 1.0
    weight, voice = np.ones(len(labels)), None
    for left in reversed(range(ROUNDS)):
        classes, flips, sharpness, voice = _fitted(labels, prior, flips, sharpness, weight, voice)
        if left:
            weight = _weights(labels, _with_given(prior.odds(sharpness), voice, weight), flips, weight)
        if left == GIVEN_JOINS and given is not None:
            every = np.sum([_counts(one, classes) for one in labels], axis=0)
            voice = fit_voice(given, _votes(labels, classes.shape), classes, partial(_shrunk_to, every=every))
    accuracy = np.array([classes[one.rows, one.codes].mean() if len(one.rows) else np.nan for one in labels])
    odds = _odds(labels, _with_given(prior.odds(sharpness), voice, weight), flips, weight)
    return DawidSkeneFit(_tempered(labels, odds, flips, weight), flips, accuracy, weight, sharpness)


def _fitted(
    labels: Sequence[AnnotatorLabels], prior: ModelPrior, flips: Array, sharpness: float, weight: Array,
    voice: GivenVoice | None,
) -> tuple[Array, Array, float, GivenVoice | None]:  # fmt: skip
    """Expectation-maximization with fixed weights, until the sharpness stands still."""
    import numpy as np

    for step in range(MOST_STEPS):
        classes = np.exp(log_softmax(_odds(labels, _with_given(prior.odds(sharpness), voice, weight), flips, weight)))
        counts = [_counts(one, classes) for one in labels]
        flips = _flips(counts)
        if voice is not None:
            voice = replace(voice, flips=_shrunk_to(voice.counts(classes), np.sum(counts, axis=0)))
        before, sharpness = sharpness, prior.sharpness(classes, sharpness)
        if step >= LEAST_STEPS and abs(np.log(sharpness / before)) < ENOUGH:
            break
    odds = _odds(labels, _with_given(prior.odds(sharpness), voice, weight), flips, weight)
    return np.exp(log_softmax(odds)), flips, sharpness, voice


def _tempered(labels: Sequence[AnnotatorLabels], odds: Array, flips: Array, weight: Array) -> Array:
    """N×K probabilities, as sure as each answer shows those to be that all else makes without it.

    Where answers and model err on the same rows, what they say together is less than its parts; never more.
    """
    import numpy as np

    heats = np.linspace(*HEATS)
    likely = -(np.log(heats) ** 2) / (2 * USUAL_HEAT**2)
    for one, own, counts in zip(labels, flips, weight, strict=True):
        without = odds[one.rows] - _evidence(one.codes, own, counts)
        said = own.T[one.codes]
        likely += [np.log((np.exp(log_softmax(heat * without)) * said).sum(axis=1)).sum() for heat in heats]
    return np.exp(log_softmax(heats[likely.argmax()] * odds))


def _with_given(odds: Array, voice: GivenVoice | None, weight: Array) -> Array:
    """With what the given labels say: what an answer does on average, less where most of them are an echo."""
    if voice is None:
        return odds
    return odds + float(weight.mean()) * min(1.0, float(voice.shares[0]) / MOSTLY) * voice.evidence()


def _votes(labels: Sequence[AnnotatorLabels], shape: tuple[int, ...]) -> Array:
    """N×K numbers of answers."""
    import numpy as np

    votes = np.zeros(shape)
    for one in labels:
        votes[one.rows, one.codes] += 1
    return votes


def _odds(labels: Sequence[AnnotatorLabels], prior: Array, flips: Array, weight: Array) -> Array:
    odds = prior.copy()
    for one, own, counts in zip(labels, flips, weight, strict=True):
        odds[one.rows] += _evidence(one.codes, own, counts)
    return odds


def _evidence(codes: Codes, flips: Array, weight: float) -> Array:
    """(A, K) what answers say for each class."""
    import numpy as np

    found: Array = weight * np.log(flips).T[codes]
    return found


def _flips(counts: Sequence[Array]) -> Array:
    """R×K×K from the expected counts, each shrunk toward its reviewer's accuracy and everybody's confusions."""
    import numpy as np

    every = np.sum(counts, axis=0)
    usual = (np.trace(every) + USUAL_ACCURACY) / (every.sum() + 1)
    confused = _confusions(every)
    return np.stack([_shrunk(one, usual, confused) for one in counts])


def _shrunk_to(counts: Array, every: Array) -> Array:
    """K×K of the given labels, with the reviewers' confusions."""
    return _shrunk(counts, USUAL, _confusions(every))


def _shrunk(counts: Array, usual: float, confused: Array) -> Array:
    """K×K from the expected counts; usual: the accuracy of one who has said little."""
    import numpy as np

    k = len(counts)
    accuracy = (np.trace(counts) + EVERYBODY_ROWS * usual) / (counts.sum() + EVERYBODY_ROWS)
    flips = counts + OWN_ROWS * (accuracy * np.eye(k) + (1 - accuracy) * confused)
    shrunk: Array = flips / flips.sum(axis=1, keepdims=True)
    return shrunk


def _confusions(every: Array) -> Array:
    """K×K what a class is taken for by those who err, from the expected counts of all answers.

    Shrunk toward any other class alike, as strongly as makes the counts likeliest (Dirichlet-multinomial: Minka 2000).
    """
    import numpy as np
    from scipy.special import gammaln

    k = len(every)
    off = every * (1 - np.eye(k))
    total, seen = off.sum(axis=1), off[off > LEAST_COUNT]
    best, most = STRENGTHS[0], -np.inf
    for strength in STRENGTHS:
        cell = strength / (k - 1)
        likely = (gammaln(strength) - gammaln(strength + total)).sum() + (gammaln(cell + seen) - gammaln(cell)).sum()
        if likely > most:
            best, most = strength, float(likely)
    confused: Array = (off + best / (k - 1) * (1 - np.eye(k))) / (total + best)[:, None]
    return confused


def _counts(one: AnnotatorLabels, classes: Array) -> Array:
    """K×K expected number of rows by right class and answer."""
    import numpy as np
    from scipy.sparse import csr_array

    k, answers = classes.shape[1], len(one.codes)
    picks = csr_array((np.ones(answers), (one.codes, np.arange(answers))), shape=(k, answers))
    counts: Array = np.asarray(picks @ classes[one.rows]).T
    return counts


def _weights(labels: Sequence[AnnotatorLabels], prior: Array, flips: Array, weight: Array) -> Array:
    """(R,) one over the design effect: 1 + the excess agreement with each other reviewer, where they share rows."""
    import numpy as np

    odds = _odds(labels, prior, flips, weight)
    effect = np.ones(len(labels))
    for first, second in combinations(range(len(labels)), 2):
        _, one, other = np.intersect1d(labels[first].rows, labels[second].rows, assume_unique=True, return_indices=True)
        if len(one) < LEAST_SHARED:
            continue
        mine, yours = labels[first].codes[one], labels[second].codes[other]
        without = odds[labels[first].rows[one]] - _evidence(mine, flips[first], weight[first])
        without -= _evidence(yours, flips[second], weight[second])
        alike = np.exp(log_softmax(without)) @ (flips[first] * flips[second]).sum(axis=1)
        excess = ((mine == yours).sum() - alike.sum()) / max(float((1 - alike).sum()), 1e-9)
        for who in (first, second):
            effect[who] += min(max(excess, 0.0), 1.0) * len(one) / len(labels[who].rows)
    return 1 / effect
