"""Comparisons say what scikit-learn and scipy say, and their intervals are as wide as the truth is far."""

from __future__ import annotations

import csv
import io
import itertools
import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, binomtest
from sklearn import metrics as sk

from hardneg_cli import Columns, Decision, InputError, load
from hardneg_cli.modeling.evaluation.comparison import MetricRow
from hardneg_cli.modeling.evaluation.metrics import BINS, OVERALL
from hardneg_cli.statistics.bootstrap import AuditStrata, pooled_strata, replicates, total, units
from hardneg_cli.statistics.paired_tests import flips, holm, mcnemar_p
from hardneg_cli.verbs.compare import CompareResult, compare

COMMAND = [sys.executable, "-m", "hardneg_cli"]
CLASSES = ("ant", "bee", "cat", "dog")
Numbers = NDArray[np.float64]


def world(rows: int, skills: Sequence[float] = (1.0, 1.4), seed: int = 0) -> tuple[pd.DataFrame, list[Numbers]]:
    """Labels of four classes, and probabilities of models that know them more or less."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    shared, models = rng.standard_normal((rows, 4)), []
    for skill in skills:
        seen = shared + 0.7 * rng.standard_normal((rows, 4))
        seen[np.arange(rows), truth] += skill
        p = np.exp(seen)
        models.append(p / p.sum(axis=1, keepdims=True))
    ids = [f"r{row:05}" for row in range(rows)]
    frame = pd.DataFrame({"id": ids, "label": np.array(CLASSES)[truth], "text": [f"text {row}" for row in range(rows)]})
    return frame, models


def probabilities(frame: pd.DataFrame, p: Numbers) -> pd.DataFrame:
    return pd.concat([frame[["id"]], pd.DataFrame(p, columns=[f"prob_{name}" for name in CLASSES])], axis=1)


def files(folder: Path, rows: int = 300, skills: Sequence[float] = (1.0, 1.4)) -> tuple[pd.DataFrame, list[Numbers]]:
    frame, models = world(rows, skills)
    frame.to_csv(folder / "data.csv", index=False)
    for name, p in zip("abc", models, strict=False):
        probabilities(frame, p).to_csv(folder / f"{name}.csv", index=False)
    return frame, models


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*COMMAND, "compare", *arguments], cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == code, done.stderr
    return done


def only(
    found: CompareResult, metric: str, model: str, against: str = "", class_: str = "", labels: str = "given"
) -> MetricRow:
    (line,) = [
        line for line in found.lines
        if (line.metric, line.model, line.against, line.class_, line.labels) == (metric, model, against, class_, labels)
    ]  # fmt: skip
    return line


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


# ---- labels


def test_an_audit_of_everything_is_the_truth() -> None:
    from scipy import sparse

    change = sparse.csr_array(np.array([[1.0, 0], [0, -1], [2, 0], [0, 0]]))
    stratum, size = pooled_strata(np.array([1, 1, 2, 2]), np.array([2.0, 2, 2, 2]), np.ones(4, bool))
    answers = AuditStrata(change, stratum, size)
    rows = sparse.csr_array(np.ones((4, 2)))
    assert total(rows, answers).tolist() == [7, 3]
    resampled = np.concatenate(list(replicates(units(rows, None, 0), answers, 4000, 0)))
    assert np.allclose(resampled.mean(axis=0), [7, 3], atol=0.1)


def test_strata_with_one_answer_join_the_next() -> None:
    stratum = np.array([1, 1, 1, 2, 3, 3, 4])
    size = np.array([30.0, 30, 30, 20, 10, 10, 5])
    pool, sizes = pooled_strata(stratum, size, np.array([1, 1, 0, 1, 1, 1, 1], bool))
    assert pool.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert sizes.tolist() == [30, 30, 30, 35, 35, 35, 35]


def corrected(folder: Path, frame: pd.DataFrame, wrong: Sequence[int], new: str) -> None:
    """A decisions log that relabels these rows."""
    dataset = load(folder / "data.csv")
    hashes = dataset.row_hashes(np.arange(len(frame)))
    records = [
        {"v": 1, "id": frame["id"][row], "row_hash": hashes[row], "given": frame["label"][row],
         "decision": "relabel", "new_label": new, "reviewer": "ann", "at": "", "source": "", "note": ""}
        for row in wrong
    ]  # fmt: skip
    (folder / "data.csv.decisions.ndjson").write_text("".join(json.dumps(record) + "\n" for record in records))


@pytest.mark.process
def test_the_winner_may_change_with_the_labels(tmp_path: Path) -> None:
    frame, _ = world(200)
    wrong = list(range(30))
    truth = frame["label"].copy()
    frame.loc[wrong, "label"] = "bee"
    truth[wrong] = "cat"
    frame.to_csv(tmp_path / "data.csv", index=False)
    learned, right = frame["label"].to_numpy(object).copy(), truth.to_numpy(object).copy()
    right[100:110] = "dog"
    for name, called in (("old", learned), ("new", right)):
        pd.DataFrame({"id": frame["id"], "prediction": called}).to_csv(tmp_path / f"{name}.csv", index=False)
    corrected(tmp_path, frame, [row for row in wrong if frame["label"][row] != truth[row]], "cat")
    told = run(tmp_path, "old.csv", "new.csv", "data.csv", "-f", "json")
    assert (
        "the winner changes with the labels: old.csv by the given labels, new.csv by the corrected labels"
        in told.stderr
    )
    lines = json.loads(told.stdout)
    value = {(line["model"], line["labels"]): line["value"] for line in lines
             if line["metric"] == "accuracy" and not line["class"] and not line["against"]}  # fmt: skip
    assert value["new.csv", "corrected"] == pytest.approx((truth == right).mean())
    assert value["old.csv", "given"] == 1.0
    assert not [line for line in lines if line["metric"] in ("log_loss", "brier", "ece")]
    silent = run(tmp_path, "old.csv", "new.csv", "data.csv", "--no-decisions")
    assert "corrected" not in silent.stdout + silent.stderr


def test_dropped_rows_do_not_count_and_new_classes_do() -> None:
    frame, models = world(100)
    dataset = load(frame)
    hashes = dataset.row_hashes(np.arange(100))
    said = [Decision(frame["id"][row], hashes[row], frame["label"][row], "drop") for row in range(10)]
    said.append(Decision(frame["id"][10], hashes[10], frame["label"][10], "relabel", "yak"))
    found = compare(frame, models, classes=CLASSES, decisions=said)
    called = np.array(CLASSES)[models[0].argmax(axis=1)]
    assert only(found, "accuracy", "model 1", labels="corrected").value == pytest.approx(
        (called == frame["label"].where(frame.index != 10, "yak"))[10:].mean()
    )
    assert only(found, "recall", "model 1", class_="yak", labels="corrected").value == 0


@pytest.mark.process
def test_a_filled_audit_says_what_the_truth_is(tmp_path: Path) -> None:
    frame, models = files(tmp_path, 1000, (2.0, 2.6))
    truth, rng = frame["label"].copy(), np.random.default_rng(1)
    wrong = rng.random(1000) < 0.12
    frame.loc[wrong, "label"] = [CLASSES[(CLASSES.index(name) + 1) % 4] for name in truth[wrong]]
    frame.to_csv(tmp_path / "data.csv", index=False)
    for command in (
        ["find", "data.csv", "--probs", "b.csv", "--all", "-q", "-o", "scores.csv"],
        ["audit", "draw", "scores.csv", "-n", "250", "-q", "-o", "audit.csv"],
    ):
        subprocess.run([*COMMAND, *command], cwd=tmp_path, check=True)
    audit = pd.read_csv(tmp_path / "audit.csv", dtype=str, keep_default_na=False)
    right = audit["id"].map(dict(zip(frame["id"], truth, strict=True)))
    audit["decision"] = np.where(right == audit["given_label"], "keep", "")
    audit["new_label"] = np.where(right == audit["given_label"], "", right)
    audit.to_csv(tmp_path / "audit.csv", index=False)
    found = compare(
        tmp_path / "data.csv", [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")], audit=tmp_path / "audit.csv"
    )
    for name, p in zip("ab", models, strict=True):
        line = only(found, "accuracy", str(tmp_path / f"{name}.csv"), labels="audited")
        true = (np.array(CLASSES)[p.argmax(axis=1)] == truth).mean()
        given = (np.array(CLASSES)[p.argmax(axis=1)] == frame["label"]).mean()
        assert line.value is not None
        assert abs(line.value - true) < abs(given - true) / 3
        assert (line.low or 0) <= true <= (line.high or 0)
    (tmp_path / "short.csv").write_text("".join((tmp_path / "data.csv").read_text().splitlines(keepends=True)[:-3]))
    with pytest.raises(InputError, match="drawn from 1,000 rows"):
        compare(tmp_path / "short.csv", [str(tmp_path / "a.csv")], audit=tmp_path / "audit.csv")


# ---- the command line


@pytest.mark.process
def test_rows_that_a_model_lacks_are_named_and_left_out_for_all(tmp_path: Path) -> None:
    frame, models = files(tmp_path, 100)
    probabilities(frame, models[1]).iloc[2:].to_csv(tmp_path / "b.csv", index=False)
    done = run(tmp_path, "a.csv", "b.csv", "data.csv", "-f", "csv")
    assert "b.csv: nothing for 2 rows, left out for every model: ids 'r00000', 'r00001'" in done.stderr
    assert "2 models on 98 rows" in done.stderr
    lines = list(csv.DictReader(io.StringIO(done.stdout)))
    called = np.array(CLASSES)[models[0].argmax(axis=1)]
    assert float(lines[0]["value"]) == pytest.approx((called == frame["label"])[2:].mean(), abs=1e-6)


@pytest.mark.process
def test_one_model_gets_its_metrics(tmp_path: Path) -> None:
    files(tmp_path)
    done = run(tmp_path, "a.csv", "data.csv", "-o", "all.csv", "-o", "all.md", "-o", "all.xlsx", "-f", "table")
    assert "against" not in done.stdout
    lines = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    assert [line["metric"] for line in lines if not line["class"]] == list(OVERALL)
    assert {line["class"] for line in lines} == {"", *CLASSES}
    assert list(lines[0]) == ["model", "against", "labels", "metric", "class", "value", "low", "high",
                              "difference", "diff_low", "diff_high", "p", "p_adjusted"]  # fmt: skip


@pytest.mark.process
def test_a_worse_model_can_fail_a_build(tmp_path: Path) -> None:
    files(tmp_path, 600, (0.8, 2.0))
    run(tmp_path, "a.csv", "b.csv", "data.csv", "--require-no-worse", "macro_f1")
    done = run(tmp_path, "b.csv", "a.csv", "data.csv", "--require-no-worse", "log_loss", code=1)
    assert "worse than b.csv in log_loss, by the given labels: a.csv" in done.stderr
    assert done.stdout
    run(tmp_path, "a.csv", "b.csv", "data.csv", "--require-no-worse", "ece", code=2)
    assert "one model only" in run(tmp_path, "a.csv", "data.csv", "--require-no-worse", "mcc", code=2).stderr


@pytest.mark.process
def test_what_was_forgotten_is_named(tmp_path: Path) -> None:
    frame, _ = world(200)
    frame.to_csv(tmp_path / "data.csv", index=False)
    called = frame["label"].where(frame["label"] != "dog", "cat")
    for name, said in (("old", frame["label"]), ("new", called)):
        pd.DataFrame({"id": frame["id"], "said": said}).to_csv(tmp_path / f"{name}.csv", index=False)
    done = run(tmp_path, "old.csv", "new.csv", "data.csv", "--prediction-column", "said")
    dogs = int((frame["label"] == "dog").sum())
    assert f"forgotten: class 'dog': {dogs} of {dogs} rows broke, 0 fixed" in done.stderr


@pytest.mark.parametrize(
    ("models", "said"),
    [
        (["a.csv", "a.csv"], "named twice"),
        (["none.csv"], "no file"),
        ([], "nothing to compare"),
        (["names.csv"], "--prediction-column"),
        (["few.csv"], "no ids to join them by"),
        (["strange.csv"], "none of its ids is in"),
        (["swapped.csv"], "its columns look permuted"),
        (["a.csv", "blank.csv"], "holds no prediction"),
    ],
)
def test_bad_models_are_refused(tmp_path: Path, models: list[str], said: str) -> None:
    frame, p = files(tmp_path)
    frame.rename(columns={"label": "said"})[["id", "said"]].to_csv(tmp_path / "names.csv", index=False)
    frame.assign(prediction=" ")[["id", "prediction"]].to_csv(tmp_path / "blank.csv", index=False)
    pd.DataFrame({"prediction": ["ant"] * 5}).to_csv(tmp_path / "few.csv", index=False)
    probabilities(frame.assign(id="x" + frame["id"]), p[0]).to_csv(tmp_path / "strange.csv", index=False)
    probabilities(frame, p[0][:, [1, 0, 2, 3]]).to_csv(tmp_path / "swapped.csv", index=False)
    with pytest.raises(InputError, match=said):
        compare(tmp_path / "data.csv", [str(tmp_path / model) for model in models])


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["data.csv"], "missing argument"),
        (["names.csv", "data.csv", "--prediction-column", "sad"], "did you mean 'said'"),
        (["a.csv", "data.csv", "--metric", "macro-f1"], "did you mean 'macro_f1'"),
        (["a.csv", "data.csv", "-o", "a.csv"], "a.csv"),
    ],
)
def test_bad_arguments_are_told_in_one_line(tmp_path: Path, arguments: list[str], said: str) -> None:
    frame, _ = files(tmp_path)
    frame.rename(columns={"label": "said"})[["id", "said"]].to_csv(tmp_path / "names.csv", index=False)
    before = (tmp_path / "a.csv").read_bytes()
    done = run(tmp_path, *arguments, code=2)
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert not done.stdout
    assert (tmp_path / "a.csv").read_bytes() == before


@pytest.mark.process
def test_hostile_names_are_text(tmp_path: Path) -> None:
    odd = ["[bold]a", "=cmd|x", "None", "<script>\u202e"]
    frame, models = world(60)
    labels = [odd[CLASSES.index(name)] for name in frame["label"]]
    frame.assign(label=labels).to_csv(tmp_path / "data.csv", index=False)
    names = dict(zip((f"prob_{name}" for name in CLASSES), (f"prob_{name}" for name in odd), strict=True))
    for name, p in zip("ab", models, strict=True):
        probabilities(frame, p).rename(columns=names).to_csv(tmp_path / f"{name}.csv", index=False)
    done = run(
        tmp_path, "a.csv", "b.csv", "data.csv", "--all", "-f", "table", "-o", "x.csv", "-o", "x.md", "-o", "x.xlsx"
    )
    assert "\u202e" not in done.stdout + done.stderr
    assert "[bold]a" in done.stdout
    assert {line["class"] for line in csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text("utf-8")))} == {
        "",
        *odd,
    }


@pytest.mark.process
def test_bad_rows_are_skipped_on_request(tmp_path: Path) -> None:
    frame, models = files(tmp_path, 100)
    broken = probabilities(frame, models[0])
    broken.loc[4, "prob_ant"] = 7
    broken.to_csv(tmp_path / "a.csv", index=False)
    assert "a probability over 1" in run(tmp_path, "a.csv", "b.csv", "data.csv", code=2).stderr
    done = run(tmp_path, "a.csv", "b.csv", "data.csv", "--on-bad-rows", "skip")
    assert "2 models on 99 rows" in done.stderr
    assert "'r00004'" in done.stderr


def test_a_tie_is_no_win() -> None:
    frame, models = world(50)
    found = compare(frame, [models[0], models[0].copy()], classes=CLASSES)
    assert found.best("accuracy", "given") == ["model 1", "model 2"]
    assert only(found, "log_loss", "model 2", "model 1").p == 1.0
    assert pa.types.is_floating(found.table()["p"].type)
