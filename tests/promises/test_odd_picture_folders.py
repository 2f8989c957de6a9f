"""Folders of pictures with what does not belong there, in git, from the command line; and pictures inside of tables."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hardneg_cli import InputError, apply, find, load
from support.command import hardneg

ANSWER = {"decision": "relabel", "new_label": "b"}


def pictures(folder: Path, names: str = "a/1.png a/2.png b/1.png b/2.png") -> Path:
    for name in names.split():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(zlib.crc32(name.encode())).integers(0, 255, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / name)
    return folder


def tree(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def asked_about(folder: Path, id_: str, answer: Mapping[str, str] = ANSWER, **options: Any) -> pd.DataFrame:
    queue: pd.DataFrame = find(folder, **options).table(every=True).to_pandas()
    return queue[queue["id"] == id_].assign(**answer)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def leaving(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def dangling(path: Path) -> None:
    path.symlink_to("nothing.png")


def huge(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 42)


def pointer(path: Path) -> None:
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")


STRANGE: dict[str, Callable[[Path], None]] = {
    "is no file, but a pipe": pipe, "is a link that leaves the folder": leaving, "no such file": dangling,
    "are too many for a picture": huge, "is a git-lfs pointer": pointer, "is empty": Path.touch,
}  # fmt: skip


@pytest.mark.parametrize("why", STRANGE)
def test_what_is_no_picture_is_a_bad_row(tmp_path: Path, why: str) -> None:
    folder = pictures(tmp_path / "data")
    STRANGE[why](folder / "a" / "odd.png")
    with pytest.raises(InputError, match=f"'a/odd.png' .*{why}.*on_bad_rows='skip'"):
        load(folder)
    dataset = load(folder, on_bad_rows="skip")
    assert len(dataset) == 4
    assert why in dataset.skipped[0]
    apply(folder, [asked_about(folder, "a/1.png", on_bad_rows="skip")], output=tmp_path / "new", on_bad_rows="skip")
    left = set(os.listdir(tmp_path / "new" / "a")) - {"odd.png"}
    assert left == {"2.png"}
    assert sorted(os.listdir(tmp_path / "new" / "b")) == ["1-2.png", "1.png", "2.png"]


def test_names_of_all_kinds(tmp_path: Path) -> None:
    folder = pictures(
        tmp_path / "data", "a/1.png a/deep/er/2.JPG b/1.Png top.png .hidden/1.png __MACOSX/1.png b/.x.png"
    )
    (folder / "b" / "Thumbs.db").touch()
    (folder / "readme.md").touch()
    (folder / os.fsdecode(b"b/\xff.png")).write_bytes(b"x")
    (folder / "b" / "line\nend.png").write_bytes(b"y")
    (folder / "linked").symlink_to("a")
    with pytest.raises(InputError, match=r"'b/\\\\xff.png' its name is no UTF-8; 'top.png' stands in no subfolder"):
        load(folder)
    dataset = load(folder, on_bad_rows="skip")
    assert dataset.ids.to_pylist() == ["a/1.png", "a/deep/er/2.JPG", "b/1.Png", "b/line\nend.png"]
    assert dataset.classes == ("a", "b")
    assert [note.partition(": ")[2] for note in dataset.notes] == [
        "1 file that is no picture left alone: 'readme.md'", "1 link to a folder left alone: 'linked'",
    ]  # fmt: skip
    queue = asked_about(folder, "a/deep/er/2.JPG", on_bad_rows="skip")
    apply(folder, [queue], output=tmp_path / "new", on_bad_rows="skip", provenance=tmp_path / "told.json")
    assert (tmp_path / "new" / "b/deep/er/2.JPG").samefile(folder / "a/deep/er/2.JPG")
    assert os.path.lexists(tmp_path / "new" / os.fsdecode(b"b/\xff.png"))
    assert not (tmp_path / "new" / ".hidden").exists()
    run = hardneg("undo", "new", "told.json", "-o", "back", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    kept = {name: content for name, content in tree(folder).items() if not name.startswith(".hidden")}
    assert tree(tmp_path / "back") == kept


@pytest.mark.parametrize("label", ["x/y", ".x", "__x", "..", "x" * 300])
def test_a_class_that_no_folder_can_be_called(tmp_path: Path, label: str) -> None:
    folder = pictures(tmp_path / "data")
    queue = asked_about(folder, "a/1.png", {"decision": "relabel", "new_label": label})
    with pytest.raises(InputError, match="cannot be the name of a subfolder"):
        apply(folder, [queue], output=tmp_path / "new")
    assert os.listdir(tmp_path) == ["data"]


METADATA = {
    "file_name,x\n../data/a/1.png,1\n": "is no path within the folder",
    "file_name,x\n/etc/passwd,1\n": "is no path within the folder",
    "file_name,x\n,1\n": "a row without 'file_name'",
    "file_name,x\na/1.png,1\n./a/1.png,2\n": "names a picture that has a row already",
    "name,x\na/1.png,1\n": "no column 'file_name'",
    "file_name,x\na/1.png,1\na/gone.png,2\n": "'a/gone.png' a metadata file names it, and it is not there",
    "file_name,label\na/1.png,a\n": "'a/2.png' has no label in a metadata file",
}


@pytest.mark.parametrize("text", METADATA)
def test_metadata_that_cannot_be_meant(tmp_path: Path, text: str) -> None:
    folder = pictures(tmp_path / "data")
    (folder / "metadata.csv").write_text(text)
    with pytest.raises(InputError, match=re.escape(METADATA[text])):
        load(folder)


def test_metadata_of_a_class_cannot_name_another_one(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "data")
    (folder / "a" / "metadata.csv").write_text("file_name,id,sha256\n2.png,8,x\n1.png,7,x\n")
    dataset = load(folder)
    assert dataset.ids.to_pylist() == ["a/2.png", "a/1.png", "b/1.png", "b/2.png"]  # as datasets has them
    assert dataset.all_columns == ("id", "label", "image", "sha256", "metadata_id", "metadata_sha256")
    assert "2 pictures in no metadata file" in " ".join(dataset.notes)
    before = tree(folder)
    with pytest.raises(InputError, match="keep one metadata file above the classes"):
        apply(folder, [asked_about(folder, "a/1.png")], in_place=True)
    assert tree(folder) == before


def test_the_plan_and_the_page(tmp_path: Path) -> None:
    pictures(tmp_path / "data")
    run = hardneg("find", "data", "--all", "-o", "page.html", "-o", "scores.csv", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "page.html").read_text().count("data:image/png;base64") == 4
    run = hardneg(
        "assign", "scores.csv", "--all", "--reviewers", "x,y", "-o", "team.html", "--image", "image", cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "team.html").read_text().count("data:image/png;base64") > 0
    asked_about(tmp_path / "data", "a/1.png").to_csv(tmp_path / "queue.csv", index=False)
    before = tree(tmp_path / "data")
    run = hardneg("apply", "data/", "queue.csv", "-f", "csv", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[1].startswith(b"a/1.png,a,relabel,b,")
    assert run.stdout.endswith(b",b/1-2.png\n")
    assert tree(tmp_path / "data") == before
    for output, why in (("data/new", "is within data"), ("data", "is there already")):
        run = hardneg("apply", "data", "queue.csv", "-o", output, cwd=tmp_path)
        assert (run.returncode, why in run.stderr.decode()) == (2, True), run.stderr
    (tmp_path / "data" / "link.png").symlink_to("a/1.png")
    run = hardneg("apply", "data", "queue.csv", "--in-place", "--on-bad-rows", "skip", cwd=tmp_path)
    assert (run.returncode, b"is a link to a picture that is to be moved" in run.stderr) == (2, True), run.stderr
    assert tree(tmp_path / "data") == {**before, "link.png": before["a/1.png"]}


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@y.z", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_git_is_a_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    git(tmp_path, "init", "-q")
    folder = pictures(tmp_path / "data")
    kept = (folder / "b/2.png").read_bytes()
    (folder / "b/2.png").write_bytes(
        b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (sha256(kept), len(kept))
    )
    (folder / "metadata.csv").write_text("file_name,x\na/1.png,1\nb/1.png,2\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "pictures")
    (folder / "b/2.png").write_bytes(kept)
    run = hardneg("diff", "git:HEAD", "data", cwd=tmp_path)
    assert b"no row changed" in run.stdout, run
    git(tmp_path, "mv", "data/a/1.png", "data/b/3.png")
    (folder / "metadata.csv").write_text("file_name,x\nb/3.png,1\nb/1.png,3\n")
    pictures(folder, "a/9.png")
    run = hardneg("diff", "git:HEAD", "data", cwd=tmp_path)
    assert b"3 rows changed: 1 added, 1 edited, 1 relabeled, 0 dropped" in run.stdout, run
    git(tmp_path, "add", "data/b", "data/metadata.csv")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")  # as a hook has it
    run = hardneg("check", "data", "--base", "git:HEAD", "--exit-zero", cwd=tmp_path)
    assert b"2 rows changed: 0 added, 1 edited, 1 relabeled, 0 dropped" in run.stdout, run
    assert b"judged as staged" in run.stdout + run.stderr
    monkeypatch.delenv("GIT_INDEX_FILE")
    run = hardneg("diff", "git:HEAD:nothing", "data", cwd=tmp_path)
    assert (run.returncode, b"there is no folder 'nothing'" in run.stderr) == (2, True)
    pd.DataFrame({"label": ["a", "b"]}).to_parquet(tmp_path / "part.parquet")
    (tmp_path / "tables").mkdir()
    (tmp_path / "part.parquet").rename(tmp_path / "tables" / "part.parquet")
    run = hardneg("diff", "git:HEAD", "tables", cwd=tmp_path)
    assert (run.returncode, b"only pictures are read from a folder of git" in run.stderr) == (2, True)


def sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def test_pictures_inside_of_tables(tmp_path: Path) -> None:
    shots = [Image.fromarray(np.full((4, 4, 3), shade, np.uint8)) for shade in (0, 10, 20, 30, 40, 40)]
    kinds = datasets.Features({"image": datasets.Image(), "label": datasets.ClassLabel(names=["a", "b"])})
    data = datasets.Dataset.from_dict({"image": shots, "label": [0, 1, 0, 1, 0, 1]}, features=kinds)
    data.to_parquet(tmp_path / "data.parquet")
    plain, shown = (find(tmp_path / "data.parquet", image=image) for image in (None, "image"))
    assert shown.table()["image"][0].as_py().startswith("data:image/png;base64,")
    assert plain.table() == shown.table()
    assert "exact-duplicate" in " ".join(shown.table()["detectors"].to_pylist())
    queue = shown.table().to_pandas().iloc[:1].assign(decision="drop")
    apply(tmp_path / "data.parquet", [queue], output=tmp_path / "new.parquet")
    after = datasets.Dataset.from_parquet(str(tmp_path / "new.parquet"), cache_dir=str(tmp_path / "cache"))
    assert after.features == kinds
    assert {picture.tobytes() for picture in after["image"]} == {shot.tobytes() for shot in shots}
    assert len(after) == 5


def test_a_path_may_be_the_id(tmp_path: Path) -> None:
    pictures(tmp_path / "pictures")
    rows = {"file": ["pictures/a/1.png", "pictures/b/1.png"], "label": ["a", "b"]}
    pd.DataFrame(rows).to_csv(tmp_path / "data.csv", index=False)
    options = ("--id", "file", "--image", "file", "--all", "-o", "page.html")
    run = hardneg("find", "data.csv", *options, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "page.html").read_text().count("data:image/png;base64") == 2
    with pytest.raises(InputError, match="both `text` and `id`"):
        find(tmp_path / "data.csv", id="file", text="file")
