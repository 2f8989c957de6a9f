"""A folder of pictures, and a Parquet file that holds them, in every command that reads data."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import datasets
import pytest

from support.command import hardneg
from support.picture_sets import digits, given

ROWS, POOLED = 100, 30


def folder_of_digits(path: Path, rows: int, start: int = 0, *, labeled: bool = True) -> Path:
    """A subfolder a class, some pictures in the wrong one; or all of them at the top."""
    pictures, truth = digits(rows, start)
    for number, (picture, label) in enumerate(zip(pictures, given(truth), strict=True), start):
        place = path / f"d{label}" if labeled else path
        place.mkdir(parents=True, exist_ok=True)
        picture.save(place / f"{number:04}.png")
    return path


def in_parquet(path: Path, rows: int, start: int = 0, *, labeled: bool = True) -> Path:
    """The same as Hugging Face stores pictures."""
    pictures, truth = digits(rows, start)
    columns: dict[str, Any] = {"id": [f"r{start + row:04}" for row in range(rows)], "image": pictures}
    kinds = {"id": datasets.Value("string"), "image": datasets.Image()}
    if labeled:
        columns["label"] = [f"d{label}" for label in given(truth)]
        kinds["label"] = datasets.Value("string")
    datasets.Dataset.from_dict(columns, features=datasets.Features(kinds)).to_parquet(path)
    return path


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("kind", ["folder", "parquet"])
def test_every_command_takes_them(tmp_path: Path, kind: str) -> None:
    make = folder_of_digits if kind == "folder" else in_parquet
    ending = "" if kind == "folder" else ".parquet"
    data = make(tmp_path / f"data{ending}", ROWS)
    pool = make(tmp_path / f"pool{ending}", POOLED, 500, labeled=False)
    made = tmp_path.joinpath
    steps = [
        ("predict", data, "--model", "logistic", "-o", made("p.csv")),
        ("predict", data, "--model", "logistic", "--new", pool, "--new-output", made("new.csv"), "-o", made("p2.csv")),
        ("find", data, "--probs", made("p.csv"), "--all", "-o", made("all.csv")),
        ("find", data, "-o", made("queue.html"), "-o", made("queue.xlsx")),
        ("mine", data, "--probs", made("p.csv"), "-o", made("hard.csv"), "--suspects", made("suspects.csv")),
        ("mine", data, "--probs", made("p.csv"), "--mode", "retrieval", "-o", made("pairs.csv")),
        ("weigh", data, "--probs", made("p.csv"), "-o", made("weights.csv")),
        ("dual", data, "--probs", made("p.csv"), "-o", made("dual.csv")),
        ("refine", data, "--unlabeled", pool, "--rounds", "1", "--queue", made("asked.csv"), "-o", made("more.csv")),
        ("compare", made("p.csv"), made("dual.csv"), data),
        ("check", data, "--probs", made("p.csv"), "--exit-zero"),
        ("diff", data, data),
        ("split", data, "-o", made("split.csv" if kind == "folder" else "split.parquet")),
        ("assign", made("all.csv"), "--reviewers", "ann,bob", "--image", "image", "-o", made("team.csv")),
        ("explain", "--row", "d1/0001.png" if kind == "folder" else "r0001", made("all.csv")),
    ]
    for step in steps:
        done = hardneg(*step, text=True)
        assert done.returncode == 0, (step, done.stderr)
    for name in ("all.csv", "pairs.csv", "suspects.csv", "asked.csv", "team.ann.csv"):
        with made(name).open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert rows, name
        assert all(row["image"] for row in rows), name
        assert "sha256" not in rows[0], name
    done = hardneg("harden", data, "-o", made("no.csv"), text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "pictures are neither" in done.stderr
