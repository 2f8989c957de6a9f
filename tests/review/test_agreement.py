"""Agreement: scikit-learn, krippendorff and published figures are the oracles."""

from __future__ import annotations

from collections import Counter

import krippendorff
import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.reviewers.agreement import agreement
from hardneg_cli.statistics.agreement_coefficients import coefficients, kappa


def ratings(seed: int, rows: int = 200, reviewers: int = 2, missing: float = 0.0) -> np.ndarray:
    """(reviewers, rows) answers 0 … 3, NaN where there is none."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(4, rows, p=[0.6, 0.2, 0.15, 0.05])
    other = generator.integers(0, 4, (reviewers, rows))
    found = np.where(generator.random((reviewers, rows)) < 0.7, truth, other).astype(float)
    found[generator.random(found.shape) < missing] = np.nan
    return found


def as_rows(found: np.ndarray) -> list[tuple[tuple[str, ...], ...]]:
    rows = [tuple((str(value),) for value in row if not np.isnan(value)) for row in found.T]
    return [row for row in rows if row]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_kappa_is_that_of_scikit_learn(seed: int) -> None:
    first, second = ratings(seed)
    said = [Decision(str(row), "h", "0.0", "relabel", str(value), who)
            for who, values in (("a", first), ("b", second)) for row, value in enumerate(values)]  # fmt: skip
    found = agreement(said)
    assert found
    (pair,) = found.pairs
    assert pair.kappa
    assert pair.kappa.value == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)
    assert found.percent.value == pytest.approx((first == second).mean())
    assert pair.kappa.low < pair.kappa.value < pair.kappa.high


def test_the_interval_of_kappa_is_as_wide_as_its_spread() -> None:
    # the first table of Fleiss, Cohen and Everitt (1969), with simple weights
    shares = np.array([[0.53, 0.05, 0.02], [0.11, 0.14, 0.05], [0.01, 0.06, 0.03]])
    found = kappa({((str(i),), (str(j),)): round(200 * shares[i, j]) for i in range(3) for j in range(3)})
    drawn = np.random.default_rng(0).multinomial(200, shares.ravel(), 4000).reshape(-1, 3, 3) / 200
    chance = (drawn.sum(1) * drawn.sum(2)).sum(1)
    spread = ((np.trace(drawn, axis1=1, axis2=2) - chance) / (1 - chance)).std()
    assert found
    assert found.value == pytest.approx(0.4286, abs=1e-4)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(spread, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("reviewers", [2, 3, 6])
def test_alpha_is_that_of_krippendorff(reviewers: int, missing: float) -> None:
    found = ratings(7, reviewers=reviewers, missing=missing)
    _, alpha, _ = coefficients(Counter(as_rows(found)))
    assert alpha
    expected = krippendorff.alpha(reliability_data=found, level_of_measurement="nominal")
    assert alpha.value == pytest.approx(expected, abs=1e-12)
    assert alpha.low < alpha.value < alpha.high


@pytest.mark.slow
def test_ac1_is_the_published_one() -> None:
    # Gwet, Handbook of Inter-Rater Reliability: 12 units, 4 raters; irrCAC's documentation has the same figures.
    raters = ["12332141200 0".replace(" ", "0"), "123322412503", "033323422510", "123324412510"]
    found = np.array([[float(cell) or np.nan for cell in rater[:12]] for rater in raters])
    percent, alpha, ac1 = coefficients(Counter(as_rows(found)))
    assert percent
    assert alpha
    assert ac1
    assert (round(percent.value, 5), round(alpha.value, 5), round(ac1.value, 5)) == (0.81818, 0.74342, 0.77544)


@pytest.mark.slow
def test_intervals_hold_the_truth_and_are_the_same_twice() -> None:
    truth = coefficients(Counter(as_rows(ratings(99, rows=100_000, reviewers=3))))
    assert truth == coefficients(Counter(as_rows(ratings(99, rows=100_000, reviewers=3))))
    held = np.zeros(3)
    for seed in range(40):
        for place, one in enumerate(coefficients(Counter(as_rows(ratings(seed, reviewers=3))))):
            expected = truth[place]
            assert one
            assert expected
            held[place] += one.low <= expected.value <= one.high
    assert (held >= 34).all(), held


@pytest.mark.slow
def test_agreement_where_there_is_nothing_to_agree_about() -> None:
    one = Decision("a", "h", "x", "keep", reviewer="ann")
    assert agreement([one, Decision("a", "h", "x", "unsure", reviewer="bob")]) is None
    found = agreement([one, Decision("a", "h", "x", "keep", reviewer="bob")])
    assert found
    assert (found.percent.value, found.alpha, found.ac1, found.pairs[0].kappa) == (1, None, None, None)
    again = Decision("a", "h", "x", "relabel", "x", "bob")
    gone, called = Decision("b", "h", "x", "drop"), Decision("b", "h", "x", "relabel", "drop", "bob")
    found = agreement([one, again, gone, called])
    assert found
    assert found.percent.value == 0.5  # a label that is called drop is no drop
