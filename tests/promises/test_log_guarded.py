"""The decisions log is added to only where it is one, and in its own folder; whatever fails, it is as it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from hardneg_cli import Busy, Decision, InputError, collect
from hardneg_cli.io.files.file_lock import locked
from hardneg_cli.review.decisions.decision_log import DecisionLog, append, held, read_log

WORD = Decision("a", "h", "x", "keep", reviewer="ann")
QUEUE = "id,row_hash,given_label,suggested_label,decision,new_label\nr1,h,cat,dog,keep,\n"
FILES = {
    "data.csv": b"id,label\n1,a\n2,b\n",
    "queue.ndjson": b'{"id":"1","decision":"","new_label":"","given_label":"a"}\n',
    "table.json": b'[{"id": "1", "label": "a"}]\n',
    "one.json": b'{"id": "1", "label": "a"}',
    "cut.json": b'{"id": "1", "lab',
    ".bashrc": b"alias ls=ls\n",
    "notes": b"hello",
    "settings.json": b"{\n}\n",
    "other version": b'{"v":3,"id":"a"}\n',
    "zeros": b"\0\0\0",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() if path.is_file() else b"" for path in folder.iterdir()}


def refused(log: str | Path, match: str = "") -> None:
    """By everything that adds to a log; nothing is changed."""
    Path("filled.csv").write_text(QUEUE)
    folder = Path(os.path.abspath(log)).parent
    before = state(folder), state(Path())
    for attempt in (lambda: append(log, [WORD]), lambda: collect(["filled.csv"], log), lambda: DecisionLog(log).read()):
        with pytest.raises(InputError, match=match):
            attempt()
        assert (state(folder), state(Path())) == before
    with pytest.raises(InputError, match=match):
        collect(["filled.csv"], log, dry_run=True)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_log_is_left_as_it_is(name: str, folder: Path) -> None:
    (folder / name).write_bytes(FILES[name])
    refused(name, "decision")


def test_what_is_no_file_is_no_log(folder: Path) -> None:
    os.mkfifo("pipe")
    os.mkdir("folder")
    for name in ("pipe", "folder"):
        refused(name, "is not a file")


def test_a_link_out_of_the_folder_is_not_followed(folder: Path) -> None:
    for place in ("inside", "elsewhere"):
        (folder / place).mkdir()
    log = Path("inside/data.csv.decisions.ndjson")
    append("elsewhere/log", [WORD])
    for target in ("../elsewhere/log", "../elsewhere/new", str(folder / "elsewhere/log"), "../elsewhere"):
        log.unlink(missing_ok=True)
        log.symlink_to(target)
        refused(log, "is a link to .*, outside its folder|is not a file")
        assert sorted(os.listdir("elsewhere")) == ["log"]
    log.unlink()
    log.symlink_to("middle")
    Path("inside/middle").symlink_to("../elsewhere/log")
    refused(log, "outside its folder")


def test_links_inside_the_folder_lead_to_one_log_with_one_lock(folder: Path) -> None:
    os.mkdir("deeper")
    Path("log").symlink_to("deeper/log")
    append("log", [WORD])
    append("deeper/log", [WORD])
    os.link("deeper/log", "second")
    append("second", [WORD])
    assert read_log("log") == ([WORD] * 3, [])
    with held("log"), pytest.raises(Busy), held("deeper/log", 0.05):
        pass
    assert sorted(os.listdir()) == ["deeper", "log", "second"]


def test_a_file_that_took_the_logs_place_is_no_log_again(folder: Path) -> None:
    log = DecisionLog("log")
    with held("log", log=log):
        log.append([WORD])
        log.append([WORD])
    size = os.path.getsize("log")
    Path("log").write_text("x" * 3 * size)
    with pytest.raises(InputError, match="is no decisions log"), held("log", log=log):
        log.append([WORD])
    os.remove("log")
    append("log", [WORD, WORD])
    with Path("log").open("a") as out:
        out.write("not a decision\n")
    with pytest.raises(InputError, match="line 3: is damaged"), held("log", log=log):
        log.append([WORD])


def test_what_fails_later_takes_the_lines_back(folder: Path) -> None:
    append("log", [WORD])
    before = Path("log").read_bytes()
    for name, left in (("log", before), ("new", None)):
        with pytest.raises(ValueError, match="too bad"), held(name) as log, log.appended([WORD] * 3):
            assert len(read_log(name)[0]) >= 3
            raise ValueError("too bad")
        assert (Path(name).read_bytes() if Path(name).exists() else None) == left
    with pytest.raises(BrokenPipeError), held("new") as log, log.appended([WORD]):
        raise BrokenPipeError  # whoever read standard output has enough
    assert read_log("new") == ([WORD], [])
    assert sorted(os.listdir()) == ["log", "new"]


# ---------------------------------------------------------------------------------------------------------- locks


def test_no_lock_is_left_and_none_is_taken_away(folder: Path) -> None:
    with held("log") as log:
        assert os.listdir() == ["log.lock"]
        log.append([WORD])
    assert os.listdir() == ["log"]
    Path("log.lock").touch()  # as a kill leaves it
    append("log", [WORD])
    assert os.listdir() == ["log"]
    with FileLock("log.lock"), pytest.raises(Busy, match="another run is writing"), held("log", 0.05):
        pass


def test_a_lock_whose_name_was_taken_away_is_not_taken_for_the_next_one(folder: Path) -> None:
    with locked("log", 0.05):
        os.unlink("log.lock")
        with locked("log", 0.05):
            pass
        other = FileLock("log.lock")
        other.acquire()
    assert os.path.exists("log.lock"), "it is somebody else's"
    with pytest.raises(Busy), locked("log", 0.05):
        pass
    other.release()


@pytest.mark.parametrize("make", [
    lambda path: path.write_text("[[package]]\n"), os.mkfifo, lambda path: path.symlink_to("victim"), os.mkdir,
])  # fmt: skip
def test_another_file_that_is_called_like_a_lock_stays(make: object, folder: Path) -> None:
    make(Path("poetry.lock"))  # type: ignore[operator]
    Path("victim").write_text("")
    with pytest.raises(InputError, match=r"poetry\.lock: is in the way"):
        append("poetry", [WORD])
    assert sorted(os.listdir()) == ["poetry.lock", "victim"]
