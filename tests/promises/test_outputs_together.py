"""Whatever stops a run, none of its outputs is there, or all of them are; and a file that is replaced stays itself."""

from __future__ import annotations

import os
import resource
import shlex
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import InputError, apply
from hardneg_cli.cli.outputs import targets, write_together
from hardneg_cli.io.files.atomic_write import whole_file
from support.command import COMMAND, forked_command
from support.corrections import queue_of, save

TABLE = pa.table({"id": ["1"], "label": ["cat"]})
SOMEBODY = 1234  # a user and a group that no test runs as
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")


def texts(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


def dataset(folder: Path) -> Path:
    rows = [f"r{n},{'cat' if n % 2 else 'dog'},text {n}\n" for n in range(40)]
    data = folder / "data.csv"
    data.write_text("id,label,text\n" + "".join(rows))
    return data


def answers(folder: Path) -> Path:
    """A queue of `dataset` with one answer."""
    rows = queue_of(folder / "data.csv")
    rows[3]["new_label"] = "newt"
    return save(rows, folder / "queue.csv")


@pytest.mark.parametrize("blocked", range(3))
def test_where_a_name_cannot_be_taken_no_other_is(blocked: int, tmp_path: Path) -> None:
    names = ["a.csv", "b.csv", "c.csv"]
    (tmp_path / names[(blocked + 1) % 3]).write_text("old\n")

    def made() -> pa.Table:
        (tmp_path / names[blocked]).mkdir()
        return TABLE

    with pytest.raises(InputError, match=rf"{names[blocked]}: cannot be written: Is a directory"):
        write_together((made, targets([str(tmp_path / name) for name in names], None)))
    assert texts(tmp_path) == {names[(blocked + 1) % 3]: "old\n"}


def test_what_is_no_table_appears_with_the_tables(tmp_path: Path) -> None:
    state = str(tmp_path / "a.state")
    write_together(
        (lambda: TABLE, targets([str(tmp_path / "a.csv")], None)), beside={state: lambda out: out.write(b"s")}
    )
    assert texts(tmp_path) == {"a.csv": "id,label\n1,cat\n", "a.state": "s"}


@pytest.mark.process
def test_a_size_limit_leaves_neither_the_state_nor_a_file(tmp_path: Path) -> None:
    dataset(tmp_path)
    before = texts(tmp_path)
    limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (5000, 5000))
    wanted = ["--state", "a.state", "-o", "a.md", "-o", "a.xlsx"]  # the last one is the largest
    command = [*COMMAND, "find", "data.csv", "--detector", "rare-label", "-q", *wanted]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, preexec_fn=limited)
    assert (done.returncode, done.stderr) == (2, b"hardneg: a.xlsx: cannot be written: File too large\n")
    assert texts(tmp_path) == before


@pytest.mark.process
def test_standard_output_that_is_full_leaves_no_file(tmp_path: Path) -> None:
    dataset(tmp_path)
    answers(tmp_path)
    before = texts(tmp_path)
    for command in (
        ["find", "data.csv", "--detector", "rare-label", "-q", "-f", "csv", "-o", "a.csv"],
        ["apply", "data.csv", "queue.csv", "-q", "--provenance", "why.json"],
    ):
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*forked_command(), *command], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, check=False
            )
        assert (done.returncode, done.stderr.count(b"\n")) == (2, 1), done.stderr
        assert b"No space left on device" in done.stderr
        assert texts(tmp_path) == before


@pytest.mark.process
def test_a_ledger_that_cannot_be_written_leaves_no_rows(tmp_path: Path) -> None:
    dataset(tmp_path)
    (tmp_path / "pool.csv").write_text("id,text\n" + "".join(f"p{n},somewhat {n} else\n" for n in range(40)))
    before = texts(tmp_path)
    limited = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (2500, 2500))
    pool = ["--unlabeled", "pool.csv", "--text", "text", "--max-error", "99%", "--rounds", "1"]
    command = [*COMMAND, "refine", "data.csv", *pool, "-o", "more.csv", "--ledger", "rounds.ndjson", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, preexec_fn=limited)
    assert done.returncode == 2, done.stderr
    assert b"rounds.ndjson: cannot be written: File too large" in done.stderr
    assert {name: text for name, text in texts(tmp_path).items() if not name.endswith(".lock")} == before


def test_a_number_of_any_size_has_room(tmp_path: Path) -> None:
    table = pa.table({"x": [0.5, 1e15, -1e300, float("nan"), float("inf"), None]})
    write_together((lambda: table, targets([str(tmp_path / "a.csv"), str(tmp_path / "a.ndjson")], None)))
    assert texts(tmp_path)["a.csv"].split("\n") == ["x", "0.500000", "1e+15", "-1e+300", '""', "inf", '""', ""]
    assert texts(tmp_path)["a.ndjson"].count("null") == 3


STREAMS = {"full": "2>/dev/full", "broken": "2> >(exec true)"}


@pytest.mark.process
@pytest.mark.parametrize("redirected", STREAMS.values(), ids=STREAMS)
def test_words_that_nobody_takes_fail_nothing(redirected: str, tmp_path: Path) -> None:
    dataset(tmp_path)
    command = f"{shlex.join(forked_command())} find data.csv --detector rare-label -o a.csv -f csv {redirected}"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, stdout=subprocess.PIPE, check=False)
    assert done.returncode == 0
    assert done.stdout == (tmp_path / "a.csv").read_bytes() != b""


# ---------------------------------------------------------------------------------------------- the same file as before


@contextmanager
def somebody() -> Iterator[None]:
    os.setegid(SOMEBODY)
    os.seteuid(SOMEBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@needs_root
def test_owner_group_mode_and_attributes_stay_in_place(tmp_path: Path) -> None:
    data, queue = dataset(tmp_path), answers(tmp_path)
    os.chown(data, SOMEBODY, SOMEBODY + 1)
    data.chmod(0o640)
    attributes = {}
    try:
        os.setxattr(data, "user.source", b"a survey")
        attributes = {"user.source": b"a survey"}
    except OSError:  # a file system without them
        pass
    assert not apply(data, [queue], in_place=True).notes[1:]  # but for the new class
    found = data.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (SOMEBODY, SOMEBODY + 1, 0o640)
    assert {name: os.getxattr(data, name) for name in attributes} == attributes
    assert b"newt" in data.read_bytes()


@needs_root
def test_where_the_owner_cannot_stay_the_group_gets_no_more_than_others() -> None:
    with tempfile.TemporaryDirectory() as folder:  # that others can reach, as pytest's own they cannot
        os.chmod(folder, 0o777)
        path = Path(folder, "a.csv")
        path.write_text("old\n")
        path.chmod(0o664)
        with somebody(), whole_file(path) as out:
            out.write(b"new\n")
        found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (SOMEBODY, SOMEBODY, 0o644)


def test_a_new_file_is_what_the_umask_and_its_folder_say(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        with whole_file(tmp_path / "a.csv") as out:
            out.write(b"new\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.csv").stat().st_mode) == 0o640
    if os.geteuid() == 0:
        os.chown(tmp_path, -1, SOMEBODY)
        tmp_path.chmod(0o2775)
        with whole_file(tmp_path / "b.csv") as out:
            out.write(b"new\n")
        assert (tmp_path / "b.csv").stat().st_gid == SOMEBODY


def test_links_are_followed_and_other_names_are_noted(tmp_path: Path) -> None:
    data, queue = dataset(tmp_path), answers(tmp_path)
    old = data.read_bytes()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    data.rename(elsewhere / "real.csv")
    data.symlink_to("elsewhere/real.csv")
    os.link(elsewhere / "real.csv", tmp_path / "other.csv")
    applied = apply(data, [queue], in_place=True)
    assert data.is_symlink()
    assert b"newt" in (elsewhere / "real.csv").read_bytes()
    assert (tmp_path / "other.csv").read_bytes() == old
    assert applied.notes[-1] == f"{data}: its other names (hard links) still stand for the file as it was"


def test_a_name_as_long_as_names_may_be(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + "x.csv")
    with whole_file(path) as out:
        out.write(b"new\n")
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_an_error_that_a_run_makes_itself_is_not_the_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "a.csv") as out:
        out.write(b"x" * 100)
        (tmp_path / "none").read_bytes()
    assert not [*tmp_path.iterdir()]
