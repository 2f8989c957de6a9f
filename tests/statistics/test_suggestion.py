"""What is suggested, how likely it is right, and how many changes are foretold to be wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hardneg_cli.statistics.label_noise.cut import Cut
from hardneg_cli.statistics.label_noise.noise_model import NoiseModel
from hardneg_cli.statistics.label_noise.suggestion import SUREST, UNPROVED, Suggestions, best_other, expected_wrong
from hardneg_cli.statistics.probability import softmax
from hardneg_cli.statistics.scores import Estimate

AS_THEY_ARE = Cut(0.3, Estimate(0.3, 0.1, 0.4), proof=1.0, uniform=1.0)  # the shares of the noise models, times SUREST
FLIPS = np.array([[0.8, 0.15, 0.05], [0.02, 0.9, 0.08], [0.3, 0.1, 0.6]])


def model(flips: np.ndarray | None) -> NoiseModel:
    return NoiseModel(1.0, np.zeros(3), np.zeros(3), None, 0.2, flips)


@pytest.fixture
def z() -> np.ndarray:
    return np.log(softmax(2 * np.random.default_rng(0).standard_normal((3, 4000)), axis=0))


@pytest.mark.parametrize("flips", [FLIPS, None])
def test_the_share_is_how_often_the_suggestion_is_the_true_class(z: np.ndarray, flips: np.ndarray | None) -> None:
    rng, n = np.random.default_rng(1), z.shape[1]
    uniform = np.full((3, 3), 0.1) + 0.7 * np.eye(3)
    truth = (rng.random(n) > np.exp(z).cumsum(axis=0)).sum(axis=0).clip(max=2)
    written = (rng.random(n) > (uniform if flips is None else flips)[truth].cumsum(axis=1).T).sum(axis=0).clip(max=2)
    best, share, ceiling = best_other([model(flips).joint(z, written)], written, AS_THEY_ARE)
    wrong = written != truth
    assert (best != written).all()
    assert share[wrong].mean() == pytest.approx((best == truth)[wrong].mean(), abs=0.03)
    assert (share >= SUREST / 2).all(), "of two other classes one has at least a half"
    assert ceiling[wrong].mean() > ceiling[~wrong].mean()


def test_several_models_are_averaged_and_ties_go_to_the_first_class(z: np.ndarray) -> None:
    labels = np.zeros(z.shape[1], np.int64)
    one, other = (best_other([model(flips).joint(z, labels)], labels, AS_THEY_ARE) for flips in (FLIPS, None))
    _, share, _ = best_other([model(flips).joint(z, labels) for flips in (FLIPS, None)], labels, AS_THEY_ARE)
    agree = one[0] == other[0]
    np.testing.assert_allclose(share[agree], (one[1] + other[1])[agree] / 2, atol=2e-6)
    even = model(None).joint(np.log(np.full((3, 2), 1 / 3)), labels := np.array([0, 1]))
    best, share, _ = best_other([even], labels, AS_THEY_ARE)
    assert (best.tolist(), share.tolist()) == ([1, 0], [SUREST / 2, SUREST / 2])


def test_proof_of_errors_makes_suggestions_surer_in_the_same_order(z: np.ndarray) -> None:
    labels = np.zeros(z.shape[1], np.int64)
    (best, share, _), (same, surer, _), (_, surest, _) = (
        best_other([model(FLIPS).joint(z, labels)], labels, replace(AS_THEY_ARE, proof=proof, uniform=uniform))
        for proof, uniform in ((0.0, 0.0), (1.0, 1.0), (1.0, 0.0))
    )
    assert (best == same).all()
    assert share.max() <= UNPROVED < surer.max()
    assert (surest >= surer).all()
    order = np.argsort(share, kind="stable")
    assert (np.diff(surest[order]) >= -1e-5).all()


def test_a_suggestion_is_never_surer_than_the_doubt_or_its_ceiling() -> None:
    score = np.array([1.0, 0.9, 0.5, 0.0])
    found = Suggestions(
        np.array([1, 1, 1, -1]), np.array([1.0, 0.5, 1.0, 0.0]), np.array([0.6, 1, 0.9, 1]), np.zeros(4)
    )
    np.testing.assert_allclose(score * found.certainty(score), [0.6, 0.45, 0.5, 0])


def test_how_many_changes_are_wrong() -> None:
    none = expected_wrong(np.ones(10))
    assert (none.value, none.low, none.high) == (0, 0, 0)
    assert expected_wrong(np.zeros(0)).value == 0
    few, many = expected_wrong(np.full(10, 0.9)), expected_wrong(np.full(10_000, 0.9))
    assert few.value == pytest.approx(1)
    assert many.value == pytest.approx(1000)
    for found, n in ((few, 10), (many, 10_000)):
        assert 0 <= found.low < found.value < found.high <= n
    assert many.low > 0
    assert expected_wrong(np.zeros(5)).high == 5
