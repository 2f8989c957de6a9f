"""Probabilities are out of fold: no row is judged by a model that saw it, its copy or its group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.datasets import load_digits, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import PredefinedSplit, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hardneg_cli import Columns, InputError, find
from hardneg_cli.modeling.folds import assign_folds, bundles
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.predict import predict
from support.command import hardneg

WORDS = {
    "fruit": "apple pear plum cherry grape",
    "tool": "hammer saw drill pliers chisel",
    "pet": "cat dog fish bird mouse",
}


def wine() -> pd.DataFrame:
    data = load_wine(as_frame=True)
    frame = data.data.astype(str).add_prefix("x_")
    frame.insert(0, "id", [f"w{row:03}" for row in range(len(frame))])
    frame.insert(1, "label", data.target.map({0: "red", 1: "white", 2: "rosé"}))
    return frame


def texts(rows: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    labels = [list(WORDS)[row % 3] for row in range(rows)]
    said = [" ".join(rng.choice(WORDS[label].split(), 3)) + f" {row}" for row, label in enumerate(labels)]
    return pd.DataFrame({"id": [f"t{row}" for row in range(rows)], "label": labels, "text": said})


def probabilities(table: pa.Table) -> pd.DataFrame:
    return table.to_pandas().set_index("id").filter(like="prob_")


@pytest.mark.slow
@pytest.mark.parametrize("model", drawers.names("model"))
def test_every_model_learns_numbers_and_text(model: str) -> None:
    for frame, how in ((wine(), {"features": "x_*"}), (texts(), {"columns": Columns(text="text")})):
        found = predict(frame, models=[model], folds=3, **how)
        p = probabilities(found.table())
        assert np.allclose(p.sum(axis=1), 1, atol=1e-4)
        assert found.agreement > 0.85


@pytest.mark.slow
def test_boosting_holds_with_many_small_classes_and_wrong_labels() -> None:
    rng = np.random.default_rng(0)
    truth = np.arange(1000) % 50
    points = rng.standard_normal((50, 10))[truth] * 1.5 + rng.standard_normal((1000, 10))
    given = np.where(rng.random(1000) < 0.2, rng.integers(0, 50, 1000), truth)
    frame = pd.DataFrame(points, columns=[f"x_{column}" for column in range(10)]).assign(label=given.astype(str))
    settings = {"boosting": {"rounds": 40}}
    assert predict(frame, features="x_*", models=["boosting"], folds=2, settings=settings).agreement > 0.25


@pytest.mark.slow
def test_it_is_about_as_good_as_scikit_learn_alone() -> None:
    digits = load_digits()
    frame = pd.DataFrame(digits.data.astype(int)).add_prefix("x_").astype(str)
    frame["label"] = digits.target.astype(str)
    found = predict(frame, features="x_*")
    theirs = cross_val_predict(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=200, tol=1e-3)), digits.data, digits.target,
        cv=PredefinedSplit([int(name) for name in found.fold]), method="predict_proba",
    )  # fmt: skip
    ours = found.probabilities
    assert found.agreement > (theirs.argmax(axis=1) == digits.target).mean() - 0.01
    assert log_loss(digits.target, ours) < log_loss(digits.target, theirs) + 0.01


@pytest.mark.slow
@pytest.mark.parametrize("shuffle", [1, 2])
def test_the_order_of_rows_does_not_matter(shuffle: int) -> None:
    frame = texts()
    mixed = frame.sample(frac=1, random_state=shuffle)
    ours = predict(frame, Columns(text="text")).table().to_pandas().set_index("id")
    theirs = predict(mixed, Columns(text="text")).table().to_pandas().set_index("id").loc[ours.index]
    pd.testing.assert_frame_equal(ours, theirs)


def test_copies_and_groups_share_a_fold() -> None:
    frame = texts(30)
    frame["who"] = [f"g{row // 2}" for row in range(len(frame))]
    frame = pd.concat([frame, frame.assign(id=frame.id + "x", text=frame.text.str.upper(), who=frame.id)])
    found = predict(frame, Columns(text="text", groups="who"), folds=3).table().to_pandas()
    merged = frame.merge(found, on="id")
    assert (merged.groupby(merged.text.str.lower()).fold.nunique() == 1).all()
    assert (merged.groupby("who").fold.nunique() == 1).all()


def test_bundles_reach_through_others() -> None:
    assert bundles(["a", "a", "b", "c"], ["1", "2", "2", "3"]).tolist() == [0, 0, 0, 1]


def test_folds_are_even_in_every_class() -> None:
    labels = np.repeat([0, 1], [90, 10])
    fold = assign_folds([str(row) for row in range(100)], labels, 5)
    assert np.bincount(fold[:90]).tolist() == [18] * 5
    assert np.bincount(fold[90:]).tolist() == [2] * 5


@pytest.mark.slow
def test_no_row_vouches_for_itself() -> None:
    """A flipped label changes nothing about what is thought of its own row."""
    frame = texts()
    before = probabilities(predict(frame, Columns(text="text")).table())
    fold = predict(frame, Columns(text="text")).fold
    frame["fold"] = fold
    frame.loc[3, "label"] = "tool"
    after = probabilities(predict(frame, Columns(text="text", fold="fold")).table())
    assert np.argmax(after.loc["t3"]) == np.argmax(before.loc["t3"])
    assert after.loc["t3", "prob_fruit"] > 0.5


def test_a_class_that_cannot_be_learned_has_no_column() -> None:
    frame = texts()
    frame.loc[0, "label"] = "alone"
    found = predict(frame, Columns(text="text"))
    assert found.unknown == ("alone",)
    assert "prob_alone" not in found.table().column_names
    assert any("alone" in line for line in found.summary())


def test_missing_numbers_and_categories() -> None:
    frame = wine()
    frame.loc[:40, "x_alcohol"] = ""
    frame["x_color"] = np.where(frame.label == "red", "dark", "light")
    frame.loc[5, "x_color"] = ""
    assert predict(frame, features="x_alcohol,x_color").agreement > 0.6


@pytest.mark.process
def test_frozen_rows_keep_their_probabilities(tmp_path: Path) -> None:
    frame = texts()
    frame.to_csv(tmp_path / "data.csv", index=False)
    run = ("predict", "data.csv", "--text", "text", "-q")
    hardneg(*run, "-o", "old.parquet", cwd=tmp_path, check=True)
    frame.loc[0, "label"] = "pet"
    frame.loc[1, "text"] = "hammer hammer saw"
    pd.concat([frame, pd.DataFrame([["new", "pet", "cat and dog"]], columns=frame.columns)]).to_csv(
        tmp_path / "data.csv", index=False
    )
    hardneg(*run, "--frozen", "old.parquet", "-o", "new.parquet", cwd=tmp_path, check=True)
    old, new = (pd.read_parquet(tmp_path / name).set_index("id") for name in ("old.parquet", "new.parquet"))
    same = [id_ for id_ in old.index if id_ != "t1"]
    pd.testing.assert_frame_equal(old.loc[same].filter(like="prob_"), new.loc[same].filter(like="prob_"))
    assert new.loc["t1"].filter(like="prob_").astype(float).idxmax() == "prob_tool"
    assert new.loc["new"].filter(like="prob_").astype(float).idxmax() == "prob_pet"


@pytest.mark.process
def test_a_pool_is_judged_too(tmp_path: Path) -> None:
    texts().to_csv(tmp_path / "data.csv", index=False)
    (tmp_path / "pool.csv").write_text("id,text\np1,saw and drill\np2,dog or cat\n")
    pool_too = ("--new", "pool.csv", "--new-output", "p.csv")
    hardneg("predict", "data.csv", "--text", "text", "-o", "d.csv", *pool_too, cwd=tmp_path, check=True)
    pool = pd.read_csv(tmp_path / "p.csv").set_index("id")
    assert pool.filter(like="prob_").idxmax(axis=1).to_dict() == {"p1": "prob_tool", "p2": "prob_pet"}


@pytest.mark.process
def test_find_reads_what_it_writes(tmp_path: Path) -> None:
    frame = texts(120)
    frame.loc[7, "label"] = next(name for name in WORDS if name != frame.label[7])
    frame.to_csv(tmp_path / "data.csv", index=False)
    hardneg("predict", "data.csv", "--text", "text", "-o", "p.parquet", cwd=tmp_path, check=True)
    found = find(tmp_path / "data.csv", probs=[tmp_path / "p.parquet"])
    assert found.dataset.ids[int(found.ranked[0])].as_py() == "t7"


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing to learn from"),
        (["--text", "txt"], "did you mean 'text'"),
        (["--text", "text", "--model", "logistics"], "did you mean 'logistic'"),
        (["--text", "text", "--folds", "1"], "--folds"),
        (["--text", "text", "--folds", "99"], "too few for 99 folds"),
        (["--text", "text", "--new", "data.csv"], "--new-output"),
        (["--text", "text", "--frozen", "data.csv"], "no column 'fold'"),
        (["--text", "text", "--set", "logistic.power=3"], "has no setting 'power'"),
    ],
)
def test_bad_input_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    texts(30).to_csv(tmp_path / "data.csv", index=False)
    done = hardneg("predict", "data.csv", *options, "-o", "p.csv", cwd=tmp_path, text=True)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "p.csv").exists()


def test_one_class_cannot_be_learned() -> None:
    with pytest.raises(InputError, match="two classes"):
        predict(texts().assign(label="fruit"), Columns(text="text"))
