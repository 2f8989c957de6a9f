"""Values far out among their like: as many false alarms as stated, whatever the tail, and what is there is found."""

from __future__ import annotations

import numpy as np
import pytest

from hardneg_cli.statistics.class_spread import class_mahalanobis
from hardneg_cli.statistics.upper_tail import cut_of, tail_z

RNG = np.random.default_rng(0)
SHAPES = {
    "normal": RNG.standard_normal(4000),
    "log-normal": np.exp(0.7 * RNG.standard_normal(4000)),
    "exponential": RNG.exponential(size=4000),
    "uniform": RNG.random(4000),
    "rounded": RNG.poisson(30, 4000).astype(float),
    "few": RNG.standard_normal(60),
}


@pytest.mark.parametrize("name", SHAPES)
def test_of_sound_values_hardly_more_than_stated_are_beyond(name: str) -> None:
    z = tail_z(SHAPES[name])
    assert (z >= cut_of(z, 0.005, 0.3)).mean() <= 0.01
    assert (np.argsort(z, kind="stable") == np.argsort(SHAPES[name], kind="stable")).all()


@pytest.mark.parametrize("name", ["normal", "log-normal", "uniform"])
def test_what_is_far_out_is_found_though_it_is_many(name: str) -> None:
    sound = SHAPES[name]
    far = sound.mean() + np.full(120, 8.0) * sound.std()
    z = tail_z(np.r_[sound, far])
    beyond = z >= cut_of(z, 0.005, 0.3)
    assert beyond[len(sound) :].all()
    assert beyond[: len(sound)].mean() <= 0.01


@pytest.mark.parametrize("n", [40, 60, 150])
def test_few_values_raise_hardly_more_alarms(n: int) -> None:
    rng = np.random.default_rng(1)
    shares = []
    for _ in range(60):
        z = tail_z(np.exp(0.2 * rng.standard_normal(n)))
        shares.append((z >= cut_of(z, 0.005, 0.3)).mean())
    assert np.mean(shares) <= 0.01


def test_what_is_nowhere_near_the_tail_says_nothing_of_it() -> None:
    values = SHAPES["normal"]
    z = tail_z(np.r_[np.full(4000, -np.inf), values])
    assert (z[:4000] == -np.inf).all()
    assert (z[4000:] == tail_z(values)).all()
    assert cut_of(z, 0.005, 0.3) == cut_of(z[4000:], 0.005, 0.3)


def test_units_and_values_that_are_missing_change_nothing() -> None:
    values = np.r_[SHAPES["few"], np.nan]
    z = tail_z(values)
    assert np.isnan(z[-1])
    assert tail_z(1000 * values + 7)[:-1] == pytest.approx(z[:-1], abs=1e-6)
    assert np.isnan(tail_z(np.full(3, np.nan))).all()
    assert tail_z(np.ones(9)) == pytest.approx(0, abs=1e-9)


def test_distances_of_a_class_are_those_of_the_other_rows_mean_and_covariance() -> None:
    labels = RNG.integers(3, size=3000)
    mixed = RNG.standard_normal((4, 4))
    values = 5 * labels[:, None] + RNG.standard_normal((3000, 4)) @ mixed
    distances = class_mahalanobis(np.r_[values, [[5.0, 5, 5, 5]]], np.r_[labels, 3])
    assert np.isnan(distances[-1])  # the only row of its class
    assert np.median(distances[:-1] ** 2) == pytest.approx(3.36, rel=0.35)  # of a chi-squared variable of 4
    odd = values.copy()
    odd[0] += 3 * np.linalg.svd(mixed)[2][-1]  # as rows of the class never vary
    assert class_mahalanobis(odd, labels)[0] > np.quantile(class_mahalanobis(values, labels), 0.99)
