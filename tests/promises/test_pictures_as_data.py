"""Pictures serve where a text would: found, predicted, mined, corrected; copies are told by what they show."""

from __future__ import annotations

import base64
import csv
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.metrics import average_precision_score

from hardneg_cli import InputError, check, dual, find, mine, predict, refine
from hardneg_cli.data.load import load
from hardneg_cli.modeling.folds import fold_of
from hardneg_cli.verbs.harden import harden
from support.command import hardneg
from support.picture_sets import added, digits, given, table, written

IMAGE = ("--image", "image")


def column(path: Path, name: str) -> list[str]:
    with path.open(newline="") as file:
        return [row[name] for row in csv.DictReader(file)]


@pytest.mark.slow
def test_wrong_labels_of_pictures_are_found_and_the_features_are_called_what_they_are(tmp_path: Path) -> None:
    data, wrong = written(tmp_path)
    done = hardneg("find", data, *IMAGE, "--all", "-o", tmp_path / "all.csv", text=True)
    assert done.returncode == 0, done.stderr
    assert "ran outvoted-label" in done.stderr
    assert "features: small ones of the pictures (thumbnail, colors, gradients)" in done.stderr
    assert "not meaning; --embed MODULE:FUNCTION" in done.stderr
    score = dict(zip(column(tmp_path / "all.csv", "id"), column(tmp_path / "all.csv", "score"), strict=True))
    assert average_precision_score(wrong, [float(score[f"r{row:04}"]) for row in range(len(wrong))]) > 0.85


@pytest.mark.slow
def test_every_verb_that_takes_a_text_takes_pictures(tmp_path: Path) -> None:
    data, wrong = written(tmp_path, 120)
    predicted = predict(data, image="image", models=["knn"])
    truth = np.array([f"d{one}" for one in digits(120)[1]])
    assert (np.array(predicted.classes)[predicted.probabilities.argmax(axis=1)] == truth).mean() > 0.75
    probs, classes = predicted.probabilities, predicted.classes
    found = find(data, image="image", probs=probs, classes=classes)
    assert average_precision_score(wrong, found.score) > 0.8
    assert len(mine(data, image="image", probs=probs, classes=classes, mode="retrieval").table())
    assert dual(data, image="image", probs=probs, classes=classes, folds=3).tables()
    pool, _ = written(tmp_path / "pool", 40, start=500)
    assert refine(data, pool, image="image", rounds=1).tables()
    assert check(data, image="image", probs=probs, classes=classes, with_findings=True).findings is not None
    with pytest.raises(InputError, match="pictures are neither: name the text"):
        harden(data, image="image")


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 80)
    frame = pd.read_csv(data)
    frame["image"] = [str(tmp_path / one) for one in frame["image"]]
    frame.sample(frac=1, random_state=3).to_csv(tmp_path / "mixed.csv", index=False)
    one, other = find(data, image="image"), find(tmp_path / "mixed.csv", image="image")
    assert dict(zip(one.dataset.ids.to_pylist(), one.score, strict=True)) == dict(
        zip(other.dataset.ids.to_pylist(), other.score, strict=True)
    )


def test_copies_are_found_by_their_bytes_and_near_copies_by_what_they_show(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 60)
    pictures, truth = digits(60)
    folder = tmp_path / "pictures"
    shutil.copy(folder / "0003.png", folder / "other.name.png")
    shutil.copy(folder / "0004.png", folder / "odd.png")
    pictures[5].save(folder / "again.jpg", quality=85)
    pictures[6].resize((90, 90), Image.Resampling.BICUBIC).save(folder / "large.png")
    uri = f"data:image/png;base64,{base64.b64encode((folder / '0008.png').read_bytes()).decode()}"
    labels = given(truth)
    added(
        data, ("zcopy", f"d{labels[3]}", "pictures/other.name.png"),
        ("zodd", f"d{(labels[4] + 1) % 10}", "pictures/odd.png"), ("zagain", f"d{labels[5]}", "pictures/again.jpg"),
        ("zlarge", f"d{labels[6]}", "pictures/large.png"), ("zuri", f"d{labels[8]}", uri),
    )  # fmt: skip
    kinds = {}
    for name in ("exact-duplicate", "near-duplicate", "conflicting-label"):
        found = find(data, image="image", detectors=[name])
        kinds[name] = {found.dataset.ids[int(row)].as_py() for row in np.flatnonzero(found.flagged)}
    assert kinds == {
        "exact-duplicate": {"zcopy", "zodd", "zuri"},
        "near-duplicate": {"zagain", "zlarge"},
        "conflicting-label": {"r0004", "zodd"},
    }
    dataset = load(data, find(data, image="image", detectors=["rare-label"]).dataset.columns)
    fold = dict(zip(dataset.ids.to_pylist(), fold_of(dataset, None, 5)[0].tolist(), strict=True))
    assert [fold[f"r000{row}"] for row in (3, 4, 5, 6, 8)] == [
        fold[one] for one in ("zcopy", "zodd", "zagain", "zlarge", "zuri")
    ]


def test_a_copy_in_another_split_is_a_leak(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 40)
    shutil.copy(tmp_path / "pictures" / "0003.png", tmp_path / "pictures" / "copy.png")
    frame = pd.read_csv(data).assign(split=["train", "test"] * 20)
    frame.loc[40] = ["zcopy", frame["label"][3], "pictures/copy.png", "train"]
    frame.to_csv(data, index=False)
    report = check(data, image="image", split="split", require=["leak"])
    assert [one.gate for one in report.failed] == ["leak"]
    assert not check(data, split="split", require=["leak"]).failed


def test_the_hash_of_a_row_is_that_of_its_cells(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 20)
    rows = np.arange(20)
    plain, pictured = (find(data, image=image, detectors=["rare-label"]).dataset for image in (None, "image"))
    assert plain.row_hashes(rows) == pictured.row_hashes(rows)


def test_a_picture_that_cannot_be_read_is_a_bad_row(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 40)
    (tmp_path / "pictures" / "0002.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    (tmp_path / "outside.png").symlink_to("/etc/passwd")
    added(data, ("zgone", "d1", "pictures/gone.png"), ("zout", "d1", "../../etc/passwd"), ("zempty", "d2", ""))
    for command in ("find", "predict"):
        done = hardneg(command, data, *IMAGE, "-o", tmp_path / "out.csv", text=True)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.count("\n") == 1
        assert "column 'image': no picture in rows 'r0002' (is " in done.stderr
        assert "'zgone' (no such file or directory)" in done.stderr
        assert "--on-bad-rows skip" in done.stderr
        assert not (tmp_path / "out.csv").exists()
    done = hardneg("find", data, *IMAGE, "--on-bad-rows", "skip", "--all", "-o", tmp_path / "out.csv", text=True)
    assert done.returncode == 0, done.stderr
    assert "left out 4 bad rows" in done.stderr
    assert not {"r0002", "zgone", "zout", "zempty"} & set(column(tmp_path / "out.csv", "id"))


def test_what_judges_no_pictures_goes_on_without_those_that_are_missing(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 30)
    added(data, ("zgone", "d1", "pictures/gone.png"))
    found = find(data, image="image", detectors=["near-duplicate"], features=np.arange(62.0).reshape(31, 2))
    assert any("1 picture cannot be read ('zgone'): compared with none" in note for note in found.notes)


def test_a_text_serves_before_the_pictures(tmp_path: Path) -> None:
    data, _ = written(tmp_path, 30)
    frame = pd.read_csv(data)
    frame["text"] = [f"words of {label} and {row}" for row, label in enumerate(frame["label"])]
    frame.loc[0, "image"] = "gone.png"
    frame.to_csv(data, index=False)
    found = find(data, image="image", text="text")
    assert not any("small ones of the pictures" in note for note in found.notes)


def test_without_pillow_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = written(tmp_path, 30)
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    word = r"pip install 'hardneg-cli\[images\]'"
    with pytest.raises(InputError, match=word):
        predict(data, image="image")
    found = find(data, image="image")
    assert "hardneg-cli[images]" in found.skipped["outvoted-label"]
    assert any("near copies of pictures are not looked for" in note for note in found.notes)
    find(data, image="image", on_bad_rows="skip")


def test_pictures_in_the_cells_need_no_folder(tmp_path: Path) -> None:
    data, wrong = written(tmp_path, 120)
    frame = pd.read_csv(data)
    uris = [base64.b64encode((tmp_path / one).read_bytes()).decode() for one in frame["image"]]
    frame["image"] = [f"data:image/png;base64,{one}" for one in uris]
    found = find(frame, image="image")
    beside = find(data, image="image")
    assert np.array_equal(found.score, beside.score)
    assert len(wrong) == len(found.score)
    broken = table(tmp_path / "broken.csv", [("a", "x", "data:image/png;base64,%%%"), ("b", "y", frame["image"][0])])
    with pytest.raises(InputError, match="is broken base64"):
        predict(broken, image="image")


def test_a_hugging_face_dataset_brings_its_pictures_along(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pictures, truth = digits(120)
    columns = {"image": pictures, "label": given(truth).tolist()}
    kinds = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=[f"d{n}" for n in range(10)])}
    )
    dataset = datasets.Dataset.from_dict(columns, kinds)
    dataset.to_parquet(tmp_path / "data.parquet")
    found, same = find(tmp_path / "data.parquet", image="image"), find(dataset, image="image")
    assert average_precision_score(given(truth) != truth, found.score) > 0.7
    assert np.array_equal(found.score, same.score)
    sizes = predict(dataset, image="image", embed=lambda paths: [[Path(one).stat().st_size, 1] for one in paths])
    assert sizes.probabilities.shape == (120, 10)
    frame = pd.DataFrame({"image": [one["bytes"] for one in dataset.with_format("arrow").to_dict()["image"]]})
    frame["label"] = given(truth).astype(str)
    assert find(frame, image="image").score.shape == (120,)


def test_a_folder_of_pictures_needs_no_option(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, truth = digits(150)
    folder = tmp_path / "pictures"
    for number, (picture, label) in enumerate(zip(pictures, given(truth), strict=True)):
        (folder / f"d{label}").mkdir(parents=True, exist_ok=True)
        picture.save(folder / f"d{label}" / f"{number:03}.png")
    shutil.copy(folder / "d0" / "000.png", folder / "d0" / "copy.png")
    pictures[1].save(folder / "d1" / "near.jpg", quality=90)
    (tmp_path / "vectors.py").write_text(
        "import os\ndef sizes(paths):\n    return [[os.path.getsize(p), 1] for p in paths]\n"
    )
    found = find(folder)
    assert found.doubts["exact-duplicate"].flagged.sum() == found.doubts["near-duplicate"].flagged.sum() == 1
    wrong = [given(truth)[int(Path(one).stem)] != truth[int(Path(one).stem)] if Path(one).stem.isdigit() else False
             for one in found.dataset.ids.to_pylist()]  # fmt: skip
    assert average_precision_score(wrong, found.score) > 0.7
    fold = dict(zip(found.dataset.ids.to_pylist(), predict(folder, models=["knn"]).fold, strict=True))
    assert fold["d0/000.png"] == fold["d0/copy.png"]
    assert fold["d1/001.png"] == fold["d1/near.jpg"]
    monkeypatch.chdir(tmp_path)
    predict(folder, embed="vectors:sizes", models=["knn"])
    assert (tmp_path / "pictures.embeddings.vectors.sizes.npz").exists()


def test_paths_may_be_the_ids(tmp_path: Path) -> None:
    data, wrong = written(tmp_path, 80)
    shutil.copy(tmp_path / "pictures" / "0003.png", tmp_path / "pictures" / "copy.png")
    frame = pd.read_csv(data)[["image", "label"]]
    frame.loc[80] = ["pictures/copy.png", frame["label"][3]]
    frame.to_csv(tmp_path / "ids.csv", index=False)
    found = find(tmp_path / "ids.csv", id="image", image="image")
    assert np.flatnonzero(found.doubts["exact-duplicate"].flagged).size == 1
    assert average_precision_score([*wrong, False], found.score) > 0.6
