"""Augmenting: only what keeps the label and does no harm, of rows that train and are right, in the data's own form."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageDraw

from hardneg_cli import AugmentResult, InputError, augment, find
from support.command import hardneg

WORDS = {
    "fruit": "apple pear plum cherry grape banana orange melon",
    "tools": "hammer chisel drill pliers saw wrench ruler clamp",
    "pets": "kitten puppy goldfish parrot mouse rabbit hamster gecko",
}
SIZES = {"fruit": 40, "tools": 40, "pets": 10}


def texts() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for label, many in SIZES.items():
        for _ in range(many):
            said = " ".join(rng.choice(WORDS[label].split(), 3))
            rows.append((f"t{len(rows)}", label, f"please bring {said} over {len(rows)} today"))
    return pd.DataFrame(rows, columns=["id", "label", "text"]).assign(note="=1+1")


def mixed(rows: int = 80) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    label = np.where(np.arange(rows) % 8, "big", "small")
    size = np.where(label == "big", 5.0, 1.0) + rng.normal(0, 1, rows)
    return pd.DataFrame({
        "id": np.arange(rows), "label": label, "size": np.round(size, 2), "count": rng.integers(0, 40, rows),
        "kind": rng.choice(["a", "b"], rows), "day": pd.Series(pd.date_range("2024-01-01", periods=rows)).dt.date,
    }).assign(size=lambda frame: frame["size"].mask(frame.index % 16 == 8))  # fmt: skip


@pytest.fixture(scope="module")
def grown() -> AugmentResult:
    return augment(texts(), text="text", by=["typos", "word-dropout"], folds=2)


def new_rows(result: AugmentResult) -> pd.DataFrame:
    frame = result.table().to_pandas()
    return frame[frame["augmented_by"] != ""]


def test_small_classes_grow_behind_the_rows_that_are_there(grown: AugmentResult) -> None:
    given, table = texts(), grown.table().to_pandas()
    assert table.columns.tolist() == [*given, "parent_id", "augmented_by"]
    head, new = table.iloc[: len(given)], new_rows(grown)
    assert head[given.columns].equals(given)
    assert (head[["parent_id", "augmented_by"]] == "").all(axis=None)
    assert table["label"].value_counts().to_dict() == {"fruit": 40, "tools": 40, "pets": 40}
    parents = given.set_index("id").loc[new["parent_id"]]
    assert (new["label"].to_numpy() == parents["label"].to_numpy()).all()
    assert (new["note"] == "=1+1").all()
    assert not set(new["text"]) & set(given["text"])
    assert table["id"].is_unique
    assert table["text"].is_unique
    assert new["id"].str.startswith("t").all()
    assert new["id"].str.contains("+", regex=False).all()
    assert new["parent_id"].value_counts().max() <= 4
    assert set(new["augmented_by"]) == {"typos", "word-dropout"}


def test_it_says_what_was_gained_and_by_what(grown: AugmentResult) -> None:
    lines = [*grown.summary()]
    assert lines[0] == "table: 90 rows and 30 new ones of 1 class"
    assert lines[1] == "rows that train: pets 10 → 40"
    assert any(line.startswith("typos: used") and "balanced accuracy" in line for line in lines)
    assert any(line.startswith("all together, on 90 rows") for line in lines)
    assert any(line.startswith("against as many plain copies") for line in lines)
    report = grown.report().to_pandas().set_index("transform")
    assert report["rows"].sum() == 30
    assert (report["gain_low"] <= report["gain"]).all()


def test_neither_the_order_of_rows_nor_a_second_run_changes_it(grown: AugmentResult) -> None:
    shuffled = texts().sample(frac=1, random_state=3)
    again = augment(shuffled, text="text", by=["typos", "word-dropout"], folds=2)
    assert new_rows(again).reset_index(drop=True).equals(new_rows(grown).reset_index(drop=True))


def swapped(texts: list[str]) -> list[str]:
    """What names a pet names a tool, and the other way round."""
    other = {**dict(zip(WORDS["pets"].split(), WORDS["tools"].split(), strict=True))}
    other |= {tool: pet for pet, tool in other.items()}
    return [" ".join(other.get(word, word) for word in text.split()) + " thanks" for text in texts]


def test_what_changes_the_label_is_switched_off_and_told() -> None:
    found = augment(texts(), text="text", using=swapped, folds=2)
    assert not len(found.versions)
    assert found.table().num_rows == 90
    (trial,) = found.selection.trials
    assert dict(zip(found.dataset.classes, trial.off.tolist(), strict=True)) == {
        "fruit": False,
        "pets": True,
        "tools": True,
    }
    assert any("it changes the label" in line for line in found.summary())


def one_text(text: str) -> list[str]:
    return [f"{text} soon", f"{text} now"]


def test_a_function_may_take_one_text_or_several() -> None:
    for using in (one_text, lambda several: [(f"{one} soon", f"{one} now") for one in several]):
        found = new_rows(augment(texts(), text="text", using=using, to=20, folds=2))
        assert len(found) == 10
        assert found["text"].str.endswith((" soon", " now")).all()


@pytest.mark.parametrize(
    ("using", "says"),
    [
        (lambda several: several[:1], "1 answers for"),
        (lambda several: [3 for _ in several], "is no text"),
        (lambda several: 1 / 0, "ZeroDivisionError"),
        ("no_such_module:f", "no module 'no_such_module'"),
    ],
)
def test_a_function_that_fails_is_named_with_what_it_did(using: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        augment(texts(), text="text", using=using, folds=2)  # type: ignore[arg-type]


def test_only_rows_that_train_and_are_right_have_versions() -> None:
    rows = texts().assign(split=lambda frame: np.where(frame.index % 3, "train", "test"))
    p = np.array([[0.9 if label == other else 0.05 for other in WORDS] for label in rows["label"]])
    p[rows.index[rows["id"] == "t85"]] = [0.9, 0.05, 0.05]
    known = {"text": "text", "split": "split", "probs": p, "classes": [*WORDS]}
    findings = find(rows, **known)
    queue = findings.table(every=True).to_pandas()
    wrong = queue[queue["id"] == "t82"].assign(decision="drop")
    found = augment(rows, **known, decisions=wrong, guard=float(findings.score[85] - 1e-6), by=["case"], folds=2)
    new = new_rows(found)
    train = set(rows["id"][rows["split"] == "train"])
    assert len(new)
    assert set(new["parent_id"]) <= train - {"t85", "t82"}
    assert (new["split"] == "train").all()
    assert found.kept_out >= 2


def test_no_version_is_a_near_copy_of_a_row_of_another_split() -> None:
    rows = texts().assign(split="train")
    leaked = rows.iloc[80:85].assign(id=[f"x{n}" for n in range(5)], split="test", text=rows["text"][80:85] + ".")
    found = augment(pd.concat([rows, leaked]), text="text", split="split", by=["case"], folds=2)
    assert len(new_rows(found))
    assert not set(new_rows(found)["parent_id"]) & {f"t{n}" for n in range(80, 85)}
    assert any("nearly the same as rows of other splits" in line for line in found.summary())


def test_columns_keep_their_types_gaps_and_decimals(tmp_path: Path) -> None:
    given = mixed()
    table = pa.Table.from_pandas(given, preserve_index=False)
    table = table.set_column(4, "kind", table["kind"].dictionary_encode())
    pq.write_table(table, tmp_path / "data.parquet")
    found = augment(tmp_path / "data.parquet", features=["size", "count", "kind", "day"], id="id", folds=2)
    out = found.table()
    assert out.schema.field("size").type == pa.float64()
    assert out.schema.field("count").type == pa.int64()
    assert out.schema.field("day").type == pa.date32()
    assert pa.types.is_dictionary(out.schema.field("kind").type)
    assert out.slice(0, len(given))["size"].equals(table["size"])
    new = new_rows(found)
    parents = given.assign(id=given["id"].astype(str)).set_index("id").loc[new["parent_id"]]
    assert set(new["augmented_by"]) == {"noise", "smote"}
    assert (new["day"].to_numpy() == parents["day"].to_numpy()).all()
    assert (new["size"].isna().to_numpy() == parents["size"].isna().to_numpy()).all()
    known = new["size"].dropna()
    assert np.allclose(known, known.round(2))
    small = given[given["label"] == "small"]
    assert known.between(small["size"].min(), small["size"].max()).all()
    assert (new["size"].to_numpy() != parents["size"].to_numpy()).any()


def test_without_imbalanced_learn_the_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imblearn.over_sampling", None)
    with pytest.raises(InputError, match=r"pip install 'hardneg-cli\[imbalance\]'"):
        augment(mixed(), features=["size", "count"], by=["smote"], folds=2)
    found = augment(mixed(), features=["size", "count"], folds=2)
    assert set(found.versions.kinds) == {"noise"}
    assert any("pip install" in line for line in found.summary())


def arrow(right: bool, seed: int) -> bytes:
    """A triangle that points to the right, or to the left."""
    rng = np.random.default_rng(seed)
    picture = Image.new("RGB", (24, 24), "white")
    x, y = rng.integers(4, 7, 2)
    tip, back = (x + 14, x) if right else (x, x + 14)
    ImageDraw.Draw(picture).polygon([(back, y), (back, y + 13), (tip, y + 6)], fill=tuple(rng.integers(0, 90, 3)))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.process
def test_pictures_go_into_a_folder_and_a_mirror_is_switched_off(tmp_path: Path) -> None:
    for label, many in (("right", 20), ("left", 10)):
        (tmp_path / "arrows" / label).mkdir(parents=True)
        for number in range(many):
            (tmp_path / "arrows" / label / f"{number:02}.png").write_bytes(arrow(label == "right", number))
    by = ["--by", "flip", "--by", "shift", "--by", "brightness"]
    done = hardneg("augment", "arrows", *by, "-o", "more.csv", "--folds", "2", cwd=tmp_path, text=True, check=True)
    assert "flip: not used, it changes the label" in done.stderr
    table = pd.read_csv(tmp_path / "more.csv", keep_default_na=False)
    new = table[table["augmented_by"] != ""]
    assert len(new) == 10
    assert set(new["augmented_by"]) == {"shift", "brightness"}
    assert new["image"].str.startswith("more_pictures/").all()
    assert set(table["parent_id"]) - {""} <= set(table["id"])
    for path in table["image"]:
        with Image.open(tmp_path / path) as picture:
            assert picture.size == (24, 24)


def test_pictures_in_cells_stay_in_cells() -> None:
    cells = ["data:image/png;base64," + base64.b64encode(arrow(n < 20, n)).decode() for n in range(28)]
    rows = pd.DataFrame({"label": ["right"] * 20 + ["left"] * 8, "image": cells})
    found = augment(rows, image="image", by=["shift"], folds=2)
    new = new_rows(found)
    assert len(new) == 12
    assert new["image"].str.startswith("data:image/png;base64,").all()
    assert found.table().column_names == ["id", "label", "image", "parent_id", "augmented_by"]


@pytest.mark.process
def test_json_lines_and_tables_of_text_keep_their_cells(tmp_path: Path) -> None:
    given = texts().assign(number=1, share=0.5)
    given["tags"] = [["a", "b"]] * len(given)
    given.to_json(tmp_path / "data.jsonl", orient="records", lines=True)
    learn = ["--text", "text", "--by", "case", "--folds", "2", "-q"]
    both = ["-o", "out.jsonl", "-o", "out.csv", "--report", "report.csv"]
    hardneg("augment", "data.jsonl", *learn, *both, cwd=tmp_path, check=True)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert lines[0] == {**given.iloc[0].to_dict(), "parent_id": "", "augmented_by": ""}
    assert lines[-1]["tags"] == ["a", "b"]
    assert lines[-1]["augmented_by"] == "case"
    table = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    assert (table["number"] == "1").all()
    assert (table["share"] == "0.5").all()
    assert json.loads(table["tags"].iloc[-1]) == ["a", "b"]
    assert pd.read_csv(tmp_path / "report.csv")["transform"].tolist() == ["case"]


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "nothing to change"),
        (["--text", "text", "--by", "typo"], "did you mean 'typos'"),
        (["--text", "text", "--by", "flip"], "--by flip changes a picture"),
        (["--text", "text", "--to", "many"], "--to is a number of rows a class, or balance"),
        (["--text", "text", "--guard", "2"], "--guard"),
        (["--text", "text", "--using", "swap"], "is named as module:function, such as --using"),
        (["--features", "note", "--using", "a:b"], "name their column with --text"),
        (["--text", "text", "--set", "typos.shares=1"], "has no setting 'shares'"),
        (["--text", "text", "--model", "logistics"], "did you mean 'logistic'"),
        (["--text", "text", "--features", "features.npy"], "name its columns with --features"),
        (["--text", "text", "-o", "data.csv"], "is also an input"),
    ],
)
def test_bad_input_is_one_line(options: list[str], says: str, tmp_path: Path) -> None:
    texts().to_csv(tmp_path / "data.csv", index=False)
    np.save(tmp_path / "features.npy", np.zeros((90, 2)))
    done = hardneg(
        "augment", "data.csv", *options, *([] if "-o" in options else ["-o", "out.csv"]), cwd=tmp_path, text=True
    )
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "out.csv").exists()
