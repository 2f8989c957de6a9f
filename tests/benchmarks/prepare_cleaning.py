"""Cleaning by rules on real sets: are exactly the planted copies, misspellings and empty rows mended, and undone again?

Planted: 5 % copies with another id, half of them with a blank more, a third of them of rows of a protected split, which
stay; 2 % rows without content at random places; a misspelling of each class name of five letters or more; and gaps in a
column. Every format in turn.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from hardneg_cli import apply, undo
from hardneg_cli.review.decisions.filled_queue import AutoPolicy

from .real_sets import RealSet, real_set

SETS = ("penguins", "breast", "digits", "hawks", "churn", "tate", "banking77")
WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "parquet": lambda frame, path: pa.parquet.write_table(pa.Table.from_pandas(frame, preserve_index=False), path),
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True, force_ascii=False),
    "xlsx": lambda frame, path: frame.to_excel(path, index=False),
}
RULES = {"exact-duplicate": "drop", "label-spelling": "relabel", "empty-row": "drop"}
COPIES, EMPTY, GAPS, PROTECTED = 0.05, 0.02, 0.03, 0.3
SHORTEST_NAME, FEWEST = 5, 20  # letters, rows of a class that is misspelled
LARGE = 2_000  # rows, above which a workbook takes long


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str]:
    """Markdown: a table, and whether what is demanded is met."""
    yield "| set | runs | planted | drops as planted | labels as planted | cells as planted | undone byte for byte |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    met = True
    for name in SETS[:2] if quick else SETS:
        one = real_set(name, folder)
        kinds = [kind for kind in WRITERS if kind != "xlsx" or len(one.frame) < LARGE]
        found = np.array([_measured(one, seed, kinds[seed % len(kinds)]) for seed in seeds])
        met &= bool(found[:, 1:].all())
        yield f"| {name} | {len(found)} | " + " | ".join(str(int(column.sum())) for column in found.T) + " |"
    yield ""
    yield f"- the planted truth is recovered exactly and undone byte for byte: {'met' if met else 'missed'}"


def _measured(one: RealSet, seed: int, kind: str) -> tuple[int, bool, bool, bool, bool]:
    """How many troubles are planted; drops, labels and cells as planted; and undone."""
    frame, gone, labels, gaps = _planted(one, np.random.default_rng(seed))
    with tempfile.TemporaryDirectory() as folder:
        data, out, back, told = (Path(folder) / name for name in (f"a.{kind}", f"b.{kind}", f"c.{kind}", "why.json"))
        WRITERS[kind](frame, data)
        done = apply(
            data, split="split", policy=AutoPolicy(protect=("test",)), clean=RULES, fill={frame.columns[3]: "mode"},
            output=out, provenance=told,
        )  # fmt: skip
        undo(out, told, output=back)
        same = back.read_bytes() == data.read_bytes()
    made = {word: {one.id: one.after for one in done.changes if one.action == word} for word in ("drop", "relabel")}
    filled = {change.id for change in done.changes if change.action == "fill"}
    count = len(gone) + len(labels) + len(gaps)
    return count, set(made["drop"]) == gone, made["relabel"] == labels, filled == gaps, same


def _planted(one: RealSet, rng: np.random.Generator) -> tuple[pd.DataFrame, set[str], dict[str, str], set[str]]:
    """The set with troubles: the ids of rows to drop, right labels by id, and ids of the rows to fill."""
    content = [str(column) for column in one.frame if column not in ("id", "label")]
    folded = one.frame[content].apply(lambda column: column.str.split().str.join(" "))
    frame = one.frame[~folded.duplicated() & (folded != "").all(axis=1)].reset_index(drop=True)
    frame.insert(2, "split", np.where(rng.random(len(frame)) < PROTECTED, "test", "train"))
    train = rng.permutation(np.flatnonzero(frame["split"] == "train"))
    labels = _misspelled(frame, train)
    copied = frame.iloc[rng.permutation(len(frame))[: int(COPIES * len(frame))]]
    copied = copied[~copied["id"].isin(list(labels))].assign(split="train")
    taken = {*copied["id"], *labels}
    free = [row for row in train if frame["id"][row] not in taken]
    gaps = free[: int(GAPS * len(frame))] if len(content) > 1 else []
    empty = frame.iloc[rng.permutation(train)[: int(EMPTY * len(frame))]].assign(**dict.fromkeys(content, ""))
    empty = empty.assign(id="empty " + empty["id"], label=frame["label"].mode()[0])
    frame.loc[gaps, content[0]] = ""
    blanks = np.where(np.arange(len(copied)) % 2, " ", "")
    copied = copied.assign(id="copy of " + copied["id"], **{content[-1]: copied[content[-1]] + blanks})
    places = np.r_[np.arange(len(frame)), rng.integers(0, len(frame), len(empty))]
    mixed = pd.concat([frame, empty]).iloc[np.argsort(places, kind="stable")]
    gone = {*copied["id"], *empty["id"]}
    return pd.concat([mixed, copied], ignore_index=True), gone, labels, set(frame["id"][gaps])


def _misspelled(frame: pd.DataFrame, train: NDArray[np.int64]) -> dict[str, str]:
    """One row of each class with a long name, whose label gets a letter twice; the right labels by id."""
    right: dict[str, str] = {}
    for name, rows in frame.iloc[train].groupby("label", sort=True).groups.items():
        if len(str(name)) >= SHORTEST_NAME and len(rows) > FEWEST:
            right[frame["id"][rows[0]]] = str(name)
            frame.loc[rows[0], "label"] = f"{str(name)[:3]}{str(name)[2:]}"
    return right
