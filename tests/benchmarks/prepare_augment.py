"""Augmenting: recall of small classes on clean test rows, by a plain model of the rows as they are, and with new ones.

A third of the classes (at least one) keep 15 training rows each; of BANKING77 20 classes stand for all. The model is a
plain one that anybody trains: logistic regression on TF-IDF of words, on scaled numbers and one-hot categories, or on
the pixels of pictures, none of which hardneg uses to choose. Beside it as many plain copies of the same rows, because
balance alone helps such a model. The digits are written as pictures, in which a mirror and half a turn change labels.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from hardneg_cli import Columns
from hardneg_cli.preparation.augmentation.result import AugmentResult
from hardneg_cli.verbs.augment import augment

from .real_sets import RealSet, real_set, tables, texts
from .results import Figure, margin

SMALL, MOST_CLASSES, FOLDS = 15, 20, 3  # rows of a thinned class, classes of a set, parts that are held out in turn
PICTURED = ("shift", "rotate", "crop", "flip", "half-turn")  # what is tried on pictures, the last by name only
MOST_PICTURES = 60  # rows of a class of pictures
QUICK = ("penguins", "tate", "pictures")
Recalls = dict[tuple[str, str], list[tuple[float, float]]]  # by set and way: of small classes, of all


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a table, what was switched off, and whether what is demanded is met."""
    recalls, off = Recalls(), list[str]()
    names = [name for name in (*texts(folder), *tables(), "pictures") if not quick or name in QUICK]
    yield "| set | way | recall of small classes | gained | balanced accuracy | gained |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for name in names:
        for seed in seeds:
            off += _measure(name, folder, seed, recalls)
        yield from _lines(name, recalls)
    yield ""
    yield from off
    yield from _figures(names, recalls)


def _lines(name: str, recalls: Recalls) -> Iterator[str]:
    for way in ("plain", "copies", "augmented"):
        found, plain = np.array(recalls[name, way]), np.array(recalls[name, "plain"])
        cells = []
        for side in range(2):
            gained = "" if way == "plain" else _interval(found[:, side] - plain[:, side])
            cells += [f"{found[:, side].mean():.1%}", gained]
        yield f"| {name} | {way} | " + " | ".join(cells) + " |"


def _figures(names: Sequence[str], recalls: Recalls) -> Iterator[str | Figure]:
    rises, falls = [], []
    for name in names:
        gained = np.array(recalls[name, "augmented"]) - np.array(recalls[name, "plain"])
        copied = np.array(recalls[name, "augmented"]) - np.array(recalls[name, "copies"])
        for what, values in (("above plain", gained), ("above copies", copied)):
            yield Figure(name, f"augment, recall of small classes, {what}", float(values[:, 0].mean()),
                         margin=margin(values[:, 0]))  # fmt: skip
            yield Figure(name, f"augment, balanced accuracy, {what}", float(values[:, 1].mean()),
                         margin=margin(values[:, 1]))  # fmt: skip
        rises += [name] if gained[:, 0].mean() > (margin(gained[:, 0]) or 0) else []
        falls += [name] if -gained[:, 0].mean() > (margin(gained[:, 0]) or 0) else []
    yield f"recall of small classes rises on {', '.join(rises) or 'none'}, falls on {', '.join(falls) or 'none'}"


def _measure(name: str, folder: Path, seed: int, recalls: Recalls) -> Iterator[str]:
    one = real_set("digits" if name == "pictures" else name, folder)
    train, test, small = _thinned(one, seed)
    if name == "pictures":
        train = train[train.groupby("label").cumcount() < MOST_PICTURES].reset_index(drop=True)
        drawn = train[["id", "label"]].assign(image=[_drawn(row) for row in _pixels(train)])
        found = augment(drawn, Columns(image="image"), by=PICTURED, folds=FOLDS, seed=seed)
        new = found.table()["image"].to_pylist()[len(train) :]
        content = pd.DataFrame([_read(cell) for cell in new], columns=_content(train, one).columns)
        more = content.astype(str).assign(label=_labels(found, train))
    else:
        found = augment(train, Columns(text=one.text), features=one.features, folds=FOLDS, seed=seed)
        more = found.table(as_text=True).to_pandas().iloc[len(train) :].fillna("")
    copies = train.iloc[found.versions.parents]
    ways = {"plain": train, "copies": pd.concat([train, copies]), "augmented": pd.concat([train, more])}
    for way, rows in ways.items():
        right = _model(one).fit(_content(rows, one), rows["label"]).predict(_content(test, one)) == test["label"]
        recall = right.groupby(test["label"]).mean()
        recalls.setdefault((name, way), []).append((float(recall[sorted(small)].mean()), float(recall.mean())))
    for trial in found.selection.trials:
        classes = [label for label, gone in zip(found.dataset.classes, trial.off, strict=True) if gone]
        if classes:
            yield f"- {name}, seed {seed}: {trial.name} is off for {', '.join(classes)}"


def _thinned(one: RealSet, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, set[str]]:
    """Train and test rows, and the classes of which few train."""
    train, test = one.parts(seed)
    rng = np.random.default_rng(seed)
    classes = rng.permutation(sorted(set(train["label"])))[:MOST_CLASSES]
    small = {str(label) for label in classes[: max(1, len(classes) // 3)]}
    train, test = (rows[rows["label"].isin(classes)].reset_index(drop=True) for rows in (train, test))
    place = train.groupby("label").cumcount()
    return train[(place < SMALL) | ~train["label"].isin(small)].reset_index(drop=True), test, small


def _model(one: RealSet) -> object:
    if one.text is not None:
        return make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(C=10, max_iter=500))
    kinds = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), lambda rows: rows.select_dtypes("number").columns),
        (OneHotEncoder(handle_unknown="ignore"), lambda rows: rows.select_dtypes(exclude="number").columns),
    )
    return make_pipeline(kinds, LogisticRegression(max_iter=500))


def _content(rows: pd.DataFrame, one: RealSet) -> pd.DataFrame | pd.Series:
    """What a model learns from; a column is one of numbers where it is in the whole set."""
    if one.text is not None:
        return rows[one.text]
    assert one.features is not None
    found = {}
    for name in one.features.split(","):
        known = one.frame[name].replace("", np.nan)
        is_number = pd.to_numeric(known, errors="coerce").notna().eq(known.notna()).all()
        found[name] = pd.to_numeric(rows[name].replace("", np.nan)) if is_number else rows[name]
    return pd.DataFrame(found)


def _labels(found: AugmentResult, train: pd.DataFrame) -> list[str]:
    labels: list[str] = train["label"].to_numpy()[found.versions.parents].tolist()
    return labels


def _pixels(train: pd.DataFrame) -> np.ndarray:
    return train.drop(columns=["id", "label"]).to_numpy(float).reshape(len(train), 8, 8)


def _drawn(pixels: np.ndarray) -> str:
    """A digit as a picture in a cell, four times as large."""
    out = io.BytesIO()
    Image.fromarray((pixels * (255 / 16)).astype(np.uint8)).resize((32, 32), Image.Resampling.BILINEAR).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def _read(cell: str) -> np.ndarray:
    """The 64 pixels of such a picture, 0 to 16."""
    picture = Image.open(io.BytesIO(base64.b64decode(cell.partition(",")[2]))).convert("L")
    return np.asarray(picture.resize((8, 8), Image.Resampling.BOX), float).ravel() * (16 / 255)


def _interval(values: np.ndarray) -> str:
    return f"{100 * values.mean():+.1f} ± {100 * (margin(values) or 0):.1f}"
