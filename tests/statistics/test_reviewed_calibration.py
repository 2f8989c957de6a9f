"""Scores in the light of answers about their top: down where it disappoints, untouched where it says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hardneg_cli.statistics.probability import sigmoid
from hardneg_cli.statistics.reviewed_calibration import count_after, recalibrate_reviewed
from hardneg_cli.statistics.scores import Estimate

N = 4000
Scores = NDArray[np.float64]
Bools = NDArray[np.bool_]


def scores(off: float, seed: int = 0) -> tuple[Scores, Bools]:
    """Scores, worst first, and which labels are wrong: with odds that are a factor e^off from what the scores say."""
    rng = np.random.default_rng(seed)
    odds = np.sort(rng.normal(-2.5, 2.5, N))[::-1]
    return sigmoid(odds), rng.random(N) < sigmoid(odds + off)


def recalibrated(score: Scores, rows: NDArray[np.int64], answers: Bools) -> Scores:
    return recalibrate_reviewed(score, np.arange(N), rows, answers)


def mistaken(answers: Bools, seed: int = 0) -> Bools:
    return answers ^ (np.random.default_rng(seed).random(len(answers)) < 0.05)


@pytest.mark.parametrize("n", [100, 300])
@pytest.mark.parametrize("off", [-2.5, -4.0])
def test_a_top_that_disappoints_lowers_the_rest(off: float, n: int) -> None:
    score, wrong = scores(off)
    new = recalibrated(score, np.arange(n), mistaken(wrong[:n]))
    before, after = (abs(one[n:].sum() - wrong[n:].sum()) for one in (score, new))
    assert after < 0.6 * before
    assert (np.diff(new[n:]) <= 0).all()


@pytest.mark.parametrize("n", [100, 300])
def test_a_top_that_is_wrong_throughout_says_nothing_of_the_rest(n: int) -> None:
    score, _ = scores(0)
    new = recalibrated(score, np.arange(n), mistaken(np.ones(n, bool)))
    assert new[n:].sum() == pytest.approx(score[n:].sum(), rel=0.05)
    assert (new[n:] <= score[n:]).all()


@pytest.mark.parametrize("off", [1.5, -2.0])
def test_rows_from_everywhere_make_it_right_both_ways(off: float) -> None:
    score, wrong = scores(off)
    rows = np.sort(np.random.default_rng(1).choice(N, 400, replace=False))
    new = recalibrated(score, rows, wrong[rows])
    rest = np.setdiff1d(np.arange(N), rows)
    before, after = (abs(one[rest].sum() - wrong[rest].sum()) for one in (score, new))
    assert after < before / 3


@pytest.mark.parametrize("flat", [1.0, 0.02])
def test_control_rows_raise_what_the_top_cannot(flat: float) -> None:
    score, wrong = scores(1.5)
    score = sigmoid(flat * np.log(score / (1 - score)))
    rows = np.r_[np.arange(240), 240 + np.sort(np.random.default_rng(2).choice(N - 240, 60, replace=False))]
    answers, rest = mistaken(wrong[rows]), np.setdiff1d(np.arange(N), rows)
    before, without, after = (
        abs(one[rest].sum() - wrong[rest].sum())
        for one in (
            score, recalibrated(score, rows, answers),
            recalibrate_reviewed(score, np.arange(N), rows, answers, np.arange(300) >= 240),
        )
    )  # fmt: skip
    assert after < 0.5 * min(before, without)


def test_no_answer_sets_its_own_score() -> None:
    score, wrong = scores(-2.5)
    answers, rows = wrong[:200], np.arange(200)
    before = recalibrated(score, rows, answers)
    for row in (0, 77, 199):
        other = answers.copy()
        other[row] = not other[row]
        assert recalibrated(score, rows, other)[row] == before[row]


def test_neither_the_order_of_rows_nor_of_answers_matters() -> None:
    score, wrong = scores(-2.5)
    rows = np.arange(0, 600, 3)
    before = recalibrated(score, rows, wrong[rows])
    moved = np.random.default_rng(0).permutation(N)
    place = np.argsort(moved)
    shuffled = np.random.default_rng(1).permutation(len(rows))
    after = recalibrate_reviewed(score[moved], moved, place[rows][shuffled], wrong[rows][shuffled])
    assert np.array_equal(after, before[moved])


def test_the_count_is_what_was_found_and_the_rest() -> None:
    before = Estimate(300, 200, 500)
    after = count_after(before, 100, np.arange(120) < 40, 0.25)
    assert after.value == 40 + 200 / 4
    assert after.low < 40 + 100 / 16 < 40 + 400 / 2 < after.high
    clean = count_after(Estimate(300, 100, 500), 100, np.arange(120) < 6, 0.25)  # no more than mistakes
    assert clean.low == 0
    assert count_after(before, 100, np.arange(120) < 95, 1.0).value == 295
