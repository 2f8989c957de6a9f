"""Other systems than this one: what Python does not have on Windows is taken away, and names follow its rules.

No test runs on Windows or macOS here; `.github/workflows/check.yml` does.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from hardneg_cli.io.files.file_names import identity, is_below, on_another_drive, trouble_of
from support.command import COMMAND
from support.paths import ROOT

LESS = """
import os, signal, sys
for name in ("fcntl", "grp", "pwd", "pty", "resource", "syslog", "termios", "tty"):
    sys.modules[name] = None
for name in ("chown", "fchmod", "fork", "geteuid", "getgid", "getuid", "kill", "killpg", "listxattr", "lockf", "mkfifo",
             "pread", "pwrite", "setsid", "sysconf", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_TMPFILE"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGALRM", "SIGHUP", "SIGPIPE", "SIGQUIT", "SIGWINCH", "pthread_sigmask", "setitimer"):
    if hasattr(signal, name):
        delattr(signal, name)
"""
ROWS = "id,label,text\n" + "".join(
    f"r{row},{('cat', 'dog')[row % 2]},{('it purrs', 'it barks')[row % 2]} {row} times\n" for row in range(60)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "less").mkdir()
    (tmp_path / "less/sitecustomize.py").write_text(LESS)
    (tmp_path / "data.csv").write_text(ROWS)
    return tmp_path


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    where = {"PYTHONPATH": os.pathsep.join((str(folder / "less"), str(ROOT)))}
    done = subprocess.run([*COMMAND, *arguments], cwd=folder, env=os.environ | where, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout


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
        env=os.environ | {"PYTHONPATH": os.pathsep.join((str(folder / "less"), str(ROOT)))},
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
