"""Small files of labels and probabilities, and the command in their folder."""

from __future__ import annotations

import io
import os
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from support import command

CLASSES = ["bird", "cat", "dog"]
ROWS = 90
LABELS = np.arange(ROWS) % 3
IDS = [f"r{row}" for row in range(ROWS)]
Content = str | bytes


def _model(strength: float = 3.0) -> np.ndarray:
    logits = np.random.default_rng(0).normal(size=(ROWS, 3))
    logits[np.arange(ROWS), LABELS] += strength
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


MODEL = _model()


def table(header: str, *columns: object) -> str:
    rows = zip(*(list(map(str, column)) for column in columns), strict=True)
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def probs(matrix: np.ndarray, *, ids: list[str] | None = IDS, classes: list[str] = CLASSES) -> str:
    columns = [matrix[:, column] for column in range(matrix.shape[1])]
    names = [f"prob_{name}" for name in classes]
    if ids is None:
        return table(",".join(names), *columns)
    return table(",".join(["id", *names]), ids, *columns)


def with_cell(row: int, *values: float) -> np.ndarray:
    matrix = MODEL.copy()
    matrix[row] = values
    return matrix


def npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


def parquet(**columns: object) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


DATA = table("id,label", IDS, [CLASSES[code] for code in LABELS])
GOOD: dict[str, Content] = {"data.csv": DATA, "probs.csv": probs(MODEL), "out.csv": "old\n"}


def edited(row: int, line: str, text: str = DATA) -> str:
    """The data with one row, counted from 1, replaced."""
    lines = text.splitlines()
    lines[row] = line
    return "\n".join(lines) + "\n"


def fill(folder: Path, files: dict[str, Content]) -> None:
    for name, content in (GOOD | files).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def hardneg(
    arguments: str, folder: Path, *, stdin: bytes = b"", **variables: str
) -> subprocess.CompletedProcess[bytes]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HARDNEG_")}
    return command.hardneg(*shlex.split(arguments), cwd=folder, stdin=stdin, env=kept | variables)
