"""What `compare` sees in a training: planted forgetting, the epoch of overfitting, and what cartography is to `find`.

Forgetting: a network learns all classes, and goes on with half of them; it should name the other half and no other
class. Epochs: simulated held-out losses with a known turn, skewed and paired as losses are. Cartography: training
labels of which 10 % are wrong, half of them to look-alikes; `find` with out-of-fold probabilities, and with the
cartography of a training on the same labels beside them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from hardneg_cli import compare, find
from hardneg_cli.statistics.turning_point import turning_point

from .planted import flipped
from .real_sets import RealSet, real_set, texts
from .results import Figure

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
TABLES = ("digits", "breast", "wine", "penguins", "hawks", "spam7")
QUICK = ("wine", "penguins")
TO_FORGET = ("digits", "hawks", "penguins", "wine", "olive", "pitches")
RATE, EPOCHS, WHOLE_EPOCHS, HALF_EPOCHS = 0.1, 12, 20, 20
CURVES, QUICK_CURVES = 100, 20
LEARNERS: dict[str, Callable[[int], Any]] = {
    "softmax": lambda seed: SGDClassifier(loss="log_loss", random_state=seed),
    "network": lambda seed: MLPClassifier((64,), learning_rate_init=3e-3, batch_size=32, random_state=seed),
    "by heart": lambda seed: MLPClassifier((256,), learning_rate_init=1e-2, batch_size=32, random_state=seed),
}


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """The three tables; a Figure for each number that a demand is about."""
    warnings.simplefilter("ignore", UserWarning)  # of few epochs, and of sets smaller than a batch
    yield from forgetting(seeds, quick=quick)
    yield from epochs(quick=quick)
    yield from evidence(folder, seeds, quick=quick)


def content(data: RealSet) -> Any:
    """(N, D) what learners take: scaled numbers and categories, or tf-idf."""
    if data.text is not None:
        return TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(data.frame[data.text]).tocsr()
    frame = data.frame[str(data.features).split(",")].replace("", np.nan)
    numbers = frame.apply(pd.to_numeric, errors="coerce")
    plain = [name for name in frame if numbers[name].notna().sum() == frame[name].notna().sum()]
    others = [name for name in frame if name not in plain]
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    coder = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False))
    return make_column_transformer((scaled, plain), (coder, others)).fit_transform(
        frame.assign(**{name: numbers[name] for name in plain})
    )


def after_epochs(
    learner: Any, features: Any, codes: Codes, rows: Codes, epochs: int, rng: np.random.Generator, k: int
) -> list[Numbers]:
    """N×K probabilities of all rows after each epoch on some."""
    found = []
    for _ in range(epochs):
        order = rng.permutation(rows)
        learner.partial_fit(features[order], codes[order], classes=np.arange(k))
        p = learner.predict_proba(features)
        found.append(p / p.sum(axis=1, keepdims=True))
    return found


def forgetting(seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """The share of forgotten classes that are named, and how many others are."""
    yield "| forgetting | lost classes (recall −10 points or more) | named | others named |"
    yield "| --- | --- | --- | --- |"
    for name in QUICK if quick else TO_FORGET:
        lost, named, false = 0, 0, 0
        for seed in seeds:
            truly, said = _forgotten(real_set(name), seed)
            lost, named, false = lost + len(truly), named + len(truly & said), false + len(said - truly)
        yield f"| {name} | {lost} | {named} | {false} |"
        yield Figure(name, "forgotten classes named", named / max(lost, 1))
        yield Figure(name, "others named", float(false))
    yield ""


def _forgotten(data: RealSet, seed: int) -> tuple[set[str], set[str]]:
    """The classes whose held-out recall fell by ten points or more, and those that are named."""
    features, rng = content(data), np.random.default_rng(seed)
    classes, codes = np.unique(data.frame["label"], return_inverse=True)
    train = rng.random(len(codes)) < 0.5
    learner = LEARNERS["network"](seed)
    start = after_epochs(learner, features, codes, np.flatnonzero(train), WHOLE_EPOCHS, rng, len(classes))[-1:]
    half = np.flatnonzero(train & np.isin(codes, rng.permutation(len(classes))[: max(len(classes) // 2, 1)]))
    models = start + after_epochs(learner, features, codes, half, HALF_EPOCHS, rng, len(classes))
    frame = data.frame[["id", "label"]].assign(split=np.where(train, "train", "test"))
    found = compare(frame, models, classes=list(classes), split="split", checkpoints=True, decisions=())
    assert found.history is not None
    fell = {
        str(name)
        for code, name in enumerate(classes)
        if (rows := ~train & (codes == code)).any()
        and (models[0][rows].argmax(axis=1) == code).mean() - (models[-1][rows].argmax(axis=1) == code).mean() >= 0.1
    }
    return fell, {one.class_ for one in found.history.forgotten(0)}


def epochs(*, quick: bool) -> Iterator[str | Figure]:
    """How far off the turn is on simulated curves, and how often a rise is seen."""
    yield "| curve | epochs' own noise | exact | within one | a rise is seen |"
    yield "| --- | --- | --- | --- | --- |"
    for kind in ("early", "middle", "late", "shallow", "never", "level"):
        for wiggle in (0.0, 0.01, 0.03):
            off, seen = [], []
            for seed in range(QUICK_CURVES if quick else CURVES):
                rng = np.random.default_rng(seed)
                curve, best = _curve(kind, int(rng.choice([6, 10, 20])), rng)
                turn = turning_point(_losses(curve, int(rng.choice([100, 300, 1000])), wiggle, rng))
                seen.append(turn.significant_from is not None)
                off.append(np.nan if best is None else abs(turn.place - best))
            exact, near = (
                ("", "")
                if np.isnan(off).all()
                else (f"{np.mean(np.array(off) == 0):.0%}", f"{np.mean(np.array(off) <= 1):.0%}")
            )
            yield f"| {kind} | {wiggle:.2f} | {exact} | {near} | {np.mean(seen):.0%} |"
            yield Figure(f"{kind}, {wiggle:.2f}", "a rise is seen", float(np.mean(seen)))
            if near:
                yield Figure(f"{kind}, {wiggle:.2f}", "within one", float(np.mean(np.array(off) <= 1)))
    yield ""


def _curve(kind: str, count: int, rng: np.random.Generator) -> tuple[Numbers, int | None]:
    """A mean loss by epoch, and where it turns."""
    at, third = np.arange(float(count)), count // 3
    if kind in ("never", "level"):
        return 0.3 + 0.7 * np.exp(-at * (3 / count if kind == "never" else 2.0)), None
    if kind == "shallow":  # where no one epoch stands out
        best = int(rng.integers(third, 2 * third + 1))
        slope, rise = rng.uniform(1.5, 3) / best, rng.uniform(0.01, 0.06)
        return 0.25 + rise * (np.exp(slope * (best - at)) / slope + at), best
    bounds = {"early": (1, third), "middle": (third, 2 * third), "late": (2 * third, count - 2)}[kind]
    best = int(rng.integers(bounds[0], bounds[1] + 1))
    falling = 0.8 * (best - at) / best * np.exp(-at / best) + 0.02 * (best - at)
    return 0.3 + np.where(at <= best, falling, rng.uniform(0.02, 0.08) * (at - best)), best


def _losses(curve: Numbers, rows: int, wiggle: float, rng: np.random.Generator) -> Numbers:
    hard, step = rng.gamma(0.5, 2, rows), 0.15
    drift = np.cumsum(rng.standard_normal((len(curve), rows)) * step - step**2 / 2, axis=0)
    level = np.maximum(curve + wiggle * rng.standard_normal(len(curve)), 0.01)
    found: Numbers = level[:, None] * hard * np.exp(drift)
    return found


def evidence(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Average precision of wrong labels without the cartography and with it, paired over the seeds."""
    yield "| wrong labels | training | AP without | with | difference |"
    yield "| --- | --- | --- | --- | --- |"
    sets = list(QUICK if quick else (*TABLES, *(name for name in texts(folder) if name != "banking77")))
    worst = []
    for name in sets:
        data = real_set(name, folder)
        for learner in LEARNERS:
            pairs = np.array([_precision(data, learner, seed) for seed in seeds])
            gain = pairs[:, 1] - pairs[:, 0]
            margin = 1.96 * gain.std(ddof=1) / len(gain) ** 0.5
            worst.append((gain.mean() + margin, f"{name}, {learner}"))
            yield (
                f"| {name} | {learner} | {pairs[:, 0].mean():.3f} | {pairs[:, 1].mean():.3f} "
                f"| {gain.mean():+.3f} ± {margin:.3f} |"
            )
            yield Figure(f"{name}, {learner}", "gain in AP", float(gain.mean()), margin=float(margin))
    worse = [name for high, name in worst if high < 0]
    yield ""
    yield f"{'missed' if worse else 'met'}: with the cartography no set is worse" + (
        f" ({'; '.join(worse)})" if worse else ""
    )


def _precision(data: RealSet, learner: str, seed: int) -> tuple[float, float]:
    features, rng = content(data), np.random.default_rng(seed)
    truth = data.frame["label"].to_numpy(object)
    labels = flipped(truth, features, RATE, rng)
    classes, codes = np.unique(labels.astype(str), return_inverse=True)
    folds = StratifiedKFold(5, shuffle=True, random_state=seed)
    out_of_fold = cross_val_predict(
        clone(LogisticRegression(max_iter=300)), features, codes, cv=folds, method="predict_proba"
    )
    frame, names = pd.DataFrame({"id": data.frame["id"], "label": labels}), list(classes)
    models = after_epochs(LEARNERS[learner](seed), features, codes, np.arange(len(codes)), EPOCHS, rng, len(classes))
    watched = compare(frame, models, classes=names, checkpoints=True, decisions=())
    assert watched.history is not None
    wrong = labels != truth
    found = [
        average_precision_score(wrong, find(frame, probs=probs, classes=names, decisions=()).score)
        for probs in ([out_of_fold], [out_of_fold, watched.history.cartography])
    ]
    return float(found[0]), float(found[1])
