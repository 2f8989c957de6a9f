"""Rules clean a dataset without asking: what was planted is found again exactly, and undone byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from hardneg_cli import InputError, UnsettledDecisions, apply, find, undo
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import append, log_of
from support.command import hardneg

WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "parquet": lambda frame, path: pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path),
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True, force_ascii=False),
    "xlsx": lambda frame, path: frame.to_excel(path, index=False),
    "arrow": lambda frame, path: frame.to_feather(path),
}
READERS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "csv": pd.read_csv,
    "parquet": pd.read_parquet,
    "jsonl": lambda path: pd.read_json(path, lines=True, dtype=False),
    "xlsx": pd.read_excel,
    "arrow": pd.read_feather,
}
SCHEMAS = {"parquet": pq.read_schema, "arrow": lambda path: pa.feather.read_table(path).schema}
RULES = {"exact-duplicate": "drop", "label-spelling": "relabel", "empty-row": "drop"}
SOUND = 40


def sound() -> pd.DataFrame:
    return pd.DataFrame({
        "id": [f"r{row:02}" for row in range(SOUND)],
        "label": ["pelican", "flamingo"] * (SOUND // 2),
        "split": ["train", "train", "test", "train"] * (SOUND // 4),
        "age": [float(20 + row) for row in range(SOUND)],
        "text": [f"bird number {row} was seen" for row in range(SOUND)],
    })  # fmt: skip


def planted() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The dataset with troubles, and as it is to be: copies behind, two misspellings, an empty row, a missing age."""
    right = sound()
    wrong = right.copy()
    wrong.loc[0, "label"], wrong.loc[5, "label"] = "Pelican", "flamngo"
    wrong.loc[4, "age"] = np.nan
    right.loc[4, "age"] = right.loc[(right["split"] != "test") & (right.index != 4), "age"].median()
    copies = wrong.iloc[[1, 3, 8]].assign(id=["c1", "c2", "a-copy"])
    empty = wrong.iloc[:1].assign(id="e1", label="pelican", split="train", age=np.nan, text=None)
    return pd.concat([wrong.iloc[:10], empty, wrong.iloc[10:], copies], ignore_index=True), right


@pytest.mark.parametrize("kind", WRITERS)
def test_what_was_planted_is_mended_exactly_and_undone_byte_for_byte(kind: str, tmp_path: Path) -> None:
    data, out, back, told = (tmp_path / name for name in (f"a.{kind}", f"b.{kind}", f"c.{kind}", "why.json"))
    wrong, right = planted()
    WRITERS[kind](wrong, data)
    done = apply(
        data, split="split", policy=protecting("test"), clean=RULES, fill={"age": "median"}, output=out, provenance=told
    )
    pd.testing.assert_frame_equal(READERS[kind](out), right, check_dtype=False)
    assert [(effect.rule, effect.count) for effect in done.rules] == [
        ("label-spelling=relabel", 2), ("empty-row=drop", 1), ("exact-duplicate=drop", 3), (done.rules[3].rule, 1),
    ]  # fmt: skip
    if kind in SCHEMAS:
        assert SCHEMAS[kind](out).equals(SCHEMAS[kind](data))
    reasons = {one["source"] for one in json.loads(told.read_text())["changes"]}
    assert reasons == {"label-spelling=relabel", "empty-row=drop", "exact-duplicate=drop", "age=median"}
    assert {one["reviewer"] for one in json.loads(told.read_text())["changes"]} == {"policy"}
    undo(out, told, output=back)
    assert back.read_bytes() == data.read_bytes()


def protecting(*splits: str) -> object:
    from hardneg_cli.review.decisions.filled_queue import AutoPolicy

    return AutoPolicy(protect=splits)


def test_a_frame_is_cleaned_and_numbers_stay_numbers() -> None:
    wrong, right = planted()
    frame = wrong.assign(age=wrong["age"].astype("Int64"))
    mended = apply(frame, clean=RULES, fill={"age": 7}).data
    assert mended["age"].dtype == "Int64"
    assert mended["age"].tolist() == [7 if row == 4 else 20 + row for row in range(SOUND)]
    assert mended["label"].tolist() == right["label"].tolist()


def test_rows_of_a_protected_split_stay_and_stand_for_their_copies(tmp_path: Path) -> None:
    frame = sound()
    leak = frame.iloc[[2, 6]].assign(id=["a", "b"], split=["train", "test"])  # both copies of rows of test
    gap = frame.iloc[[10]].assign(id="c", age=np.nan, text="a test row")
    data = tmp_path / "a.csv"
    pd.concat([leak, gap, frame]).to_csv(data, index=False)
    done = apply(data, split="split", policy=protecting("test"), clean={"exact-duplicate": "drop"}, fill={"age": 1})
    assert [(one.id, one.action) for one in done.changes] == [("a", "drop")]
    assert done.protected == 2  # a copy within the split, and a gap


def test_copies_with_different_labels_are_left_to_people(tmp_path: Path) -> None:
    frame = sound()
    other = frame.iloc[[0, 0, 2]].assign(id=["x", "y", "z"], label=["pelican", "flamingo", "pelican"])
    data = tmp_path / "a.csv"
    pd.concat([frame, other]).to_csv(data, index=False)
    done = apply(data, clean={"exact-duplicate": "drop"})
    assert [one.id for one in done.changes] == ["z"]
    assert "1 group of copies with different labels left alone" in str(done.rules[0])


def test_people_go_before_rules(tmp_path: Path) -> None:
    frame = pd.concat([sound(), sound().iloc[[0, 2, 4]].assign(id=["x", "y", "z"])])
    frame.loc[frame["id"] == "r06", "label"] = "pelicann"
    data = tmp_path / "a.csv"
    frame.to_csv(data, index=False)
    said = {"x": "keep", "r02": "drop", "r06": "keep"}
    append(log_of(data), answers(data, said))
    done = apply(data, clean=RULES)
    assert {one.id: one.reviewer for one in done.changes} == {"r00": "policy", "r02": "ann", "z": "policy"}
    assert done.kept == 2


def answers(data: Path, said: dict[str, str]) -> list[Decision]:
    from hardneg_cli import load

    dataset = load(data)
    ids = dataset.ids.to_pylist()
    rows = [ids.index(id_) for id_ in said]
    return [
        Decision(
            id_, hash_, dataset.classes[dataset.labels[row]], word, "", "ann", "2026-01-02T03:04:05Z",
            hashed=dataset.hashed,
        )
        for (id_, word), hash_, row in zip(said.items(), dataset.row_hashes(np.array(rows)), rows, strict=True)
    ]  # fmt: skip


@pytest.mark.parametrize("with_ids", [True, False])
def test_decisions_about_filled_rows_hold_before_and_after(with_ids: bool, tmp_path: Path) -> None:
    data, told = tmp_path / "a.csv", tmp_path / "why.json"
    frame = planted()[0] if with_ids else planted()[0].drop(columns="id")
    frame.to_csv(data, index=False)
    from hardneg_cli import load

    missing = load(data).ids[4].as_py()
    append(log_of(data), answers(data, {missing: "keep"}))
    before = data.read_bytes()
    for _ in range(2):  # the second time nothing is left to do
        apply(data, fill={"age": "median", "text": "none"}, in_place=True, provenance=told)
        told = tmp_path / "again.json"
    assert data.read_bytes() != before
    assert apply(data).kept == 1  # not stale
    assert not [id_ for id_ in find(data).table()["id"].to_pylist() if id_ == load(data).ids[4].as_py()]
    assert len(log_of(data).read_text().splitlines()) == 2
    undo(data, tmp_path / "why.json", in_place=True)
    assert data.read_bytes() == before
    assert apply(data).kept == 1


def test_a_carried_line_takes_nothing_from_others(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    sound().to_csv(data, index=False)
    (answer,) = answers(data, {"r00": "drop"})
    mallory = Decision(
        answer.id, answer.row_hash, answer.given, "keep", "", "mallory", "2026-02-02T03:04:05Z",
        source=f"fill of {answer.row_hash} {answer.id}", hashed=answer.hashed,
    )  # fmt: skip
    append(log_of(data), [answer, mallory])
    with pytest.raises(UnsettledDecisions, match="decided in more than one way"):
        apply(data)


def test_values_are_spelled_as_the_column_spells_them(tmp_path: Path) -> None:
    data, out = tmp_path / "a.csv", tmp_path / "b.csv"
    rows = [("1", "007", "b", "1.50"), ("2", "009", "a", "2.00"), ("4", "", "b", ""), ("", "", "", " ")]
    cells = "".join(f"r{n},{'xy'[n % 2]},{','.join(row)}\r\n" for n, row in enumerate(rows))
    data.write_bytes(f"id,label,n,padded,word,price\r\n{cells}".encode())
    apply(data, fill=["n=median", "padded=median", "word=mode", "price=median"], output=out)
    assert out.read_bytes().decode().splitlines()[3:] == ["r2,x,4,8,b,1.75", "r3,y,2,8,b,1.75"]


@pytest.mark.parametrize(
    ("kind", "value", "reads"), [(pa.int8(), "median", 2), (pa.float32(), "median", 2.5), (pa.decimal128(5, 1), "2", 2)]
)
def test_columns_keep_their_types(kind: pa.DataType, value: str, reads: float, tmp_path: Path) -> None:
    data, out = tmp_path / "a.parquet", tmp_path / "b.parquet"
    numbers = pa.array([1, None, 2, 3, 4], pa.float64() if kind == pa.float32() else pa.int8()).cast(kind)
    table = pa.table({"label": list("xyxyx"), "n": numbers})
    pq.write_table(table, data)
    apply(data, fill={"n": value}, output=out)
    found = pq.read_table(out)
    assert found.schema.equals(table.schema)
    assert float(found["n"][1].as_py()) == reads


@pytest.mark.parametrize(
    ("clean", "fill", "words"),
    [
        ({"exact-duplicat": "drop"}, None, "did you mean 'exact-duplicate'"),
        ({"exact-duplicate": "dorp"}, None, "did you mean 'drop'"),
        ({"exact-duplicate": "relabel"}, None, "exact-duplicate=drop"),
        ({"outlier": "drop"}, None, "is an opinion"),
        ("exact-duplicate", None, "is not DETECTOR=ACTION"),
        (None, {"agee": "median"}, "did you mean 'age'"),
        (None, {"label": "mode"}, "is no content"),
        (None, {"text": "median"}, "no median; mode is of any"),
        (None, {"age": ""}, "no value"),
        (None, ["age=1", "age=2"], "two values"),
    ],
)
def test_rules_that_cannot_be(clean: object, fill: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        apply(planted()[0], clean=clean, fill=fill)  # type: ignore[arg-type]


@pytest.mark.process
def test_rules_in_a_settings_file_need_no_flags_and_a_dry_run_counts_them(tmp_path: Path) -> None:
    data = tmp_path / "a.csv"
    planted()[0].to_csv(data, index=False)
    (tmp_path / "hardneg.toml").write_text('clean = ["exact-duplicate=drop"]\nfill = ["age=median"]\n')
    done = hardneg("apply", "a.csv", "--dry-run", "-f", "csv", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    head, *changes = done.stdout.decode().splitlines()
    assert head == "id,given_label,action,new_label,by,rule,column,value"
    assert changes[0] == "r04,pelican,fill,,policy,age=median,age,40.0"
    assert b"exact-duplicate=drop: 3 rows" in done.stderr
    assert b"age=median (40.0): 2 cells" in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "hardneg.toml"]
