"""Queues that reviewers filled in, and the log that they end in."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

from hardneg_cli.data.load import load

COLUMNS = ("id", "decision", "new_label", "note", "given_label", "suggested_label", "score", "text", "row_hash")
Row = dict[str, str]
LOG = "data.csv.decisions.ndjson"


def queue(**answers: str) -> list[Row]:
    """The rows of the dataset, with a decision or a new label."""
    dataset = load("data.csv")
    hashes = dataset.row_hashes(np.arange(len(dataset)))
    rows = []
    for row, id_ in enumerate(dataset.ids.to_pylist()):
        said = answers.get(id_, "")
        word = said in ("keep", "drop", "unsure", "relabel")
        cells = [id_, said if word else "", "" if word else said, "", dataset.classes[dataset.labels[row]], "bird",
                 "0.5", f"text {row}", hashes[row]]  # fmt: skip
        rows.append(dict(zip(COLUMNS, map(str, cells), strict=True)))
    return rows


def fill(name: str, rows: Sequence[Row] | None = None, **answers: str) -> str:
    rows = queue(**answers) if rows is None else rows
    with open(name, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return name


def by(reviewer: str, **answers: str) -> str:
    return fill(f"{reviewer}.csv", [row | {"reviewer": reviewer} for row in queue(**answers)])
