"""Cases of hostile input, run all together, and what is wrong with how they ended."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from support.paths import ROOT

MOST_SECONDS, MOST_MEGABYTES = 30, 1500
LOG = "data.csv.decisions.ndjson"
AHEAD = 4
CODES = {0, 1, 2, 130, 143}
LEFT = re.compile(r"\.part$|\.lock$|\.tmp$|^\..*~$")

Files = Mapping[str, bytes]
Contents = Mapping[str, bytes | Callable[[], bytes]]  # what is large is made when its turn comes


@dataclass(frozen=True)
class HostileCase:
    """A call of the command in a folder of its own.

    outputs: files that it may write or change. makes: what is no plain file, by the shell. code: the only right answer,
    where there is one. limit: bytes of the largest file that it may write.
    room: of a disk of its own, how many pages are free beside the files. signal: sent to it `after` so many seconds.
    """

    name: str
    arguments: tuple[str, ...]
    files: Contents
    outputs: tuple[str, ...] = ()
    stdin: str = os.devnull
    makes: str = ""
    code: int | None = None
    limit: int | None = None
    room: int | None = None
    signal: int | None = None
    after: float = 0.0


@dataclass(frozen=True)
class Ending:
    """How a run ended: its exit code (negative for a signal), what it said, and what it left in its folder."""

    code: int
    seconds: float
    megabytes: float
    out: bytes
    err: str
    files: Files
    temporary: tuple[str, ...]

    @property
    def left(self) -> list[str]:
        """What no run may leave."""
        return [*self.temporary, *(name for name in self.files if LEFT.search(name))]


def called(
    name: str, call: str, good: Files, more: Contents, outputs: tuple[str, ...] = ("out.csv",), **how: Any
) -> HostileCase:
    """A call on sound files and on `more`."""
    arguments = tuple(call.split())
    beside = {word: good[word] for word in arguments if word in good and word not in more}
    return HostileCase(name, arguments, beside | dict(more), outputs, **how)


class CaseServer:
    """The process that runs cases, and the folder that theirs stand in."""

    def __init__(self, folder: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HARDNEG_")}
        environment |= {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}", "COLUMNS": "100"}
        self._folder, self._laid = folder, dict[str, HostileCase]()
        self._server = subprocess.Popen(
            [sys.executable, "-m", "support.hostile.case_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder,
        )  # fmt: skip

    def __enter__(self) -> CaseServer:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def run(self, case: HostileCase) -> Ending:
        ((_, ending),) = self.endings([case])
        return ending

    def endings(self, cases: Iterable[HostileCase]) -> Iterator[tuple[HostileCase, Ending]]:
        """Each case and its ending, in any order. Folders are removed as soon as they have been looked at."""
        given = enumerate(cases)
        self._hand_over(islice(given, AHEAD))
        while self._laid:
            assert self._server.stdout
            answer = json.loads(self._server.stdout.readline())
            path = answer.pop("folder")
            yield self._laid.pop(path), _ending(Path(path), answer)
            _clear(Path(path))
            self._hand_over(islice(given, 1))

    def _hand_over(self, cases: Iterable[tuple[int, HostileCase]]) -> None:
        assert self._server.stdin
        for number, case in cases:
            case = replace(case, files={name: data() if callable(data) else data for name, data in case.files.items()})
            path = str(_lay(case, self._folder / str(number)))
            self._laid[path] = case
            told = {"folder": path, "arguments": case.arguments, "stdin": _stdin(case, path)}
            told |= {"limit": case.limit, "signal": case.signal, "after": case.after}
            json.dump(told, self._server.stdin)
            self._server.stdin.write("\n")
        self._server.stdin.flush()


def faults(case: HostileCase, ending: Ending) -> list[str]:
    """What no input may bring about, and this one did."""
    lines = ending.err.splitlines()
    said = [line for line in lines if not line.startswith("note: ")]
    before, now = dict(case.files), ending.files
    free = {*case.outputs, LOG} if case.arguments[0] in ("collect", "review") else {*case.outputs}
    checks = {
        f"exit code {ending.code}": ending.code not in CODES if case.code is None else ending.code != case.code,
        "a traceback": "Traceback" in ending.err or "this is a bug" in ending.err,
        f"{ending.seconds:.0f} s": ending.seconds > MOST_SECONDS,
        f"{ending.megabytes:.0f} MB": ending.megabytes > MOST_MEGABYTES,
        "an input changed": any(now.get(name) != data for name, data in before.items() if name not in free),
        "a file nobody named": sorted({*now} - {*before} - free),
        "something left over": ending.left,
    }
    if ending.code == 2:
        checks |= {
            "not one line": case.stdin != "terminal" and (len(said) != 1 or not said[0].startswith("hardneg: ")),
            "a long line": any(len(line) > 2_000 for line in lines),
            "output though it cannot be done": any(now.get(name) != before.get(name) for name in free),
        }
    return [f"{fault}: {found if isinstance(found, list) else ''}" for fault, found in checks.items() if found]


def _stdin(case: HostileCase, folder: str) -> str:
    return case.stdin if case.stdin in ("closed", "terminal", os.devnull) else f"{folder}/{case.stdin}"


def _lay(case: HostileCase, folder: Path) -> Path:
    folder.mkdir()
    folder.with_suffix(".tmp").mkdir()
    if case.room is not None:
        _mount(folder, "size=64m")
    for name, data in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    if case.makes:
        subprocess.run(["bash", "-euc", case.makes], cwd=folder, check=True, capture_output=True)
    if case.room is not None:
        disk = os.statvfs(folder)
        _mount(folder, f"remount,size={(disk.f_blocks - disk.f_bfree + case.room) * disk.f_bsize}")
    return folder


def _mount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], check=True, capture_output=True)


def _ending(folder: Path, answer: dict[str, Any]) -> Ending:
    out, err = (folder.with_suffix(end) for end in (".out", ".err"))
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if stat.S_ISREG(path.lstat().st_mode)
    }
    temporary = tuple(str(path.name) for path in folder.with_suffix(".tmp").iterdir())
    said = err.read_text(errors="replace") if err.exists() else ""
    return Ending(**answer, out=out.read_bytes() if out.exists() else b"", err=said, files=files, temporary=temporary)


def _clear(folder: Path) -> None:
    if folder.is_mount():
        subprocess.run(["umount", folder], check=True, capture_output=True)
    shutil.rmtree(folder)
    shutil.rmtree(folder.with_suffix(".tmp"))
    for end in (".out", ".err"):
        folder.with_suffix(end).unlink(missing_ok=True)
