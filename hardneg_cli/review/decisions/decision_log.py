"""The decisions log beside the data: append-only NDJSON, whose lines may stand in any order and more than once.

So git can merge two of them as a union. It grows by one writer at a time, whole lines at the end, on disk before
anybody is told so. Nothing in it is ever rewritten, and nothing is added to a file that is no log: every line that is
there is a decision, and the file stands in the folder that its name says. What a writer that was killed left of a line,
which nobody was told was kept, is cut off by the next one; a writer that cannot finish takes back what it wrote.
"""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hardneg_cli.errors import MOST_OF_A_PATH, InputError, quote
from hardneg_cli.io.files.disk_sync import sync_file, sync_folder
from hardneg_cli.io.files.file_lock import locked
from hardneg_cli.io.files.folders import companion
from hardneg_cli.io.files.open_flags import CAREFULLY
from hardneg_cli.io.files.source import Source
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_line import encode_lines
from hardneg_cli.review.decisions.log_lines import BYTE_ORDER_MARK, LogLines, read_lines

LOG_SUFFIX = ".decisions.ndjson"
PATIENCE_SECONDS = 5.0
LINES_A_WRITE = 1000
WITH_FRACTION = "0000-00-00T00:00:00.000000Z"
ADDING = os.O_RDWR | os.O_APPEND | os.O_CREAT


def log_of(data: str | Path) -> Path:
    """Where the decisions about `data` are kept."""
    return companion(data, LOG_SUFFIX)


def read_log(log: str | Path | Source) -> tuple[list[Decision], list[int]]:
    """The decisions of a log in the order of its lines, and the number of the last one if it was torn off.

    Raises InputError for any other line that is no decision.
    """
    source = log if isinstance(log, Source) else Source(str(log), Path(log))
    with source.path.open("rb", buffering=0) if source.path else io.BytesIO(source.data) as file:
        found = read_lines(source.name, file)
    return found.decisions, found.torn


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
            record = json.loads(line.lstrip(BYTE_ORDER_MARK))
        except (ValueError, RecursionError):  # a torn line, or no JSON at all
            continue
        return isinstance(record, dict) and "v" in record
    return False


class DecisionLog:
    """A log as it is added to; `held` makes one that nobody else writes to.

    What has been read of it is not read again: the file with this device and inode holds decisions as far as `seen`.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file: tuple[int, int] | None = None
        self._seen = 0

    def read(self) -> tuple[list[Decision], list[int]]:
        """The decisions, and the number of a torn last line; nothing where there is no log yet."""
        if not refuse_other_places(self.path):
            return [], []
        with _opened(self.path, os.O_RDONLY) as file:
            found = read_lines(str(self.path), file)
            self._see(file, found)
        return found.decisions, found.torn

    def append(self, decisions: Iterable[Decision], spelled: Iterable[str] = ()) -> None:
        """Add lines; once this returns they outlive a crash. Raises InputError for what could not be read again.

        spelled: tokens of hashed columns that the log spells out already; to do so again does no harm.
        """
        with self.appended(decisions, spelled):
            pass

    @contextmanager
    def appended(self, decisions: Iterable[Decision], spelled: Iterable[str] = ()) -> Iterator[None]:
        """Add lines, and take them back if what is done with them fails.

        That nobody reads standard output any more is no failure.
        """
        lines = [*encode_lines(decisions, spelled)]
        if not lines:
            yield
            return
        new = not refuse_other_places(self.path)
        kept = undone = False
        try:
            with _opened(self.path, ADDING) as file:
                size = self._end(file)
                try:
                    self._write(file, lines, new=new)
                    yield
                    kept = True
                except BrokenPipeError:
                    kept = True
                    raise
                finally:
                    if undone := not kept:
                        os.ftruncate(file.fileno(), size)
                self._file, self._seen = _identity(file), os.fstat(file.fileno()).st_size
        finally:
            if new and undone:  # once it is closed: Windows removes no file that is open
                os.unlink(os.path.realpath(self.path))

    def _end(self, file: io.FileIO) -> int:
        """The size of the log without a torn last line, which is cut off. Raises InputError for what is no log."""
        size = os.fstat(file.fileno()).st_size
        seen = self._seen if self._file == _identity(file) and self._seen <= size else 0
        file.seek(seen)
        try:
            found = read_lines(str(self.path), file, before=seen)
        except InputError:  # which line it is tells who counts from the first one
            file.seek(0)
            found = read_lines(str(self.path), file)
        if found.torn:
            os.ftruncate(file.fileno(), found.whole)
        self._see(file, found)
        return found.whole

    def _see(self, file: io.FileIO, found: LogLines) -> None:
        self._file, self._seen = _identity(file), found.whole if found.ended else 0

    def _write(self, file: io.FileIO, lines: Sequence[bytes], *, new: bool) -> None:
        size = os.fstat(file.fileno()).st_size
        file.seek(max(size - 1, 0))
        if size and file.read(1) != b"\n":
            lines = [b"\n", *lines]
        try:
            for start in range(0, len(lines), LINES_A_WRITE):
                _write_all(file.fileno(), b"".join(lines[start : start + LINES_A_WRITE]))
            sync_file(file.fileno())
            if new:
                sync_folder(os.path.dirname(os.path.realpath(self.path)))
        except OSError as error:
            raise InputError(f"{self.path}: cannot be written: {error.strerror or error}") from error


@contextmanager
def held(path: str | Path, patience: float = PATIENCE_SECONDS, log: DecisionLog | None = None) -> Iterator[DecisionLog]:
    """The log, locked; `log`, if it was read before. Raises Busy if somebody else holds it for `patience` seconds."""
    if "\0" in str(path) or not Path(path).absolute().parent.is_dir():
        raise InputError(f"{path}: there is no folder {quote(str(Path(path).parent), MOST_OF_A_PATH)}")
    refuse_other_places(path)
    with locked(path, patience):
        yield log or DecisionLog(path)


def append(path: str | Path, decisions: Iterable[Decision]) -> None:
    """Add decisions to the log at `path`, as `held` and `DecisionLog.append` do."""
    with held(path) as log:
        log.append(decisions)


def refuse_other_places(path: str | Path) -> bool:
    """Whether there is such a file. Raises InputError for what is none, and for a link that leaves its folder."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        found = None
    if found and not stat.S_ISREG(found.st_mode):  # a device may have no end
        raise InputError(f"{path}: is not a file, so it is no decisions log")
    real, folder = os.path.realpath(path), os.path.realpath(os.path.dirname(os.path.abspath(path)))
    if not Path(real).is_relative_to(folder):
        raise InputError(f"{path}: is a link to {real}, outside its folder, and is not written to: name the log itself")
    return found is not None


def now(after: str = "") -> str:
    """The time for `at`, in UTC, and later than `after`, whatever the clock of whoever wrote that said.

    As little later as can be: whoever's clock is ahead does not drive those of the others on.
    """
    time = _text(datetime.now(UTC))
    if time > after:
        return time
    try:
        before = datetime.fromisoformat(after).replace(tzinfo=UTC)  # whatever its zone: times are compared as text
        alike = len(after) == len(WITH_FRACTION) and after.endswith("Z") and after[-8] == "."
        # a fraction of a second would not do in general: "0.1Z" is less than "0Z"
        return _text(before + (timedelta(microseconds=1) if alike else timedelta(seconds=1)))
    except (ValueError, OverflowError):  # no time, or no time of this world
        return time


def _text(time: datetime) -> str:
    """Always of the same length."""
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[io.FileIO]:
    """The file itself, no link, device or pipe that has taken its place since it was looked at."""
    real = os.path.realpath(path)
    try:
        file = io.FileIO(os.open(real, flags | CAREFULLY, 0o666), "rb+" if flags & os.O_RDWR else "rb")
    except OSError as error:
        done = "written" if flags & os.O_RDWR else "read"
        raise InputError(f"{path}: cannot be {done}: {error.strerror or error}") from error
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise InputError(f"{path}: is not a file, so it is no decisions log")
        yield file


def _identity(file: io.FileIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino


def _write_all(file: int, lines: bytes) -> None:
    """All of it at once; what does not fit on the disk is tried again, so that the system says why."""
    while lines:
        lines = lines[os.write(file, lines) :]
