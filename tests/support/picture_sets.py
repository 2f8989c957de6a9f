"""Sets of pictures with wrong labels: sklearn's digits as PNGs beside a table, some labels moved on by one."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits

HEADER = ("id", "label", "image")


def digits(rows: int, start: int = 0) -> tuple[list[Image.Image], NDArray[np.int64]]:
    """Some digits as pictures of 32×32, and which they are."""
    found = load_digits()
    pictures = [
        Image.fromarray((one * 255 / 16).astype(np.uint8)).resize((32, 32))
        for one in found.images[start : start + rows]
    ]
    return pictures, found.target[start : start + rows]


def given(truth: NDArray[np.int64], every: int = 12) -> NDArray[np.int64]:
    """The labels, each of so many moved on by one."""
    wrong = np.arange(len(truth)) % every == every - 1
    return np.where(wrong, (truth + 1) % 10, truth)


def written(folder: Path, rows: int = 300, every: int = 12, start: int = 0) -> tuple[Path, NDArray[np.bool_]]:
    """`data.csv` with paths below `pictures/`; which labels are wrong."""
    pictures, truth = digits(rows, start)
    labels = given(truth, every)
    (folder / "pictures").mkdir(parents=True)
    for number, picture in enumerate(pictures):
        picture.save(folder / "pictures" / f"{number:04}.png")
    cells = [(f"r{start + number:04}", f"d{label}", f"pictures/{number:04}.png") for number, label in enumerate(labels)]
    return table(folder / "data.csv", cells), labels != truth


def table(path: Path, rows: list[tuple[Any, ...]]) -> Path:
    """A CSV of ids, labels and pictures."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)
    return path


def added(data: Path, *rows: tuple[str, str, str]) -> None:
    """More rows at the end of the table."""
    with data.open("a", newline="") as file:
        csv.writer(file).writerows(rows)
