"""The review's application: the terminal is taken, and given back as it was however the review ends."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys

from textual.app import App
from textual.events import Event, Key, Paste
from textual.screen import Screen

from hardneg_cli.review.queues.row_context import RowContexts
from hardneg_cli.review.queues.session import ReviewSession
from hardneg_cli.review_screen.colors import THEMES, TerminalColors, colors_of_terminal, themes
from hardneg_cli.review_screen.dialogs import Dialog
from hardneg_cli.review_screen.pictures import PictureCells
from hardneg_cli.review_screen.screen import ReviewScreen

STDERR = 2
CODES = {"SIGINT": 130, "SIGTERM": 143, "SIGHUP": 143, "SIGBREAK": 143}
STOPPED: dict[int, int] = {getattr(signal, name): code for name, code in CODES.items() if hasattr(signal, name)}


class ReviewApp(App[int]):
    """One screen; its answer is the exit code."""

    TITLE = "hardneg review"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, session: ReviewSession, name: str, around: RowContexts | None = None,
        pictures: PictureCells | None = None,
    ) -> None:  # fmt: skip
        colors = colors_of_terminal()
        super().__init__(ansi_color=colors is not TerminalColors.MANY)
        for theme in THEMES:
            self.register_theme(theme)
        self._dark, _ = themes(colors)
        self._reviewing = ReviewScreen(session, name, around, pictures or PictureCells(), colors)
        self.stopped: int | None = None

    def get_default_screen(self) -> Screen[None]:
        return self._reviewing

    def on_mount(self) -> None:
        self.theme = self._dark
        for number in STOPPED:
            self._hear(number)

    def _hear(self, number: int) -> None:
        """Stop at a signal, in the loop's turn; that of Windows has no handlers of its own."""
        loop = asyncio.get_running_loop()
        if sys.platform != "win32":
            loop.add_signal_handler(number, self._stop, number)
        else:
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(self._stop, number))

    def _stop(self, number: int) -> None:
        self.stopped = STOPPED[number]
        self.exit(self.stopped)

    def post_display_hook(self) -> None:
        self._reviewing.displayed()

    async def on_event(self, event: Event) -> None:
        """Keys are taken in their order, each to its end, by the screen that is on top at that moment."""
        screen = self.screen if isinstance(event, Key | Paste) else None
        if isinstance(screen, ReviewScreen | Dialog):
            if isinstance(event, Key):
                screen.press(event)
            elif isinstance(event, Paste):
                screen.paste(event.text)
            return
        await super().on_event(event)


def review(
    session: ReviewSession, name: str, around: RowContexts | None = None, pictures: PictureCells | None = None
) -> int:  # fmt: skip
    """Show the session on the terminal until the reviewer leaves, or the terminal does; the exit code."""
    before = {number: signal.getsignal(number) for number in STOPPED}
    app = ReviewApp(session, name, around, pictures)
    try:
        code = app.run(mouse=False, size=_size())
    except OSError:  # there is no terminal to be given back
        if app.stopped is None:
            raise
        code = app.stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if code is None:
        raise RuntimeError("the screen was left because of the error above")
    return code


def _size() -> tuple[int, int] | None:
    """Columns and lines to draw for, where the terminal says that it has none, as those of containers do."""
    return shutil.get_terminal_size() if 0 in os.get_terminal_size(STDERR) else None
