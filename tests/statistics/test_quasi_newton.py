"""Least values of smooth functions: as scipy finds them, in few steps, and inside bounds."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize as reference
from scipy.optimize import rosen, rosen_der

from hardneg_cli.statistics.quasi_newton import Bounds, minimize

Array = NDArray[np.float64]


def valley(t: Array) -> tuple[float, Array]:
    return float(rosen(t)), rosen_der(t)


def logistic(t: Array) -> tuple[float, Array]:
    """Minus the logarithm of a posterior of many rows, whose columns have very different sizes."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 30)) * 10.0 ** rng.uniform(-2, 2, 30)
    y = rng.integers(0, 2, 500)
    odds = x @ t
    return float(np.logaddexp(0, odds).sum() - y @ odds + t @ t / 2), x.T @ (1 / (1 + np.exp(-odds)) - y) + t


def test_a_curved_valley_is_followed_to_its_end() -> None:
    assert minimize(valley, np.full(6, -1.0), steps=300, tolerance=1e-14) == pytest.approx(np.ones(6), abs=1e-5)


def test_units_make_the_steps_few() -> None:
    def counted(t: Array) -> tuple[float, Array]:
        seen.append(t)
        return logistic(t)

    seen: list[Array] = []
    rng = np.random.default_rng(0)
    rng.standard_normal((500, 30))
    sizes = 10.0 ** rng.uniform(-2, 2, 30)
    found = minimize(counted, np.zeros(30), units=1 / np.sqrt(sizes**2 * 125 + 1), tolerance=1e-9)
    exact = reference(logistic, np.zeros(30), jac=True, tol=1e-12).fun
    assert logistic(found)[0] == pytest.approx(exact, abs=1e-6)
    assert len(seen) < 25


def test_a_bound_holds_what_is_pulled_beyond_it() -> None:
    def bowl(t: Array) -> tuple[float, Array]:
        away = t - np.array([3.0, -2.0, 0.5])
        bend = np.array([[2.0, 0.9, 0.1], [0.9, 1.0, 0.3], [0.1, 0.3, 4.0]])
        return float(away @ bend @ away) / 2, bend @ away

    low, high = np.array([-np.inf, -1.0, -np.inf]), np.array([1.0, np.inf, np.inf])
    found = minimize(bowl, np.zeros(3), bounds=Bounds(low, high), tolerance=1e-12)
    pairs = list(zip(low, high, strict=True))
    assert found == pytest.approx(reference(bowl, np.zeros(3), jac=True, bounds=pairs, tol=1e-12).x, abs=1e-4)
    assert minimize(bowl, found, bounds=Bounds(low, high), steps=0) == pytest.approx(found)


def test_where_nothing_can_be_gained_nothing_moves() -> None:
    assert minimize(lambda t: (1.0, np.zeros(2)), np.array([4.0, 5.0])).tolist() == [4.0, 5.0]
