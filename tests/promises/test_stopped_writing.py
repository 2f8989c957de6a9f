"""Whatever stops a command that writes, its outputs are all as before or all as after, and nothing is left beside them.

STOPS=20 pytest tests/promises/test_stopped_writing.py stops every call in every manner, so often with each signal; in
other runs each command is stopped once, in a manner of its own. Kills are in test_kills.py and
test_review_interrupted.py.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from support.hostile.good_files import good_files
from support.hostile.running import LOG, CaseServer, Ending, Files, HostileCase, faults
from support.hostile.situations import SITUATIONS, Situation

STOPS = int(os.environ.get("STOPS", "0"))
SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}
MANNERS = ("limit", "disk", *SIGNALS)
TIME = re.compile(rb"\d{4}-\d\d-\d\dT[\d:.]+")

Calls = list[tuple[HostileCase, Ending]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseServer]:
    with CaseServer(tmp_path_factory.mktemp("stopped")) as running:
        yield running


@pytest.fixture(scope="module")
def calls(server: CaseServer) -> Calls:
    """Calls that write, on sound files, and how they end where nothing stops them."""
    good = good_files(server)
    done = [(case, server.run(case)) for case in (_call(one, good) for one in _writing())]
    assert not [ending.err for _, ending in done if ending.code not in (0, 1)]
    return [(case, ending) for case, ending in done if _state(case, ending) != _before(case)]


def _writing() -> list[Situation]:
    """Each command's first call that writes, or every one."""
    writing = [one for one in SITUATIONS if one.stdin != "terminal" and (one.outputs or one.command == "collect")]
    first = {one.command: one for one in reversed(writing)}
    return writing if STOPS else [*first.values()]


def _call(one: Situation, good: Files) -> HostileCase:
    return HostileCase(one.arguments, tuple(one.arguments.split()), one.files(good), one.outputs, one.stdin)


def _share(calls: Calls, manner: str | signal.Signals) -> Calls:
    return calls if STOPS else calls[MANNERS.index(manner) :: len(MANNERS)]


@pytest.mark.slow
@pytest.mark.process
def test_a_limit_of_sizes_leaves_all_as_it_was(server: CaseServer, calls: Calls) -> None:
    large = [(case, done) for case, done in _share(calls, "limit") if _largest(case, done) > 400]
    assert large
    limited = [replace(case, limit=_largest(case, done) - 1, code=2) for case, done in large]
    assert not _wrong(server.endings(limited), "File too large")


@pytest.mark.slow
@pytest.mark.process
def test_a_full_disk_leaves_all_as_it_was(server: CaseServer, calls: Calls) -> None:
    with tempfile.TemporaryDirectory() as folder:
        if subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=False, capture_output=True).returncode:
            pytest.skip("no disk can be made here")
        subprocess.run(["umount", folder], check=True)
    sound = {case.name: done for case, done in _share(calls, "disk")}
    full = [replace(case, room=0, code=2) for case, _ in _share(calls, "disk")]
    stopped = [(case, ending) for case, ending in server.endings(full) if not _is_done(case, ending, sound[case.name])]
    assert stopped  # but those that append to a page which has room, or write nothing
    assert not _wrong(stopped, "No space left on device")


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_a_signal_leaves_all_or_nothing(number: signal.Signals, server: CaseServer, calls: Calls) -> None:
    moments = random.Random(number)
    stopped, times = 0, max(STOPS, 1)
    for case, done in _share(calls, number):
        for _ in range(times):
            after = moments.uniform(0.1, 0.9) * done.seconds
            ending = server.run(replace(case, signal=number, after=after))
            told = (case.name, after, ending.code, ending.err)
            stopped += ending.code == SIGNALS[number]
            assert ending.code in (done.code, SIGNALS[number]), told
            before = () if ending.err else (_before(case),)  # who speaks of what was done has done it
            assert _state(case, ending) in (_state(case, done), *before), told
            assert not ending.left, told
    assert stopped


def _is_done(case: HostileCase, ending: Ending, done: Ending) -> bool:
    return ending.code == done.code and not ending.left and _state(case, ending) == _state(case, done)


def _largest(case: HostileCase, done: Ending) -> int:
    """Of what the call writes."""
    return max((len(data) for name, data in done.files.items() if data != case.files.get(name)), default=0)


def _wrong(endings: Iterable[tuple[HostileCase, Ending]], why: str) -> list[tuple[str, str]]:
    """The calls that say something else than one line with `why`, leave something, or are done in part."""
    return [
        (case.name, f"{ending.code} {ending.err}")
        for case, ending in endings
        if why not in ending.err or faults(case, ending)
    ]


def _state(case: HostileCase, ending: Ending) -> dict[str, bytes | None]:
    """What each file holds, but for the time at which it was written."""
    names = {*case.outputs, *case.files, LOG, *ending.files}
    return {name: TIME.sub(b"", ending.files[name]) if name in ending.files else None for name in names}


def _before(case: HostileCase) -> dict[str, bytes | None]:
    files = {name: data for name, data in case.files.items() if isinstance(data, bytes)}
    return _state(case, Ending(0, 0, 0, b"", "", files, ()))
