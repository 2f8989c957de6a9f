"""A second model: log-loss before and after on right labels, how well errors are foreseen, and the worst slice named.

The first models are learned from planted labels, out of fold: naive Bayes, and plain logistic regression. `train` is
out of fold, `test` the clean part, corrected as new rows. Slices are judged by right labels: on the rows they were not
found on. `planted errors` is find's average precision with the first probabilities, and with both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats
from sklearn.decomposition import PCA
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hardneg_cli import Columns, find
from hardneg_cli.verbs.dual import dual

from . import dual_report
from .planted import Planted, planted
from .results import Figure

FIRST = ("bayes", "logistic")
SMALLEST = 1e-6
HEAD = ("train before", "train after", "test before", "test after", "AUC 1 − p", "AUC p_wrong", "slice", "average",
        "AP before", "AP both")  # fmt: skip

Block = NDArray[np.float64]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a table, and whether what is demanded is met."""
    found: dict[tuple[str, str], list[list[float]]] = {}
    for seed in seeds:
        for one in planted(folder, seed):
            if not quick or one.name == "digits":
                for kind in FIRST:
                    found.setdefault((one.name, kind), []).append(_measured(one, kind, seed))
    yield "| set | first model | " + " | ".join(HEAD) + " |"
    yield "| --- | --- |" + " ---: |" * len(HEAD)
    for (name, kind), rows in found.items():
        yield f"| {name} | {kind} | " + " | ".join(_interval(list(column)) for column in zip(*rows, strict=True)) + " |"
        if kind == "logistic":
            for when, column in (("before", 0), ("after", 1)):
                yield Figure(name, f"dual, {when}", float(np.mean([row[column] for row in rows])))
    yield ""
    for (name, kind), rows in found.items():
        values = np.array(rows)
        lower = bool((values[:, [1, 3]] < values[:, [0, 2]]).all())
        slices = values[~np.isnan(values[:, 6])]
        worse = bool(len(slices)) and slices[:, 6].mean() > slices[:, 7].mean()
        yield f"- {name}, {kind}: log-loss lower on train and test in every seed: {_verdict(lower)}"
        yield f"- {name}, {kind}: worst slice above average ({len(slices)} of {len(rows)} seeds): {_verdict(worse)}"
    yield ""
    yield from dual_report.part(folder, seeds, quick=quick)


def _measured(one: Planted, kind: str, seed: int) -> list[float]:
    labels, names = one.train["label"], sorted(one.train["label"].unique())
    x, new = (_inputs(one, frame) for frame in (one.train, one.test))
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    p = cross_val_predict(_model(one, kind), x, labels, cv=folds, method="predict_proba")
    theirs = _model(one, kind).fit(x, labels).predict_proba(new)
    data = pa.Table.from_pandas(one.train, preserve_index=False)
    columns = Columns(text=one.text)
    result = dual(
        data, columns, probs=[p], classes=names, features=one.features, decisions=(),
        new=pa.Table.from_pandas(one.test, preserve_index=False), new_probs=[theirs],
    )  # fmt: skip
    true = np.searchsorted(names, one.truth.astype(str))
    test = np.searchsorted(names, one.test["label"].to_numpy(str))
    mine = true[result.order]
    wrong = result.first.argmax(axis=1) != mine
    assert result.second.new is not None
    adjusted = result.adjusted().to_pandas().set_index("id").loc[one.train["id"]].filter(like="prob_").to_numpy(float)
    both = find(data, columns, probs=[p, adjusted], classes=names, features=one.features, decisions=())
    return [
        _loss(result.first, mine), _loss(result.second.adjusted, mine), _loss(theirs, test),
        _loss(result.second.new[1], test), float(roc_auc_score(wrong, 1 - result.first.max(axis=1))),
        float(roc_auc_score(wrong, result.second.p_wrong)), *_worst(result, wrong),
        float(average_precision_score(one.wrong, result.findings.score)),
        float(average_precision_score(one.wrong, both.score)),
    ]  # fmt: skip


def _worst(result: Any, wrong: NDArray[np.bool_]) -> tuple[float, float]:
    """The true error rate of the first proved slice and of all rows, among those it was not found on."""
    first = next((one for one in result.slices if one.proved), None)
    if first is None:
        return float("nan"), float("nan")
    held_out = (np.array(result.fold, int) - 1) % 2 == first.held_out
    return float(wrong[first.rows & held_out].mean()), float(wrong[held_out].mean())


def _inputs(one: Planted, frame: pd.DataFrame) -> Any:
    return frame[one.text] if one.text else frame.filter(like="pixel_").astype(float).to_numpy()


def _model(one: Planted, kind: str) -> Any:
    if one.text:
        model = MultinomialNB(alpha=0.1) if kind == "bayes" else LogisticRegression(max_iter=100, C=5)
        return make_pipeline(TfidfVectorizer(sublinear_tf=True, min_df=2), model)
    weak = [PCA(6, random_state=0), GaussianNB()] if kind == "bayes" else [LogisticRegression(max_iter=100)]
    return make_pipeline(StandardScaler(), *weak)


def _loss(p: Block, truth: NDArray[np.int64]) -> float:
    return float(-np.log(np.maximum(p[np.arange(len(truth)), truth], SMALLEST)).mean())


def _interval(values: list[float]) -> str:
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return "none"
    spread = stats.sem(known) * stats.t.ppf(0.975, len(known) - 1) if len(known) > 1 else float("nan")
    return f"{known.mean():.3f} ± {spread:.3f}"


def _verdict(met: bool) -> str:
    return "met" if met else "missed"
