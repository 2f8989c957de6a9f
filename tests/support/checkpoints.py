"""Digits, and what a network says of them after each epoch: learned whole, then trained on half of the classes only."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FORGOTTEN = ("n5", "n6", "n7", "n8", "n9")
CLASSES = tuple(f"n{digit}" for digit in range(10))


@dataclass(frozen=True)
class FineTuned:
    """frame: id, label, split. probabilities: before, and after each epoch of training on the classes n0 to n4."""

    frame: pd.DataFrame
    probabilities: list[NDArray[np.float64]]

    def write(self, folder: Path) -> None:
        """data.csv, pretrained.csv, epoch1.csv …"""
        self.frame.to_csv(folder / "data.csv", index=False)
        for number, p in enumerate(self.probabilities):
            columns = pd.DataFrame(p, columns=[f"prob_{name}" for name in CLASSES])
            table = pd.concat([self.frame[["id"]], columns], axis=1)
            table.to_csv(folder / f"{f'epoch{number}' if number else 'pretrained'}.csv", index=False)


def fine_tuned(epochs: int = 2, seed: int = 0, rows: int = 900) -> FineTuned:
    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    pixels, digits = (values[:rows] for values in load_digits(return_X_y=True))
    rng = np.random.default_rng(seed)
    split = np.array(["train", "dev", "test"])[rng.choice(3, len(digits), p=[0.5, 0.25, 0.25])]
    ids = [f"d{row:04}" for row in range(len(digits))]
    frame = pd.DataFrame({"id": ids, "label": np.array(CLASSES)[digits], "split": split})
    network = MLPClassifier((32,), learning_rate_init=1e-2, batch_size=50, random_state=seed)
    found, train = [], np.flatnonzero(split == "train")
    half = train[digits[train] < 5]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for _ in range(8):
            network.partial_fit(pixels[train] / 16, digits[train], classes=np.arange(10))
        found.append(network.predict_proba(pixels / 16))
        for _ in range(epochs):
            for _ in range(6):
                network.partial_fit(pixels[half] / 16, digits[half])
            found.append(network.predict_proba(pixels / 16))
    return FineTuned(frame, found)
