"""The rows that a report shows: the worst ones, and the worst few of each pair of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from hardneg_cli.detection.report.figures import NearFigures, PairFigures, RowFigures
from hardneg_cli.io.tables.queue_view import RowAround

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.detection.findings import Findings

    Rows = NDArray[np.int64]

EXAMPLES = 3  # rows shown of each pair
MOST_TWINS, MOST_NEAR = 2, 4  # shown of each row
LONGEST_CELL = 1000  # characters
MOST_CELLS = 40  # columns of a row
DECIMALS = 6


def row_figures(findings: Findings, rows: Rows, shown: Sequence[str]) -> list[RowFigures]:
    """These rows with their columns and what stands around them."""
    table = findings.table(rows, tuple(shown))
    cells = findings.dataset.texts(list(shown)).take(rows).to_pylist() if shown else [{}] * len(rows)
    around = findings.surroundings.around(findings.dataset, rows, shown)
    return [_row(row, cell, near) for row, cell, near in zip(table.to_pylist(), cells, around, strict=True)]


def _row(row: Mapping[str, object], cells: Mapping[str, str | None], around: Sequence[RowAround]) -> RowFigures:
    def figure(name: str) -> float | None:
        value = row[name]
        return round(value, DECIMALS) if isinstance(value, float) else None

    def words(name: str) -> str:
        return str(row[name] or "")

    return {
        "rank": int(words("rank")), "id": words("id"), "given": words("given_label"),
        "suggested": words("suggested_label"),
        "score": figure("score") or 0.0, "suggestion_score": figure("suggestion_score"), "p_given": figure("p_given"),
        "p_suggested": figure("p_suggested"), "detectors": [name for name in words("detectors").split(",") if name],
        "why": [clause for clause in words("why").split("; ") if clause],
        "cells": {name: (cell or "")[:LONGEST_CELL] for name, cell in [*cells.items()][:MOST_CELLS]},
        "around": _near(around),
    }  # fmt: skip


def _near(around: Sequence[RowAround]) -> list[NearFigures]:
    twins = [one for one in around if one.kind == "twin"][:MOST_TWINS]
    near = [one for one in around if one.kind == "near"][:MOST_NEAR]
    return [
        {"id": one.id, "label": one.label, "kind": one.kind, "distance": one.distance, "text": one.text}
        for one in (*twins, *near)
    ]


def examples(findings: Findings, pairs: Sequence[PairFigures], known: Rows) -> Rows:
    """The worst few rows of each pair that are not among the `known`, which are counted with them."""
    import numpy as np

    dataset = findings.dataset
    code = {name: number for number, name in enumerate(dataset.classes)}
    left = {(code[pair["given"]], code[pair["suggested"]]): EXAMPLES for pair in pairs}
    doubted = np.zeros(len(dataset), bool)
    doubted[doubted_rows(findings)] = True
    seen, found = set(known.tolist()), []
    for row in findings.ranked[doubted[findings.ranked]].tolist():
        pair = int(dataset.labels[row]), int(findings.suggested[row])
        if left.get(pair, 0) > 0:
            left[pair] -= 1
            found += [] if row in seen else [row]
        elif not any(left.values()):
            break
    return np.array(found, np.int64)


def doubted_rows(findings: Findings) -> Rows:
    """The flagged rows for which another label is suggested."""
    import numpy as np

    other = (findings.suggested >= 0) & (findings.suggested != findings.dataset.labels)
    return np.flatnonzero(findings.flagged & other)
