"""Labels that are numbers in the file have names on every surface, and stay numbers in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import Columns, InputError, UnsettledDecisions, apply, check, diff, find, load, predict
from support.command import hardneg

NAMES = ["World", "Sports", "Business", "Sci/Tech"]
ROWS, WRONG = 160, 8


def metadata(names: list[str] | None = None, column: str = "label") -> dict[bytes, bytes]:
    feature = {"names": NAMES if names is None else names, "_type": "ClassLabel"}
    return {b"huggingface": json.dumps({"info": {"features": {column: feature}}}).encode()}


def news(kind: pa.DataType | None = None) -> tuple[pa.Table, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Rows whose labels are numbers, probabilities in the numbers' order, and which labels are wrong."""
    rng = np.random.default_rng(0)
    true = rng.permutation(np.arange(ROWS) % len(NAMES))
    wrong = np.isin(np.arange(ROWS), rng.choice(ROWS, WRONG, replace=False))
    probs = np.full((ROWS, len(NAMES)), 0.01)
    probs[np.arange(ROWS), true] = 0.97
    labels = pa.array(np.where(wrong, (true + 1) % len(NAMES), true)).cast(kind or pa.int64())
    table = pa.table({"text": [f"row {row} of {NAMES[code]}" for row, code in enumerate(true)], "label": labels})
    return table.replace_schema_metadata(metadata()), probs, wrong


@pytest.fixture
def data(tmp_path: Path) -> Path:
    pq.write_table(news()[0], tmp_path / "news.parquet")
    return tmp_path / "news.parquet"


@pytest.mark.process
def test_names_from_find_to_check(data: Path, tmp_path: Path) -> None:
    table, probs, _ = news()
    np.save(tmp_path / "probs.npy", probs)
    hardneg("find", data, "--probs", tmp_path / "probs.npy", "-o", tmp_path / "queue.csv", check=True)
    lines = (tmp_path / "queue.csv").read_text().splitlines()
    assert len(lines) == WRONG + 1
    assert all(any(name in line for name in NAMES) for line in lines[1:])
    filled = [lines[0], *(line.replace(",,", ",relabel,", 1) for line in lines[1:])]
    (tmp_path / "queue.csv").write_text("\n".join(filled) + "\n")
    hardneg("collect", tmp_path / "queue.csv", "--data", data, check=True)
    said = hardneg("apply", data, "-o", tmp_path / "clean.parquet", text=True, check=True).stderr
    assert f"{WRONG} relabeled" in said
    clean = pq.read_table(tmp_path / "clean.parquet")
    assert clean.schema.equals(table.schema, check_metadata=True)
    assert (clean["label"].to_numpy() == probs.argmax(axis=1)).all()
    assert clean["text"].equals(table["text"])
    base = hardneg("check", tmp_path / "clean.parquet", "--base", data, "--probs", tmp_path / "probs.npy", text=True)
    assert base.returncode == 0
    assert "'Sports' -> 'World'" in base.stdout


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint16(), pa.float32(), pa.float64()], ids=str)
def test_any_type_of_number_keeps_its_type(kind: pa.DataType) -> None:
    table, probs, _ = news(kind)
    queue = find(table, probs=probs).table().to_pandas().assign(decision="relabel")
    assert set(queue["given_label"]) <= set(NAMES)
    found = apply(table, [queue]).data
    assert found.schema.equals(table.schema, check_metadata=True)
    assert (found["label"].to_numpy() == probs.argmax(axis=1)).all()


BY_NUMBER = dict(enumerate(NAMES))
BY_NAME = {name: code for code, name in BY_NUMBER.items()}


@pytest.mark.parametrize("given", [NAMES, tuple(NAMES), np.array(NAMES), ",".join(NAMES), BY_NUMBER, BY_NAME], ids=repr)
def test_classes_are_named_where_the_file_does_not(given: Any) -> None:
    table, probs, wrong = news()
    plain = table.replace_schema_metadata(None)
    findings = find(plain, probs=probs, classes=given)
    assert findings.dataset.classes == tuple(sorted(NAMES))
    assert (findings.flagged == wrong).all()
    assert set(find(plain, probs=probs).dataset.classes) == {"0", "1", "2", "3"}


@pytest.mark.parametrize("text", ["\n".join(NAMES), json.dumps(NAMES), json.dumps(dict(enumerate(NAMES)))])
def test_classes_from_a_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "names").write_text(text)
    table = news()[0].replace_schema_metadata(None)
    assert load(table, Columns(classes=str(tmp_path / "names"))).classes == tuple(sorted(NAMES))


@pytest.mark.parametrize("text", ['{"0": "a", "2": "b"}', "[1, [2]]", '["a"', '{"a": {"b": 1}}'])
def test_a_file_that_names_no_classes_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "names").write_text(text)
    with pytest.raises(InputError, match="names"):
        load(news()[0], Columns(classes=str(tmp_path / "names")))


def test_columns_of_probabilities_are_called_by_number_or_by_name() -> None:
    table, probs, wrong = news()
    for names in (range(4), NAMES):
        beside = pa.table({f"prob_{name}": probs[:, code] for code, name in enumerate(names)})
        assert (find(table, probs=beside).flagged == wrong).all()
        inside = table
        for name in beside.column_names:
            inside = inside.append_column(name, beside[name])
        assert (find(inside).flagged == wrong).all()
    found = predict(table, text="text").table()
    assert [name for name in found.column_names if name.startswith("prob_")] == [
        f"prob_{name}" for name in sorted(NAMES)
    ]


def test_a_number_is_accepted_for_a_name_and_a_strange_name_is_not() -> None:
    table, probs, _ = news()
    queue = find(table, probs=probs).table().to_pandas()
    by_number = queue.assign(
        decision="relabel", new_label=[str(NAMES.index(name)) for name in queue["suggested_label"]]
    )
    assert (apply(table, [by_number]).data["label"].to_numpy() == probs.argmax(axis=1)).all()
    old = by_number.assign(given_label=[str(NAMES.index(name)) for name in queue["given_label"]])
    assert apply(table, [old]).relabeled == WRONG
    with pytest.raises(InputError, match="none is called 'Sport'; did you mean 'Sports'"):
        apply(table, [queue.assign(decision="relabel", new_label="Sport")])


def test_a_row_without_a_label_has_none() -> None:
    table = news()[0]
    labels = table["label"].to_pylist()
    labels[3] = -1
    gone = table.set_column(1, "label", pa.array(labels))
    with pytest.raises(InputError, match=r"no label \(column 'label'\) in row 4"):
        load(gone)
    assert len(load(gone, on_bad_rows="skip")) == ROWS - 1


def test_metadata_that_does_not_fit_leaves_labels_as_they_are() -> None:
    table = news()[0]
    for said in (metadata(["a", "b"]), metadata(column="text"), metadata(["a", "a", "b", "c"]), {b"huggingface": b"{"},
                 {b"huggingface": b'{"info": [1]}'}, {b"huggingface": b'{"info": {"features": [1]}}'}):  # fmt: skip
        assert load(table.replace_schema_metadata(said)).classes == ("0", "1", "2", "3")
    words = table.set_column(1, "label", pa.array([NAMES[code] for code in table["label"].to_pylist()]))
    assert load(words).classes == tuple(sorted(NAMES))


def test_two_files_that_name_classes_differently_are_refused(tmp_path: Path) -> None:
    table = news()[0]
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.replace_schema_metadata(metadata([*reversed(NAMES)])), tmp_path / "b.parquet")
    with pytest.raises(InputError, match="names the classes of column 'label' otherwise than"):
        load(str(tmp_path / "*.parquet"))


def test_diff_speaks_of_names(data: Path) -> None:
    table = news()[0]
    labels = table["label"].to_pylist()
    labels[0] = (labels[0] + 1) % 4
    changed = diff(data, table.set_column(1, "label", pa.array(labels)))
    row = changed.tables()["changes"].to_pylist()[0]
    assert any(name in row["after"] for name in NAMES)


def test_stale_is_said_by_name() -> None:
    table, probs, _ = news()
    queue = find(table, probs=probs).table().to_pandas().assign(decision="relabel")
    other = table.set_column(1, "label", pa.array((table["label"].to_numpy() + 2) % 4))
    with pytest.raises(UnsettledDecisions) as refused:
        apply(other, [queue])
    assert any(name in refused.value.stale[0].why for name in NAMES)


def test_check_needs_no_second_naming_of_the_base() -> None:
    table, probs, _ = news()
    plain = table.replace_schema_metadata(None)
    assert check(plain, base=plain, probs=probs, classes=NAMES).changes is not None
