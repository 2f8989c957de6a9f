"""Label sets whose errors are known: those of a folder, and simulated ones by a fixed rota that no result chose."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .classifiers import out_of_fold
from .noise import KINDS, noisy
from .tables import table, texts

REAL = ("cifar10n-aggregate", "cifar10n-worst", "cifar10s", "roman-numeral")
RATES = (0.05, 0.15, 0.30, 0.40)
MODELS = {  # a strong and a weak one
    "digits": ("net", "few"),
    "banking": ("logistic", "bayes"),
    "two": ("net", "logistic"),
    "two-rare": ("forest", "logistic"),
    "ten": ("net", "few"),
    "ten-small": ("logistic", "few"),
    "ten-large": ("lda", "few"),
    "five-rare": ("net", "lda"),
    "hundred": ("lda", "few"),
    "hundred-rare": ("bayes", "few"),
    "overlapping": ("forest", "logistic"),
}


@dataclass(frozen=True)
class LabelSet:
    """labels: (N,) class codes. probs: each model's N×K. wrong: (N,) bool, the truth. Features or texts where known.

    truth: (N,) the right classes, where they are known.
    """

    name: str
    family: str
    labels: NDArray[np.int64]
    probs: tuple[NDArray[np.floating], ...]
    wrong: NDArray[np.bool_]
    features: NDArray[np.float64] | None = None
    texts: list[str] | None = None
    truth: NDArray[np.int64] | None = None

    @property
    def mean(self) -> NDArray[np.floating]:
        """N×K, the mean of the models, exactly the model where there is one."""
        return self.probs[0] if len(self.probs) == 1 else np.mean(self.probs, axis=0)


@dataclass(frozen=True)
class Recipe:
    data: str
    models: tuple[str, ...]
    noise: str
    rate: float

    @property
    def name(self) -> str:
        return f"{self.data} {'+'.join(self.models)} {self.noise} {self.rate:.0%}"


def real_sets(folder: Path) -> Iterator[LabelSet]:
    """Each model alone, then all together, of each set."""
    for name in REAL:
        rows = pd.read_csv(folder / name / "labels.csv", dtype=str, keep_default_na=False)
        truth = pd.read_csv(folder / name / "truth.csv", dtype=str, keep_default_na=False).set_index("id")
        wrong = (truth.loc[rows["id"], "is_error"] == "1").to_numpy()
        models = {path.name.split(".")[1]: path for path in sorted((folder / name).glob("probs.*.parquet"))}
        frames = [pd.read_parquet(path).set_index("id").loc[rows["id"]] for path in models.values()]
        classes = [column.removeprefix("prob_") for column in frames[0].columns]
        codes = {c: i for i, c in enumerate(classes)}
        labels = rows["label"].map(codes).to_numpy(np.int64)
        told = truth.loc[rows["id"], "true_label"].map(codes).to_numpy(np.int64) if "true_label" in truth else None
        probs = [frame[frames[0].columns].to_numpy(np.float64) for frame in frames]
        for model, p in zip(models, probs, strict=True):
            yield LabelSet(f"{name} {model}", name, labels, (p,), wrong, truth=told)
        yield LabelSet(f"{name} all", name, labels, tuple(probs), wrong, truth=told)


def recipes() -> list[Recipe]:
    """Every noise at every rate with a strong and a weak model, in turn on all data; none; several; unequal classes."""
    turns = list(product(KINDS, RATES, (0, 1)))
    data = [list(MODELS)[turn % len(MODELS)] for turn in range(len(turns))]
    single = [Recipe(d, (MODELS[d][m],), kind, rate) for d, (kind, rate, m) in zip(data, turns, strict=True)]
    clean = [Recipe(d, (strong,), "none", 0.0) for d, (strong, _) in MODELS.items()]
    clean += [Recipe(d, (MODELS[d][1],), "none", 0.0) for d in ("digits", "ten", "five-rare")]
    several = [
        Recipe("five-rare", ("net", "lda", "bayes"), "uniform", 0.15),
        Recipe("banking", ("logistic", "bayes"), "pair", 0.15),
        Recipe("ten", ("net", "few", "logistic"), "class", 0.15),
        Recipe("digits", ("net", "few", "neighbors"), "instance", 0.15),
    ]
    return single + clean + several + unequal_recipes()


def unequal_recipes() -> list[Recipe]:
    """Two to ten classes of 2 to 90 % of the rows, mistaken for the largest one or the reverse, as people do."""
    return [
        Recipe("banking of 77,17,6", ("logistic",), "exchanged", 0.09),
        Recipe("banking of 77,17,6", ("few",), "exchanged", 0.09),
        Recipe("banking of 80,20", ("logistic",), "spilled", 0.10),
        Recipe("banking of 90,10", ("bayes",), "swallowed", 0.04),
        Recipe("banking of 40,25,15,10,6,4", ("logistic",), "exchanged", 0.15),
        Recipe("banking of 40,25,15,10,6,4", ("bayes",), "spilled", 0.10),
        Recipe("banking of 35,20,10,8,7,6,5,4,3,2", ("few",), "exchanged", 0.20),
        Recipe("digits of 80,10,10", ("few",), "exchanged", 0.08),
        Recipe("digits of 60,40", ("logistic",), "spilled", 0.20),
        Recipe("digits of 40,20,20,10,10", ("net",), "swallowed", 0.15),
        Recipe("ten of 72,10,10,8", ("net",), "exchanged", 0.10),
        Recipe("ten of 80,20", ("few",), "spilled", 0.06),
        Recipe("five-rare", ("logistic",), "swallowed", 0.10),
        Recipe("five-rare", ("net",), "spilled", 0.08),
        Recipe("two-rare", ("logistic",), "exchanged", 0.06),
        Recipe("two-rare", ("forest",), "spilled", 0.05),
        Recipe("overlapping of 75,25", ("logistic",), "exchanged", 0.12),
        Recipe("banking of 77,17,6", ("logistic", "bayes"), "exchanged", 0.12),
    ]


def quick_recipes() -> list[Recipe]:
    """A handful that needs no folder."""
    return [
        Recipe("digits", ("few",), "uniform", 0.15),
        Recipe("ten-small", ("logistic",), "pair", 0.05),
        Recipe("digits", ("net",), "none", 0.0),
    ]


def simulated_sets(chosen: list[Recipe], folder: Path, cache: Path) -> Iterator[LabelSet]:
    """The recipes' sets; what takes time is kept in `cache` for the next run of the same code."""
    code = b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in ("noise", "classifiers", "tables"))
    kept = cache / f"{zlib.crc32(code):08x}"
    kept.mkdir(parents=True, exist_ok=True)
    for recipe in chosen:
        features, truth = table(recipe.data, folder)
        file = kept / f"{recipe.name}.npz"
        if not file.exists():
            labels = noisy(recipe.noise, recipe.rate, features, truth, zlib.crc32(recipe.name.encode()))
            probs = [out_of_fold(model, features, labels).astype(np.float32) for model in recipe.models]
            np.savez(file, labels=labels, **dict(zip(recipe.models, probs, strict=True)))
        with np.load(file) as saved:
            labels, probs = saved["labels"], tuple(saved[model] for model in recipe.models)
        yield LabelSet(
            recipe.name, recipe.noise, labels, probs, labels != truth,
            features if recipe.data == "digits" else None, texts(folder) if recipe.data == "banking" else None,
            truth,
        )  # fmt: skip
