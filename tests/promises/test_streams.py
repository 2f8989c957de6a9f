"""What goes where: the result on standard output and nothing else there, words on standard error. Real processes."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support.command import COMMAND, forked_command, hardneg

pytestmark = pytest.mark.process

HEAVY = {"numpy", "pandas", "sklearn", "scipy", "cleanlab", "pyarrow"}
ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b31m\u202ereversed\u2066"
LONG_ID = "an-id-that-is-longer-than-any-terminal-is-wide-" * 3
STYLE = re.compile(r"\x1b\[[0-9;]*m")
RAW = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FIND = ["find", "data.csv", "--probs", "probs.csv", "--detector", "doubtful-label"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("streams")
    generator = np.random.default_rng(0)
    p = generator.dirichlet(np.ones(3) / 3, 60)
    labels = [f"c{code}" for code in p.argmax(axis=1)]
    labels[0], labels[1] = "c0" if labels[0] != "c0" else "c1", "c2" if labels[1] != "c2" else "c0"
    ids = [LONG_ID, "tab\tinside", *(f"r{row}" for row in range(2, 60))]
    write(folder, ids, labels, p, ["c0", "c1", "c2"])
    return folder


def write(folder: Path, ids: list[str], labels: list[str], p: np.ndarray, classes: list[str]) -> None:
    lines = [f'"{id_}","{label}"\n' for id_, label in zip(ids, labels, strict=True)]
    (folder / "data.csv").write_text("id,label\n" + "".join(lines), newline="")
    lines = [f'"{id_}",' + ",".join(map(str, row)) + "\n" for id_, row in zip(ids, p.tolist(), strict=True)]
    header = ",".join(["id", *(f'"prob_{name}"' for name in classes)])
    (folder / "probs.csv").write_text(f"{header}\n" + "".join(lines), newline="")


def run(*arguments: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return hardneg(*arguments, cwd=cwd, env=os.environ | variables)


def on_terminal(*arguments: str, cwd: Path, **variables: str) -> str:
    """What a terminal gets as standard output and standard error."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [*forked_command(), *arguments], cwd=cwd, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
        env={name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
        | {"TERM": "xterm-256color"} | variables,
    )  # fmt: skip
    os.close(terminal)
    shown = b""
    try:
        while select.select([master], [], [], 30)[0] and (part := os.read(master, 1 << 16)):
            shown += part
    except OSError:  # the way Linux says that the other side is closed
        pass
    os.close(master)
    assert process.wait(timeout=30) == 0, shown
    return shown.decode()


def test_the_result_and_nothing_else_on_standard_output(folder: Path) -> None:
    done = run(*FIND, "--limit", "2", cwd=folder)
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert len(lines) == 2
    assert all(len(line.split("\t")) == 7 for line in lines)
    assert {line.split("\t")[1] for line in lines} == {LONG_ID, "tab inside"}
    assert b"60 rows, 3 classes" in done.stderr
    assert b"skipped" not in done.stdout


def test_quiet_is_silent_but_for_errors(folder: Path) -> None:
    done = run(*FIND, "-q", cwd=folder)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout
    done = run("find", "none.csv", "-q", cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"hardneg: no file 'none.csv'\n")


def test_nothing_on_standard_output_where_a_file_is_named(folder: Path, tmp_path: Path) -> None:
    done = run(*FIND, "-o", str(tmp_path / "out.csv"), cwd=folder)
    assert (done.returncode, done.stdout) == (0, b"")
    assert (tmp_path / "out.csv").stat().st_size
    done = run(*FIND, "-o", str(tmp_path / "out.csv"), "-f", "csv", cwd=folder)
    assert done.stdout == (tmp_path / "out.csv").read_bytes()


def test_a_table_on_a_terminal_with_whole_ids(folder: Path) -> None:
    shown = on_terminal(*FIND, "-q", "--limit", "3", cwd=folder)
    assert "given_label" in shown, "it has a head"
    assert LONG_ID in STYLE.sub("", shown).replace("\r\n", ""), "ids are never cut"


def test_colors(folder: Path) -> None:
    for arguments, variables in ((["--color", "never"], {}), ([], {"NO_COLOR": "1"})):
        assert "\x1b" not in on_terminal(*FIND, "-q", *arguments, cwd=folder, **variables)
    assert b"\x1b" not in run(*FIND, cwd=folder).stdout, "no colors in a pipe"


ALWAYS = ["--color", "always"]  # whatever NO_COLOR says


def animals(folder: Path) -> None:
    (folder / "before.csv").write_text("id,label\n" + "".join(f"r{row},cat\n" for row in range(30)))
    (folder / "data.csv").write_text("id,label\nr0,dog\n" + "".join(f"r{row},cat\n" for row in range(1, 30)))


@pytest.mark.parametrize(
    ("command", "style"),
    [
        (["find", "data.csv", "--all", "--limit", "2", "-q"], "\x1b[1m"),
        (["diff", "before.csv", "data.csv"], "\x1b[33m"),
        (["check", "data.csv", "--base", "before.csv", "--exit-zero"], "\x1b[1;31mfailed"),
    ],
)
def test_colors_are_as_wanted_on_a_terminal(command: list[str], style: str, tmp_path: Path) -> None:
    animals(tmp_path)
    shown = on_terminal(*command, cwd=tmp_path)
    assert style in shown
    assert on_terminal(*command, *ALWAYS, cwd=tmp_path, NO_COLOR="1") == shown
    assert on_terminal(*command, cwd=tmp_path, HARDNEG_COLOR="never") == STYLE.sub("", shown)


def test_colors_in_a_pipe_are_for_whoever_asks(tmp_path: Path) -> None:
    animals(tmp_path)
    command = ["diff", "before.csv", "data.csv"]
    said = run(*command, cwd=tmp_path).stdout
    assert b"\x1b" not in said
    wanted = run(*command, *ALWAYS, cwd=tmp_path, NO_COLOR="1").stdout
    assert b"\x1b[33m" in wanted
    assert STYLE.sub("", wanted.decode()) == said.decode()
    lines = ["find", "data.csv", "--all", "-q"]
    assert run(*lines, *ALWAYS, cwd=tmp_path).stdout == run(*lines, cwd=tmp_path).stdout, "lines for programs"


def test_untrusted_text_reaches_no_terminal_raw(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    classes = [f"a{ESCAPES}", f"b{ESCAPES}"]
    p = generator.dirichlet(np.ones(2) / 3, 60)
    labels = [classes[code] for code in p.argmax(axis=1)]
    labels[0], labels[1] = classes[1 - p[0].argmax()], classes[1 - p[1].argmax()]
    write(tmp_path, [f"{row}{ESCAPES}" for row in range(60)], labels, p, classes)
    done = run(*FIND, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for text in (done.stdout.decode(), done.stderr.decode()):
        assert "red" in text
        assert not RAW.search(text), text
    shown = on_terminal(*FIND, "--color", "never", cwd=tmp_path)
    assert "red" in shown
    assert not RAW.search(shown), shown
    for arguments in (["--detector", ESCAPES], ["--label", ESCAPES], [f"--{ESCAPES}"], ["--limit", ESCAPES], [ESCAPES]):
        done = run("find", "data.csv", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert not RAW.search(done.stderr.decode()), done.stderr
    broken = (tmp_path / "data.csv").read_bytes().replace(f"1{ESCAPES}".encode(), f"0{ESCAPES}".encode(), 1)
    (tmp_path / "data.csv").write_bytes(broken)
    done = run(*FIND, cwd=tmp_path)
    assert done.returncode == 2, "an id twice"
    assert not RAW.search(done.stderr.decode())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["find", "--help"]])
def test_help_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "hardneg_cli", *arguments],
        cwd=tmp_path, capture_output=True, check=True, timeout=60,
    ).stderr.decode()  # fmt: skip
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}
    assert "typer" in loaded
    assert not loaded & HEAVY


def test_the_command_and_the_module_are_the_same(folder: Path) -> None:
    command = Path(sys.executable).with_name("hardneg")
    if not command.exists():
        pytest.skip("hardneg is not installed beside this Python")
    for arguments in (["--version"], ["find", "--help"], ["find"], ["find", "none.csv"]):
        done, same = (
            subprocess.run([*one, *arguments], cwd=folder, capture_output=True, check=False, timeout=60)
            for one in ([command], COMMAND)
        )
        assert (done.returncode, done.stdout, done.stderr) == (same.returncode, same.stdout, same.stderr)


def test_completion(tmp_path: Path) -> None:
    script = f"{sys.executable} -m hardneg_cli --show-completion; exit $?"  # typer asks which shell has called it
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert b"_HARDNEG_COMPLETE" in done.stdout
    assert b"complete" in done.stdout
    asked = {"_HARDNEG_COMPLETE": "complete_bash", "COMP_WORDS": "hardneg fi", "COMP_CWORD": "1"}
    assert run(cwd=tmp_path, **asked).stdout.split() == [b"find"]
    asked |= {"COMP_WORDS": "hardneg find --prob", "COMP_CWORD": "2"}
    assert run(cwd=tmp_path, **asked).stdout.split() == [b"--probs", b"--prob-prefix"]


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("features")
    generator = np.random.default_rng(0)
    code = generator.integers(0, 3, 300)
    values = generator.normal(size=(300, 8)) + 2 * np.eye(8)[code]
    lines = [f"r{row},c{code[row]},word{row % 7}," + ",".join(map(str, values[row])) + "\n" for row in range(300)]
    (folder / "data.csv").write_text("id,label,note," + ",".join(f"x{i}" for i in range(8)) + "\n" + "".join(lines))
    return folder


def test_the_same_bytes_whatever_the_time_and_the_threads(features: Path, tmp_path: Path) -> None:
    names = ["a.csv", "a.tsv", "a.json", "a.ndjson", "a.parquet", "a.md"]
    for number, threads in enumerate("112"):
        place = tmp_path / str(number)
        place.mkdir()
        outputs = [word for name in names for word in ("-o", str(place / name))]
        arguments = ["find", "data.csv", "--features", "x*", "--all", "-f", "table", *outputs]
        limits = {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads, "PYTHONHASHSEED": str(number)}
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=features, env=os.environ | limits, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr
        (place / "table").write_bytes(done.stdout)
        (place / "said").write_bytes(done.stderr)
    for name in [*names, "table", "said"]:
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "1" / name).read_bytes(), name
        assert (tmp_path / "0" / name).read_bytes() == (tmp_path / "2" / name).read_bytes(), f"{name}, by threads"
