"""What `dual` reports against what is so: by the right labels of the same held-out rows, and in slices on fresh rows.

Real sets with 10 % planted errors, half of them to any class, half to a look-alike; the first model is a logistic
regression that was trained on them, out of fold. The ratio is of the means over the seeds. A slice's interval covers
where it has the share of fresh rows in it on which the first model errs: the models of its folds, which made the
probabilities, as another one errs elsewhere. Slices with fewer than 20 fresh rows tell nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from hardneg_cli import Columns
from hardneg_cli.modeling.error_model.conditions import ConditionTable
from hardneg_cli.verbs.dual import dual

from .planted import RATE, flipped
from .real_sets import RealSet, real_set

SETS = ("digits", "breast", "penguins", "churn", "tate", "banking77")
FACTOR, COVERED, FEWEST = 1.25, 0.9, 20
SMALLEST = 1e-6
FIGURES = ("log_loss", "adjusted_log_loss", "error_rate")

Block = NDArray[np.float64]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str]:
    """Markdown: a table, and whether what is demanded is met."""
    yield "| set | log-loss, reported / true | adjusted | error rate | slices covered |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    met = []
    for name in SETS[:2] if quick else SETS:
        found = [_measured(real_set(name, folder), seed) for seed in seeds]
        told, true = (np.mean([one[side] for one in found], axis=0) for side in (0, 1))
        slices = [inside for one in found for inside in one[2]]
        cells = [f"{a:.4f} / {b:.4f} = {a / b:.2f}" for a, b in zip(told, true, strict=True)]
        yield f"| {name} | {' | '.join(cells)} | {sum(slices)} of {len(slices)} |"
        met.append((name, np.maximum(told / true, true / told), slices))
    yield ""
    for place, figure in enumerate(FIGURES):
        off = ", ".join(name for name, ratio, _ in met if ratio[place] > FACTOR)
        yield f"- {figure} within a factor of {FACTOR} of the truth: {f'missed on {off}' if off else 'met'}"
    every = [inside for *_, slices in met for inside in slices]
    share = float(np.mean(every)) if every else float("nan")
    yield f"- {share:.0%} of {len(every)} slices cover: {'met' if share >= COVERED else 'missed'}"


def _measured(one: RealSet, seed: int) -> tuple[list[float], list[float], list[bool]]:
    train, test = one.parts(seed)
    truth = train["label"].to_numpy(object)
    model, (x, new) = _model(one), _inputs(one, train, test)
    vectors = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(x) if one.text else x
    train = train.assign(label=flipped(truth, vectors, RATE, np.random.default_rng(seed)))
    labels = train["label"].to_numpy(str)
    names = sorted(set(labels))
    p, theirs = np.empty((len(labels), len(names))), []
    for inside, outside in StratifiedKFold(5, shuffle=True, random_state=seed).split(labels, labels):
        model.fit(_some(x, inside), labels[inside])
        p[outside] = model.predict_proba(_some(x, outside))
        theirs.append(model.predict_proba(new))
    result = dual(
        pa.Table.from_pandas(train, preserve_index=False), Columns(text=one.text), probs=[p], classes=names,
        features=one.features, decisions=(),
    )  # fmt: skip
    mine = np.searchsorted(names, truth.astype(str))[result.order]
    rates = result.second.rates
    told = [rates.first.log_loss, rates.adjusted.log_loss, rates.first.error_rate]
    errs = float((result.first.argmax(axis=1) != mine).mean())
    true = [_loss(result.first, mine), _loss(result.second.adjusted, mine), errs]
    right = np.searchsorted(names, test["label"].to_numpy(str))
    return told, true, list(_covered(result.slices, _content(test), theirs, right, names))


def _covered(
    slices: Sequence[Any], content: pa.Table, theirs: list[Block], right: NDArray[np.int64], names: list[str]
) -> Iterator[bool]:
    """Whether each slice's interval has the share of fresh rows in it on which the models of all folds err."""
    fresh = [(p.argmax(axis=1), ConditionTable(content, [names[code] for code in p.argmax(axis=1)])) for p in theirs]
    for each in slices:
        inside = [np.logical_and.reduce([rows.that(one) for one in each.conditions]) for _, rows in fresh]
        errors = sum(int((called != right)[chosen].sum()) for (called, _), chosen in zip(fresh, inside, strict=True))
        count = sum(int(chosen.sum()) for chosen in inside)
        if count >= FEWEST * len(fresh):
            yield bool(each.low <= errors / count <= each.high)


def _some(x: Any, rows: NDArray[np.int64]) -> Any:
    return x.iloc[rows] if hasattr(x, "iloc") else x[rows]


def _content(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame.drop(columns=["id", "label"]).astype(str), preserve_index=False)


def _inputs(one: RealSet, train: pd.DataFrame, test: pd.DataFrame) -> tuple[Any, Any]:
    """What the first model learns from: texts, or numbers and categories as numbers."""
    if one.text:
        return train[one.text], test[one.text]
    both = pd.concat([train, test]).drop(columns=["id", "label"])
    for column in both:
        numbers = pd.to_numeric(both[column].where(both[column] != "", np.nan), errors="coerce")
        if (numbers.isna() == (both[column] == "")).all():
            both[column] = numbers
    ready = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include=np.number)),  # type: ignore[arg-type]
        (OneHotEncoder(sparse_output=False), make_column_selector(dtype_exclude=np.number)),  # type: ignore[arg-type]
    ).fit_transform(both)
    return ready[: len(train)], ready[len(train) :]


def _model(one: RealSet) -> Any:
    if one.text:
        return make_pipeline(TfidfVectorizer(sublinear_tf=True, min_df=2), LogisticRegression(max_iter=200, C=5))
    return LogisticRegression(max_iter=300)


def _loss(p: Block, truth: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(p[np.arange(len(truth)), truth], SMALLEST)).mean())
