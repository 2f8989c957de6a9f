"""Comparisons say what scikit-learn and scipy say, and their intervals are as wide as the truth is far."""

from __future__ import annotations

import itertools
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest
from sklearn import metrics as sk

from hardneg_cli import Columns
from hardneg_cli.modeling.evaluation.comparison import MetricRow
from hardneg_cli.modeling.evaluation.metrics import BINS
from hardneg_cli.statistics.paired_tests import flips, holm, mcnemar_p
from hardneg_cli.verbs.compare import compare
from support.compared_models import CLASSES, files, only, run, world

# ---- metrics


@pytest.mark.parametrize("rows", [3, 17, 1000])
def test_metrics_are_those_of_scikit_learn(rows: int) -> None:
    frame, models = world(rows, seed=3)
    found = compare(frame, models, classes=CLASSES)
    y, present = frame["label"].to_numpy(), sorted(set(frame["label"]))
    for number, p in enumerate(models, 1):
        called = np.array(CLASSES)[p.argmax(axis=1)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class that is called and that no row has
            expected = {"accuracy": sk.accuracy_score(y, called), "mcc": sk.matthews_corrcoef(y, called),
                        "log_loss": sk.log_loss(y, p, labels=CLASSES)}  # fmt: skip
            by_class = sk.precision_recall_fscore_support(y, called, labels=present, zero_division=0)
            for average in ("macro", "weighted"):
                means = sk.precision_recall_fscore_support(y, called, labels=present, average=average, zero_division=0)
                expected |= dict(
                    zip((f"{average}_{name}" for name in ("precision", "recall", "f1")), means, strict=False)
                )
        hot = (y[:, None] == np.array(CLASSES)).astype(float)
        expected["brier"] = ((p - hot) ** 2).sum(axis=1).mean()
        for metric, value in expected.items():
            assert only(found, metric, f"model {number}").value == pytest.approx(value, abs=1e-12), metric
        for place, name in enumerate(present):
            for metric, values in zip(("precision", "recall", "f1"), by_class, strict=False):
                line = only(found, metric, f"model {number}", class_=name)
                assert line.value == pytest.approx(values[place], abs=1e-12)


def test_calibration_is_judged_in_bins_of_equally_many_rows() -> None:
    frame, models = world(BINS * 40)
    p, y = models[0], frame["label"].to_numpy()
    order = np.argsort(p.max(axis=1))
    confidence, right = p.max(axis=1)[order], (np.array(CLASSES)[p.argmax(axis=1)] == y)[order]
    gaps = [np.subtract(*map(np.asarray, pair)) for pair in
            zip(np.split(confidence, BINS), np.split(right.astype(float), BINS), strict=True)]  # fmt: skip
    found = compare(frame, models[:1], classes=CLASSES)
    assert only(found, "ece", "model 1").value == pytest.approx(np.mean([abs(gap.mean()) for gap in gaps]))
    squares = np.mean([gap.mean() ** 2 - gap.var(ddof=1) / len(gap) for gap in gaps])
    assert only(found, "squared_calibration_error", "model 1").value == pytest.approx(squares)
    assert only(found, "ece", "model 1").low is None


@pytest.mark.slow
def test_a_perfectly_calibrated_model_has_no_squared_calibration_error_but_by_chance() -> None:
    rng, found = np.random.default_rng(0), []
    for _ in range(40):
        p = rng.dirichlet(np.ones(4), 300)
        labels = np.array(CLASSES)[(p.cumsum(axis=1) < rng.random((300, 1))).sum(axis=1).clip(max=3)]
        frame = pd.DataFrame({"id": np.arange(300).astype(str), "label": labels})
        line = only(compare(frame, [p], classes=CLASSES), "squared_calibration_error", "model 1")
        assert line.value is not None
        found.append(line.value)
    assert abs(np.mean(found)) < 3 * np.std(found) / np.sqrt(len(found))


# ---- tests


@pytest.mark.parametrize(("fixed", "broke"), [(0, 0), (0, 1), (5, 5), (3, 12), (40, 9), (600, 700), (0, 2000)])
def test_mcnemar_is_the_binomial_test(fixed: int, broke: int) -> None:
    exact = binomtest(fixed, fixed + broke).pvalue if fixed + broke else 1.0
    assert mcnemar_p(fixed, broke, mid=False) == pytest.approx(exact, rel=1e-9)
    assert mcnemar_p(fixed, broke) == mcnemar_p(broke, fixed)
    if fixed != broke:
        point = binom.pmf(fixed, fixed + broke, 0.5)
        assert mcnemar_p(fixed, broke) == pytest.approx(exact - point, rel=1e-9)


def test_holm_is_the_closure_of_bonferroni() -> None:
    p = np.random.default_rng(0).random(7) ** 3
    subsets = [set(some) for size in range(1, 8) for some in itertools.combinations(range(7), size)]
    expected = [max(min(1.0, len(s) * min(p[list(s)])) for s in subsets if place in s) for place in range(7)]
    assert np.allclose(holm(p), expected)
    assert np.allclose(holm(np.array([np.nan, 0.01, 0.02])), [np.nan, 0.02, 0.02], equal_nan=True)


def test_p_of_accuracy_is_mcnemar_and_adjusted_for_the_models() -> None:
    frame, models = world(400, (1.0, 1.3, 1.2))
    found = compare(frame, models, classes=CLASSES)
    called = [np.array(CLASSES)[p.argmax(axis=1)] == frame["label"] for p in models]
    pairs = [(before, now) for before, now in itertools.combinations(range(3), 2)]
    p = [mcnemar_p(int((~called[a] & called[b]).sum()), int((called[a] & ~called[b]).sum())) for a, b in pairs]
    lines = [only(found, "accuracy", f"model {b + 1}", f"model {a + 1}") for a, b in pairs]
    assert [line.p for line in lines] == pytest.approx(p)
    assert [line.p_adjusted for line in lines] == pytest.approx(holm(np.array(p)).tolist())


def test_few_rows_prove_nothing() -> None:
    frame = pd.DataFrame({"id": ["1", "2", "3"], "label": ["ant", "bee", "cat"]})
    right = np.eye(4)[[0, 1, 2]] * 0.9 + 0.025
    found = compare(frame, [np.full((3, 4), 0.25), right], classes=CLASSES)
    for line in found.lines:
        assert line.p is None or line.p >= 0.25 / 2, line
    accuracy = only(found, "accuracy", "model 2")
    assert accuracy.low is not None
    assert accuracy.low < 0.7


def test_flips_are_counted_by_label() -> None:
    before, now, labels = (
        np.array([1, 1, 0, 1, 0, 0, 2]),
        np.array([0, 0, 1, 2, 0, 0, 1]),
        np.array([0, 0, 0, 0, 0, 1, -1]),
    )
    found = flips(before, now, labels, 3)
    assert found.fixed.tolist() == [2, 0, 0]
    assert found.broke.tolist() == [1, 0, 0]
    assert found.both_wrong.tolist() == [1, 1, 0]
    assert found.both_right.tolist() == [1, 0, 0]
    frame, models = world(300)
    told = compare(frame, models, classes=CLASSES)
    counts = [only(told, name, "model 2", "model 1").value for name in ("fixed", "broke", "both_wrong", "both_right")]
    assert sum(value or 0 for value in counts) == 300
    assert only(told, "negative_flip_rate", "model 2", "model 1").value == pytest.approx((counts[1] or 0) / 300)


# ---- intervals


@pytest.mark.slow
def test_the_error_of_a_mean_is_the_textbook_one_for_rows_and_for_blocks() -> None:
    for rows in (2000, 30_000):
        frame, models = world(rows)
        found = only(compare(frame, models, classes=CLASSES), "log_loss", "model 2", "model 1")
        given = np.array([CLASSES.index(name) for name in frame["label"]])
        loss = [-np.log(p[np.arange(rows), given]) for p in models]
        reach = 1.96 * np.std(loss[1] - loss[0], ddof=1) / np.sqrt(rows)
        assert found.difference == pytest.approx(np.mean(loss[1] - loss[0]))
        assert found.diff_high is not None
        assert found.diff_low is not None
        assert (found.diff_high - found.diff_low) / 2 == pytest.approx(reach, rel=0.1)


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    big, models = world(100_000, seed=99)
    true = compare(big, models, classes=CLASSES)
    held = dict.fromkeys(("accuracy", "macro_f1", "log_loss"), 0)
    for seed in range(60):
        found = compare(*world(200, seed=seed), classes=CLASSES)
        for metric in held:
            line, truth = (only(one, metric, "model 2", "model 1") for one in (found, true))
            assert None not in (line.diff_low, line.diff_high, truth.difference)
            held[metric] += (line.diff_low or 0) <= (truth.difference or 0) <= (line.diff_high or 0)
    assert min(held.values()) >= 51  # of 60: with intervals of 95 % fewer are as likely as one in a thousand


def test_groups_are_resampled_as_wholes() -> None:
    frame, models = world(200)
    frame["who"] = frame["id"]
    copies = pd.concat([frame.assign(id=frame["id"] + f"-{copy}") for copy in range(5)])
    p = [np.concatenate([one] * 5) for one in models]
    alone = only(compare(frame, models, classes=CLASSES), "log_loss", "model 2", "model 1")
    rows = only(compare(copies, p, classes=CLASSES), "log_loss", "model 2", "model 1")
    groups = only(compare(copies, p, Columns(groups="who"), classes=CLASSES), "log_loss", "model 2", "model 1")

    def width(line: MetricRow) -> float:
        return (line.diff_high or 0) - (line.diff_low or 0)

    assert width(groups) == pytest.approx(width(alone), rel=0.1)
    assert width(rows) < width(alone) / 2


@pytest.mark.process
def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    frame, _ = files(tmp_path)
    first = run(tmp_path, "a.csv", "b.csv", "data.csv", "-q", "-f", "csv").stdout
    frame.sample(frac=1, random_state=1).to_csv(tmp_path / "data.csv", index=False)
    pd.read_csv(tmp_path / "b.csv").sample(frac=1, random_state=2).to_csv(tmp_path / "b.csv", index=False)
    assert run(tmp_path, "a.csv", "b.csv", "data.csv", "-q", "-f", "csv").stdout == first
