"""What may be a label: measurements, lists, missing ones of typed columns, names that mean the same class."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import Findings, apply, check, diff, find, mine, predict
from hardneg_cli.data.columns import Columns
from hardneg_cli.data.load import load
from hardneg_cli.errors import InputError
from hardneg_cli.verbs.compare import compare


def table(labels: Sequence[Any], **more: Any) -> pa.Table:
    return pa.table({"id": [str(row) for row in range(len(labels))], "label": list(labels), **more})


MEASURED: dict[str, list[Any]] = {
    "fractions": np.random.default_rng(0).normal(size=300).round(2).tolist(),
    "whole numbers": np.random.default_rng(0).integers(20, 350, 442).tolist(),
    "few rows": list(range(20)),
    "prices as text": [f"{price}.50" for price in range(100, 160)],
    "with a word for none": [*np.random.default_rng(0).normal(size=99).round(3).astype(str), "unknown"],
    "exponents": [f"{number}e-3" for number in range(40)],
}
CLASSES: dict[str, list[Any]] = {
    "small integers": [row % 12 for row in range(60)],
    "nineteen rows": list(range(19)),
    "many classes": [row % 300 for row in range(900)],
    "years": [1950 + row % 70 for row in range(300)],
    "zip codes": [10000 + 7 * (row % 40) for row in range(200)],
    "codes": [f"{row:04}" for row in range(60)],
    "ratings": [row % 10 / 2 for row in range(40)],
    "names": [f"person {row}" for row in range(60)],
    "half numbers": [str(row) if row % 2 else f"n{row}" for row in range(60)],
}


@pytest.mark.parametrize("kind", MEASURED)
def test_measurements_are_no_classes(kind: str) -> None:
    data = table(MEASURED[kind])
    with pytest.raises(InputError, match=r"different numbers in .* a measurement, not classes; .*`classes_are_numbers"):
        load(data)
    assert len(load(data, Columns(classes_are_numbers=True))) == len(data)


def test_every_verb_that_takes_labels_refuses_measurements() -> None:
    data = table(MEASURED["fractions"], x=np.arange(300.0))
    for verb in (find, mine, check, predict, lambda d: diff(d, d), lambda d: compare(d, [np.ones((300, 2)) / 2])):
        with pytest.raises(InputError, match="a measurement, not classes"):
            verb(data)
    assert len(find(data, classes_are_numbers=True, decisions=()).dataset.classes) > 100


@pytest.mark.parametrize("kind", CLASSES)
def test_numbers_that_name_classes_are_fine(kind: str) -> None:
    assert len(load(table(CLASSES[kind])).classes) == len({str(label) for label in CLASSES[kind]})


def test_labels_in_lists_are_noted_as_what_they_are(tmp_path: Path) -> None:
    for labels in (["a;b", "a", "b;c", "a;c"] * 5, ["x|y", "y|z", "z|x"] * 5, ["a, b", "b, c", "a, c"] * 5):
        notes = load(table(labels)).notes
        assert len(notes) == 1
        assert "several in one cell: each combination counts as a class of its own" in notes[0]
    assert any("several in one cell" in line for line in find(table(["a;b", "a", "b;c", "a;c"] * 5)).summary())
    lines = "".join(
        json.dumps({"id": str(i), "label": [["a", "b"], ["b"], ["a", "c"]][i % 3]}) + "\n" for i in range(9)
    )
    (tmp_path / "d.jsonl").write_text(lines)
    assert "several in one cell" in load(tmp_path / "d.jsonl").notes[0]
    for labels in (["Paris, France", "Lyon, France", "Rome, Italy"] * 5, ["a;b", "a", "b", "c"] * 5, ["a", "b"] * 9):
        assert not load(table(labels)).notes


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.float16()])
def test_a_nan_in_a_typed_label_or_id_column_is_missing(kind: pa.DataType, tmp_path: Path) -> None:
    labels = pa.array(np.array([0, 1, np.nan, 1, 0], np.float32)).cast(kind)
    pq.write_table(pa.table({"label": labels, "x": range(5)}), tmp_path / "d.parquet")
    with pytest.raises(InputError, match=r"no label \(column 'label'\) in row 3"):
        load(tmp_path / "d.parquet")
    dataset = load(tmp_path / "d.parquet", on_bad_rows="skip")
    assert dataset.classes == ("0.0", "1.0")
    assert len(dataset) == 4
    pq.write_table(pa.table({"label": ["a", "b", "a", "b", "a"], "key": labels}), tmp_path / "k.parquet")
    with pytest.raises(InputError, match=r"no id .* in row 3"):
        load(tmp_path / "k.parquet", Columns(id="key"))
    pd.DataFrame({"label": ["nan", "b", "nan"], "x": [1, 2, 3]}).to_csv(tmp_path / "d.csv", index=False)
    assert load(tmp_path / "d.csv").classes == ("b", "nan")  # as text it is a label like any other


@pytest.mark.parametrize(
    ("labels", "columns"),
    [
        ([True, False], ["True", "False"]),
        ([True, False], ["true", "false"]),
        (["True", "False"], ["true", "false"]),
        ([1.0, 0.0], ["1", "0"]),
        (["1", "0"], ["1.0", "0.0"]),
        ([1, 0], ["1", "0"]),
    ],
)
def test_labels_and_columns_meet_however_they_are_spelled(
    labels: list[Any], columns: list[str], tmp_path: Path
) -> None:
    data = table(labels * 20)
    p = np.tile([[0.9, 0.1], [0.2, 0.8]], (20, 1))
    named = {f"prob_{name}": p[:, column] for column, name in enumerate(columns)}
    for probs in (pa.table(named), pd.DataFrame(named)):
        found = find(data, probs=probs, decisions=())
        assert len(found.dataset.classes) == 2
        assert found.flagged.sum() == 0
    inside = pa.table({**{name: data[name] for name in data.column_names}, **named})
    pq.write_table(inside, tmp_path / "d.parquet")
    assert len(find(tmp_path / "d.parquet", decisions=()).dataset.classes) == 2
    assert len(find(data, probs=p, classes=columns, decisions=()).dataset.classes) == 2


def test_names_that_differ_stay_apart() -> None:
    data = table(["1", "1.0", "01"] * 4)
    found = find(data, probs=np.full((12, 3), 1 / 3), classes=["1", "1.0", "01"], decisions=())
    assert found.dataset.classes == ("01", "1", "1.0")


@pytest.mark.parametrize(
    "parts",
    [
        {"text": "label"}, {"text": "id"}, {"text": "g", "groups": "g"}, {"text": "g", "split": "g"},
        {"text": "g", "fold": "g"}, {"id": "label"}, {"id": "g", "split": "g"},
    ],
)  # fmt: skip
def test_a_column_plays_one_part(parts: dict[str, str]) -> None:
    with pytest.raises(InputError, match="is both `"):
        load(table(["a", "b"], g=["x", "y"]), Columns(**parts))


def test_groups_split_and_fold_may_be_one() -> None:
    assert len(load(table(["a", "b"], g=["x", "y"]), Columns(groups="g", split="g", fold="g"))) == 2
    assert len(load(table(["a", "b"]), Columns(split="label"))) == 2


def every_row(found: Findings) -> pa.Table:
    return found.table(found.ranked)


LINES = [
    {"id": "a", "label": ["x", "y"]}, {"id": "b", "label": ["z"]}, {"id": "c", "label": {"k": 1}},
    {"id": "d", "label": "s"}, {"id": "e", "label": 7}, {"id": "f", "label": '["q"]'},
]  # fmt: skip


def relabeled(folder: Path, id_: str, new: str, *, array: bool = False) -> Any:
    lines = [json.dumps(line) for line in LINES]
    data = folder / "d.json"
    data.write_text("[" + ",\n".join(lines) + "]" if array else "\n".join(lines) + "\n")
    rows = every_row(find(data, decisions=())).to_pylist()
    row = next(row for row in rows if row["id"] == id_) | {"decision": "relabel", "new_label": new}
    queue = pa.table({name: [value] for name, value in row.items()})
    pq.write_table(queue, folder / "q.parquet")
    apply(data, [str(folder / "q.parquet")], decisions=(), output=folder / "out.json")
    text = (folder / "out.json").read_text()
    found = json.loads(text) if array else [json.loads(line) for line in text.splitlines()]
    assert [line for line in found if line["id"] != id_] == [line for line in LINES if line["id"] != id_]
    return next(line["label"] for line in found if line["id"] == id_)


@pytest.mark.parametrize("array", [False, True])
def test_a_label_keeps_its_json_kind(array: bool, tmp_path: Path) -> None:
    for id_, new, label in (
        ("a", '["z"]', ["z"]), ("a", '["new","er"]', ["new", "er"]), ("c", '{"k":2}', {"k": 2}), ("d", '["z"]', ["z"]),
        ("d", '["q"]', '["q"]'), ("f", '["other"]', '["other"]'), ("e", "8", 8), ("d", "t", "t"),
    ):  # fmt: skip
        assert relabeled(tmp_path, id_, new, array=array) == label


@pytest.mark.parametrize(("id_", "new"), [("a", "s"), ("a", "[broken"), ("a", '{"k":3}'), ("c", '["new"]'), ("c", "8")])
def test_what_cannot_keep_its_kind_is_refused_with_its_row(id_: str, new: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"d\.json: line [13], 'label': .* is not (a list|an object)"):
        relabeled(tmp_path, id_, new)
    assert not (tmp_path / "out.json").exists()
