"""The manual's recipes are run with the libraries that they are for: out-of-fold probabilities, findings, weights back.

What takes gigabytes to install is run where it is there: see tests/README.md.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import chdir
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from hardneg_cli import find
from support.paths import PACKAGE, SAMPLE

TEXT = (PACKAGE / "manual/recipes.md").read_text(encoding="utf-8")
BLOCKS = {
    part.partition("\n")[0]: re.findall(r"^```python\n(.*?)^```", part, flags=re.MULTILINE | re.DOTALL)
    for part in re.split(r"^## ", TEXT, flags=re.MULTILINE)[1:]
}
Names = dict[str, Any]
START, FINDINGS = "The rows and their folds", "From probabilities to findings and weights"
OF_SKLEARN = {"scikit-learn": "sklearn", "LightGBM": "lightgbm", "XGBoost": "xgboost"}
MODULES = OF_SKLEARN | {"PyTorch": "torch", "Hugging Face Trainer": "transformers"}


def of_pixels(names: Names) -> Any:
    """What the model says of all rows."""
    return names["model"].predict_proba(names["X"])


def of_tensors(names: Names) -> Any:
    return names["model"](names["inputs"]).softmax(dim=1).detach().numpy()


def of_words(names: Names) -> Any:
    words = names["torch"].tensor([row["input_ids"] for row in names["rows"]])
    return names["model"].eval()(input_ids=words).logits.softmax(dim=1).detach().numpy()


SAYS: dict[str, Callable[[Names], Any]] = {**dict.fromkeys(OF_SKLEARN, of_pixels), "PyTorch": of_tensors,
                                           "Hugging Face Trainer": of_words}  # fmt: skip
LIBRARIES = [
    pytest.param(title, marks=[] if title in OF_SKLEARN else pytest.mark.filterwarnings("ignore")) for title in MODULES
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes")
    shutil.copytree(SAMPLE, path / "sample_data")
    return path


@pytest.fixture(scope="module")
def start(folder: Path) -> Names:
    return after(folder, {}, BLOCKS[START][0])


def after(folder: Path, names: Names, *blocks: str) -> Names:
    """The names that there are once the blocks have been run."""
    known = dict(names)
    with chdir(folder):
        for block in blocks:
            exec(compile(block, "recipes.md", "exec"), known)
    return known


def judged(title: str, folder: Path, names: Names) -> Names:
    """After the block that makes the probabilities, its chance the same each time."""
    module = pytest.importorskip(MODULES[title])
    if title not in OF_SKLEARN:
        pytest.importorskip("torch").manual_seed(0)
    assert module
    return after(folder, names, BLOCKS[title][0])


def test_every_block_belongs_to_a_library_that_is_tested() -> None:
    assert set(BLOCKS) == {START, FINDINGS, *MODULES}
    assert sum(map(len, BLOCKS.values())) == TEXT.count("```python") == 13


def test_no_copy_straddles_a_fold_and_each_row_is_judged_once(start: Names) -> None:
    judged_rows = np.concatenate([test for _, test in start["folds"]])
    assert sorted(judged_rows) == list(range(len(start["data"])))
    for train, test in start["folds"]:
        assert not set(start["groups"][train]) & set(start["groups"][test])
        assert len(set(start["y"][train])) == len(start["classes"])


@pytest.mark.slow
@pytest.mark.parametrize("title", LIBRARIES)
def test_a_recipe_from_the_rows_to_the_weights_and_back(title: str, folder: Path, start: Names) -> None:
    names = judged(title, folder, start)
    probs, data, classes = names["probs"], names["data"], names["classes"]
    assert np.allclose(probs.sum(axis=1), 1, atol=1e-3)
    assert (probs.argmax(axis=1) == names["y"]).mean() > 0.6

    names = after(folder, names, *BLOCKS[FINDINGS][:2])
    written = pd.read_csv(folder / "probs.csv", dtype={"id": str})
    assert [*written["id"]] == [*data["id"]]
    assert [*written.columns[1:]] == [f"prob_{name}" for name in classes]
    truth = pd.read_csv(folder / "sample_data/digits.truth.csv", index_col="id")["is_error"].loc[data["id"]]
    assert average_precision_score(truth, names["findings"].score) > 0.55
    assert names["weights"][truth == 1].mean() < 0.6 < 1 < names["weights"][truth == 0].mean()
    assert names["weights"].mean() == pytest.approx(1)

    back = BLOCKS[FINDINGS][2] if title == "scikit-learn" else BLOCKS[title][1]
    assert SAYS[title](after(folder, names, back))[:, 0].mean() > 0.05
    names["weights"] = names["weights"] * (names["y"] != 0)
    assert SAYS[title](after(folder, names, back))[:, 0].mean() < 0.02, "the weights do not reach the training"


@pytest.mark.slow
@pytest.mark.parametrize("title", LIBRARIES)
def test_a_row_is_judged_without_its_own_label(title: str, folder: Path, start: Names) -> None:
    test = start["folds"][0][1]
    few = start if title == "scikit-learn" else start | {"folds": start["folds"][:1]}
    other = start["y"].copy()
    other[test] = np.random.default_rng(0).permutation(other[test])
    as_given, as_permuted = (judged(title, folder, few | {"y": y})["probs"][test] for y in (start["y"], other))
    assert (as_given == as_permuted).all()


def test_a_probability_is_found_by_its_id_in_whatever_order(folder: Path, start: Names) -> None:
    names = judged("scikit-learn", folder, start)
    names = after(folder, names, BLOCKS[FINDINGS][0])
    names["table"].sample(frac=1, random_state=0).to_csv(folder / "shuffled.csv", index=False)
    in_order, by_id = (find(names["data"], probs=folder / name).score for name in ("probs.csv", "shuffled.csv"))
    assert (in_order == by_id).all()
