"""Real sets with planted imbalance and errors, and a clean test part; a plain model to train on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from .planted import RATE, flipped
from .real_sets import RealSet

IMBALANCE, FEWEST = 10, 8  # rows of the class that keeps all for one of the class that keeps fewest; rows of a class


@dataclass(frozen=True)
class Trial:
    """train: thinned, errors planted. truth: (n,) its right labels. test: as it came. x, new: what a model gets."""

    train: pd.DataFrame
    truth: NDArray[np.object_]
    test: pd.DataFrame
    x: Any
    new: Any


def trial(one: RealSet, seed: int) -> Trial:
    """Classes, in an order by chance, keep a share that falls from all to a tenth; then a tenth of labels is wrong."""
    train, test = one.parts(seed)
    rng = np.random.default_rng(seed)
    train = thinned(train, rng)
    encoder = _encoder(one, train)
    x = encoder.fit_transform(_content(one, train))
    truth = train["label"].to_numpy(object)
    labels = flipped(truth, x, RATE, rng)
    return Trial(train.assign(label=labels), truth, test, x, encoder.transform(_content(one, test)))


def thinned(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The k-th of K classes keeps 10^(−k / (K − 1)) of its rows, at least some."""
    names = rng.permutation(sorted(frame["label"].unique()))
    share = dict(zip(names, np.geomspace(1, 1 / IMBALANCE, len(names)), strict=True))
    place = pd.Series(rng.permutation(len(frame)), index=frame.index).groupby(frame["label"]).rank()
    size = frame.groupby("label")["label"].transform("size")
    kept = place <= np.maximum(size * frame["label"].map(share), FEWEST)
    return frame[kept].reset_index(drop=True)


def plain_model(one: RealSet) -> LogisticRegression:
    return LogisticRegression(max_iter=300, C=5.0 if one.text else 1.0)


def _content(one: RealSet, frame: pd.DataFrame) -> Any:
    return frame[one.text] if one.text else frame.drop(columns=["id", "label"]).replace("", np.nan)


def _encoder(one: RealSet, train: pd.DataFrame) -> Any:
    if one.text:
        return TfidfVectorizer(sublinear_tf=True, min_df=2)
    cells = _content(one, train)
    numbers = [
        name for name in cells if pd.to_numeric(cells[name], errors="coerce").notna().eq(cells[name].notna()).all()
    ]
    scaled = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    others = [name for name in cells if name not in numbers]
    return make_column_transformer(
        (scaled, numbers), (OneHotEncoder(handle_unknown="ignore"), others), sparse_threshold=0
    )
