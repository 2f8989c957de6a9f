"""Where a loss turns upwards, on simulated curves whose turn is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hardneg_cli.statistics.turning_point import turning_point

Numbers = NDArray[np.float64]
ROWS, STEP = 300, 0.15


def losses(curve: Numbers, rng: np.random.Generator, wiggle: float = 0.0, rows: int = ROWS) -> Numbers:
    """(E, rows) skewed losses of rows that are hard or easy at all checkpoints; their means follow the curve."""
    hard = rng.gamma(0.5, 2, rows)
    steps = rng.standard_normal((len(curve), rows)) * STEP - STEP**2 / 2  # which leaves the mean as it is
    drift = np.cumsum(steps, axis=0)
    level = curve + wiggle * rng.standard_normal(len(curve))
    found: Numbers = np.maximum(level, 0.01)[:, None] * hard * np.exp(drift)
    return found


def turning_at(best: int, checkpoints: int, rise: float) -> Numbers:
    """A mean loss that falls ever more slowly up to `best`, and then rises."""
    at = np.arange(checkpoints)
    falling = 0.8 * (best - at) / best * np.exp(-at / best)
    found: Numbers = 0.3 + np.where(at <= best, falling, rise * (at - best))
    return found


@pytest.mark.parametrize(("best", "checkpoints"), [(2, 6), (3, 12), (7, 15), (9, 12), (5, 20)])
@pytest.mark.parametrize("wiggle", [0.0, 0.02])
def test_the_turn_is_found_within_one(best: int, checkpoints: int, wiggle: float) -> None:
    near, rises = [], []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        found = turning_point(losses(turning_at(best, checkpoints, 0.06), rng, wiggle))
        near.append(abs(found.place - best) <= 1)
        rises.append(found.significant_from is not None)
        assert found.low <= found.rise <= found.high
    assert np.mean(near) >= 0.9
    assert np.mean(rises) >= 0.8


@pytest.mark.parametrize("checkpoints", [3, 8, 20])
def test_a_loss_that_only_falls_never_rises(checkpoints: int) -> None:
    curve = 0.3 + 0.7 * np.exp(-3 * np.arange(checkpoints) / checkpoints)
    alarms = [
        turning_point(losses(curve, np.random.default_rng(seed))).significant_from is not None for seed in range(25)
    ]
    assert np.mean(alarms) <= 0.05


def test_a_level_loss_with_noise_of_training_is_no_rise() -> None:
    alarms = []
    for seed in range(25):
        curve = 0.3 + 0.7 * np.exp(-np.arange(15.0))
        found = turning_point(losses(curve, np.random.default_rng(seed), wiggle=0.01))
        alarms.append(found.significant_from is not None)
    assert np.mean(alarms) <= 0.15


def test_rows_of_a_group_count_once() -> None:
    rng = np.random.default_rng(0)
    alone = losses(turning_at(2, 6, 0.02), rng, rows=12)
    copied, group = np.repeat(alone, 50, axis=1), np.repeat(np.arange(12), 50)
    single, grouped, blind = turning_point(alone), turning_point(copied, group), turning_point(copied)
    assert grouped.low == pytest.approx(single.low)
    assert blind.high - blind.low < (grouped.high - grouped.low) / 3


@pytest.mark.parametrize("values", [np.ones((4, 1)), np.ones((4, 9)), np.zeros((6, 9))])
def test_what_never_changes_never_rises(values: Numbers) -> None:
    assert turning_point(values).significant_from is None


def test_one_group_tells_nothing_of_chance() -> None:
    values = losses(turning_at(2, 6, 0.5), np.random.default_rng(0), rows=20)
    assert turning_point(values, np.zeros(20, np.int64)).significant_from is None
