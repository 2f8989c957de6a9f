"""A folder of pictures is a dataset: read, corrected and undone, by what `datasets` and Pillow make of it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hardneg_cli import Columns, InputError, apply, check, collect, find, load, undo
from hardneg_cli.errors import Refused

# datasets leaves the metadata files open that it reads
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
CLASSES = ("cat", "dog")
EACH = 12


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets.disable_progress_bars()


def drawn(path: Path, number: int) -> None:
    """A picture that no other number has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(number).integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(path)


def pets(folder: Path, within: Sequence[str] = ("",)) -> list[str]:
    """Both classes, in each of the folders of splits, called alike in both; the paths, sorted."""
    paths = [str(Path(split, name, f"{row:02}.png")) for split in within for name in CLASSES for row in range(EACH)]
    for number, path in enumerate(paths):
        drawn(folder / path, number)
    (folder / "notes.txt").write_text("by hand")
    (folder / "nothing").mkdir()
    return sorted(paths)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every path and its bytes; of a folder None."""
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def seen_by_datasets(folder: Path, cache: Path) -> dict[str, list[tuple[str | None, bytes]]]:
    """By split, the label and the pixels of each picture."""
    found = datasets.load_dataset("imagefolder", data_dir=str(folder), cache_dir=str(cache))
    rows: dict[str, list[tuple[str | None, bytes]]] = {}
    for split, data in found.items():
        names = getattr(data.features.get("label"), "names", None)
        labels = data["label"] if "label" in data.features else [None] * len(data)
        called = [label if names is None else names[label] for label in labels]
        rows[split] = [(label, picture.tobytes()) for label, picture in zip(called, data["image"], strict=True)]
    return rows


def answered(folder: Path, relabel: dict[str, str], drop: Sequence[str] = (), **columns: Any) -> pd.DataFrame:
    """A queue of these answers."""
    queue: pd.DataFrame = find(folder, **columns).table(every=True).to_pandas().set_index("id", drop=False)
    queue = queue.loc[[*relabel, *drop]]
    return queue.assign(
        decision=["relabel"] * len(relabel) + ["drop"] * len(drop), new_label=[*relabel.values()] + [""] * len(drop)
    )


def test_from_find_to_undo(tmp_path: Path) -> None:
    folder, cache = tmp_path / "pets", tmp_path / "cache"
    paths = pets(folder)
    drawn(folder / "dog" / "copy.png", 3)  # the bytes of cat/03.png
    before = tree(folder)
    wrong = ["cat/00.png", "dog/05.png"]
    probs = pd.DataFrame({"id": [*paths, "dog/copy.png"]})
    is_cat = probs["id"].str.startswith("cat") ^ probs["id"].isin([*wrong, "dog/copy.png"])
    probs["prob_cat"] = np.where(is_cat, 0.97, 0.03)
    probs["prob_dog"] = 1 - probs["prob_cat"]
    findings = find(f"{folder}/", probs=probs)
    assert findings.dataset.columns == Columns(id="id", image="image")
    flagged = findings.table().to_pandas().set_index("id")
    assert {*wrong, "dog/copy.png"} <= set(flagged.index)
    assert "exact-duplicate" in flagged.loc["dog/copy.png", "detectors"]
    assert flagged.loc["dog/copy.png", "image"] == "dog/copy.png"
    assert "sha256" not in flagged
    queue = answered(folder, {"cat/00.png": "dog", "dog/05.png": "cat", "cat/07.png": "bird"}, ["dog/copy.png"])
    assert len(collect([queue], tmp_path / "pets.decisions.ndjson", reviewer="ann")) == 0
    planned = apply(folder).table().to_pydict()
    assert dict(zip(planned["id"], planned["to"], strict=True)) == {
        "cat/00.png": "dog/00-2.png", "dog/05.png": "cat/05-2.png", "cat/07.png": "bird/07.png", "dog/copy.png": "",
    }  # fmt: skip
    new, told = tmp_path / "new" / "pets", tmp_path / "told.json"
    apply(folder, output=new, provenance=told)
    assert tree(folder) == before
    assert (new / "dog/00-2.png").samefile(folder / "cat/00.png")
    after = seen_by_datasets(new, cache)["train"]
    right = {before[path]: path.partition("/")[0] for path in paths}
    right |= {before["cat/00.png"]: "dog", before["dog/05.png"]: "cat", before["cat/07.png"]: "bird"}
    pixels = {Image.open(folder / path).tobytes(): right[before[path]] for path in paths}
    assert {pixel: label for label, pixel in after} == pixels
    assert len(after) == len(paths)
    changes = check(new, base=folder).changes
    assert changes is not None
    assert (int(changes.relabeled.sum()), int(changes.added.sum()), len(changes.dropped)) == (3, 0, 1)
    assert undo(folder, told, output=tmp_path / "same").restored == ()
    undo(new, told, output=tmp_path / "back")
    undo(new, told, in_place=True)
    assert tree(tmp_path / "same") == tree(tmp_path / "back") == tree(new) == before


def test_in_place_what_is_done_is_done(tmp_path: Path) -> None:
    folder, told = tmp_path / "pets", tmp_path / "told.json"
    pets(folder)
    before = tree(folder)
    queue = answered(folder, {"cat/00.png": "dog", "cat/01.png": "bird"}, ["cat/02.png"])
    collect([queue], tmp_path / "pets.decisions.ndjson", reviewer="ann")
    apply(folder, in_place=True, provenance=told)
    after = tree(folder)
    assert after["dog/00-2.png"] == before["cat/00.png"]
    assert (tmp_path / "pets.dropped/cat/02.png").read_bytes() == before["cat/02.png"]
    again = apply(folder, in_place=True)
    assert (again.already, again.changes, tree(folder)) == (3, (), after)
    decided = find(folder).decided
    assert len(decided) == 2
    back = tmp_path / "again.json"
    undo(folder, told, in_place=True, provenance=back)
    assert tree(folder) == before
    assert sorted(os.listdir(tmp_path)) == ["again.json", "pets", "pets.decisions.ndjson", "told.json"]
    undo(folder, back, in_place=True)  # the undoing
    assert tree(folder) == after
    (folder / "cat/00.png").write_bytes(b"another")
    with pytest.raises(Refused, match=r"cat/00\.png: is there again"):
        undo(folder, told, in_place=True)
    (folder / "cat/00.png").unlink()
    (folder / "dog/00-2.png").write_bytes(b"another")
    with pytest.raises(Refused, match=r"dog/00-2\.png: not as the run that .* left it"):
        undo(folder, told, output=tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_run_that_was_killed_can_be_finished_or_undone(tmp_path: Path) -> None:
    folder, told = tmp_path / "pets", tmp_path / "told.json"
    pets(folder)
    before = tree(folder)
    queue = answered(folder, {"cat/00.png": "dog", "cat/01.png": "dog"}, ["cat/02.png"])
    apply(folder, [queue], in_place=True, provenance=told)
    after = tree(folder)
    (folder / "dog/01-2.png").rename(folder / "cat/01.png")  # where it stood when the run ended
    assert len(undo(folder, told, output=tmp_path / "undone").already) == 1
    assert tree(tmp_path / "undone") == before
    assert apply(folder, [queue], in_place=True).already == 2
    assert tree(folder) == after


METADATA: dict[str, Any] = {"csv": pd.DataFrame.to_csv, "parquet": pd.DataFrame.to_parquet}


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("labels", ["", "names", "numbers"])
def test_metadata_go_with_the_pictures(tmp_path: Path, kind: str, labels: str) -> None:
    folder, told = tmp_path / "pets", tmp_path / "told.json"
    paths = pets(folder)
    table = pd.DataFrame(
        {"caption": [f"“{path}”, seen" for path in paths], "file_name": paths, "age": range(len(paths))}
    )
    if labels:
        table["label"] = [path[:3] if labels == "names" else CLASSES.index(path[:3]) for path in paths]
    file = folder / f"metadata.{kind}"
    if kind == "jsonl":
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_dict("records")))
    else:
        METADATA[kind](table, file, index=False)
    before = tree(folder)
    dataset = load(folder)
    assert dataset.all_columns == ("id", "label", "image", "sha256", "caption", "age")
    assert dataset.classes == (("0", "1") if labels == "numbers" else CLASSES)
    queue = answered(folder, {"cat/00.png": dataset.classes[1]}, ["dog/05.png"])
    new = tmp_path / "new"
    apply(folder, [queue], output=new, provenance=told)
    target = "cat/00.png" if labels == "numbers" else "dog/00-2.png"
    found = datasets.load_dataset("imagefolder", data_dir=str(new), cache_dir=str(tmp_path / "cache"))["train"]
    kept = table[table["file_name"] != "dog/05.png"]
    assert found["caption"] == kept["caption"].tolist()
    assert found["age"] == kept["age"].tolist()
    assert found[0]["image"].tobytes() == Image.open(new / target).tobytes()
    if labels:
        wanted = kept["label"].tolist()
        wanted[0] = "dog" if labels == "names" else 1
        assert found["label"] == wanted
    assert (
        len(apply(new, [answered(new, {target: "bird"} if not labels else {})], output=tmp_path / "more").changes) < 2
    )
    undo(new, told, output=tmp_path / "back")
    assert tree(tmp_path / "back") == before
    apply(folder, [queue], in_place=True, provenance=told)
    assert tree(folder) == tree(new)
    undo(folder, told, in_place=True)
    assert tree(folder) == before


def test_dropped_pictures_are_marked_in_metadata_alone(tmp_path: Path) -> None:
    folder = tmp_path / "pets"
    paths = pets(folder)
    queue = answered(folder, {}, ["cat/00.png"])
    with pytest.raises(InputError, match="dropped pictures are marked in a metadata file"):
        apply(folder, [queue], output=tmp_path / "new", on_drop="mark")
    pd.DataFrame({"file_name": paths}).to_csv(folder / "metadata.csv", index=False)
    apply(folder, [queue], output=tmp_path / "new", on_drop="mark")
    marked = pd.read_csv(tmp_path / "new" / "metadata.csv")
    assert marked.loc[marked["dropped"] == 1, "file_name"].tolist() == ["cat/00.png"]
    assert (tmp_path / "new" / "cat/00.png").is_file()


def test_splits_are_those_of_datasets(tmp_path: Path) -> None:
    folder = tmp_path / "pets"
    pets(folder, ("train", "my_val", "Testing"))
    dataset = load(folder)
    assert dataset.columns.split == "split"
    assert dataset.classes == CLASSES
    assert sorted(set(dataset.role("split") or ())) == ["test", "train", "validation"]
    (folder / "Testing").rename(folder / "testing")
    apply(folder, [answered(folder, {"my_val/cat/00.png": "dog"})], output=tmp_path / "new")
    after = seen_by_datasets(tmp_path / "new", tmp_path / "cache")
    assert {split: len(rows) for split, rows in after.items()} == {"train": 24, "validation": 24, "test": 24}
    assert [label for label, _ in after["validation"]].count("dog") == EACH + 1
    assert "leak" in [result.gate for result in check(folder, base=folder).judged]


def test_a_picture_that_is_moved_back_is_a_decision_undone(tmp_path: Path) -> None:
    folder, base = tmp_path / "pets", tmp_path / "base"
    pets(folder)
    queue = answered(folder, {"cat/00.png": "dog"}, ["cat/02.png"])
    kept = find(folder).table(every=True).to_pandas().query("id == 'cat/01.png'").assign(decision="keep")
    collect([queue, kept], tmp_path / "pets.decisions.ndjson", reviewer="ann")
    apply(folder, in_place=True)
    shutil.copytree(folder, base)

    def reverted() -> Any:
        return next(one.verdict for one in check(folder, base=base).judged if one.gate == "reverted")

    assert reverted().passed
    (folder / "dog/00-2.png").rename(folder / "cat/00.png")
    (folder / "cat/01.png").rename(folder / "dog/01-2.png")
    (tmp_path / "pets.dropped/cat/02.png").rename(folder / "cat/02.png")
    assert reverted().numbers["reverted"] == 3
