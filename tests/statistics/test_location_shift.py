"""Rows that lie elsewhere, against SciPy's test of one stratum; labels that fit each other."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from hardneg_cli.statistics.label_coherence import is_less_coherent
from hardneg_cli.statistics.location_shift import LocationShift, location_shift

ROWS = 400
FRESH = np.arange(ROWS) < 60
ONE = np.zeros(ROWS, np.int64)


def normal(columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((ROWS, columns))


@pytest.mark.parametrize("moved", [-0.5, 0.0, 0.4])
def test_one_stratum_and_column_is_the_test_of_wilcoxon(moved: float) -> None:
    values = normal(1) + moved * FRESH[:, None]
    found = location_shift(values, FRESH, ~FRESH, ONE)
    theirs = scipy.stats.mannwhitneyu(values[FRESH, 0], values[~FRESH, 0], method="asymptotic", use_continuity=False)
    share = theirs.statistic / (60 * 340)
    assert found.larger == pytest.approx(max(share, 1 - share))
    assert found.p == pytest.approx(theirs.pvalue)


def test_what_strata_differ_in_is_no_shift() -> None:
    strata = np.where(FRESH, np.arange(ROWS) % 10 > 0, np.arange(ROWS) % 10 > 8).astype(np.int64)
    values = normal(3) + 5.0 * strata[:, None]
    assert location_shift(values, FRESH, ~FRESH, ONE).p < 1e-6
    assert location_shift(values, FRESH, ~FRESH, strata).p > 0.05


def test_the_level_holds_for_many_columns_ties_and_strata() -> None:
    strata = np.arange(ROWS) % 4
    p = [location_shift(np.round(normal(20, seed), 1), FRESH, ~FRESH, strata).p for seed in range(300)]
    assert np.mean(np.array(p) < 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_rows_that_nothing_is_beside_say_nothing() -> None:
    assert location_shift(normal(2), FRESH, ~FRESH, FRESH.astype(np.int64)) == LocationShift(0.5, 1.0)
    assert location_shift(normal(0), FRESH, ~FRESH, ONE) == LocationShift(0.5, 1.0)


def test_wrong_labels_fit_each_other_less_wherever_the_rows_lie() -> None:
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 4, ROWS)
    values = normal(5) + 4.0 * np.eye(5)[labels] + 20.0 * FRESH[:, None]
    rows, others = np.flatnonzero(FRESH), np.flatnonzero(~FRESH)
    assert not is_less_coherent(values, labels, rows, others)
    assert not is_less_coherent(values, np.where(FRESH, (labels + 1) % 4, labels), rows, others), "all in the same way"
    wrong = np.where(FRESH & (rng.random(ROWS) < 0.25), rng.integers(0, 4, ROWS), labels)
    assert is_less_coherent(values, wrong, rows, others)
    assert not is_less_coherent(values, wrong, rows[:5], others), "too few rows to be among neighbors"
    assert not is_less_coherent(values, wrong, rows, others[labels[others] < 0]), "nothing to compare them with"


def test_rows_like_the_others_are_hardly_ever_called_less_coherent() -> None:
    labels = np.random.default_rng(2).integers(0, 3, ROWS)
    values = normal(2) + 1.5 * np.eye(2)[labels % 2]  # of which many do not fit
    found = 0
    for seed in range(100):
        order = np.random.default_rng(seed).permutation(ROWS)
        found += is_less_coherent(values, labels, order[:60], order[60:])
    assert found <= 3
