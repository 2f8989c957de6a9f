"""Other systems than this one: what Python does not have on Windows is taken away, and names follow its rules.

Nor can a file that is open be replaced or removed there, see `support/other_system/sitecustomize.py`.

No test runs on Windows or macOS here; `.github/workflows/check.yml` does.
"""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from hardneg_cli.io.files.file_names import (
    identity,
    is_below,
    listed_name,
    on_another_drive,
    on_path,
    program,
    trouble_of,
)
from hardneg_cli.io.files.folders import companion
from hardneg_cli.runtime.standard_streams import is_end_of_reading
from support.command import COMMAND, in_a_process
from support.paths import ROOT, TESTS
from support.repositories import commit, git, relabeled, repository_in, text
from support.systems import case_needs_posix, module_needs_posix, without_posix

ROWS = "id,label,text\n" + "".join(
    f"r{row},{('cat', 'dog')[row % 2]},{('it purrs', 'it barks')[row % 2]} {row} times\n" for row in range(60)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.csv").write_text(ROWS)
    return tmp_path


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=without_posix(), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout


LACKING = """
import os, signal, sys
import hardneg_cli
found = [name for name in ("fork", "getuid", "pread", "O_NONBLOCK") if hasattr(os, name)]
found += [name for name in ("SIGHUP", "SIGPIPE") if hasattr(signal, name)]
for name in ("fcntl", "pwd", "resource", "termios"):
    try:
        __import__(name)
        found.append(name)
    except ImportError:
        pass
with open("held", "w") as file:
    for refused in (lambda: os.unlink("held"), lambda: os.replace("data.csv", "held")):
        try:
            refused()
            found.append("open files")
        except PermissionError:
            pass
print(found, hardneg_cli.__file__)
"""
IN_PLACE = """
import sys
from pathlib import Path
import pyarrow as pa, pyarrow.csv, pyarrow.parquet, pyarrow.feather, pandas as pd
from hardneg_cli import apply, find, undo
table = pd.read_csv("data.csv", dtype=str)
pa.parquet.write_table(pa.table(table), "d.parquet")
pa.feather.write_feather(pa.table(table), "d.arrow", compression="uncompressed")
table.to_json("d.jsonl", orient="records", lines=True)
table.to_excel("d.xlsx", index=False)
table.to_csv("d.csv.gz", index=False)
table.to_csv("d.csv", index=False)
for name in ("d.parquet", "d.arrow", "d.jsonl", "d.xlsx", "d.csv.gz", "d.csv"):
    before = Path(name).read_bytes()
    queue = find(name, text="text").table(every=True).to_pandas()
    queue.loc[queue["id"] == "r3", ["decision", "new_label"]] = "relabel", "cat"
    queue.loc[queue["id"] == "r4", "decision"] = "drop"
    apply(name, [queue], in_place=True, provenance=f"{name}.json")
    assert Path(name).read_bytes() != before, name
    undo(name, f"{name}.json", in_place=True)
    assert Path(name).read_bytes() == before, name
print("all as before")
"""


def python(folder: Path, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=without_posix(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.process
def test_there_is_less(folder: Path) -> None:
    assert python(folder, LACKING) == f"[] {ROOT / 'hardneg_cli' / '__init__.py'}\n"


@pytest.mark.process
@pytest.mark.slow
def test_no_file_is_open_when_another_takes_its_name(folder: Path) -> None:
    assert python(folder, IN_PLACE) == "all as before\n"


@pytest.mark.process
@pytest.mark.slow
def test_the_loop_where_python_has_less(folder: Path) -> None:
    (folder / "data.csv").write_text(ROWS.replace("r3,dog", "r3,dgo"))
    assert "check" in run(folder, "--help")
    run(folder, "predict", "data.csv", "--text", "text", "-o", "p.parquet")
    run(folder, "find", "data.csv", "--probs", "p.parquet", "-o", "queue.csv", "-o", "queue.xlsx", "-o", "queue.html")
    queue = (folder / "queue.csv").read_text().splitlines()
    head, row = queue[0], next(line for line in queue if line.startswith("r3,"))
    (folder / "ann.csv").write_text(f"{head}\n{row.replace('r3,,,', 'r3,relabel,dog,', 1)}\n")
    run(folder, "collect", "ann.csv", "--data", "data.csv", "--reviewer", "ann")
    run(folder, "apply", "data.csv", "-o", "clean.csv", "--provenance", "why.json")
    assert (folder / "clean.csv").read_text() == ROWS
    run(folder, "undo", "clean.csv", "why.json", "-o", "back.csv")
    assert (folder / "back.csv").read_bytes() == (folder / "data.csv").read_bytes()
    call = ("check", "clean.csv", "--base", "data.csv", "--text", "text", "--cache", "kept")
    assert run(folder, *call) == run(folder, *call)
    assert "fails new-class" in subprocess.run(
        [*COMMAND, "check", "data.csv", "--base", "clean.csv"], cwd=folder, capture_output=True, text=True, check=False,
        env=without_posix(),
    ).stderr  # fmt: skip


@pytest.mark.process
def test_git_where_python_has_less(folder: Path) -> None:
    for line in ("init -q", "add data.csv", "-c user.name=a -c user.email=a@example.org commit -qm x"):
        subprocess.run(["git", *line.split()], cwd=folder, check=True)
    assert "no row changed" in run(folder, "check", "data.csv", "--base", "git:HEAD")


@pytest.mark.parametrize(
    ("name", "trouble"),
    [
        ("nul.csv", "it is the name of a device"), ("COM¹", "it is the name of a device"), ("a.", "leaves out"),
        ("a:b", "has another use for ':'"), ("why?", "has another use for '?'"), ("a\\b", "another use"), ("null", ""),
        ("console.csv", ""), ("ä b.csv", ""),
    ],
)  # fmt: skip
def test_names_that_windows_has_another_use_for(name: str, trouble: str) -> None:
    assert trouble in trouble_of(name, windows=True)
    assert bool(trouble_of(name, windows=True)) == bool(trouble)
    assert trouble_of(name, windows=False) == ""


def test_paths_of_other_systems(tmp_path: Path) -> None:
    assert is_below("a/b.png", windows=True)
    for path in ("c:x.png", "a\\..\\b.png", "a/nul/b.png", "/a", "../a"):
        assert not is_below(path, windows=True)
    assert on_another_drive("//server/share/a.png", "C:\\data")
    assert on_another_drive("D:\\a.png", "c:\\data")
    assert not on_another_drive("C:\\data\\a.png", "c:\\data")
    assert not on_another_drive("a.png", "c:\\data")
    assert identity(tmp_path / "A.csv", ignores_case=True) == identity(tmp_path / "a.CSV", ignores_case=True)
    assert identity(tmp_path / "A.csv", ignores_case=False) != identity(tmp_path / "a.CSV", ignores_case=False)


def test_a_drive_is_no_format() -> None:
    from hardneg_cli.cli.outputs import targets

    found = targets(["C:\\out\\queue.csv", "html:C:\\out\\queue.html"], None)
    assert [(one.format, one.path) for one in found] == [("csv", "C:\\out\\queue.csv"), ("html", "C:\\out\\queue.html")]


def test_names_as_a_folder_lists_them() -> None:
    assert listed_name("Train.CSV", ["train.csv", "b"]) == "train.csv"
    assert listed_name("a\u0308.csv", ["\u00e4.csv"]) == "\u00e4.csv"
    assert listed_name("Train.csv", ["train.csv", "Train.csv"]) == "Train.csv"
    assert listed_name("new.csv", ["train.csv"]) == "new.csv"


def test_no_program_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "git.exe").write_text("")
    (tmp_path / "bin").mkdir()
    assert on_path("git.exe", ["", ".", "bin"]) is None
    (tmp_path / "bin" / "git.exe").write_text("")
    assert on_path("git.exe", [".", "bin", str(tmp_path / "bin")]) == str(tmp_path / "bin" / "git.exe")
    monkeypatch.setenv("PATH", ".")
    assert program("git", windows=True) is None
    assert program("git", windows=False) == "git"


def test_a_pipe_that_nobody_reads() -> None:
    assert is_end_of_reading(OSError(errno.EPIPE, ""), windows=False)
    assert is_end_of_reading(OSError(errno.EINVAL, ""), windows=True)
    assert not is_end_of_reading(OSError(errno.EINVAL, ""), windows=False)
    assert not is_end_of_reading(OSError(errno.ENOSPC, ""), windows=True)


def test_the_log_beside_a_folder(tmp_path: Path) -> None:
    assert companion(f"{tmp_path}//", ".x") == companion(tmp_path, ".x") == Path(f"{tmp_path}.x")


@pytest.mark.process
@pytest.mark.parametrize("at", ["true", "input", "false"])
def test_line_ends_that_git_changes(at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout of Windows has other line ends than git keeps; the base has those of the checkout."""
    folder = repository_in(tmp_path / "repository", monkeypatch)
    rows = relabeled(3, "dog")
    kept = text(rows).replace("sentence number 5", '"two\nlines"')
    (folder / "data.csv").write_bytes(kept.encode())
    commit(folder)
    git(folder, "config", "core.autocrlf", at)
    (folder / "data.csv").unlink()
    git(folder, "checkout", "--", "data.csv")
    assert (b"\r\n" in (folder / "data.csv").read_bytes()) == (at == "true")
    done = in_a_process("check", "data.csv", "--base", "git:HEAD", cwd=folder, text=True)
    assert "no row changed" in done.stdout, done.stdout + done.stderr


@pytest.mark.process
def test_the_command_without_a_fork(folder: Path) -> None:
    done = in_a_process("find", "-", "--text", "text", "-f", "csv", cwd=folder, stdin=ROWS.encode(), text=True)
    assert done.stdout.startswith("id,decision,"), done.stderr
    assert in_a_process("find", "nothing.csv", cwd=folder).returncode == 2


def test_what_needs_posix_is_known() -> None:
    own = {path.name: module_needs_posix(path) for path in TESTS.rglob("test_*.py")}
    assert own["test_streams.py"] == "it imports pty"
    assert not own["test_other_systems.py"]
    assert case_needs_posix("path.symlink_to(there)") == "it needs links and modes of files"
    assert case_needs_posix("os.kill(pid, signal.SIGKILL)") == "it needs forks and signals"
    assert not case_needs_posix("assert find(data).flagged.any()")
