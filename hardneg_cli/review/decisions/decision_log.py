"""The decisions log beside the data: append-only NDJSON, whose lines may stand in any order and more than once.

So git can merge two of them as a union. It grows by one writer at a time, whole lines at the end, on disk before
anybody is told so. Nothing in it is ever rewritten. A writer that is killed leaves at most one torn line, the last one;
the next writer begins a new line behind it, so it stays the only one that is lost, and nobody was told it was kept.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hardneg_cli.errors import Busy, InputError, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_line import LineReader, encode_lines, parse_line

LOG_SUFFIX = ".decisions.ndjson"
PATIENCE_SECONDS = 5.0
LINES_A_WRITE = 1000
POLL_SECONDS = 0.002  # far below what one append takes, so that one of many writers does not starve


def log_of(data: str | Path) -> Path:
    """Where the decisions about `data` are kept."""
    return Path(f"{data}{LOG_SUFFIX}")


def read_log(log: str | Path | Source) -> tuple[list[Decision], list[int]]:
    """The decisions of a log in the order of its lines, and the numbers of the lines that were torn off.

    Raises InputError for a line that is whole and yet no decision.
    """
    decisions, torn, reader = [], [], LineReader()
    source = log if isinstance(log, Source) else Source(str(log), Path(log))
    with source.path.open("rb") if source.path else io.BytesIO(source.data) as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = parse_line(line)
            except ValueError:  # a writer was killed; a line that is not whole is not JSON, or not UTF-8
                torn.append(number)
            else:
                decisions.append(reader.decision(f"{source.name}: line {number}", record))
    return [_spelled(decision, reader) for decision in decisions] if reader.late else decisions, torn


def _spelled(decision: Decision, reader: LineReader) -> Decision:
    """With the hashed columns that a later line has spelled out."""
    if decision.hashed.names is not None or not decision.hashed.token:
        return decision
    return replace(decision, hashed=reader.columns[decision.hashed.token])


def spelled_tokens(decisions: Iterable[Decision]) -> set[str]:
    """The tokens of hashed columns that a log with these decisions spells out."""
    return {decision.hashed.token for decision in decisions if decision.hashed.names is not None}


def is_log(source: Source) -> bool:
    """Told by the name, else by the first whole line of JSON: a log's lines have a version, those of a queue none."""
    if source.url or source.compression:
        return False
    if source.name.endswith(LOG_SUFFIX):
        return True
    for line in source.head.splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):  # a torn line, or no JSON at all
            continue
        return isinstance(record, dict) and "v" in record
    return False


@dataclass(frozen=True)
class DecisionLog:
    """A log that nobody else writes to for as long as it is held."""

    path: Path

    def read(self) -> tuple[list[Decision], list[int]]:
        """The decisions, and the numbers of torn lines; nothing where there is no log yet."""
        if self.path.exists() and not self.path.is_file():  # a device may have no end
            raise InputError(f"{self.path}: is not a file, so it is no decisions log")
        return read_log(self.path) if self.path.exists() else ([], [])

    def append(self, decisions: Iterable[Decision], spelled: Iterable[str] = ()) -> None:
        """Add lines; once this returns they outlive a crash. Raises InputError for what could not be read again.

        spelled: tokens of hashed columns that the log spells out already; to do so again does no harm.
        """
        lines = [*encode_lines(decisions, spelled)]
        if not lines:
            return
        try:
            _append(self.path, lines)
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def held(path: str | Path, patience: float = PATIENCE_SECONDS) -> Iterator[DecisionLog]:
    """The log, locked by `<log>.lock`. Raises Busy if somebody else holds it for `patience` seconds."""
    from filelock import FileLock, Timeout

    log = Path(path)
    if not log.absolute().parent.is_dir():
        raise InputError(f"{log}: there is no folder {quote(str(log.parent))}")
    lock = FileLock(f"{log}.lock", timeout=patience, poll_interval=POLL_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise Busy(f"{log}: another run is writing to it; try again") from None
    except OSError as error:
        raise InputError(f"{log}.lock: cannot be written: {error.strerror or error}") from error
    try:
        yield DecisionLog(log)
    finally:
        lock.release()


def append(path: str | Path, decisions: Iterable[Decision]) -> None:
    """Add decisions to the log at `path`, as `held` and `DecisionLog.append` do."""
    with held(path) as log:
        log.append(decisions)


def now(after: str = "") -> str:
    """The time for `at`, in UTC, and later than `after`, whatever the clock of whoever wrote that said."""
    time = _text(datetime.now(UTC))
    if time > after:
        return time
    try:
        before = datetime.fromisoformat(after).replace(tzinfo=UTC)  # whatever its zone: times are compared as text
        return _text(before + timedelta(seconds=1))  # a fraction of one would not do: "0.1Z" is less than "0Z"
    except (ValueError, OverflowError):  # no time, or no time of this world
        return time


def _text(time: datetime) -> str:
    """Always of the same length."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _append(path: Path, lines: Sequence[bytes]) -> None:
    new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        size = os.fstat(file).st_size
        torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
        if torn:
            _write(file, b"\n")
        for start in range(0, len(lines), LINES_A_WRITE):
            _write(file, b"".join(lines[start : start + LINES_A_WRITE]))
        os.fsync(file)
    finally:
        os.close(file)
    if new:
        _keep_name(path.absolute().parent)


def _write(file: int, lines: bytes) -> None:
    """All of it at once; what does not fit on the disk is tried again, so that the system says why."""
    while lines:
        lines = lines[os.write(file, lines) :]


def _keep_name(folder: Path) -> None:
    """A new file's name is in its folder, which is on disk only when that is synced too."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
