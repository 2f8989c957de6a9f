"""Findings that are to be shared out."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from hardneg_cli import find
from hardneg_cli.detection.findings import Findings

CLASSES = [f"c{code}" for code in range(6)]


def labeled(n: int, seed: int = 0) -> tuple[pa.Table, np.ndarray]:
    """Labels a quarter of which the probabilities contradict."""
    generator = np.random.default_rng(seed)
    p = generator.dirichlet(np.ones(len(CLASSES)) / 4, n)
    code = p.argmax(axis=1)
    wrong = generator.random(n) < 0.25
    code[wrong] = generator.integers(0, len(CLASSES), wrong.sum())
    labels = [CLASSES[one] for one in code]
    return pa.table({"id": [f"r{n}" for n in range(n)], "label": labels, "text": [f"text {i}" for i in range(n)]}), p


def found(n: int = 1200, order: np.ndarray | None = None) -> Findings:
    table, p = labeled(n)
    order = np.arange(n) if order is None else order
    return find(table.take(order), probs=[p[order]], classes=CLASSES, detectors=["doubtful-label"])
