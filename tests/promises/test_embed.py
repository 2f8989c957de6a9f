"""`--embed MODULE:FUNCTION`: vectors by the caller's own function, once a content; its mistakes are one line."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hardneg_cli import InputError, find, mine, predict
from support.command import hardneg
from support.picture_sets import added, written

MODULE = """
from pathlib import Path
import numpy as np
from PIL import Image

print("the module speaks")
CALLS = Path(__file__).with_name("calls")

def gray(paths):
    assert all(Path(path).is_absolute() for path in paths)
    with CALLS.open("a") as file:
        file.write(f"{len(paths)}\\n")
    return [np.asarray(Image.open(path).convert("L").resize((8, 8))).ravel() / 255 for path in paths]

class Tensor:
    def __init__(self, values): self.values, self.shape = values, values.shape
    def detach(self): return Tensor(self.values)
    def cpu(self): return self
    def float(self): return self
    def __array__(self, dtype=None, copy=None): return self.values

def tensors(paths): return Tensor(np.array(gray(paths)))
def letters(texts): return [[text.count(letter) for letter in "abcdefghij"] for text in texts]
def fails(paths):
    if any("0007" in path for path in paths):
        raise RuntimeError("no such\\nlayer")
    return gray(paths)
def flat(paths): return np.zeros(len(paths))
def short(paths): return np.zeros((2, 4))
def missing(paths): return np.full((len(paths), 3), np.nan)
def words(paths): return [["a"]] * len(paths)
def leaves(paths): raise SystemExit(0)
NUMBER = 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "my_vectors.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("my_vectors", None)


def calls(folder: Path) -> list[int]:
    path = folder / "calls"
    found = [int(line) for line in path.read_text().split()] if path.exists() else []
    path.unlink(missing_ok=True)
    return found


def run(folder: Path, command: str, *arguments: str) -> tuple[int, str, str]:
    done = hardneg(command, "data.csv", *arguments, cwd=folder, text=True)
    return done.returncode, done.stdout, done.stderr


def test_only_new_content_is_asked_about_again(here: Path) -> None:
    data, _ = written(here, 70)
    arguments = ("--image", "image", "--embed", "my_vectors:gray", "--detector", "outvoted-label", "-f", "csv")
    code, first, words = run(here, "find", *arguments)
    assert code == 0, words
    assert "the module speaks" in words
    assert "the module speaks" not in first
    assert "small ones of the pictures" not in words
    assert calls(here) == [64, 6]
    assert (here / "data.csv.embeddings.my_vectors.gray.npz").exists()
    assert run(here, "find", *arguments)[1] == first
    assert calls(here) == []
    os.rename(here / "pictures" / "0003.png", here / "pictures" / "moved.png")
    data.write_text(data.read_text().replace("0003.png", "moved.png"))
    Image.new("L", (9, 9), 70).save(here / "pictures" / "new.png")
    added(data, ("known", "d1", "pictures/0001.png"), ("new", "d2", "pictures/new.png"))
    found = find(data, image="image", embed="my_vectors:gray", detectors=["outvoted-label"])
    assert len(found.score) == 72
    assert calls(here) == [1]
    (here / "my_vectors.py").write_text(f"{MODULE}\n# another model\n")
    assert run(here, "find", *arguments)[0] == 0
    assert sum(calls(here)) == 71


def test_in_python_the_function_itself_does(here: Path) -> None:
    data, _ = written(here, 60)
    asked: list[int] = []

    def vectors(paths: Sequence[str]) -> list[list[float]]:
        asked.append(len(paths))
        return [[float(os.path.getsize(path)), float(os.path.basename(path)[:4])] for path in paths]

    found = find(data, image="image", embed=vectors)
    assert sum(asked) == 60
    assert not [path for path in here.iterdir() if "embeddings" in path.name]
    assert np.array_equal(found.score, find(data, image="image", embed=vectors).score)
    predicted = predict(data, image="image", embed="my_vectors:gray", models=["knn"])
    same = predict(data, image="image", embed="my_vectors:tensors", models=["knn"])
    assert np.allclose(predicted.probabilities, same.probabilities)
    assert len(mine(data, image="image", embed="my_vectors:gray", mode="retrieval", decisions=()).table()) >= 0
    frame = pd.read_csv(data)
    uris = [base64.b64encode((here / one).read_bytes()).decode() for one in frame["image"]]
    frame["image"] = [f"data:image/png;base64,{one}" for one in uris]
    inside = predict(frame, image="image", embed="my_vectors:gray", models=["knn"])
    assert np.allclose(predicted.probabilities, inside.probabilities)


def test_of_texts(here: Path) -> None:
    rows = [(f"r{n}", "xy"[n % 2], ("abc " if n % 2 else "hij ") * 9 + "defg"[n % 4] * n) for n in range(60)]
    pd.DataFrame(rows, columns=["id", "label", "text"]).to_csv(here / "data.csv", index=False)
    code, out, words = run(here, "predict", "--text", "text", "--embed", "my_vectors:letters", "-f", "csv")
    assert code == 0, words
    assert "100.0% of the labels" in words
    assert out.count("\n") == 61
    assert (here / "data.csv.embeddings.my_vectors.letters.npz").exists()
    fox = "the quick brown fox jumps over the lazy do"
    pd.DataFrame([*rows, ("a", "x", f"{fox}g"), ("b", "x", f"{fox}t")], columns=["id", "label", "text"]).to_csv(
        here / "data.csv", index=False
    )
    near = find(here / "data.csv", text="text", embed="my_vectors:letters").doubts["near-duplicate"]
    assert {60, 61} & {*near.rows.tolist()} == {61}


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("my_vectors:fails", "my_vectors:fails failed at row 'r0007': RuntimeError: no such layer"),
        ("my_vectors:flat", "an array of shape (20,) for 20 pictures; one vector each is needed"),
        ("my_vectors:short", "an array of shape (2, 4) for 20 pictures; one vector each is needed"),
        ("my_vectors:missing", "NaN in the vector of row 'r0000'"),
        ("my_vectors:words", "an array of <U1 instead of numbers"),
        ("my_vectors:leaves", "failed at row 'r0000': SystemExit: 0"),
        ("my_vectors:NUMBER", "'NUMBER' is no function, but of type int"),
        ("my_vectors:grey", "no 'grey' in it; did you mean 'gray'?"),
        ("no_vectors:gray", "no module 'no_vectors', here or among what is installed"),
        ("my_broken:gray", "module 'my_broken' cannot be imported: SyntaxError"),
        ("my_vectors", "is named as module:function"),
    ],
)
def test_what_is_no_function_that_makes_vectors(here: Path, named: str, words: str) -> None:
    data, _ = written(here, 20)
    (here / "my_broken.py").write_text("def (")
    before = [*sys.path]
    with pytest.raises(InputError) as error:
        predict(data, image="image", embed=named)
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    assert not [path for path in here.iterdir() if "embeddings" in path.name]
    assert sys.path == before


def test_it_ends_in_one_line(here: Path) -> None:
    written(here, 20)
    code, out, words = run(here, "find", "--image", "image", "--embed", "my_vectors:fails", "-o", "q.csv")
    assert (code, out) == (2, "")
    assert words.splitlines()[-1].startswith("hardneg: --embed my_vectors:fails failed at row 'r0007'")
    assert not (here / "q.csv").exists()
    assert "with --image or --text" in run(here, "predict", "--embed", "my_vectors:gray")[2]
    both = run(here, "predict", "--image", "image", "--features", "label", "--embed", "my_vectors:gray")
    assert "--features and --embed exclude each other" in both[2]


def test_a_settings_file_cannot_name_it(here: Path) -> None:
    written(here, 20)
    (here / "hardneg.toml").write_text('embed = "my_vectors:gray"\n')
    code, _, words = run(here, "find", "--image", "image")
    assert code == 2
    assert "embed" in words
    assert calls(here) == []


def test_a_file_that_is_no_cache_is_neither_read_nor_written(here: Path) -> None:
    data, _ = written(here, 20)
    cache = here / "data.csv.embeddings.my_vectors.gray.npz"
    precious = here / "precious"
    precious.write_bytes(b"dear")
    find(data, image="image", embed="my_vectors:gray")
    whole = cache.read_bytes()
    sys.modules.pop("my_vectors", None)

    def odd() -> Iterator[None]:
        cache.write_bytes(b"PK\x03\x04 nonsense")
        yield
        cache.write_bytes(whole[: len(whole) // 2])
        yield
        np.savez_compressed(cache, key=np.zeros(3, np.uint8), digests=np.zeros((1, 16), np.uint8), vectors=np.ones(1))
        yield
        np.savez(cache, key=np.array([{}], object), digests=np.zeros((1, 16), np.uint8), vectors=np.ones((1, 3)))
        yield
        cache.unlink()
        cache.symlink_to(precious)
        yield
        cache.unlink()
        cache.mkdir()
        yield

    for _ in odd():
        with pytest.raises(InputError, match=r"is no file of vectors that .* made: move it away"):
            find(data, image="image", embed="my_vectors:gray")
    assert precious.read_bytes() == b"dear"


def test_a_folder_that_cannot_be_written_costs_a_note(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hardneg_cli.data.features import embedding_cache

    data, _ = written(here, 20)

    def full(path: str) -> None:
        raise InputError(f"{path}: cannot be written: no space left on device")

    monkeypatch.setattr(embedding_cache, "whole_file", full)
    found = find(data, image="image", embed="my_vectors:gray")
    assert any("the vectors are made anew by the next run" in note for note in found.notes)


def test_an_array_of_an_archive_is_named_behind_it(here: Path) -> None:
    data, wrong = written(here, 60)
    values = np.random.default_rng(0).normal(size=(60, 4))
    np.savez(here / "two.npz", left=values, right=values[:, :2])
    np.savez(here / "one.npz", anything=values)
    one = predict(data, features=here / "one.npz", models=["knn"]).probabilities
    assert np.array_equal(one, predict(data, features="two.npz#left", models=["knn"]).probabilities)
    assert len(wrong) == len(one)
    with pytest.raises(InputError, match=r"holds the arrays 'left', 'right'; name one of them .*two.npz#left"):
        predict(data, features="two.npz")
    with pytest.raises(InputError, match="no array 'lefd'; did you mean 'left'"):
        predict(data, features="two.npz#lefd")
