"""What dual reports is what is so: every label counts, and wrong ones pass for no errors of the model."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import log_loss

from hardneg_cli import InputError
from hardneg_cli.modeling.error_model.tables import DualResult
from hardneg_cli.statistics.right_labels import right_labels
from hardneg_cli.verbs.dual import dual
from support.command import hardneg
from support.report_pages import ReportPage, is_inert, validated

ROWS, CLASSES = 1500, "abc"


@cache
def drawn(rate: float) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Rows with a share of wrong labels, the right codes, and calibrated probabilities of a model."""
    rng = np.random.default_rng(3)
    p = 0.97 * rng.dirichlet([0.25, 0.25, 0.25], ROWS) + 0.01
    truth = (p.cumsum(axis=1) < rng.random((ROWS, 1))).sum(axis=1)
    wrong = rng.random(ROWS) < rate
    given = np.where(wrong, (truth + rng.integers(1, 3, ROWS)) % 3, truth)
    shop = np.where(
        rng.random(ROWS) < np.where(p.argmax(axis=1) != truth, 0.5, 0.15), "north", rng.choice(["east", "west"], ROWS)
    )
    frame = pd.DataFrame({"id": [f"r{row:04}" for row in range(ROWS)], "label": np.array(list(CLASSES))[given]})
    return frame.assign(shop=shop, note=[f"note {row}" for row in range(ROWS)]), truth, p


@cache
def reported(rate: float) -> DualResult:
    frame, _, p = drawn(rate)
    return dual(frame, probs=[p], classes=list(CLASSES), decisions=())


@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_right_labels_are_told_from_wrong_ones(rate: float) -> None:
    frame, truth, p = drawn(rate)
    given = frame["label"].map(CLASSES.index).to_numpy()
    found = right_labels([np.log(np.maximum(p, 1e-6))], given, np.zeros(ROWS, bool), 0.05)
    assert found.wrong == pytest.approx(rate, abs=0.035)
    assert np.allclose(found.p.sum(axis=1), 1)
    assert 1 - found.p[np.arange(ROWS), p.argmax(axis=1)].mean() == pytest.approx(
        np.mean(p.argmax(1) != truth), rel=0.2
    )
    sure = right_labels([np.log(np.maximum(p, 1e-6))], given, np.ones(ROWS, bool), 0.05)
    assert (sure.p[np.arange(ROWS), given] > 0.999).all()


def test_wrong_labels_of_a_class_that_looks_alike_are_no_errors_of_the_model() -> None:
    """Of forty classes in pairs, all wrong labels are the other one's of the pair."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 40, 4000)
    p = 0.85 * np.eye(40)[truth] + 0.14 * np.eye(40)[truth ^ 1] + 0.01 / 40
    p[rng.random(4000) < 0.7] = 0
    p = np.where(p.any(axis=1, keepdims=True), p, 0.989 * np.eye(40)[truth] + 0.01 * np.eye(40)[truth ^ 1] + 0.001 / 40)
    given = np.where(rng.random(4000) < 0.1, truth ^ 1, truth)
    found = right_labels([np.log(p)], given, np.zeros(4000, bool), 0.1)
    assert found.wrong == pytest.approx(0.1, abs=0.03)
    assert found.p[np.arange(4000), truth].mean() > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.0, 0.1])
def test_the_report_is_within_a_quarter_of_the_truth(rate: float, tmp_path: Path) -> None:
    frame, truth, p = drawn(rate)
    reported(rate).report(tmp_path / "r.json")
    told = json.loads((tmp_path / "r.json").read_text())
    true = log_loss(truth, p), float((p.argmax(axis=1) != truth).mean())
    assert 0.8 < told["log_loss"] / true[0] < 1.25
    assert 0.8 < told["error_rate"] / true[1] < 1.25
    assert told["adjusted_log_loss"] <= told["log_loss"]
    assert told["given"]["log_loss"] == pytest.approx(log_loss(frame["label"], p), abs=1e-3)
    called = np.array(list(CLASSES))[p.argmax(axis=1)]
    assert told["given"]["error_rate"] == pytest.approx((called != frame["label"]).mean(), abs=1e-6)


@pytest.mark.slow
def test_slices_count_errors_of_the_model_alone() -> None:
    _, truth, p = drawn(0.1)
    result = reported(0.1)
    (north,) = [one for one in result.slices if str(one) == "shop is 'north'"]
    wrong = (p.argmax(axis=1) != truth)[result.order]
    by_label = result.first.argmax(axis=1) != result.dataset.labels[result.order]
    assert north.proved
    assert north.low <= wrong[north.rows].mean() <= north.high < by_label[north.rows].mean() + 0.05


@pytest.mark.process
@pytest.mark.slow
def test_reports_are_written_by_extension(tmp_path: Path) -> None:
    frame, _, p = drawn(0.1)
    frame.assign(**{f"prob_{name}": p[:, place] for place, name in enumerate(CLASSES)}).to_csv(
        tmp_path / "a.csv", index=False, float_format="%.6f"
    )
    done = hardneg("dual", "a.csv", "--report", "r.json", "--report", "r.md", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    told = json.loads((tmp_path / "r.json").read_text())
    assert f"errs in {told['error_rate']:.1%} of the rows" in done.stderr.decode()
    assert f"| error_rate | {told['error_rate']} |" in (tmp_path / "r.md").read_text()
    assert told == validated(tmp_path / "r.json", "dual-report")
    done = hardneg("dual", "a.csv", "--report", "r.pdf", cwd=tmp_path)
    assert done.returncode == 2
    assert b"r.pdf" in done.stderr
    assert not (tmp_path / "r.pdf").exists()


@pytest.mark.slow
def test_the_page_has_the_figures_of_the_data(tmp_path: Path) -> None:
    reported(0.1).report(tmp_path / "r.json")
    reported(0.1).report(tmp_path / "r.html")
    page, told = ReportPage(tmp_path / "r.html"), validated(tmp_path / "r.json", "dual-report")
    assert set(told) == {
        "v", "data", "rows", "classes", "decided", "log_loss", "adjusted_log_loss", "error_rate", "adjusted_error_rate",
        "label_error_rate", "gain_proved", "gain_at_least", "given", "slices",
    }  # fmt: skip
    (figures,) = page.columns("figure", "value")
    told |= {f"given.{name}": value for name, value in told["given"].items()}
    told["gain_proved"] = str(told["gain_proved"])
    assert dict(figures) == {name: told[name] for name in told if name not in ("given", "slices")}
    (slices,) = page.columns("condition", "error rate", "at least", "at most", "average", "p")
    names = ("slice", "rate", "low", "high", "average", "p")
    assert slices == [[one[name] for name in names] for one in told["slices"]]
    assert len(slices) > 1
    assert f"{told['log_loss']:.4f}" in page.words
    assert is_inert(page)


@pytest.mark.slow
def test_a_gain_that_is_proved_is_told(tmp_path: Path) -> None:
    frame, truth, _ = drawn(0.0)
    blurred = np.full((ROWS, 3), 0.25)
    blurred[np.arange(ROWS), truth] = 0.5
    rng = np.random.default_rng(0)
    moved = rng.random(ROWS) < 0.3
    blurred[moved] = blurred[moved][:, [1, 2, 0]]
    seen = (truth + rng.normal(0, 0.2, ROWS)).round(4)
    found = dual(frame.assign(x=seen), probs=[blurred], classes=list(CLASSES), features="x", decisions=())
    found.report(tmp_path / "r.json")
    found.report(tmp_path / "r.md")
    told = validated(tmp_path / "r.json", "dual-report")
    assert told["gain_proved"] is True
    said = f"from {told['log_loss']:.4f} to {told['adjusted_log_loss']:.4f}, with 95 % confidence by at least"
    assert said in (tmp_path / "r.md").read_text()


def test_another_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has to end in"):
        reported(0.1).report(tmp_path / "r.txt")
