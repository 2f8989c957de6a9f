"""Tables as they come with packages: numbers with gaps, categories and years, in every command that takes features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from palmerpenguins import load_penguins
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from hardneg_cli import InputError, find, predict
from hardneg_cli.data.features.mixed_columns import mixed_columns
from support.command import hardneg

COLUMNS = "island,bill_*,flipper_length_mm,body_mass_g,sex,year"
WRONG = 24


def penguins(wrong: int = WRONG) -> tuple[pd.DataFrame, NDArray[np.object_]]:
    """The table with some labels wrong, and the right ones."""
    frame = load_penguins()
    truth = frame["species"].to_numpy(object)
    given, rng = truth.copy(), np.random.default_rng(4)
    for row in rng.choice(len(frame), wrong, replace=False):
        given[row] = rng.choice(sorted({*truth} - {truth[row]}))
    frame.insert(0, "id", [f"p{row:03}" for row in range(len(frame))])
    return frame.assign(species=given), truth


def boosted(frame: pd.DataFrame) -> tuple[NDArray[np.float64], list[str]]:
    """scikit-learn's own probabilities out of fold, categories and gaps as it takes them, and the classes."""
    rows = frame.drop(columns=["id", "species"]).astype({"island": "category", "sex": "category"})
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    found = cross_val_predict(model, rows, frame["species"], cv=folds, method="predict_proba")
    return found, sorted(frame["species"].unique())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    penguins()[0].to_csv(tmp_path / "penguins.csv", index=False)
    return tmp_path / "penguins.csv"


@pytest.mark.slow
def test_columns_find_what_probabilities_alone_do_not_and_models_are_as_good_as_boosting() -> None:
    frame, truth = penguins()
    wrong, (probs, classes) = frame["species"] != truth, boosted(frame)
    given = {"label": "species", "decisions": ()}
    without = find(frame, probs=probs, classes=classes, **given)
    having = find(frame, probs=probs, classes=classes, features=COLUMNS, **given)
    columns_alone = find(frame, features=COLUMNS, **given)
    worst = average_precision_score(wrong, without.score)
    assert average_precision_score(wrong, having.score) > worst + 0.05
    assert average_precision_score(wrong, columns_alone.score) > worst + 0.05
    ours = predict(frame, label="species", features=COLUMNS)
    right = np.array(ours.classes)[ours.probabilities.argmax(axis=1)] == truth
    theirs = np.array(classes)[probs.argmax(axis=1)] == truth
    assert right.mean() >= theirs.mean() - (right.astype(float) - theirs).std() / np.sqrt(len(frame))


@pytest.mark.process
def test_from_find_to_check_with_all_else_unchanged(data: Path) -> None:
    frame, truth = penguins()
    named = ("--label", "species", "--features", COLUMNS)
    done = hardneg("find", data, *named, "-o", data.with_name("queue.csv"), text=True)
    assert done.returncode == 0, done.stderr
    queue = pd.read_csv(data.with_name("queue.csv"), dtype=str, keep_default_na=False)
    assert {"island", "sex"}.isdisjoint(queue.columns)
    right = queue["id"].map(dict(zip(frame["id"], truth, strict=True)))
    wrong = right != queue["given_label"]
    queue["decision"], queue["new_label"] = np.where(wrong, "relabel", "keep"), right.where(wrong, "")
    queue.to_csv(data.with_name("filled.csv"), index=False)
    steps = [
        ("collect", data.with_name("filled.csv"), "--data", data, "--label", "species", "--reviewer", "ann"),
        ("apply", data, "--label", "species", "-o", data.with_name("new.csv")),
        ("check", data.with_name("new.csv"), *named, "--base", data),
    ]
    for step in steps:
        done = hardneg(*step, text=True)
        assert done.returncode == 0, (step, done.stderr)
    corrected = pd.read_csv(data.with_name("new.csv"))
    before = pd.read_csv(data)
    pd.testing.assert_frame_equal(corrected.drop(columns="species"), before.drop(columns="species"))
    asked = frame["id"].isin(queue["id"])
    assert (corrected["species"] == np.where(asked, truth, frame["species"])).all()
    assert (frame["species"] != truth)[asked].sum() > WRONG * 0.9


@pytest.mark.slow
@pytest.mark.process
def test_every_command_that_takes_features_takes_them(data: Path) -> None:
    named, made = ("--label", "species", "--features", COLUMNS), data.with_name
    frame, _ = penguins()
    frame.iloc[::3].to_csv(data, index=False)
    frame.iloc[1::9].drop(columns="species").to_csv(made("pool.csv"), index=False)
    steps = [
        ("predict", data, *named, "-o", made("probs.csv")),
        ("find", data, *named, "--probs", made("probs.csv"), "-o", made("q.csv")),
        ("mine", data, *named, "--mode", "retrieval", "--probs", made("probs.csv"), "-o", made("hard.csv")),
        ("weigh", data, *named, "--probs", made("probs.csv"), "-o", made("weights.csv")),
        ("dual", data, *named, "--probs", made("probs.csv"), "-o", made("dual.csv")),
        ("harden", data, *named, "--model", "logistic", "--folds", "2", "-o", made("more.csv")),
        ("refine", data, "--unlabeled", made("pool.csv"), *named, "-o", made("pseudo.csv")),
        ("check", data, *named),
    ]
    for step in steps:
        done = hardneg(*step, text=True)
        assert done.returncode in ((0, 1) if step[0] == "check" else (0,)), (step, done.stderr)
    more = pd.read_csv(made("more.csv"))
    assert set(more["island"]) <= set(load_penguins()["island"])


def test_what_is_infinite_is_named_and_what_is_all_missing_tells_nothing() -> None:
    frame = penguins()[0].head(60).assign(n=[np.inf, *[1.0] * 59], m=np.nan)
    for verb in (find, predict):
        for features in ("n", "n,island"):
            with pytest.raises(InputError, match="infinite"):
                verb(frame, label="species", features=features)
    kept = find(frame, label="species", features="bill_*,m", decisions=())
    assert "features: no numbers at all in 'm'" in " ".join(kept.summary())
    without = find(frame, label="species", features="bill_*", decisions=())
    assert (kept.score == without.score).all()
    assert predict(frame, label="species", features="bill_*,m").agreement > 0.5


def test_words_among_few_numbers_make_a_category_and_a_slip_among_many_is_named() -> None:
    cylinders = ["4", "6", "8", "4", "rotary"] * 8 + ["4"] * 60
    found = mixed_columns("cars", pa.table({"cylinders": cylinders, "gaps": ["1.5", "", "NA", "2", "?"] * 20}))
    assert found.categories["cylinders"] == tuple(cylinders)
    assert np.isnan(found.numbers["gaps"]).sum() == 60
    one = [*(["4", "6", "8"] * 33), "rotary"]
    assert mixed_columns("cars", pa.table({"cylinders": one})).categories["cylinders"] == tuple(one)
    for slip in ("1O", "x", "12,5"):
        with pytest.raises(InputError, match=f"row 100, column 'n': '{slip}' is not a number"):
            mixed_columns("cars", pa.table({"n": [*(["4", "6", "8"] * 33), slip]}))
    with pytest.raises(InputError, match="row 100, column 'n': 'unknown' is not a number"):
        mixed_columns("cars", pa.table({"n": [*map(str, range(99)), "unknown"]}))
