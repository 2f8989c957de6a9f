"""Stratified tests, against scipy and enumeration."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import scipy.stats

from hardneg_cli.statistics.stratified_tests import (
    Strata,
    fisher_p,
    least_p,
    levels,
    permutation_p,
    sign_p,
    significant,
)


@pytest.mark.parametrize("seed", range(8))
def test_tails_are_those_of_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(2, 400, 30)
    flagged, changed = (rng.integers(0, rows + 1) for _ in range(2))
    both = np.array(
        [rng.integers(max(0, f + c - r), min(f, c) + 1) for r, f, c in zip(rows, flagged, changed, strict=True)]
    )
    assert fisher_p(rows, flagged, changed, both) == pytest.approx(
        scipy.stats.hypergeom.sf(both - 1, rows, flagged, changed), rel=1e-9
    )
    r, f, c, b = (int(numbers[0]) for numbers in (rows, flagged, changed, both))
    table = [[b, c - b], [f - b, r - f - c + b]]
    assert fisher_p(rows, flagged, changed, both)[0] == pytest.approx(
        scipy.stats.fisher_exact(table, alternative="greater").pvalue, rel=1e-9
    )
    worse, better = (int(number) for number in rng.integers(1, 60, 2))
    assert sign_p(worse, better) == pytest.approx(
        scipy.stats.binomtest(worse, worse + better, alternative="greater").pvalue, rel=1e-9
    )
    assert sign_p(0, 5) == sign_p(0, 0) == 1


@pytest.mark.parametrize(("f", "n", "x"), [(30, 20, 4), (30, 20, 6), (3, 150, 3), (100, 5, 4), (200, 300, 120)])
def test_a_permutation_test_in_one_stratum_is_fishers(f: int, n: int, x: int) -> None:
    level, changed = np.zeros(500, np.int64), np.zeros(500, bool)
    level[:f] = 1
    changed[:x] = changed[f : f + n - x] = True
    p = permutation_p(Strata.of(level, changed, np.zeros(500, np.int64)))
    exact = scipy.stats.hypergeom.sf(x - 1, 500, f, n)
    assert abs(np.log(p / max(exact, 1 / 3000))) < 0.5


@pytest.mark.parametrize("seed", range(6))
def test_a_permutation_test_in_several_strata_is_what_enumeration_says(seed: int) -> None:
    rng = np.random.default_rng(seed)
    stratum = np.repeat([0, 1, 2], (7, 6, 8))
    level, changed = rng.integers(0, 7, 21) * (rng.random(21) < 0.6), np.zeros(21, bool)
    for code, n in enumerate((3, 2, 4)):
        changed[rng.choice(np.flatnonzero(stratum == code), n, replace=False)] = True
    sums = [0]
    for code, n in enumerate((3, 2, 4)):
        here = [sum(some) for some in itertools.combinations(level[stratum == code].tolist(), n)]
        sums = [a + b for a in sums for b in here]
    exact = float(np.mean(np.array(sums) >= level[changed].sum()))
    assert abs(np.log(permutation_p(Strata.of(level, changed, stratum)) / exact)) < 0.5


def test_strata_that_say_nothing_are_left_out() -> None:
    level, changed = np.array([6, 6, 0, 0, 6]), np.array([True, True, True, False, False])
    stratum = np.array([0, 0, 1, 1, 2])  # all of 0 changed, nothing of 2 did
    assert Strata.of(level, changed, stratum).rows.tolist() == [[2, 0, 0, 0, 0, 0, 0]]
    empty = Strata.of(level, np.zeros(5, bool), stratum)
    assert permutation_p(empty) == 1


def test_no_row_counts_more_than_a_sure_one() -> None:
    score = np.array([0, 0.1, 0.5, 0.9, 0.95, 0.99, 1 - 1e-12, 1])
    assert levels(score).tolist() == [0, 0, 1, 5, 6, 6, 6, 6]


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_least_p_value_is_that_of_every_row_flagged(n: int) -> None:
    rows, flagged = np.array([10, 7]), np.array([2, 1])
    exact = scipy.stats.hypergeom.pmf(n, 10 + n, 2 + n, n) * scipy.stats.hypergeom.pmf(n, 7 + n, 1 + n, n)
    assert least_p(rows + n, flagged, np.array([n, n])) == pytest.approx(float(exact), rel=1e-9)


@pytest.mark.slow
def test_many_classes_raise_no_false_alarms() -> None:
    rng, alarms = np.random.default_rng(0), 0
    rows, flagged, changed = rng.integers(5, 200, 80), rng.integers(0, 5, 80), rng.integers(1, 5, 80)
    for _ in range(300):
        both = rng.hypergeometric(flagged, rows - flagged, changed)
        p = fisher_p(rows, flagged, changed, both)
        alarms += bool(significant(p, fisher_p(rows, flagged, changed, np.minimum(flagged, changed)), 0.05).any())
    assert alarms <= scipy.stats.binom.ppf(0.999, 300, 0.05)
    hopeless = np.full(1000, 0.4)  # tests that can never reject take nothing from the one that can
    p, least = np.append(hopeless, 0.004), np.append(hopeless, 1e-6)
    assert significant(p, least, 0.005).tolist() == [False] * 1000 + [True]
