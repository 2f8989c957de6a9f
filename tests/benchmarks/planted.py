"""Label sets with planted errors and a clean test part: scikit-learn's digits, and BANKING77's questions.

10 % of the training labels are wrong: half of them flipped to any class, half to one of the five classes that look most
like the right one, by the angle between the classes' mean vectors.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer

from hardneg_cli import Columns, Findings, find, load
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.features.vectorizer import Vectorizer
from hardneg_cli.verbs.predict import predict

from .real_sets import real_set

RATE, LOOK_ALIKES = 0.10, 5
TEST_SHARE = 0.3  # of digits


@dataclass(frozen=True)
class Planted:
    """train: `id`, `label` and the content columns, errors planted. truth: (n,) the right labels of its rows.

    test: the same columns, clean. text, features: which columns to learn from, as the command line takes them.
    """

    name: str
    train: pd.DataFrame
    truth: NDArray[np.object_]
    test: pd.DataFrame
    text: str | None = None
    features: str | None = None

    @property
    def wrong(self) -> NDArray[np.bool_]:
        return np.asarray(self.train["label"] != self.truth)


def planted(folder: Path, seed: int, rate: float = RATE) -> list[Planted]:
    """Both sets; BANKING77 only if the folder has it."""
    found = [digits(seed, rate)]
    if (folder / "banking77").is_dir():
        found.append(banking(folder, seed, rate))
    return found


def digits(seed: int, rate: float = RATE) -> Planted:
    data = load_digits()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(data.target))
    cut = int(len(order) * (1 - TEST_SHARE))
    frame = pd.DataFrame(data.data.astype(int)).astype(str)
    frame.columns = [f"pixel_{place:02}" for place in range(frame.shape[1])]
    frame.insert(0, "id", [f"d{row:04}" for row in range(len(frame))])
    frame.insert(1, "label", data.target.astype(str))
    train, test = (frame.iloc[part].reset_index(drop=True) for part in (order[:cut], order[cut:]))
    truth = train["label"].to_numpy(object)
    labels = flipped(truth, data.data[order[:cut]], rate, rng)
    return Planted("digits", train.assign(label=labels), truth, test, features="pixel_*")


def banking(folder: Path, seed: int, rate: float = RATE) -> Planted:
    train, test = (
        pd.read_csv(folder / "banking77" / f"{part}.csv", dtype=str, keep_default_na=False)
        for part in ("train", "test")
    )
    for name, frame in (("b", train), ("t", test)):
        frame.insert(0, "id", [f"{name}{row:05}" for row in range(len(frame))])
        frame.rename(columns={"category": "label"}, inplace=True)
    truth = train["label"].to_numpy(object)
    vectors = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(train["text"])
    labels = flipped(truth, vectors, rate, np.random.default_rng(seed))
    return Planted("banking77", train.assign(label=labels), truth, test, text="text")


def flipped(truth: NDArray[np.object_], vectors: object, rate: float, rng: np.random.Generator) -> NDArray[np.object_]:
    """The labels with a share of them wrong; vectors: (n, D), which tell what classes look alike."""
    classes, codes = np.unique(truth.astype(str), return_inverse=True)
    means = np.vstack([np.asarray(vectors[codes == code].mean(axis=0)).ravel() for code in range(len(classes))])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    alike = np.argsort(-(means @ means.T), axis=1)[:, 1 : LOOK_ALIKES + 1]
    rows = rng.permutation(len(truth))[: int(rate * len(truth))]
    half = len(rows) // 2
    noisy = codes.copy()
    noisy[rows[:half]] = (codes[rows[:half]] + rng.integers(1, len(classes), half)) % len(classes)
    noisy[rows[half:]] = alike[codes[rows[half:]], rng.integers(0, alike.shape[1], len(rows) - half)]
    return classes[noisy].astype(object)


def planted_real(name: str, folder: Path, seed: int, rate: float = RATE) -> Planted:
    """A set of `real_sets`, with errors planted in its training part."""
    real = real_set(name, folder)
    train, test = real.parts(seed)
    truth = train["label"].to_numpy(object)
    columns = Columns(text=real.text)
    inputs = material(load(train, columns), feature_choice(real.features, columns))
    vectors = Vectorizer(dense=False, seed=seed).fit_transform(inputs, np.arange(len(train)))
    labels = flipped(truth, vectors, rate, np.random.default_rng(seed))
    return Planted(name, train.assign(label=labels), truth, test, text=real.text, features=real.features)


def found_in(one: Planted) -> Findings:
    """What find says of the training part, by the probabilities of predict and the features."""
    columns = Columns(text=one.text)
    predicted = predict(one.train, columns, features=one.features)
    return find(
        one.train, columns, features=one.features, probs=[predicted.probabilities], classes=predicted.classes,
        decisions=(),
    )  # fmt: skip
