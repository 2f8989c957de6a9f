"""suggestion_score: whatever detector makes the suggestion."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hardneg_cli import find

CLASSES = ["bird", "cat", "dog"]


def probabilities(top: np.ndarray, seed: int = 0) -> np.ndarray:
    """Of a good model that gives each row its class."""
    p = np.random.default_rng(seed).dirichlet(np.full(3, 0.3), len(top)) * 0.2
    p[np.arange(len(top)), top] += 0.8
    return p


def rows_of(labels: list[str], **columns: list[str]) -> pa.Table:
    return pa.table({"id": [f"r{row:03d}" for row in range(len(labels))], "label": labels, **columns})


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.arange(300) % 3


def test_it_is_a_number_a_row_never_above_the_score_and_empty_without_a_suggestion(truth: np.ndarray) -> None:
    labels = [CLASSES[code] for code in truth]
    labels[:6] = [CLASSES[(code + 1) % 3] for code in truth[:6]]
    found = find(rows_of(labels), probs=probabilities(truth), classes=CLASSES, detectors=["doubtful-label"])
    right = found.suggestion_score
    assert right.shape == (300,)
    assert (np.nan_to_num(right) <= found.score).all()
    assert (np.isnan(right) == (found.suggested < 0)).all()
    assert (found.suggested[:6] == truth[:6]).all()
    assert right[:6].min() > np.nanmax(right[6:])
    told = found.table(found.select(every=True))
    assert told.column_names[6:8] == ["score", "suggestion_score"]
    assert told["suggestion_score"].null_count == np.isnan(right).sum()


def test_a_conflicts_suggestion_is_as_likely_as_its_label_where_it_is_carried() -> None:
    found = find(rows_of(["cat", "cat", "cat", "dog"] + ["bird"] * 6, text=["same"] * 4 + list("abcdef")), text="text",
                 detectors=["conflicting-label"])  # fmt: skip
    assert found.suggestion_score[3] == pytest.approx(1 - found.score[0])
    assert np.isnan(found.suggestion_score[:3]).all(), "the commonest label has no better one"


def test_a_spelling_in_doubt_is_never_suggested(truth: np.ndarray) -> None:
    labels = [CLASSES[code] for code in truth]
    labels[1] = "cta"
    labels[3] = "cat"  # a bird
    classes = [*CLASSES, "cta"]
    p = np.column_stack([probabilities(truth), np.zeros(300)]) * 0.9
    p[:, 3] += 0.1
    p[3] = [0.3, 0.02, 0.03, 0.65]
    p[6] = [0.02, 0.3, 0.03, 0.65]
    found = find(rows_of(labels), probs=p, classes=classes)
    names = [found.dataset.classes[code] if code >= 0 else "" for code in found.suggested]
    assert "cta" not in names
    assert names[1] == "cat"
    assert found.suggestion_score[1] == found.score[1]
    assert names[6] == "cat"
    assert names[3] in ("", "bird"), "the model's 'cta' is the given 'cat'"
