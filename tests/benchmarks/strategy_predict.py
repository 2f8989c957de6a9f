"""predict, find and apply: out-of-fold accuracy, the planted errors' rank, and what correcting them gives back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from sklearn.metrics import average_precision_score

from hardneg_cli import Columns, apply, find
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.review.decisions.filled_queue import AutoPolicy
from hardneg_cli.verbs.predict import predict

from .planted import Planted, planted
from .results import Figure

AUTOMATIC = 0.8  # the score from which --auto-relabel acts: a wrong suggestion costs more than a missed one
REVIEWED = 0.10  # of the rows, worst first


@dataclass(frozen=True)
class Outcome:
    accuracy: float  # out of fold, on the right labels
    precision: float  # average precision of find's score
    seconds: float
    tested: dict[str, float]  # test accuracy after training on the labels so called


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    found: dict[str, list[Outcome]] = {}
    for seed in seeds:
        for one in planted(Path("/nowhere") if quick else folder, seed):
            found.setdefault(one.name, []).append(_outcome(one))
    yield "| set | out-of-fold accuracy | AP of the planted errors | seconds | " + " | ".join(_NAMES) + " |"
    yield "| --- |" + " ---: |" * (3 + len(_NAMES))
    for name, runs in found.items():
        tests = " | ".join(_mean([run.tested[kind] for run in runs]) for kind in _NAMES)
        seconds = np.mean([run.seconds for run in runs])
        accuracy, ap = _mean([run.accuracy for run in runs]), _mean([run.precision for run in runs])
        yield f"| {name} | {accuracy} | {ap} | {seconds:.0f} | {tests} |"
    for name, runs in found.items():
        yield _figure(name, "predict, accuracy", [run.accuracy for run in runs])
        yield _figure(name, "find, average precision", [run.precision for run in runs])
        for kind in _NAMES:
            yield _figure(name, f"trained, {kind}", [run.tested[kind] for run in runs])
    yield ""
    for name, runs in found.items():
        if name == "banking77":
            yield _demand(f"{name}: out-of-fold accuracy", [run.accuracy for run in runs], 0.87)
            yield _demand(f"{name}: AP of the planted errors", [run.precision for run in runs], 0.95)
        yield _demand(f"{name}: share won back by apply --auto-relabel", _won(runs, "auto-relabel"), 0.5)
        yield _demand(f"{name}: share won back by a reviewer of a tenth of the rows", _won(runs, "reviewer"), 0.85)


_NAMES = ("clean", "planted", "auto-relabel", "reviewer")


def _outcome(one: Planted) -> Outcome:
    columns = Columns(text=one.text)
    start = time.perf_counter()
    predicted = predict(one.train, columns, features=one.features)
    seconds = time.perf_counter() - start
    top = np.array(predicted.classes)[predicted.probabilities.argmax(axis=1)]
    findings = find(
        one.train, columns, probs=[predicted.probabilities], classes=list(predicted.classes), features=one.features,
        decisions=(),
    )  # fmt: skip
    labels = {"clean": one.truth, "planted": one.train["label"].to_numpy(object)}
    queue = findings.table(findings.select(every=True)).to_pandas()
    labels["auto-relabel"] = _applied(one, queue, AutoPolicy(relabel=AUTOMATIC))
    reviewed = queue.head(int(REVIEWED * len(queue))).copy()
    truth = dict(zip(one.train["id"], one.truth, strict=True))
    right = reviewed["id"].map(truth)
    reviewed["decision"] = np.where(right == reviewed["given_label"], "keep", "relabel")
    reviewed["new_label"] = np.where(right == reviewed["given_label"], "", right)
    labels["reviewer"] = _applied(one, reviewed, AutoPolicy())
    return Outcome(
        float((top == one.truth).mean()), float(average_precision_score(one.wrong, findings.score)), seconds,
        {kind: _tested(one, given) for kind, given in labels.items()},
    )  # fmt: skip


def _applied(one: Planted, queue: pd.DataFrame, policy: AutoPolicy) -> np.ndarray:
    """The labels after `apply`, in the order of the rows."""
    with tempfile.TemporaryDirectory() as folder:
        data, filled, corrected = (Path(folder) / name for name in ("data.csv", "queue.csv", "corrected.csv"))
        one.train.to_csv(data, index=False)
        queue.to_csv(filled, index=False)
        apply(data, [filled], Columns(text=one.text), output=corrected, policy=policy, reviewer="reviewer")
        return pd.read_csv(corrected, dtype=str, keep_default_na=False)["label"].to_numpy(object)


def _tested(one: Planted, labels: np.ndarray) -> float:
    """The accuracy on the clean test rows of the default model after these labels."""
    from hardneg_cli import load

    every = pd.concat([one.train.assign(label=labels), one.test])
    dataset = load(every, Columns(text=one.text))
    rows = material(dataset, feature_choice(one.features, one.text))
    taught, asked = np.arange(len(labels)), np.arange(len(labels), len(every))
    codes = dataset.labels.astype(np.int64)
    model = Classifier.called("logistic").trained(rows, taught, codes[taught])
    return float((model.probabilities(rows, asked, len(dataset.classes)).argmax(axis=1) == codes[asked]).mean())


def _won(runs: list[Outcome], kind: str) -> list[float]:
    """The share of what the planted errors cost that is there again, over all seeds together."""
    lost = [run.tested["clean"] - run.tested["planted"] for run in runs]
    back = [run.tested[kind] - run.tested["planted"] for run in runs]
    return [float(np.sum(back) / np.sum(lost))] if np.sum(lost) > 0 else [float("nan")]


def _figure(data: str, name: str, values: list[float]) -> Figure:
    margin = float(stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)) if len(values) > 1 else None
    return Figure(data, name, float(np.mean(values)), margin or None)  # the same every time: none


def _mean(values: list[float]) -> str:
    one = _figure("", "", values)
    return f"{one.value:.4f}" if one.margin is None else f"{one.value:.4f} ± {one.margin:.4f}"


def _demand(what: str, values: list[float], least: float) -> str:
    mean = float(np.mean(values))
    return f"{'met' if mean >= least else 'MISSED'}: {what} {mean:.3f}, at least {least} asked"
