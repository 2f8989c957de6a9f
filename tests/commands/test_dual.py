"""A second model corrects the first one where that is proved, says where it errs, and leaves it alone otherwise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from hardneg_cli import Columns, InputError, find
from hardneg_cli.modeling.error_model import slices
from hardneg_cli.modeling.error_model.conditions import Condition, ConditionTable, conditions
from hardneg_cli.modeling.error_model.tables import DualResult
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.verbs.dual import dual
from hardneg_cli.verbs.explain import manual
from support.command import hardneg

SMALL = 700


@cache
def weak() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Digits with 8 % wrong labels, the right ones, and out-of-fold probabilities of a model of four dimensions."""
    data = load_digits()
    frame = pd.DataFrame(data.data[:SMALL].astype(int)).astype(str).add_prefix("x_")
    truth = data.target[:SMALL].astype(str)
    labels = truth.astype(object)
    rng = np.random.default_rng(0)
    for row in rng.permutation(SMALL)[: SMALL * 8 // 100]:
        labels[row] = str((int(truth[row]) + int(rng.integers(1, 10))) % 10)
    frame.insert(0, "id", [f"d{row:04}" for row in range(SMALL)])
    frame.insert(1, "label", labels)
    model = make_pipeline(PCA(4, random_state=0), GaussianNB())
    p = cross_val_predict(model, data.data[:SMALL], labels.astype(str), cv=5, method="predict_proba")
    return frame, truth, p


@cache
def corrected() -> DualResult:
    frame, _, p = weak()
    return dual(frame, probs=[p], classes=list("0123456789"), features="x_*")


def by_id(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas().set_index("id").sort_index()


@pytest.mark.slow
def test_the_adjusted_probabilities_are_better_by_the_right_labels() -> None:
    _, truth, p = weak()
    after = by_id(corrected().adjusted()).filter(like="prob_").to_numpy(float)
    assert np.allclose(after.sum(axis=1), 1, atol=1e-4)
    assert log_loss(truth, after / after.sum(axis=1, keepdims=True)) < 0.5 * log_loss(truth, p)
    assert corrected().second.pooled.proved


@pytest.mark.slow
def test_the_error_model_knows_better_than_the_first_model_itself() -> None:
    _, truth, p = weak()
    found = by_id(corrected().table())
    wrong = found["predicted"].to_numpy() != truth
    assert roc_auc_score(wrong, found["p_wrong"]) > roc_auc_score(wrong, 1 - p.max(axis=1)) + 0.05
    assert abs(found["p_wrong"].mean() - wrong.mean()) < 0.03


@pytest.mark.slow
def test_wrong_labels_do_not_teach_that_the_first_model_errs() -> None:
    """Where it is right and the label is not, an error is thought improbable."""
    frame, truth, _ = weak()
    found = by_id(corrected().table())
    misled = (found["predicted"].to_numpy() == truth) & (frame["label"].to_numpy() != truth)
    assert misled.sum() > 20
    assert (found["p_wrong"][misled] < 0.5).mean() > 0.9


@pytest.mark.slow
def test_a_model_that_cannot_be_improved_is_left_alone() -> None:
    """The probabilities that the labels were drawn from, and features that say nothing."""
    rng = np.random.default_rng(1)
    p = rng.dirichlet([0.6, 0.6, 0.6], 600)
    labels = (p.cumsum(axis=1) < rng.random((600, 1))).sum(axis=1)
    frame = pd.DataFrame({"id": [f"r{row:03}" for row in range(600)], "label": np.array(list("abc"))[labels]})
    noise = rng.normal(size=(600, 3))
    found = dual(frame, probs=[p], classes=list("abc"), features=noise, decisions=keep_all(frame))
    assert not found.second.pooled.proved
    after = by_id(found.adjusted()).filter(like="prob_").to_numpy(float)
    assert np.allclose(after, p, atol=1e-6)
    assert any("unchanged" in line for line in found.summary())


def keep_all(frame: pd.DataFrame) -> list[Decision]:
    from hardneg_cli.data.load import load

    rows = load(frame)
    hashes = rows.row_hashes(np.arange(len(rows)))
    return [
        Decision(id_, hash_, label, "keep", reviewer="r", at="2024-01-01T00:00:00Z")
        for id_, hash_, label in zip(rows.ids.to_pylist(), hashes, frame["label"], strict=True)
    ]


@pytest.mark.slow
def test_decisions_are_the_truth() -> None:
    """A reviewer's new label outweighs the given one; a row to be dropped teaches nothing."""
    frame, truth, p = weak()
    wrong = np.flatnonzero(frame["label"].to_numpy() != truth)
    said = keep_all(frame)
    for row in wrong:
        one = said[row]
        said[row] = Decision(one.id, one.row_hash, one.given, "relabel", truth[row], "r", one.at)
    one = said[0]
    said[0] = Decision(one.id, one.row_hash, one.given, "drop", "", "r", one.at)
    found = dual(frame, probs=[p], classes=list("0123456789"), features="x_*", decisions=said)
    names = np.array(found.dataset.classes)[found.trust.truth]
    assert (names[1:] == truth[1:]).all()
    assert found.trust.weight.tolist() == [0.0] + [1.0] * (SMALL - 1)


def test_planted_slices_are_found_in_words() -> None:
    rng = np.random.default_rng(2)
    n = 2000
    text = np.where(rng.random(n) < 0.1, "please refund me", "thank you all")
    table = pa.table({"text": text, "size": rng.integers(0, 100, n).astype(str), "shop": rng.choice(["a", "b"], n)})
    bad = (text == "please refund me") & (np.array(table["shop"].to_pylist()) == "b")
    wrong = (rng.random(n) < np.where(bad, 0.7, 0.05)).astype(float)
    found = slices.run(ConditionTable(table, ["x"] * n), wrong, np.ones(n), np.arange(n) % 2, "text")
    assert found[0].proved
    assert (found[0].rows == bad).all()
    assert "shop is 'b'" in str(found[0])
    assert "text contains" in str(found[0])
    half = np.arange(n) % 2 == found[0].held_out
    theirs = binomtest(int(wrong[bad & half].sum()), int((bad & half).sum())).proportion_ci(method="wilson")
    assert (found[0].low, found[0].high) == pytest.approx((theirs.low, theirs.high), abs=1e-4)
    assert found[0].errors == wrong[bad & half].sum()


def test_no_slice_is_named_where_errors_are_everywhere() -> None:
    named = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        table = pa.table({f"x{i}": rng.normal(size=400).astype(str) for i in range(8)})
        wrong = (rng.random(400) < 0.2).astype(float)
        found = slices.run(ConditionTable(table, ["x"] * 400), wrong, np.ones(400), np.arange(400) % 2)
        named += any(one.proved for one in found)
    assert named <= 2  # 5 % of 10 is half a run; 3 or more have a probability of 1 %


def test_conditions_hold_for_other_rows_too() -> None:
    table = pa.table({"n": ["1", "007", "", "1e2"], "c": ["x", "[bold]", "=cmd|", "None"]})
    rows = ConditionTable(table, ["a", "a", "b", "b"])
    assert rows.that(Condition("n", ">", 5.0)).tolist() == [False, True, False, True]
    assert rows.that(Condition("c", "is", "None")).tolist() == [False, False, False, True]
    assert rows.that(Condition("", "predicted", "a")).tolist() == [True, True, False, False]
    assert {str(one) for one in conditions(rows, None, 2)} >= {"predicted 'a'", "n > 1"}


@pytest.mark.slow
def test_the_order_of_rows_does_not_matter() -> None:
    frame, _, p = weak()
    mixed = np.random.default_rng(3).permutation(SMALL)
    other = dual(frame.iloc[mixed], probs=[p[mixed]], classes=list("0123456789"), features="x_*")
    assert other.table().equals(corrected().table())
    assert other.adjusted().equals(corrected().adjusted())
    assert other.slice_table().equals(corrected().slice_table())


@pytest.mark.process
def test_what_it_writes_is_read_by_find(tmp_path: Path) -> None:
    frame, truth, p = weak()
    frame.to_csv(tmp_path / "data.csv", index=False)
    first = pd.DataFrame(p.round(7), columns=[f"prob_{name}" for name in range(10)])
    pd.concat([frame[["id"]], first], axis=1).to_csv(tmp_path / "p.csv", index=False)
    new = frame.drop(columns="label").head(50)
    new.to_csv(tmp_path / "new.csv", index=False)
    pd.concat([new[["id"]], first.head(50)], axis=1).to_csv(tmp_path / "new.p.csv", index=False)
    done = hardneg(
        "dual", "data.csv", "--probs", "p.csv", "--features", "x_*", "-o", "rows.csv", "--adjusted", "q.parquet",
        "--slices", "slices.csv", "--new", "new.csv", "--new-probs", "new.p.csv", "--new-output", "new.q.csv",
        cwd=tmp_path, text=True, check=True,
    )  # fmt: skip
    assert "on held-out rows" in done.stderr
    found = find(tmp_path / "data.csv", probs=[tmp_path / "q.parquet"])
    flipped = frame["label"].to_numpy() != truth
    before = find(tmp_path / "data.csv", probs=[tmp_path / "p.csv"])
    assert roc_auc_score(flipped, found.score) > roc_auc_score(flipped, before.score)
    after = pd.read_csv(tmp_path / "new.q.csv").filter(like="prob_")
    assert (after.to_numpy().argmax(axis=1) == truth[:50].astype(int)).mean() > 0.9
    table = pd.read_csv(tmp_path / "slices.csv")
    assert (table["low"] <= table["rate"]).all()
    assert len(pd.read_csv(tmp_path / "rows.csv")) == SMALL


@pytest.mark.slow
def test_probabilities_alone_are_enough(tmp_path: Path) -> None:
    """Without text and features the second model is a calibration."""
    frame, truth, p = weak()
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    found = dual(frame[["id", "label"]], probs=[sharp], classes=list("0123456789"))
    after = by_id(found.adjusted()).filter(like="prob_").to_numpy(float)
    assert log_loss(truth, after / after.sum(axis=1, keepdims=True)) < log_loss(truth, sharp)


@pytest.mark.slow
def test_hostile_text_and_unicode_classes() -> None:
    words = ["=cmd|' /C calc'!A0", "[bold]", "<script>", "\u202eabc", "a\nb", "None", "007", "😀"]
    names = ["ß", "\u202e", "=1+1", "None"]
    rng = np.random.default_rng(4)
    labels = [names[row % 4] for row in range(160)]
    text = [f"{words[row % 8]} w{row % 4} {row}" for row in range(160)]
    frame = pd.DataFrame({"id": [f"00{row}" for row in range(160)], "label": labels, "text": text})
    p = rng.dirichlet([1] * 4, 160) * 0.6
    p[np.arange(160), [sorted(names).index(one) for one in labels]] += 0.4
    found = dual(frame, Columns(text="text"), probs=[p], classes=sorted(names), settings={"slices": {"smallest": 8}})
    assert set(found.table()["predicted"].to_pylist()) <= set(names)
    assert found.second.pooled.proved
    assert list(found.summary())


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "no probabilities of a first model"),
        (["--probs", "p.csv", "--features", "y_*"], "no column 'y_*'"),
        (["--probs", "p.csv", "--features", "x", "--model", "logistics"], "did you mean 'logistic'"),
        (["--probs", "p.csv", "--new", "data.csv"], "--new-probs"),
        (["--probs", "p.csv", "--set", "slices.smalest=3"], "did you mean 'smallest'"),
        (["--probs", "p.csv", "--adjusted", "p.csv"], "is also an input"),
    ],
)
def test_bad_input_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    rows = range(30)
    pd.DataFrame({"id": rows, "label": [row % 2 for row in rows], "x": rows}).to_csv(tmp_path / "data.csv", index=False)
    p = [0.8 - 0.6 * (row % 2) for row in rows]
    pd.DataFrame({"id": rows, "prob_0": p, "prob_1": [1 - one for one in p]}).to_csv(tmp_path / "p.csv", index=False)
    done = hardneg("dual", "data.csv", *options, "-o", "out.csv", cwd=tmp_path, text=True)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_two_rows_are_too_few() -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "label": ["x", "y"], "n": ["1", "2"]})
    with pytest.raises(InputError, match="too few"):
        dual(frame, probs=[np.eye(2)], classes=["x", "y"], features="n")


@pytest.mark.parametrize("name", ["second-model", "slices"])
def test_the_methods_explain_themselves(name: str) -> None:
    assert manual(name).startswith(f"{name}\n")
    assert len(manual(name).splitlines()) > 10
