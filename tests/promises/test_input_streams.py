"""Standard input and pipes are read once, a wait for them can be ended, and what is no data is refused at once."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import forked_command, hardneg

WORDS = {0: "words on cats", 1: "text about dogs"}
ROWS = "".join(f"r{i},{WORDS[i % 2]} {i},{'dog' if i % 2 else 'cat'}\n" for i in range(20))
DATA = "id,text,label\n" + ROWS.replace("words on cats 4,cat", "words on cats 4,Cat")
PROBS = "id,prob_cat,prob_dog\n" + "".join(f"r{i},{'0.1,0.9' if i % 2 else '0.9,0.1'}\n" for i in range(20))
QUIET = "--detector label-spelling -q -f csv"
COMMAND = f"{sys.executable} -m hardneg_cli"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "d.csv").write_text(DATA)
    (tmp_path / "p.csv").write_text(PROBS)
    found = hardneg("find", "d.csv", *QUIET.split(), cwd=tmp_path).stdout
    (tmp_path / "q.csv").write_bytes(found.replace(b"r4,,,,", b"r4,relabel,,,"))
    return tmp_path


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[bytes]:
    command = command.replace("hardneg", shlex.join(forked_command()))
    return subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, check=False, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[bytes], *parts: str) -> None:
    said = done.stderr.decode()
    assert done.returncode == 2, said
    assert len(said.splitlines()) == 1, said
    assert all(part in said for part in parts), said


ANYWHERE = [
    "find - {q}", "find d.csv --probs -", "find d.csv --features -", "apply d.csv - -o o.csv", "check d.csv --base -",
    "collect - --data d.csv", "audit estimate -", "undo d.csv -", "explain --row r4 label-spelling -",
]  # fmt: skip


@pytest.mark.process
@pytest.mark.slow
def test_closed_standard_input_is_said(folder: Path) -> None:
    for command in ANYWHERE:
        refused(shell(f"hardneg {command.format(q=QUIET)} <&-", folder), "standard input is closed")
    refused(shell("hardneg find /dev/stdin <&-", folder), "/dev/stdin is empty")
    assert shell("hardneg review d.csv <&-", folder).returncode == 2


@pytest.mark.process
@pytest.mark.slow
def test_a_stream_is_read_once_and_serves_everywhere(folder: Path) -> None:
    expected = hardneg("find", "d.csv", *QUIET.split(), cwd=folder).stdout
    for data in ("-", "/proc/self/fd/0"):
        assert shell(f"cat d.csv | hardneg find {data} {QUIET}", folder).stdout == expected
    with_probs = shell("hardneg find d.csv --probs p.csv -q -f csv", folder)
    assert with_probs.returncode == 0
    assert shell("hardneg find <(cat d.csv) --probs <(cat p.csv) -q -f csv", folder).stdout == with_probs.stdout
    applied = shell("hardneg apply d.csv q.csv -o o.csv", folder)
    assert applied.returncode == 0, applied.stderr
    corrected = (folder / "o.csv").read_bytes()
    for command in ("cat q.csv | hardneg apply d.csv - -o {}", "hardneg apply <(cat d.csv) <(cat q.csv) -o {}"):
        assert shell(command.format("o2.csv"), folder).returncode == 0
        assert (folder / "o2.csv").read_bytes() == corrected
    collected = shell("cat q.csv | hardneg collect - --data d.csv --reviewer ann", folder)
    assert collected.returncode == 0
    assert b"1 appended" in collected.stderr
    shell("hardneg find d.csv --decisions q.csv -q -o label-studio:t.json --detector label-spelling", folder)
    assert shell("cat t.json | hardneg collect - --data d.csv --reviewer ann", folder).returncode == 0
    assert shell("hardneg check <(cat d.csv) --base <(cat d.csv)", folder).returncode == 0


@pytest.mark.process
def test_one_stream_has_one_name(folder: Path) -> None:
    refused(shell("cat d.csv | hardneg find - --probs -", folder), "standard input is named twice")
    refused(shell("cat d.csv | hardneg find - --probs /dev/stdin", folder), "/dev/stdin is named twice")
    refused(shell("mkfifo f; hardneg diff f f", folder), "f is named twice")


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_wait_for_a_pipe(number: int, code: int, folder: Path) -> None:
    os.mkfifo(folder / "pipe.csv")
    command = shlex.split(f"{COMMAND} find *.csv --probs pipe.csv -o out.csv")
    before = sorted(folder.iterdir())
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, process_group=0) as running:
        for _ in range(200):
            state = Path(f"/proc/{running.pid}/wchan")
            if state.exists() and "wait_for_partner" in state.read_text():
                break
            time.sleep(0.05)
        running.send_signal(number)
        assert running.wait(10) == code
        assert running.stderr is not None
        assert not running.stderr.read()
    assert sorted(folder.iterdir()) == before


@pytest.mark.process
def test_what_is_no_data_is_refused_at_once(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s.csv"))
        refused(hardneg("find", "s.csv", cwd=folder), "s.csv is a socket")
    ways = {"/dev/zero": "a device", "/dev/full": "a device", "/dev/null": "empty", ".": "a folder"}
    for name, said in ways.items():
        refused(hardneg("find", name, cwd=folder), f"{name} is {said}")
    refused(hardneg("find", "d.csv", "--probs", "/dev/zero", cwd=folder), "/dev/zero is a device")
    refused(hardneg("undo", "d.csv", "/dev/zero", cwd=folder), "/dev/zero is a device")
    refused(shell("hardneg find - </dev/zero", folder), "standard input is a device")
    refused(shell("hardneg find - </dev/null", folder), "standard input is empty")


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems want file names in UTF-8")
def test_names_need_not_be_utf8(folder: Path) -> None:
    for name in ("d", "p", "q"):
        (folder / f"{name}.csv").rename(folder / f"{name}\udce4.csv")

    def done(command: str) -> str:
        found = hardneg(*command.replace("~", "\udce4").split(), cwd=folder)
        assert found.returncode == 0, found.stderr.decode()
        return (found.stdout + found.stderr).decode()

    found = done("find d~.csv --probs p~.csv --all -o s~.csv -o h~.html --state s~.parquet")
    assert "d\\udce4.csv: 20 rows" in found
    assert "20 rows" in done("find d*.csv --probs p*.csv")
    done("collect q~.csv --data d~.csv --reviewer ann")
    done("apply d~.csv -o o~.csv --provenance v~.json")
    done("undo o~.csv v~.json -o u~.csv")
    assert (folder / "u\udce4.csv").read_text() == DATA
    for form in ("json", "markdown", "github"):
        done(f"check o~.csv --base d~.csv -f {form}")
    done("diff d~.csv o~.csv")
    refused(hardneg("find", "x\udce4.csv", cwd=folder), "no file 'x\\udce4.csv'")
    assert not list(folder.glob("*.part"))
