"""split: copies, groups and near copies stay together, classes are shared out, and few rows move."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hardneg_cli import InputError, SplitResult, split
from support.command import hardneg

WORDS = ["red", "blue", "green", "tall", "short", "round", "cold", "warm", "loud", "quiet"]


def frame(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "id": [f"r{row:04}" for row in range(rows)],
        "label": rng.choice(["cat", "dog", "owl"], rows, p=[0.5, 0.3, 0.2]),
        "text": [" ".join([*rng.choice(WORDS, 11), f"no {row}"]) for row in range(rows)],
        "x": rng.normal(size=rows).round(6), "y": rng.normal(size=rows).round(6),
    })  # fmt: skip


def places(result: SplitResult) -> dict[str, str]:
    return dict(zip(result.dataset.ids.to_pylist(), result.names, strict=True))


def off(result: SplitResult) -> float:
    """The most rows by which a class misses its share in a part, beyond a row or 1 % of the class."""
    counts = result.counts()
    rows = counts.sum(axis=1, keepdims=True)
    missed = np.abs(counts - rows * np.array(result.shares.fractions)) - np.maximum(1, 0.01 * rows)
    return float(np.maximum(missed, 0).max())


def lines(result: SplitResult) -> str:
    return "\n".join(result.summary())


def test_every_class_has_its_share_whatever_the_order_of_the_rows() -> None:
    data = frame()
    result = split(data)
    assert off(result) == 0
    assert set(result.names) == {"train", "dev", "test"}
    assert result.data["split"].tolist() == result.names
    assert places(split(data.sample(frac=1, random_state=1))) == places(result)
    assert places(split(data[["text", "label", "id", "y", "x"]])) == places(result)
    assert lines(result).startswith("table: 300 rows of 3 classes: train 2")


def test_a_grown_dataset_hardly_moves_and_with_keep_not_at_all() -> None:
    grown = frame(1100)
    old = grown.sample(frac=1 / 1.1, random_state=0)
    first, again = split(old), split(grown)
    before, now = places(first), places(again)
    assert np.mean([now[row] != part for row, part in before.items()]) <= 0.02
    kept = split(grown, keep=first.table())
    assert all(places(kept)[row] == part for row, part in before.items())
    assert off(kept) == 0
    assert "1,000 rows where they were, 100 placed now" in lines(kept)


def test_copies_near_copies_and_groups_stand_together() -> None:
    data = frame(200)
    rng = np.random.default_rng(1)
    copies = data.iloc[:60].assign(id=[f"c{row}" for row in range(60)])
    copies.loc[20:39, "text"] = [text.upper() + "!" for text in copies["text"][20:40]]
    copies.loc[40:, "text"] = [text.replace("no", "very no") for text in copies["text"][40:]]
    copies.loc[20:, ["x", "y"]] = rng.normal(size=(40, 2))
    both = pd.concat([data, copies], ignore_index=True).assign(user="")
    both.loc[100:129, "user"] = [f"u{row % 6}" for row in range(30)]
    result = split(both, text="text", groups="user", keep=None)
    found = places(result)
    for row in range(60):
        assert found[f"r{row:04}"] == found[f"c{row}"], row
    assert all(len({found[one] for one in ids}) == 1 for _, ids in both[both.user != ""].groupby("user")["id"])
    assert off(result) == 0
    assert result.leaks().num_rows == 0
    together = dict(zip(*(result.together()[name].to_pylist() for name in ("because", "rows")), strict=True))
    assert (together["exact copies"], together["rows of groups"]) == (40, 30)
    assert together["near copies of texts"] >= 120
    assert "kept together: 40 exact copies in 20 groups" in lines(result)


def test_near_vectors_stand_together() -> None:
    data = frame(200)
    near = data.iloc[:50].assign(id=[f"n{row}" for row in range(50)], text="", x=data.x[:50] + 1e-7)
    result = split(pd.concat([data, near], ignore_index=True), features="x,y")
    found = places(result)
    assert all(found[f"r{row:04}"] == found[f"n{row}"] for row in range(50))


def test_folds_are_as_even_and_another_name_makes_another_column() -> None:
    result = split(frame(), folds=5, fold="part")
    assert (off(result), set(result.names)) == (0, {"1", "2", "3", "4", "5"})
    assert result.data["part"].tolist() == result.names


def test_stratify_shares_out_another_column_as_well() -> None:
    data = frame(400).assign(site=np.random.default_rng(0).choice(list("abcdefgh"), 400))
    result = split(data, stratify="site", fractions={"train": 0.7, "test": 0.3})
    assert off(result) == 0
    shares = result.data.groupby(["label", "site"])["split"].agg(rows="size", test=lambda part: (part == "test").sum())
    assert ((shares["test"] - 0.3 * shares["rows"]).abs() < 1.01).all()


def test_by_time_nothing_trains_that_is_newer_than_what_is_tested() -> None:
    data = frame(100).assign(when=pd.date_range("2024-01-01", periods=100, freq="D").strftime("%Y-%m-%dT00:00:00Z"))
    copy = data.iloc[[3]].assign(id="late", when="2024-04-09")  # a copy of an old row, in the time of the test
    result = split(pd.concat([data, copy], ignore_index=True), time="when")
    found = result.data.assign(day=pd.to_datetime(result.data["when"], utc=True, format="ISO8601"))
    newest = found.groupby("split")["day"].max()
    assert newest["train"] < newest["dev"] < newest["test"]
    assert found.set_index("id").loc[["r0003", "late"], "split"].tolist() == ["test", "test"]
    oldest = found[~found.id.isin(["r0003"])].groupby("split")["day"].min()
    assert newest["train"] < oldest["dev"] < oldest["test"]
    assert found["split"].value_counts().tolist() == [81, 10, 10]
    with pytest.raises(InputError, match="row 8: 'soon' is no time; row 9: no time in column 'when'"):
        split(data.assign(when=[*data.when[:7], "soon", "", *data.when[9:]]), time="when")
    left = split(data.assign(when=[*data.when[:7], "soon", "", *data.when[9:]]), time="when", on_bad_rows="skip")
    assert left.data["split"].tolist()[6:10] == ["train", "", "", "train"]


def test_rows_of_equal_times_stand_together() -> None:
    data = frame(100).assign(year=[2000 + row // 10 for row in range(100)])
    found = split(data, time="year", fractions="train=.75,test=.25").data
    assert found.groupby("year")["split"].nunique().max() == 1
    assert found["split"].value_counts()["test"] in (20, 30)
    with pytest.raises(InputError, match="1 time for 3 parts"):
        split(data.assign(year=2000), time="year")


def test_small_classes_train_and_are_named() -> None:
    data = pd.concat([frame(100), frame(3, 1).assign(id=["a", "b", "c"], label=["emu", "yak", "yak"])])
    result = split(data)
    assert places(result)["a"] == "train"
    assert "train" in {places(result)["b"], places(result)["c"]}
    assert "too small to be in every part: 'emu' (1 row, in train), 'yak' (2 rows, in" in lines(result)


def test_what_hangs_together_in_one_large_group_is_named() -> None:
    data = frame(100).assign(user=["big"] * 40 + [""] * 60)
    result = split(data, groups="user")
    assert "40 rows (40.0 %) hang together (rows of groups)" in lines(result)
    assert len(set(result.names[:40])) == 1
    alike = frame(100).assign(text="", x=[0, 1] * 50, y=0)
    assert "do not tell rows apart" in lines(split(alike.drop(columns="text")))


def test_keep_goes_by_id_then_by_content_and_what_it_tore_it_tells() -> None:
    data = frame(60)
    old = pd.DataFrame({"id": data.id, "split": ["train"] * 40 + ["test"] * 20})
    new = pd.concat([data, data.iloc[[45]].assign(id="copy"), data.iloc[[3]].assign(id="again")], ignore_index=True)
    found = places(split(new, keep=old))
    assert (found["copy"], found["again"]) == ("test", "train")
    whole = data.assign(split=old["split"]).drop(columns="id")  # by content alone
    assert split(data.drop(columns="id"), keep=whole).names == old["split"].tolist()
    renamed = data.assign(id=[f"new{row}" for row in range(60)])
    assert split(renamed, keep=data.assign(split=old["split"])).names == old["split"].tolist()
    torn = pd.concat([data, data.iloc[[45]].assign(id="copy")], ignore_index=True)
    result = split(torn, keep=pd.concat([old, pd.DataFrame({"id": ["copy"], "split": ["train"]})]))
    assert places(result)["copy"] == "train"
    assert result.leaks()["id"].to_pylist() == ["copy", "r0045"]
    assert "leak: 2 rows that are exact copies stand in several parts" in lines(result)


def test_its_own_column_is_filled_up() -> None:
    data = frame(100).assign(split=["train"] * 60 + ["test"] * 20 + [""] * 20)
    with pytest.raises(InputError, match="a column 'split' already: `split`"):
        split(data)
    result = split(data, split="split", fractions="train=.6,test=.4")
    assert result.names[:80] == data["split"].tolist()[:80]
    assert 36 <= result.names.count("test") <= 40  # some classes have more than their share in train as it is
    assert places(split(data, keep=data, fractions="train=.6,test=.4")) == places(result)
    with pytest.raises(InputError, match=r"'test'.*'test'=0 leaves it as it is"):
        split(data, split="split", fractions="train=.6,dev=.4")
    held = split(data, split="split", fractions="train=.6,dev=.4,test=0")
    assert held.names.count("test") == 20
    assert set(split(data.assign(split=["a"] * 50 + ["b"] * 30 + [""] * 20), split="split").names) == {"a", "b"}


def test_suspects_do_not_test() -> None:
    data = frame(120)
    p = np.full((120, 3), 0.02)
    p[np.arange(120), pd.Categorical(data.label).codes] = 0.96
    wrong = np.arange(0, 120, 10)
    p[wrong] = np.roll(p[wrong], 1, axis=1)
    result = split(data, probs=p, classes=["cat", "dog", "owl"], guard=0.3)
    assert len(wrong) - 2 <= result.suspects[wrong].sum() <= result.suspects.sum() <= len(wrong)
    assert {result.names[row] for row in np.flatnonzero(result.suspects)} == {"train"}
    assert "rows with a score above 0.3 do not test" in lines(result)
    with pytest.raises(InputError, match="`guard` needs what tells wrong labels"):
        split(data, guard=0.5)


def test_pictures_that_are_saved_anew_stand_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(24):
        picture = Image.fromarray(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8)).resize((48, 48))
        folder = tmp_path / "data" / ("cat" if number % 2 else "dog")
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / f"{number:02}.png")
        if number < 8:
            picture.save(folder / f"{number:02}b.jpg", quality=90)
    result = split(tmp_path / "data", fractions="train=.5,test=.5", output=tmp_path / "new")
    for number in range(8):
        copies = {part for id_, part in places(result).items() if f"/{number:02}" in id_}
        assert len(copies) == 1, number
    for id_, part in places(result).items():
        made = tmp_path / "new" / part / id_
        assert made.read_bytes() == (tmp_path / "data" / id_).read_bytes()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["test", "train"]


def written(kind: str, path: Path, data: pd.DataFrame) -> None:
    if kind == "parquet":
        schema = pa.Schema.from_pandas(data, preserve_index=False).with_metadata({"a": "b"})
        pq.write_table(pa.Table.from_pandas(data, schema, preserve_index=False), path, row_group_size=20)
    elif kind == "jsonl":
        data.to_json(path, orient="records", lines=True)
    elif kind == "xlsx":
        data.to_excel(path, index=False)
    else:
        path.write_bytes(b"\xef\xbb\xbf" + data.to_csv(index=False, sep=";", lineterminator="\r\n").encode())


READERS: dict[str, Any] = {
    "csv": lambda path: pd.read_csv(path, sep=";", dtype=str), "jsonl": lambda path: pd.read_json(path, lines=True),
    "parquet": pd.read_parquet, "xlsx": pd.read_excel,
}  # fmt: skip


@pytest.mark.parametrize("kind", READERS)
def test_every_format_gets_the_column_and_is_otherwise_as_it_was(kind: str, tmp_path: Path) -> None:
    data, old, new = frame(50)[["id", "label", "text"]], tmp_path / f"data.{kind}", tmp_path / f"new.{kind}"
    written(kind, old, data)
    before = old.read_bytes()
    result = split(old, output=new)
    found = READERS[kind](new)
    assert found["split"].tolist() == result.names == split(data).names
    assert found.drop(columns="split").equals(READERS[kind](old))
    assert old.read_bytes() == before
    if kind == "csv":
        rows = zip(before.split(b"\r\n"), new.read_bytes().split(b"\r\n"), ["split", *result.names, ""], strict=True)
        assert all(line == was + (f";{part}".encode() if part else b"") for was, line, part in rows)
    if kind == "parquet":
        assert pq.read_schema(new).metadata[b"a"] == b"b"
    split(old, in_place=True)
    assert old.read_bytes() == new.read_bytes()


def test_the_command_writes_where_it_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    frame(60).to_csv(data, index=False)
    done = hardneg("split", data, "--fractions", "train=80%,test=20%", text=True)
    assert done.returncode == 0
    assert pd.read_csv(io.StringIO(done.stdout))["split"].value_counts().to_dict() == {"train": 48, "test": 12}
    assert "every class has its share in every part" in done.stderr
    assert hardneg("split", data, "-o", tmp_path / "a.csv", "-q").stderr == b""
    again = hardneg("split", tmp_path / "a.csv", "--keep", tmp_path / "a.csv", "-o", tmp_path / "b.csv", text=True)
    assert (tmp_path / "b.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()
    assert "60 rows where they were, 0 placed now" in again.stderr


REFUSED = {
    "shares that are not 1": (("--fractions", "train=.8,test=.1"), "these are 0.9 together, not 1"),
    "no shares": (("--fractions", "train,test"), "'train' is no NAME=SHARE"),
    "a name twice": (("--fractions", "a=.5,a=.5"), "names 'a' twice"),
    "one part": (("--fractions", "a=1"), "needs two parts"),
    "both": (("--fractions", "a=.5,b=.5", "--folds", "5"), "--fractions and --folds exclude each other"),
    "folds of too few rows": (("--folds", "100"), "60 rows or groups that differ are too few for 100 parts"),
    "no such time": (("--time", "tex"), "no column 'tex' for --time; did you mean 'text'?"),
    "no times": (("--time", "text"), "column 'text' holds no times"),
    "no strata": (("--stratify", "x"), "--stratify names one of categories"),
    "a guard of folds": (("--folds", "5", "--guard", ".5"), "every fold tests"),
    "nothing to keep": (("--keep", "probs.csv"), "no column 'split', which --split names"),
    "other rows": (("--keep", "other.csv"), "has none of the rows"),
}


@pytest.mark.slow
def test_what_cannot_be_done_is_said_in_one_line(tmp_path: Path) -> None:
    frame(60).to_csv(tmp_path / "data.csv", index=False)
    pd.DataFrame({"id": ["r0000"], "prob_cat": [1]}).to_csv(tmp_path / "probs.csv", index=False)
    frame(9, 5).assign(id=[f"z{row}" for row in range(9)], split="a").to_csv(tmp_path / "other.csv", index=False)
    for name, (options, words) in REFUSED.items():
        done = hardneg("split", "data.csv", *options, "-o", "no.csv", cwd=tmp_path, text=True)
        assert (name, done.returncode, done.stderr.count("\n")) == (name, 2, 1), done.stderr
        assert words in done.stderr, name
    assert not (tmp_path / "no.csv").exists()
