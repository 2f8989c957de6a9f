"""Wilson's interval of a share; SciPy's is the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from hardneg_cli.statistics.intervals import LEVEL, NORMAL, wilson

COUNTS = [(hits, of) for of in (1, 2, 7, 1000, 10**9) for hits in sorted({0, 1, of // 3, of // 2, of - 1, of})]


def test_the_quantile_leaves_the_level_inside() -> None:
    assert pytest.approx(norm.ppf((1 + LEVEL) / 2), rel=1e-12) == NORMAL


@pytest.mark.parametrize("level", [LEVEL, norm.cdf(3) - norm.cdf(-3)])
def test_all_at_once_as_scipy_says_of_each(level: float) -> None:
    hits, of = np.array(COUNTS).T
    low, high = wilson(hits, of, float(norm.ppf((1 + level) / 2)))
    theirs = [binomtest(*count).proportion_ci(level, method="wilson") for count in COUNTS]
    assert low == pytest.approx([one.low for one in theirs], abs=1e-12)
    assert high == pytest.approx([one.high for one in theirs], abs=1e-12)
    assert ((low >= 0) & (low <= hits / of) & (hits / of <= high) & (high <= 1)).all()


def test_one_share_is_as_good_as_an_array() -> None:
    for hits, of in COUNTS:
        assert wilson(hits, of) == tuple(float(end[0]) for end in wilson(np.array([hits]), np.array([of])))


def test_of_nothing_nothing_is_known() -> None:
    low, high = wilson(np.array([0.0, 1.0]), np.array([0.0, 2.0]))
    assert (low[0], high[0]) == (0, 1) == wilson(0, 0)
    assert 0 < low[1] < 0.5 < high[1] < 1


def test_sums_of_weights_that_miss_each_other_by_a_bit() -> None:
    hits, of = 0.1 + 0.2, 0.3
    assert hits > of
    low, high = wilson(hits, of)
    assert 0 < low < high == 1
