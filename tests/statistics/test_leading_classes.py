"""Rows of very many classes, read from the few that lead, against all classes."""

from __future__ import annotations

import numpy as np
import pytest

from hardneg_cli.statistics.label_noise import label_errors
from hardneg_cli.statistics.probability import softmax


@pytest.mark.slow
@pytest.mark.parametrize("k", [120, 420])  # with flips that differ, and alike
def test_few_classes_read_as_all_do(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, n = np.random.default_rng(k), 1_500
    truth = rng.integers(0, k, n)
    odds = rng.normal(size=(n, k))
    odds[np.arange(n), truth] += rng.choice([5.0, 10.0, 40.0], n)
    p = softmax(odds / 5).astype(np.float32)  # not sure enough, so that it is sharpened
    labels = np.where(rng.random(n) < 0.1, rng.integers(0, k, n), truth)
    columns = rng.permutation(k)  # where in a block the classes stand
    block = np.empty_like(p)
    block[:, columns] = p
    fitted = label_errors.fit([p], labels)
    leading = fitted.sources.leading(columns)
    assert leading is not None
    told = leading.readings(block, labels).told
    assert told.mean() > 0.2
    order, suggested = fitted.judge([block], labels, columns)
    monkeypatch.setattr(label_errors, "LEAST_TEMPERING", np.inf)
    every, other = fitted.judge([block], labels, columns)
    assert (every[told] < label_errors.LEAST_ORDER).mean() > 0.2
    np.testing.assert_allclose(order, every, atol=3e-4)
    np.testing.assert_array_equal(suggested.label, other.label)
