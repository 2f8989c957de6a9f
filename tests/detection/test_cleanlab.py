"""cleanlab's methods on request are cleanlab's own answers, row for row."""

from __future__ import annotations

import json
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores

from hardneg_cli import find
from support.command import hardneg
from support.paths import SAMPLE

FILTERS = [
    "prune_by_class", "prune_by_noise_rate", "both", "confident_learning", "predicted_neq_given",
    "low_normalized_margin", "low_self_confidence",
]  # fmt: skip
SCORES = ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]

Sample = tuple[np.ndarray, np.ndarray, list[str]]


def digits() -> Sample:
    """The sample's rows whose label the model knows: label codes, probabilities, names in the codes' order."""
    data = pd.read_csv(SAMPLE / "digits.csv", dtype=str, usecols=["id", "label"])
    p = pd.read_csv(SAMPLE / "digits.probs.csv").set_index("id").loc[data["id"]]
    names = sorted(column.removeprefix("prob_") for column in p.columns)
    known = data["label"].isin(names).to_numpy()
    matrix = p[[f"prob_{name}" for name in names]].to_numpy()
    return data["label"][known].map(names.index).to_numpy(), matrix[known], names


def made(k: int, n: int, *, unused: int = 0, seed: int = 0) -> Sample:
    """n rows of k classes, 15 % labeled wrongly; the last `unused` classes have no label."""
    rng = np.random.default_rng(seed)
    true = rng.integers(0, k - unused, n)
    labels = np.where(rng.random(n) < 0.15, rng.integers(0, k - unused, n), true)
    logits = rng.normal(0, 1.2, (n, k)) + 3 * np.eye(k)[true]
    p = np.exp(logits)
    return labels, p / p.sum(axis=1, keepdims=True), [f"class {code:03d}" for code in range(k)]


SAMPLES = {
    "digits": digits(),
    "2-classes": made(2, 300),
    "5-classes": made(5, 400, seed=1),
    "40-classes": made(40, 900, seed=2),
    "a-class-without-labels": made(6, 400, unused=1, seed=3),
}


def ours(sample: Sample, method: str) -> tuple[np.ndarray, np.ndarray]:
    labels, p, names = sample
    table = pa.table({"label": [names[code] for code in labels]})
    findings = find(
        table, probs=[p], classes=names, detectors=["doubtful-label"], settings={"doubtful-label": {"method": method}}
    )
    doubts = findings.doubts["doubtful-label"]
    assert list(doubts.rows) == list(range(len(labels)))
    assert (findings.flagged == doubts.flagged).all()
    return doubts.score, doubts.flagged


@pytest.mark.slow
@pytest.mark.parametrize("method", FILTERS)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_filters(sample: Sample, method: str) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "May not flag all label issues", UserWarning)
        expected = find_label_issues(sample[0], sample[1], filter_by=method, n_jobs=1)
    score, flagged = ours(sample, method)
    assert expected.any()
    assert (flagged == expected).all()
    assert score[flagged].min() >= score[~flagged].max()


@pytest.mark.parametrize("method", SCORES)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_scores(sample: Sample, method: str) -> None:
    expected = 1 - get_label_quality_scores(sample[0], sample[1], method=method)
    score, flagged = ours(sample, method)
    assert score == pytest.approx(expected, abs=1e-12)
    assert flagged.any()


def test_labels_that_no_model_knows_are_kept_from_cleanlab() -> None:
    labels, p, names = made(4, 300)
    text = [names[code] for code in labels]
    known = np.arange(300) % 50 > 0
    for row in np.flatnonzero(~known):
        text[row] = "neither"
    findings = find(pa.table({"label": text}), probs=[p], classes=names, detectors=["doubtful-label"],
                    settings={"doubtful-label": {"method": "both"}})  # fmt: skip
    doubts = findings.doubts["doubtful-label"]
    assert list(doubts.rows) == list(np.flatnonzero(known))
    assert (doubts.flagged == find_label_issues(labels[known], p[known], filter_by="both", n_jobs=1)).all()


def test_several_models_are_judged_by_their_mean() -> None:
    labels, p, names = made(4, 300)
    q = np.roll(made(4, 300, seed=9)[1], 1, axis=0) * 0.2 + p * 0.8
    table = pa.table({"label": [names[code] for code in labels]})
    chosen = {"doubtful-label": {"method": "prune_by_class"}}
    findings = find(table, probs=[p, q], classes=names, detectors=["doubtful-label"], settings=chosen)
    expected = find_label_issues(labels, (p + q) / 2, filter_by="prune_by_class", n_jobs=1)
    assert (findings.doubts["doubtful-label"].flagged == expected).all()


@pytest.mark.process
def test_from_the_command_line() -> None:
    command = ["find", "digits.csv", "--probs", "digits.probs.csv", "--detector", "doubtful-label", "-q", "-f", "json",
               "--set", "doubtful-label.method=confident_learning"]  # fmt: skip
    done = hardneg(*command, cwd=SAMPLE, check=True)
    labels, p, names = SAMPLES["digits"]
    ids = pd.read_csv(SAMPLE / "digits.csv", usecols=["id", "label"], dtype=str)
    ids = ids["id"][ids["label"].isin(names)].to_numpy()
    expected = ids[find_label_issues(labels, p, filter_by="confident_learning", n_jobs=1)]
    found = json.loads(done.stdout)
    assert {row["id"] for row in found} == set(expected)
    assert done.stderr == b""
