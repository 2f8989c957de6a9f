"""The standard streams of a process that is a command: all are there, and they take the same bytes on every system."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

IS_WINDOWS = os.name == "nt"


def open_closed() -> None:
    """Where a caller closed a stream: words go nowhere, and a result is an error, as it cannot be written.

    No other file may take the place of standard input, which /dev/stdin would then mean.
    """
    if sys.stdin is None:
        held = os.open(os.devnull, os.O_RDONLY)
        if held:  # something else is open there already
            os.close(held)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 -- open to the end
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")


def write_all_or_fail() -> None:
    """Standard output in lines that end in `\\n`, and on Windows in UTF-8, as files are.

    Where Python was told not to buffer, a large write may end halfway, without a word; a buffer sees to it.
    """
    out, held = sys.stdout, sys.stdout.buffer
    raw = getattr(held, "raw", held)
    if isinstance(out, io.TextIOWrapper):  # a terminal of another age still shows the manual
        out.reconfigure(encoding="utf-8" if IS_WINDOWS else None, errors="backslashreplace", newline="\n")
    if isinstance(raw, io.RawIOBase) and (IS_WINDOWS or held is raw):
        at_once = bool(held is raw or out.line_buffering)
        buffer = io.BufferedWriter(_Output(out, raw))
        sys.stdout = io.TextIOWrapper(buffer, out.encoding, out.errors, newline="\n", line_buffering=at_once)


def lose_no_result_for_words() -> None:
    """Standard error that is full or broken makes no success a failure, whoever writes there."""
    words = sys.stderr
    raw = getattr(words.buffer, "raw", words.buffer)
    if not (_is_a_file(words) and isinstance(raw, io.RawIOBase)):
        return
    encoding = "utf-8" if IS_WINDOWS else words.encoding
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(_Unfailing(words, raw)), encoding, "backslashreplace", line_buffering=True
    )


def _is_a_file(stream: TextIO) -> bool:
    """Whether it is one of the system's."""
    try:
        return stream.fileno() >= 0
    except OSError:
        return False


class _Output(io.RawIOBase):
    """A stream that goes through what Python has opened, which for a console of Windows is no file."""

    def __init__(self, stream: TextIO, raw: io.RawIOBase) -> None:
        self._stream = stream  # which would close it, were it not held
        self._raw = raw

    def write(self, data: ReadableBuffer, /) -> int | None:
        try:
            return self._raw.write(data)
        except OSError as error:
            if is_end_of_reading(error, windows=IS_WINDOWS):
                raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)) from error
            raise

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()


class _Unfailing(_Output):
    """Standard error's bytes: where it is full, closed or broken they are lost, and nothing else is."""

    def write(self, data: ReadableBuffer, /) -> int | None:
        with suppress(OSError):
            return self._raw.write(data) or 0
        return memoryview(data).nbytes


def is_end_of_reading(error: OSError, *, windows: bool) -> bool:
    """Whether nobody reads what is written any more, which Windows may call an invalid argument (bpo-35754)."""
    return error.errno == errno.EPIPE or (windows and error.errno == errno.EINVAL)
