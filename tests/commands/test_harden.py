"""Hardening: gradients are right, attacks stay in their bounds, and no version leaves its parent's split."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from hardneg_cli import Columns, InputError, find
from hardneg_cli.modeling.robustness.attacks import least_change, projected_gradient, text_perturbation
from hardneg_cli.modeling.robustness.network import network
from hardneg_cli.verbs.harden import harden
from support.command import hardneg

WORDS = {
    "fruit": "apple pear plum cherry grape banana orange",
    "tools": "hammer chisel drill pliers saw wrench ruler",
    "pets": "kitten puppy goldfish parrot mouse rabbit hamster",
}
QUICK = {"mlp": {"epochs": "8", "hidden": "16"}, "projected-gradient": {"steps": "5"}}


def wine() -> pd.DataFrame:
    data = load_wine(as_frame=True)
    frame = data.data.add_prefix("x_").astype(str)
    frame.insert(0, "id", [f"w{row:03}" for row in range(len(frame))])
    frame.insert(1, "label", data.target.map({0: "red", 1: "white", 2: "rosé"}))
    frame["split"] = np.where(np.arange(len(frame)) % 4, "train", "test")
    return frame


def texts(rows: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    labels = [list(WORDS)[row % 3] for row in range(rows)]
    said = [" ".join(rng.choice(WORDS[label].split(), 3)) + " please 007" for label in labels]
    frame = pd.DataFrame({"id": [f"t{row}" for row in range(rows)], "label": labels, "text": said})
    frame["split"] = np.where(np.arange(rows) % 3, "train", "test")
    return frame


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "model", [MLPClassifier((9, 7), max_iter=20, random_state=0), LogisticRegression()], ids=["network", "logistic"]
)
def test_the_gradient_is_that_of_finite_differences(model: Any, classes: int) -> None:
    x, y = load_wine(return_X_y=True)
    x, y = StandardScaler().fit_transform(x)[y < classes], y[y < classes]
    model.fit(x, y)
    ours, step = network(model), 1e-5
    assert (ours.predicted(x) == model.predict(x)).all()
    assert np.allclose(ours.loss(x, y), -np.log(model.predict_proba(x)[np.arange(len(y)), y]), atol=1e-6)
    gradient = ours.gradient(x, y)
    for column in range(x.shape[1]):
        sides = []
        for way in (step, -step):
            moved = x.copy()
            moved[:, column] += way
            sides.append(-np.log(model.predict_proba(moved)[np.arange(len(y)), y]))
        assert np.allclose(gradient[:, column], (sides[0] - sides[1]) / (2 * step), atol=1e-5)


def test_projected_gradient_stays_in_its_bounds_and_beats_chance() -> None:
    x, y = load_wine(return_X_y=True)
    x = StandardScaler().fit_transform(x)
    model, rng = network(LogisticRegression(max_iter=500).fit(x, y)), np.random.default_rng(0)
    low, high = np.maximum(x - 0.3, x.min(axis=0)), np.minimum(x + 0.3, x.max(axis=0))
    low[:, 0] = high[:, 0] = x[:, 0]
    found = projected_gradient.run(model, x, y, low, high, rng)
    assert (found >= low).all()
    assert (found <= high).all()
    assert (found[:, 0] == x[:, 0]).all()
    for _ in range(20):
        corners = np.where(rng.random(x.shape) < 0.5, low, high)
        assert (model.loss(found, y) >= model.loss(corners, y)).all()  # for a linear model of two classes a theorem


def test_the_least_change_is_just_behind_the_boundary() -> None:
    points, fooling = np.zeros((3, 1)), np.full((3, 1), 8.0)
    found = least_change.run(lambda x: (x[:, 0] > 3).astype(int), points, fooling, np.zeros(3, int), halvings=12)
    assert (found > 3).all()
    assert (found < 3.01).all()


@pytest.mark.slow
def test_versions_stay_near_their_parent_and_in_its_split() -> None:
    frame = wine()
    frame["x_flag"] = np.where(frame.label == "red", "1", "0")  # nothing lies between
    found = harden(frame, Columns(split="split"), features="x_*", settings=QUICK, boundary=True, epsilon=0.4)
    table = found.table().to_pandas().set_index("id")
    versions = table[~table.kind.isin(["given", "hard-negative"])]
    own = table.loc[versions.parent_id]
    assert len(versions) > 50
    assert set(versions.kind) >= {"projected-gradient"}
    assert versions.index.str.fullmatch(r"w\d+~\d+").all()
    assert (versions.split == "train").all()
    assert ((versions.label.to_numpy() == own.label.to_numpy()) == (versions.kind != "soft-label")).all()
    train = frame[frame.split == "train"]
    for name in frame.columns[frame.columns.str.startswith("x_")]:
        known = train[name].astype(float)
        moved = np.abs(versions[name].to_numpy() - own[name].to_numpy())
        assert moved.max() <= 0.4 * known.std(ddof=0) * (1 + 1e-9)
        assert (moved.max() > 0) == (name != "x_flag")
        assert versions[name].between(known.min() - 1e-9, known.max() + 1e-9).all()
    assert (table.loc[frame.id[frame.split == "test"]].kind == "given").all()


@pytest.mark.slow
def test_suspects_neither_train_nor_get_versions() -> None:
    frame = wine()
    wrong = frame.index[[1, 50, 101]]
    frame.loc[wrong, "label"] = ["white", "rosé", "red"]
    p = np.full((len(frame), 3), 0.05)
    p[np.arange(len(frame)), load_wine().target] = 0.9
    for name, place in zip(["red", "white", "rosé"], p.T, strict=True):
        frame[f"prob_{name}"] = place.astype(str)
    score = find(frame.drop(columns="split"), features="x_*").score
    guard = float(np.sort(score)[-3])  # the worst two are above it
    found = harden(frame.drop(columns="split"), features="x_*", settings=QUICK, folds=0, guard=guard)
    table = found.table().to_pandas()
    assert found.suspects == 2
    assert set(frame.id) - set(table.parent_id) == set(frame.id[score > guard])
    assert not any(name.startswith("prob_") for name in table.columns)
    assert not found.measured


def test_text_edits_are_few_and_spare_what_carries_the_label() -> None:
    said = [
        "Please do not send PETS or hammer 007 to my bank account, really",
        "",
        "你好 世界",
        "\u202eabc \x07 [bold]word",
    ]

    def judge(places: Any, versions: Any) -> Any:
        return np.array([1 / (2 + sum(a != b for a, b in zip(said[place], text, strict=False)))
                         for place, text in zip(places, versions, strict=True)])  # fmt: skip

    found = text_perturbation.run(said, judge, {"pets"}, 0, edits=3, protect="bank")
    for word in ("PETS", "not", "007", "bank", "do"):
        assert word in found[0].text.replace(",", "").split()
    assert 0 < len(found[0].kinds) <= 3
    assert [one.text for one in found[1:3]] == said[1:3]
    assert found == text_perturbation.run(said, judge, {"pets"}, 0, edits=3, protect="bank")


@pytest.mark.slow
def test_texts_are_hardened_for_any_model() -> None:
    frame = texts()
    found = harden(frame, Columns(text="text", split="split"), model="knn")
    table = found.table().to_pandas().set_index("id")
    versions = table[table.index != table.parent_id]
    assert len(versions) > 10
    assert (versions.split == "train").all()
    assert versions.text.str.contains("007").all()
    assert [one.training for one in found.measured] == ["plain", "augmented"]
    assert all((one.robust <= one.right).all() for one in found.measured)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["forest", "logistic"])
def test_neither_order_nor_a_second_run_changes_anything(model: str) -> None:
    settings = {"forest": {"trees": "5"}, "adversarial-training": {"epochs": "3"}}
    frame = wine()
    ours = harden(frame, features="x_*", model=model, settings=settings, folds=2)
    plain, *_, last = ours.measured
    assert len(last.right) == len(frame) / (1 if model == "forest" else 2)  # what is quick is measured on all folds
    assert (f"on {len(last.right)} of them" in "\n".join(ours.summary())) == (len(last.right) < len(plain.right))
    theirs = harden(frame.sample(frac=1, random_state=1), features="x_*", model=model, settings=settings, folds=2)
    a, b = (found.table().to_pandas().set_index("id").sort_index() for found in (ours, theirs))
    pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert ours.accuracy().equals(theirs.accuracy())


@pytest.mark.process
def test_the_command_writes_what_pandas_and_find_read(tmp_path: Path) -> None:
    frame = wine().drop(columns="id").assign(kind="=cmd|' /C calc'!A0", note="[bold]\u202e<script>")
    frame.to_csv(tmp_path / "data.csv", index=False)
    quick = ["--set", "mlp.epochs=5", "--set", "mlp.hidden=8", "--set", "projected-gradient.steps=3"]
    outputs = ["-o", "out.csv", "-o", "out.parquet", "--accuracy", "accuracy.csv"]
    learn = ["--features", "x_*", "--split", "split", *quick]
    done = hardneg("harden", "data.csv", *learn, *outputs, cwd=tmp_path, text=True, check=True)
    assert done.stdout == ""
    assert "adversarial against plain: robust" in done.stderr
    assert "adversarial (the model that can be saved): accuracy" in done.stderr
    assert "augmented (a new model of the written rows): accuracy" in done.stderr
    table = pd.read_csv(tmp_path / "out.csv", keep_default_na=False)
    assert (table.kind == frame.kind[0]).all()
    assert set(table.hardneg_kind) >= {"given", "projected-gradient"}
    assert pd.read_parquet(tmp_path / "out.parquet").x_alcohol.dtype == float
    measured = pd.read_csv(tmp_path / "accuracy.csv").set_index("training")
    assert list(measured.index) == ["plain", "adversarial", "augmented"]
    assert measured.written.fillna("").tolist() == ["", "model", "rows"]
    assert (measured.accuracy_low <= measured.accuracy).all()
    hardneg("find", "out.csv", "--features", "x_*", "-q", "-o", "queue.csv", cwd=tmp_path, check=True)


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing to learn from"),
        (["--features", "split"], "there are none in 'split'"),
        (["--features", "x_*", "--epsilon", "0"], "--epsilon"),
        (["--features", "x_*", "--guard", "2"], "--guard"),
        (["--features", "x_*", "--folds", "1"], "--folds"),
        (["--features", "x_*", "--split", "split", "--train-split", "tran"], "did you mean 'train'"),
        (["--features", "x_*", "--model", "mpl"], "did you mean 'mlp'"),
        (["--features", "x_*", "--set", "projected-gradient.step=3", "--folds", "0"], "has no setting 'step'"),
        (["--features", "x_*", "--set", "projected-gradiant.steps=3"], "did you mean 'projected-gradient'"),
        (["--features", "features.npy"], "columns of data.csv"),
    ],
)
def test_bad_input_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    wine().to_csv(tmp_path / "data.csv", index=False)
    np.save(tmp_path / "features.npy", np.zeros((178, 2)))
    done = hardneg("harden", "data.csv", *options, "-o", "out.csv", cwd=tmp_path, text=True)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()


def test_one_class_cannot_be_hardened() -> None:
    with pytest.raises(InputError, match="class"):
        harden(wine().assign(label="red"), features="x_*")
