"""A real terminal for tests: a process behind a pty, and what a VT100 would show of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pyte

from support.command import started

SECONDS = 20.0  # that something may take before the test is given up
NAMES = {
    "enter": b"\r", "esc": b"\x1b", "up": b"\x1b[A", "down": b"\x1b[B", "right": b"\x1b[C", "left": b"\x1b[D",
    "pagedown": b"\x1b[6~", "ctrl+c": b"\x03", "backspace": b"\x7f",
}  # fmt: skip


class Terminal:
    """`hardneg` with these arguments on a terminal; leaving the block ends it. raw: every byte that it wrote.

    sized: whether the terminal says how large it is. command: what is run in its place.
    """

    def __init__(
        self, *arguments: str, cwd: Path, columns: int = 80, lines: int = 24, sized: bool = True,
        env: Mapping[str, str] | None = None, command: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self.master, terminal = pty.openpty()
        if sized:
            self._size(terminal)
        self.modes = termios.tcgetattr(terminal)
        dropped = ("NO_COLOR", "COLUMNS", "LINES", "TERM_PROGRAM")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        variables = kept | {"TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"} | (env or {})
        # The terminal controls the process, as it does where a shell starts it: it tells of its size and its end.
        self.process = started(*arguments, cwd=cwd, env=variables, terminal=terminal) if command is None else (
            subprocess.Popen(
                [*command, *arguments], cwd=cwd, stdin=terminal, stdout=terminal, stderr=terminal, env=variables,
                start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
        )  # fmt: skip
        self._terminal = terminal

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()
        os.close(self._terminal)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def press(self, *keys: str) -> None:
        """Keys by their names, or text as it is typed."""
        for key in keys:
            os.write(self.master, NAMES.get(key, key.encode()))
            if key == "esc":
                time.sleep(0.15)  # else it begins a sequence

    def read(self, seconds: float) -> bool:
        """Take what comes, for so long at most; whether anything came."""
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        part = os.read(self.master, 1 << 16)
        self.raw += part
        self._stream.feed(part)
        return True

    def wait(self, *texts: str, until: Callable[[str], bool] | None = None) -> str:
        """What the screen shows once all of these stand on it, `until` holds, and nothing more is being drawn."""
        deadline = time.monotonic() + SECONDS
        drawing = True
        while drawing or not (all(text in self.text for text in texts) and (until is None or until(self.text))):
            assert time.monotonic() < deadline, f"no {texts} on the screen:\n{self.text}"
            assert self.process.poll() is None, f"it has ended with {self.process.returncode}:\n{self.text}"
            drawing = self.read(0.03)
        return self.text

    def do(self, keys: Sequence[str], *texts: str) -> str:
        self.press(*keys)
        return self.wait(*texts)

    def resize(self, columns: int, lines: int) -> None:
        self.screen.resize(lines, columns)
        self._size(self._terminal)

    def hang_up(self) -> None:
        """The window is closed."""
        if self.master >= 0:
            os.close(self.master)
        self.master = -1

    def end(self) -> int:
        """The exit code, once it is there, with everything read."""
        deadline = time.monotonic() + SECONDS
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it does not end:\n{self.text}"
            self.read(0.05)
        self.drain()
        return self.process.returncode

    def drain(self) -> None:
        """Read what was written already."""
        while select.select([self.master], [], [], 0.05)[0]:
            self.read(0)

    def _size(self, terminal: int) -> None:
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", self.screen.lines, self.screen.columns, 0, 0))
