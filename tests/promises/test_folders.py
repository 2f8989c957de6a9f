"""A folder is a dataset: read, corrected into a new folder, and undone, by what `datasets` and pyarrow make of it."""

from __future__ import annotations

import filecmp
import os
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow.dataset
import pytest

from hardneg_cli import Columns, InputError, apply, check, collect, find, load, undo

NAMES = ["ham", "spam", "eggs"]
ROWS, WRONG = 150, 8


def meals() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Given codes, right codes, and probabilities."""
    rng = np.random.default_rng(3)
    right = rng.permutation(np.arange(ROWS) % 3)
    rows = rng.choice(ROWS, WRONG, replace=False)
    given = right.copy()
    given[rows] = (right[rows] + 1) % 3
    probs = np.full((ROWS, 3), 0.02)
    probs[np.arange(ROWS), right] = 0.96
    return given, right, probs


def saved(folder: Path) -> Path:
    """Three shards, as `datasets` writes them."""
    kinds = datasets.Features({"t": datasets.Value("string"), "label": datasets.ClassLabel(names=NAMES)})
    rows = {"t": [f"row {row}" for row in range(ROWS)], "label": meals()[0].tolist()}
    datasets.Dataset.from_dict(rows, features=kinds).save_to_disk(str(folder), num_shards=3)
    return folder


def partitioned(folder: Path) -> Path:
    """Parquet files by year."""
    rows = np.arange(ROWS)
    texts = [f"row {row}" for row in rows]
    frame = pd.DataFrame({"id": rows, "t": texts, "label": np.array(NAMES)[meals()[0]], "year": 2020 + rows % 3})
    frame.to_parquet(folder, partition_cols=["year"])
    return folder


def by_file(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """In the order of the partitions, columns by the names of their classes."""
    found = values[np.argsort(np.arange(ROWS) % 3, kind="stable")]
    return found if found.ndim == 1 else found[:, np.argsort(NAMES)]


def same(one: Path, other: Path) -> bool:
    names = [sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()) for root in (one, other)]
    return names[0] == names[1] and not any(filecmp.cmpfiles(one, other, names[0], shallow=False)[1:])


def test_a_saved_dataset_from_find_to_undo(tmp_path: Path) -> None:
    folder, (given, right, probs) = saved(tmp_path / "meals"), meals()
    findings = find(folder, probs=probs)
    assert (findings.flagged == (given != right)).all()
    queue = findings.table().to_pandas().assign(decision="relabel")
    assert set(queue["given_label"]) <= set(NAMES)
    log = tmp_path / "meals.decisions.ndjson"
    assert len(collect([queue], log, reviewer="ann")) == 0
    new, told = tmp_path / "new" / "clean", tmp_path / "told.json"
    apply(f"{folder}/", output=new, provenance=told)
    before, after = datasets.load_from_disk(str(folder)), datasets.load_from_disk(str(new))
    assert after.features == before.features
    assert after["t"] == before["t"]
    assert after["label"] == right.tolist()
    assert (new / "state.json").read_bytes() != (folder / "state.json").read_bytes()  # it has other caches
    assert check(new, base=folder, probs=probs).changes is not None
    undo(new, told, output=tmp_path / "back")
    assert same(folder, tmp_path / "back")
    undo(new, told, in_place=True)
    assert same(folder, new)


def test_partitions_from_find_to_undo(tmp_path: Path) -> None:
    folder, (given, right, probs) = partitioned(tmp_path / "meals"), meals()
    findings = find(folder, probs=by_file(probs))
    assert findings.dataset.all_columns == ("id", "t", "label", "year")
    assert (findings.flagged == by_file(given != right)).all()
    assert set(findings.table()["year"].to_pylist()) <= {"2020", "2021", "2022"}
    queue = findings.table().to_pandas().assign(decision="relabel")
    new, told = tmp_path / "clean", tmp_path / "told.json"
    apply(folder, [queue], output=new, provenance=told)
    found = pyarrow.dataset.dataset(new, partitioning="hive").to_table().to_pandas().sort_values("id")
    assert found["label"].tolist() == [NAMES[code] for code in right]
    undo(new, told, output=tmp_path / "back")
    assert same(folder, tmp_path / "back")
    apply(folder, [queue], in_place=True)
    assert same(folder, new)


def test_rows_are_split_and_grouped_by_a_partition(tmp_path: Path) -> None:
    folder = partitioned(tmp_path / "meals")
    dataset = load(folder, Columns(split="year"))
    assert set(dataset.role("year") or ()) == {"2020", "2021", "2022"}
    assert len(find(folder, features="year", probs=by_file(meals()[2]))) > 0
    by_year = load(folder, Columns(label="year"))
    assert by_year.classes == ("2020", "2021", "2022")
    queue = find(folder, label="year").table(every=True).slice(0, 1).to_pandas()
    with pytest.raises(InputError, match="'year' stands in the names of its folders"):
        apply(folder, [queue.assign(decision="relabel", new_label="2022")], label="year", output=tmp_path / "moved")
    assert not (tmp_path / "moved").exists()


def test_what_cannot_be_done_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    folder = saved(tmp_path / "meals")
    queue = find(folder, probs=meals()[2]).table().to_pandas().assign(decision="relabel")
    with pytest.raises(InputError, match="keeps caches in it"):
        apply(folder, [queue], in_place=True)
    with pytest.raises(InputError, match="is there already; a folder takes a new name"):
        apply(folder, [queue], output=tmp_path)
    with pytest.raises(InputError, match="none is called"):
        apply(folder, [queue.assign(new_label="eg")], output=tmp_path / "new" / "one")
    assert sorted(os.listdir(tmp_path)) == ["meals"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is a folder without Parquet files"):
        load(tmp_path / "empty")
    (folder / "state.json").write_text('{"_data_files": [{"filename": "../meals/data-00000-of-00003.arrow"}]}')
    with pytest.raises(InputError, match="does not say which files in its folder the data are"):
        load(folder)
    both = datasets.DatasetDict({"train": datasets.Dataset.from_dict({"label": ["a", "b"]})})
    both.save_to_disk(str(tmp_path / "both"))
    with pytest.raises(InputError, match=r"holds several datasets: name one of them, .*both/train"):
        load(tmp_path / "both")
    assert len(load(tmp_path / "both" / "train")) == 2
