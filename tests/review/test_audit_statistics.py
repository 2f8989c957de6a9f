"""Audits as statistics: what is drawn, what its answers say, and what they do to scores."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hardneg_cli.statistics.beta_calibration import recalibrate
from hardneg_cli.statistics.stratified_sampling import allocation, draw, strata
from hardneg_cli.statistics.survey_estimation import StratumCounts, Survey, expected_interval, stratum_counts, survey

ROWS = 2000
Bools = NDArray[np.bool_]
Scores = NDArray[np.float64]


def world(rows: int = ROWS, *, seed: int = 0) -> tuple[Scores, Bools, Bools]:
    """Scores that know something, flagged rows and errors; sorted as for a draw."""
    generator = np.random.default_rng(seed)
    score = np.sort(generator.beta(0.4, 3, rows))
    return score, score >= 0.5, generator.random(rows) < np.clip(score * 1.3, 0, 1)


def surveyed(score: Scores, flagged: Bools, wrong: Bools, n: int, seed: int = 0) -> Survey:
    sample = draw(score, flagged, n, seed)
    every, rows = np.ones(len(sample.rows), bool), sample.rows
    known = stratum_counts(sample.stratum, sample.size[sample.stratum], flagged[rows], every, wrong[rows])
    return survey(known, int(flagged.sum()))


# ---- drawing


@pytest.mark.parametrize("n", [1, 2, 3, 20, 37, 300, ROWS - 1, ROWS, 10 * ROWS])
@pytest.mark.parametrize("edge", [0.0, 0.5, 2.0])
def test_as_many_rows_are_drawn_as_are_asked_for(n: int, edge: float) -> None:
    score, _, _ = world()
    sample = draw(score, score >= edge, n, 1)
    assert len(set(sample.rows)) == len(sample.rows)
    assert sample.size.sum() == ROWS
    assert ((sample.inclusion > 0) & (sample.inclusion <= 1)).all()
    if n >= 20:
        assert len(sample.rows) == min(n, ROWS)
        assert np.allclose(np.bincount(sample.stratum) / sample.size, sample.inclusion[np.unique(sample.stratum,
                           return_index=True)[1]])  # fmt: skip
    if n >= ROWS:
        assert (sample.inclusion == 1).all()


def test_the_cut_lies_between_strata_and_a_seed_is_a_sample() -> None:
    score, flagged, _ = world()
    edges = strata(score, flagged, 300)
    assert ROWS - flagged.sum() in edges
    assert (edges[0], edges[-1]) == (0, ROWS)
    first, again, other = (draw(score, flagged, 300, seed) for seed in (3, 3, 4))
    assert (first.rows == again.rows).all()
    assert (first.rows != other.rows).any()


@pytest.mark.slow
def test_every_row_is_drawn_as_often_as_its_inclusion_probability_says() -> None:
    score, flagged, _ = world(120)
    times, runs = np.zeros(120), 3000
    for seed in range(runs):
        sample = draw(score, flagged, 30, seed)
        times[sample.rows] += 1
    chance = np.empty(120)
    edges = strata(score, flagged, 30)
    taken = np.bincount(draw(score, flagged, 30).stratum)
    chance[:] = np.repeat(taken / np.diff(edges), np.diff(edges))
    off = (times / runs - chance) / np.sqrt(chance * (1 - chance) / runs + 1e-12)
    assert np.abs(off).max() < 4.5


def test_any_beginning_is_nearly_the_same_design() -> None:
    score, flagged, _ = world()
    sample = draw(score, flagged, 300)
    whole = np.bincount(sample.stratum)
    for part in (60, 150, 240):
        some = np.bincount(sample.stratum[:part], minlength=len(whole))
        assert np.abs(some - whole * part / 300).max() <= 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_an_allocation_adds_up_and_exceeds_no_stratum(seed: int) -> None:
    generator = np.random.default_rng(seed)
    size = generator.integers(1, 40, generator.integers(1, 12))
    weight = generator.random(len(size)) + 0.01
    for n in range(1, int(size.sum()) + 3):
        take = allocation(weight, size, n)
        assert (take <= size).all()
        assert (take >= 1).all()
        assert take.sum() == max(min(n, size.sum()), len(size))


# ---- estimating


@pytest.mark.process
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    score, flagged, wrong = world()
    truth = np.array([wrong.sum(), wrong[flagged].mean(), wrong[flagged].sum() / wrong.sum()])
    held, estimates, runs = np.zeros(3), [], 400
    for seed in range(runs):
        found = surveyed(score, flagged, wrong, 200, seed)
        assert found.precision is not None
        assert found.recall is not None
        intervals = (found.errors, found.precision, found.recall)
        held += [e.low <= t <= e.high for e, t in zip(intervals, truth, strict=True)]
        estimates.append(found.errors.value)
    assert (held / runs >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / runs)).all(), held / runs
    assert held[0] / runs <= 0.95 + 3 * np.sqrt(0.95 * 0.05 / runs)
    assert abs(np.mean(estimates) / truth[0] - 1) < 4 * np.std(estimates) / truth[0] / np.sqrt(runs), "unbiased"


@pytest.mark.parametrize("edge", [0.0, 0.5, 2.0])
def test_all_rows_audited_leave_no_doubt(edge: float) -> None:
    score, _, wrong = world(300)
    found = surveyed(score, score >= edge, wrong, 300)
    exact = float(wrong.sum())
    assert (found.errors.value, found.errors.low, found.errors.high) == pytest.approx((exact, exact, exact))
    assert found.rows_to_halve == 0
    assert (found.precision is None) == (edge > 1)
    assert found.recall is not None
    assert found.recall.value == pytest.approx(wrong[score >= edge].sum() / exact)


def test_no_error_found_is_not_no_error() -> None:
    score, flagged, wrong = world()
    found = surveyed(score, flagged, np.zeros_like(wrong), 300)
    assert (found.errors.value, found.errors.low, found.recall) == (0, 0, None)
    assert 0 < found.errors.high < 0.1 * ROWS
    found = surveyed(score, flagged, np.ones_like(wrong), 300)
    assert (found.errors.value, found.errors.high) == (ROWS, ROWS)
    assert found.errors.low > 0.9 * ROWS


def test_more_rows_halve_the_interval() -> None:
    score, flagged, wrong = world(20_000)

    def width(n: int) -> float:
        return float(
            np.mean([e.high - e.low for e in (surveyed(score, flagged, wrong, n, s).errors for s in range(9))])
        )

    more = np.mean([surveyed(score, flagged, wrong, 200, seed).rows_to_halve for seed in range(9)])
    assert width(200 + int(more)) == pytest.approx(width(200) / 2, rel=0.15)


def test_what_an_audit_would_say_is_anticipated() -> None:
    score, flagged, _ = world(20_000)
    wrong = np.random.default_rng(1).random(len(score)) < score
    actual = np.mean([e.high - e.low for e in (surveyed(score, flagged, wrong, 300, s).errors for s in range(20))])
    promised = expected_interval(score, flagged, 300)
    assert promised.value == pytest.approx(score.sum())
    assert promised.high - promised.low == pytest.approx(actual, rel=0.2)


def test_a_stratum_without_answers_joins_a_neighbor_on_its_side() -> None:
    flagged = np.array([False, False, True, True])
    answered = np.array([True, True, False, True])
    wrong = np.array([False, False, False, True])
    known = stratum_counts(np.arange(4), np.array([10, 20, 30, 40]), flagged, answered, wrong)
    assert known.size.tolist() == [10, 20, 70]
    assert known.flagged.tolist() == [False, False, True]
    assert isinstance(known, StratumCounts)


# ---- recalibrating


def recalibrated(score: Scores, rows: NDArray[np.int64], wrong: Bools, inclusion: Scores) -> Scores:
    return recalibrate(score, np.arange(len(score)), rows, wrong, inclusion)


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 300])
def test_an_answer_does_not_reach_its_own_rows_score(n: int) -> None:
    score, flagged, wrong = world()
    sample = draw(score, flagged, n)
    answers = wrong[sample.rows]
    before = recalibrated(score, sample.rows, answers, sample.inclusion)
    for place in range(0, n, 7):
        other = answers.copy()
        other[place] = not other[place]
        after = recalibrated(score, sample.rows, other, sample.inclusion)
        assert after[sample.rows[place]] == before[sample.rows[place]]
        assert (after != before).any()


@pytest.mark.slow
@pytest.mark.parametrize("distort", [lambda s: s, lambda s: s**3, lambda s: s**0.25, lambda s: 0.4 + 0.2 * s])
def test_scores_become_probabilities_again_and_keep_their_order(distort: object) -> None:
    true, _, _ = world(20_000)
    wrong = np.random.default_rng(1).random(len(true)) < true
    score = distort(true)  # type: ignore[operator]
    sample = draw(score, score >= 0.5, 300)
    new = recalibrated(score, sample.rows, wrong[sample.rows], sample.inclusion)
    assert abs(new.sum() / wrong.sum() - 1) < 0.25
    bins = np.array_split(np.arange(len(new)), 15)
    assert sum(abs(new[rows].sum() - wrong[rows].sum()) for rows in bins) / len(new) < 0.04
    others = np.setdiff1d(np.arange(len(new)), sample.rows)
    assert (np.diff(new[others]) >= 0).all()


@pytest.mark.parametrize("answer", [False, True])
def test_answers_of_one_kind_do_not_break_it(answer: bool) -> None:
    score, flagged, _ = world()
    sample = draw(score, flagged, 100)
    new = recalibrated(score, sample.rows, np.full(100, answer), sample.inclusion)
    assert np.isfinite(new).all()
    assert (new.mean() > 0.9) == answer


def test_neither_the_order_of_rows_nor_of_answers_matters() -> None:
    score, flagged, wrong = world()
    sample = draw(score, flagged, 100)
    expected = recalibrated(score, sample.rows, wrong[sample.rows], sample.inclusion)
    moved, mixed = np.random.default_rng(0).permutation(ROWS), np.random.default_rng(1).permutation(100)
    place = np.argsort(moved)
    rows, inclusion = sample.rows[mixed], sample.inclusion[mixed]
    found = recalibrate(score[moved], np.arange(ROWS)[moved], place[rows], wrong[rows], inclusion)
    assert (found == expected[moved]).all()
