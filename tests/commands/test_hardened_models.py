"""What hardening found can be taken away: a model that scikit-learn holds alone, and rows that carry its doubts."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine

from hardneg_cli import Columns, InputError
from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.modeling.robustness.attacks import distillation, text_perturbation
from hardneg_cli.verbs.harden import harden
from support.command import hardneg

QUICK = {"mlp": {"epochs": "8", "hidden": "8"}, "adversarial-training": {"epochs": "8"},
         "projected-gradient": {"steps": "3"}, "distillation": {"rounds": "1"}}  # fmt: skip
STRANGER = """
import sys
sys.modules["hardneg_cli"] = None
import pandas as pd, skops.io
foreign = skops.io.get_untrusted_types(file="model.skops")
assert all(name.split(".")[0] in ("numpy", "sklearn") for name in foreign), foreign
model = skops.io.load("model.skops", trusted=foreign)
rows = pd.read_csv("data.csv", keep_default_na=False, na_values=[""])
rows = rows[rows.split == "test"][sorted(rows)]
print((model.predict(rows) == rows.label).mean(), *model.classes_, sep=",")
"""


def mixed(classes: int = 3) -> pd.DataFrame:
    """Numbers with gaps and without, a category with a gap and a rare value, and what is of no use."""
    data = load_wine(as_frame=True)
    frame = data.data[["alcohol", "flavanoids", "color_intensity"]].copy()
    rng = np.random.default_rng(0)
    frame.loc[rng.random(len(frame)) < 0.1, "flavanoids"] = np.nan
    frame["cellar"] = np.where(rng.random(len(frame)) < 0.7, data.target.map({0: "NA", 1: "hill", 2: "été"}), "")
    frame.loc[3, "cellar"] = "once"
    frame.insert(0, "label", data.target.map({0: "zwei", 1: "eins", 2: "drei"}))
    frame.insert(0, "id", [f"w{row:03}" for row in range(len(frame))])
    frame["split"] = np.where(np.arange(len(frame)) % 3, "train", "test")
    return frame[data.target < classes].astype(object).where(frame.notna(), "").astype(str).reset_index(drop=True)


@pytest.mark.process
@pytest.mark.slow
def test_a_stranger_uses_the_saved_model_and_has_the_accuracy_that_is_reported(tmp_path: Path) -> None:
    mixed().to_csv(tmp_path / "data.csv", index=False)
    quick = [
        part for unit, given in QUICK.items() for name in given for part in ("--set", f"{unit}.{name}={given[name]}")
    ]
    learn = ["--features", "alcohol,flavanoids,color_intensity,cellar", "--split", "split", *quick]
    taken = ["--save-model", "model.skops", "--accuracy", "accuracy.json"]
    done = hardneg("harden", "data.csv", *learn, *taken, cwd=tmp_path, text=True, check=True)
    assert done.stdout == ""
    told = subprocess.run([sys.executable, "-c", STRANGER], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    share, *classes = told.stdout.strip().split(",")
    measured = pd.read_json(tmp_path / "accuracy.json").set_index("written")
    assert float(share) == pytest.approx(measured.accuracy["model"])
    assert classes == ["drei", "eins", "zwei"]


@pytest.mark.slow
@pytest.mark.parametrize(("model", "classes"), [("mlp", 2), ("logistic", 3), ("forest", 2), ("boosting", 3)])
def test_the_saved_model_answers_as_the_one_inside(model: str, classes: int) -> None:
    frame = mixed(classes)
    settings = {**QUICK, "forest": {"trees": "5"}, "boosting": {"rounds": "3"}, "transfer": {"steps": "2"}}
    names = "alcohol,flavanoids,color_intensity,cellar"
    found = harden(frame, Columns(split="split"), features=names, model=model, settings=settings, folds=0)
    rows = frame.assign(**{name: pd.to_numeric(frame[name]) for name in names.split(",")[:3]})
    pipeline = found.saved.pipeline()
    inside = found.saved.model
    test = np.flatnonzero(rows.split == "test")
    given = rows.iloc[test].assign(cellar=rows.cellar.replace("", None))
    assert list(pipeline.classes_) == sorted(set(frame.label))
    numbers = rows[names.split(",")[:3]].to_numpy(float)
    p = inside.probabilities(ModelInputs(len(rows), None, numbers, {"cellar": tuple(frame.cellar)}), test, classes)
    assert np.allclose(pipeline.predict_proba(given), p, atol=1e-12)
    first, second = io.BytesIO(), io.BytesIO()
    found.saved.write(first)
    found.saved.write(second)
    assert first.getvalue() == second.getvalue()


@pytest.mark.slow
def test_texts_go_in_as_a_list() -> None:
    said = [f"{what} {n}" for n in range(10) for what in ("red apple pie", "green pear", "steel hammer", "iron chisel")]
    frame = pd.DataFrame({"text": said, "label": ["fruit", "fruit", "tool", "tool"] * 10, "n": range(40)})
    found = harden(frame, Columns(text="text"), folds=0)
    assert list(found.saved.pipeline().predict(["a red apple", "the hammer"])) == ["fruit", "tool"]
    beside = harden(frame, Columns(text="text"), features="n", folds=0)
    assert list(beside.saved.pipeline().predict(frame[["n", "text"]].iloc[:4])) == list(frame.label[:4])


@pytest.mark.slow
def test_what_cannot_be_saved_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = mixed().iloc[::4].assign(day=[f"2024-01-{1 + row % 28:02}" for row in range(45)]).drop(columns="split")
    probs = np.eye(3)[np.unique(frame.label, return_inverse=True)[1]] * 0.7 + 0.1
    quick = {"adversarial-training": {"epochs": "1"}, "distillation": {"rounds": "0"}, **QUICK}
    found = harden(frame, features="alcohol,day", settings=quick, folds=0, probs=probs)
    with pytest.raises(InputError, match="leave 'day' out"):
        found.save_model(tmp_path / "model.skops")
    neighbors = harden(frame, features="alcohol", model="knn", folds=0, probs=probs)
    with pytest.raises(InputError, match="choose another model"):
        neighbors.save_model(tmp_path / "model.skops")
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(InputError, match=r"pip install 'hardneg-cli\[models\]'"):
        found.save_model(tmp_path / "model.skops")
    assert not list(tmp_path.iterdir())


def test_labels_come_in_the_shares_of_the_models_belief() -> None:
    belief, own = np.array([[1.0, 0, 0], [0.7, 0.3, 0], [0.4, 0.35, 0.25]]), np.array([0, 1, 2])
    first, seen = np.arange(3.0)[:, None], []

    def fools_next(found: distillation.DistilledPoints) -> Any:
        seen.append(len(found.rows))
        return first + 10

    found = distillation.run(lambda x: belief, own, [first], fools_next, rounds=2)
    assert seen == [1 + 4 + 4, 2 * (1 + 4 + 4)]
    counts = [np.bincount(found.labels[found.rows == row], minlength=3) for row in range(3)]
    assert np.array_equal(counts, [[3, 0, 0], [9, 3, 0], [6, 3, 3]])
    assert np.array_equal(found.points[:, 0] % 10, found.rows)
    hard = distillation.run(lambda x: belief, own, [first], fools_next, rounds=0, parts=1)
    assert hard.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("kind", "edited"),
    [
        ("homoglyph", ".*[а-я].*"),
        ("break", "my (ca rd|card pay ment|card payment ple ase).*"),
        ("cut", "my card (payme please|payment plea)"),
        ("drop", "(my card|my payment|card payment) ?(please)?"),
        ("join", "(mycard|my cardpayment|my card paymentplease).*"),
    ],
)
def test_each_kind_of_edit_can_be_asked_for(kind: str, edited: str) -> None:
    said = "my card payment please"

    def judge(_: Any, texts: Any) -> Any:
        return np.array([1.0 if text == said else 0.5 for text in texts])

    found = text_perturbation.run([said], judge, (), 1, edits=1, kinds=kind)
    assert found[0].kinds == (kind,)
    assert re.fullmatch(edited, found[0].text), found[0].text


def test_an_unknown_kind_of_edit_is_named() -> None:
    with pytest.raises(InputError, match="no kind of edit 'tipo'; did you mean 'typo'"):
        text_perturbation.run(["a word"], lambda _, texts: np.ones(len(texts)), (), 0, kinds="case,tipo")
