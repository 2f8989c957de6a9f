"""One fit and one pass for all detectors that look at every row's probabilities."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from hardneg_cli import Dataset, load
from hardneg_cli.data.probabilities.probabilities import Model, Probabilities
from hardneg_cli.detection.detector_result import NO_CLASS, DetectorResult, ModeledDoubt, RowMeasure
from hardneg_cli.detection.label_error_scores import LabelErrorScores
from hardneg_cli.detection.scoring_pass import scored_results
from hardneg_cli.statistics.probability import softmax

ROWS, K = 600, 4
EVERY = np.ones(ROWS, bool)


class Source:
    """A model's probabilities, and how often they were passed over."""

    def __init__(self, truth: NDArray[np.int64], seed: int) -> None:
        rng = np.random.default_rng(seed)
        odds = rng.normal(size=(ROWS, K))
        odds[np.arange(ROWS), truth] += 3
        self.p, self.passes = softmax(odds), 0

    def blocks(self) -> Iterator[NDArray[np.float64]]:
        self.passes += 1
        yield self.p

    def among(self, dataset: Dataset) -> Probabilities:
        return Probabilities((Model("one", dataset.classes, self.blocks),), dataset.classes, ROWS)


@pytest.fixture
def truth() -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, K, ROWS)


@pytest.fixture
def dataset(truth: NDArray[np.int64]) -> Dataset:
    rng = np.random.default_rng(1)
    given = np.where(rng.random(ROWS) < 0.1, rng.integers(0, K, ROWS), truth)
    return load(pa.table({"id": [f"{row:03}" for row in range(ROWS)], "label": np.array(list("abcd"))[given]}))


def doubt(found: LabelErrorScores) -> DetectorResult:
    rows = np.flatnonzero(~np.isnan(found.score))
    score = found.score[rows]
    return DetectorResult(rows, score, score >= 0.5, found.suggested[rows], lambda _: [], errors=found.errors)


def measured(values: NDArray[np.float64]) -> DetectorResult:
    nothing = np.full(ROWS, NO_CLASS, np.int32)
    return DetectorResult(np.arange(ROWS), values, values >= 0.5, nothing, lambda _: [], about="row")


def test_two_sources_and_a_measure_take_two_passes(dataset: Dataset, truth: NDArray[np.int64]) -> None:
    one, two = Source(truth, 2), Source(truth, 3)
    judged = np.arange(ROWS) >= 10
    scored = scored_results(dataset, {
        "first": ModeledDoubt(one.among(dataset), judged, doubt),
        "look": RowMeasure(one.among(dataset), EVERY, lambda blocks, _: blocks[0].max(axis=1), measured),
        "second": ModeledDoubt(two.among(dataset), EVERY, doubt),
    })  # fmt: skip
    assert (one.passes, two.passes) == (2, 2), "a sample, and all rows"
    assert list(scored.results) == ["first", "look", "second"]
    assert scored.joined == {"first", "second"}
    np.testing.assert_array_equal(scored.results["look"].score, one.p.max(axis=1))
    together, first, second = scored.together, scored.results["first"], scored.results["second"]
    assert together is not None
    np.testing.assert_array_equal(np.isnan(together.score), ~judged)
    assert (len(first.rows), len(second.rows)) == (ROWS - 10, ROWS)
    wrong = np.array(dataset.classes)[truth] != np.array(dataset.classes)[dataset.labels]
    flagged = np.flatnonzero(together.score >= 0.5)
    assert wrong[flagged].mean() >= max(wrong[each.rows[each.flagged]].mean() for each in (first, second))
    assert first.errors is not None
    assert second.errors is not None
    assert first.errors.value == pytest.approx(together.errors.value), "one number of errors, whoever looks"
    assert second.errors.value == pytest.approx(together.errors.value * ROWS / (ROWS - 10))


def test_one_source_alone_is_what_there_is_together(dataset: Dataset, truth: NDArray[np.int64]) -> None:
    source = Source(truth, 2)
    scored = scored_results(dataset, {"only": ModeledDoubt(source.among(dataset), EVERY, doubt)})
    assert (source.passes, scored.together, scored.joined) == (2, None, frozenset())


def test_a_source_that_judges_no_row_is_skipped(dataset: Dataset, truth: NDArray[np.int64]) -> None:
    one, two = Source(truth, 2), Source(truth, 3)
    scored = scored_results(dataset, {
        "none": ModeledDoubt(one.among(dataset), ~EVERY, doubt),
        "look": RowMeasure(one.among(dataset), EVERY, lambda blocks, _: blocks[0].max(axis=1), measured),
        "other": ModeledDoubt(two.among(dataset), EVERY, doubt),
    })  # fmt: skip
    assert list(scored.results) == ["look", "other"]
    assert "fewer than two rows" in scored.skipped["none"]
    assert (one.passes, two.passes) == (1, 2)
