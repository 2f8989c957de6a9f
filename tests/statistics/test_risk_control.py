"""How far down a ranking rows are safe: limits, cuts, and how many rows it would take."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom

from hardneg_cli.statistics.risk_control import fewest, safe_cut, times_as_many, upper


def test_the_limit_is_that_of_scipy() -> None:
    """Of very many other rows it is Clopper and Pearson's; of a few, so many wrong ones as are not too many yet."""
    many = 10_000_000
    for wrong, tested in ((0, 45), (3, 80), (7, 7)):
        theirs = binomtest(wrong, tested, alternative="less").proportion_ci(0.9, method="exact").high
        assert upper(wrong, tested, many, 0.9) == pytest.approx(theirs, abs=1e-6)
    assert upper(0, fewest(0.02, 0.9), many, 0.9) <= 0.02 < upper(0, fewest(0.02, 0.9) - 1, many, 0.9)
    for wrong, tested, others in ((0, 45, 66), (2, 60, 30)):
        most = round(upper(wrong, tested, others, 0.9) * others)
        unlikely = [hypergeom.cdf(wrong, tested + others, wrong + more, tested) for more in (most, most + 1)]
        assert unlikely[1] <= 0.1 < unlikely[0]


def _error(score: np.ndarray) -> np.ndarray:
    return 0.005 + 0.3 * (1 - score) ** 1.5


@pytest.mark.slow
@pytest.mark.parametrize("others", [60, 1000])
def test_a_cut_is_unsafe_in_at_most_a_tenth_of_the_worlds(others: int) -> None:
    """Scores say how likely a row is wrong, but the scale is off, so only the held-out rows can tell where to cut."""
    rng, unsafe, cuts = np.random.default_rng(0), 0, 0
    for _ in range(150):
        score, theirs = rng.random(300), rng.random(others)
        cut = safe_cut(score, rng.random(300) < _error(score), theirs, max_error=0.05, confidence=0.9)
        if cut is not None:
            wrong = rng.random(others) < _error(theirs)
            unsafe += float(wrong[theirs >= cut.score].mean()) > 0.05
            cuts += 1
    assert cuts > 20
    assert unsafe / 150 <= 0.1


def test_equal_scores_are_cut_together() -> None:
    score, wrong = np.repeat([0.9, 0.5], [60, 60]), np.repeat([False, True], [60, 60])
    asked = {"max_error": 0.05, "confidence": 0.9}
    cut = safe_cut(score, wrong, score, **asked)
    assert cut is not None
    assert (cut.score, cut.tested, cut.wrong) == (0.9, 60, 0)
    assert safe_cut(score[:0], wrong[:0], score, **asked) is None
    assert safe_cut(np.full(120, 0.9), wrong, score, **asked) is None
    assert safe_cut(score, wrong, score[:0], **asked) is None


def test_one_wrong_row_among_the_surest_is_no_end() -> None:
    """The surest 45 rows cannot have a wrong one, but all 120 can."""
    score, wrong = np.linspace(0.999, 0.98, 120), np.arange(120) == 10
    cut = safe_cut(score, wrong, np.repeat(0.99, 1000), max_error=0.05, confidence=0.9)
    assert cut is not None
    assert (cut.tested, cut.wrong) == (120, 1)


def test_how_many_rows_it_takes_is_foretold() -> None:
    """30 rows that are all right are too few; twice as many would do, and where half is wrong nothing would."""
    score, right, asked = np.linspace(1, 0.99, 30), np.zeros(30, bool), {"max_error": 0.05, "confidence": 0.9}
    others = np.full(1000, 0.999)
    assert safe_cut(score, right, others, **asked) is None
    assert 46 / 30 <= (times_as_many(score, right, others, **asked) or 0) <= 2
    assert times_as_many(score, np.arange(30) % 2 > 0, others, **asked) is None


def test_rows_that_stand_for_unequal_numbers_prove_less() -> None:
    """100 rows of a rare class and 20 of a frequent one, of which some are wrong."""
    score, wrong, others = np.full(120, 0.99), np.arange(120) >= 117, np.full(1000, 0.99)
    asked = {"max_error": 0.08, "confidence": 0.9}
    plain, alike = (safe_cut(score, wrong, others, **asked, weights=weights) for weights in (None, np.full(120, 0.5)))
    assert plain is not None
    assert plain == alike
    assert safe_cut(score, wrong, others, **asked, weights=np.r_[np.full(100, 0.4), np.full(20, 4.0)]) is None
    asked["max_error"] = 0.02
    once = times_as_many(score, ~wrong & wrong, others, **asked)
    more = times_as_many(score, ~wrong & wrong, others, **asked, weights=np.r_[np.full(100, 0.1), np.full(20, 5.5)])
    assert (more or 0) > (once or 0)
