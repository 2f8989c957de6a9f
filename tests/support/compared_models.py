"""Models of known skill, and what is said about them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hardneg_cli.modeling.evaluation.compare_result import CompareResult
from hardneg_cli.modeling.evaluation.comparison import MetricRow
from support.command import hardneg

CLASSES = ("ant", "bee", "cat", "dog")
Numbers = NDArray[np.float64]


def world(rows: int, skills: Sequence[float] = (1.0, 1.4), seed: int = 0) -> tuple[pd.DataFrame, list[Numbers]]:
    """Labels of four classes, and probabilities of models that know them more or less."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1])
    shared, models = rng.standard_normal((rows, 4)), []
    for skill in skills:
        seen = shared + 0.7 * rng.standard_normal((rows, 4))
        seen[np.arange(rows), truth] += skill
        p = np.exp(seen)
        models.append(p / p.sum(axis=1, keepdims=True))
    ids = [f"r{row:05}" for row in range(rows)]
    frame = pd.DataFrame({"id": ids, "label": np.array(CLASSES)[truth], "text": [f"text {row}" for row in range(rows)]})
    return frame, models


def probabilities(frame: pd.DataFrame, p: Numbers) -> pd.DataFrame:
    return pd.concat([frame[["id"]], pd.DataFrame(p, columns=[f"prob_{name}" for name in CLASSES])], axis=1)


def files(folder: Path, rows: int = 300, skills: Sequence[float] = (1.0, 1.4)) -> tuple[pd.DataFrame, list[Numbers]]:
    frame, models = world(rows, skills)
    frame.to_csv(folder / "data.csv", index=False)
    for name, p in zip("abc", models, strict=False):
        probabilities(frame, p).to_csv(folder / f"{name}.csv", index=False)
    return frame, models


def run(folder: Path, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg("compare", *arguments, cwd=folder, text=True)
    assert done.returncode == code, done.stderr
    return done


def only(
    found: CompareResult, metric: str, model: str, against: str = "", class_: str = "", labels: str = "given"
) -> MetricRow:
    (line,) = [
        line for line in found.lines
        if (line.metric, line.model, line.against, line.class_, line.labels) == (metric, model, against, class_, labels)
    ]  # fmt: skip
    return line
