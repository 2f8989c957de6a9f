"""What is asked over a row: a choice from a list that typing narrows down, a line of text, and the help.

A dialog is closed, and its answer acted upon, before the next key is looked at: keys that come faster than the screen
is drawn do what they would have done one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Static

from hardneg_cli.data.text_normalization import folded_name
from hardneg_cli.review_screen.colors import MUTED
from hardneg_cli.review_screen.line_editor import LineEditor
from hardneg_cli.review_screen.rendering import line

ELSEWHERE = 4  # the rank of what does not match
LISTED = 12  # choices at a time
MOVES = {"down": 1, "up": -1, "pagedown": LISTED, "pageup": -LISTED}


@dataclass(frozen=True)
class Choice:
    """A value to choose, the text it is found by, and a remark on it."""

    value: Any
    text: str
    remark: str = ""


class Dialog(ModalScreen[None]):
    """A box over the row. then: told the answer; escape leaves without one."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 0%; }
    Dialog > Vertical {
        width: 72; max-width: 94%; height: auto; max-height: 96%; padding: 1 2; background: $surface;
        border: round $primary; border-title-color: $primary;
    }
    Dialog #typed { height: 1; padding: 0 1; background: $boost; }
    Dialog #list { height: auto; margin-top: 1; }
    Dialog #remark { margin-top: 1; height: auto; }
    """

    def __init__(self, title: str, remark: str, then: Callable[[Any], None]) -> None:
        super().__init__()
        self._title, self._remark, self._then = title, remark, then
        self._typed = LineEditor()

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = Content(self._title)
            yield Static(id="typed", markup=False)
            yield Static(id="list", markup=False)
            yield Static(Content.styled(self._remark, MUTED), id="remark", markup=False)

    def on_mount(self) -> None:
        self.draw()

    def on_resize(self) -> None:
        self.draw()

    def press(self, event: Key) -> None:
        if event.key in ("escape", "ctrl+c"):
            self.app.pop_screen()
        elif event.key == "enter":
            self.enter()
        elif self._typed.press(event.key, event.character):
            self.changed()

    def paste(self, text: str) -> None:
        self._typed.write(text)
        self.changed()

    def enter(self) -> None:
        """Take what is typed."""
        self.answer(self._typed.text)

    def answer(self, value: Any) -> None:
        self.app.pop_screen()
        self._then(value)

    def changed(self) -> None:
        if self.is_mounted:
            self.draw()

    def draw(self) -> None:
        self.query_one("#typed", Static).update(self._typed.content)


class Prompt(Dialog):
    """A line of text."""

    def __init__(self, title: str, text: str, remark: str, then: Callable[[str], None]) -> None:
        super().__init__(title, f"{remark}enter takes it   esc leaves", then)
        self._typed.write(text)


class Picker(Dialog):
    """A choice from a list. new: makes a choice of what is typed where nothing in the list is called so."""

    def __init__(
        self, title: str, choices: Sequence[Choice], then: Callable[[Any], None],
        new: Callable[[str], Choice] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(title, "type to filter   ↑ ↓ choose   enter takes it   esc leaves", then)
        self._choices, self._new, self._at = choices, new, 0
        self._found = list(choices)

    def press(self, event: Key) -> None:
        if event.key in MOVES:
            self._at = max(0, min(self._at + MOVES[event.key], len(self._found) - 1))
            super().changed()
        else:
            super().press(event)

    def enter(self) -> None:
        if self._found:
            self.answer(self._found[self._at].value)

    def changed(self) -> None:
        typed = self._typed.text.strip()
        self._found, self._at = list(matches(self._choices, typed)), 0
        if self._new and typed and all(choice.text != typed for choice in self._choices):
            self._found.append(self._new(typed))
        super().changed()

    def draw(self) -> None:
        super().draw()
        listed = max(min(LISTED, self.size.height - 10), 1)
        first = max(0, min(self._at - listed // 2, len(self._found) - listed))
        shown = [self._row(at) for at in range(first, min(first + listed, len(self._found)))]
        below = len(self._found) - first - len(shown)
        shown += [Content.styled(f"  … {below:,} more", MUTED)] if below > 0 else []
        self.query_one("#list", Static).update(Content("\n").join(shown or [Content.styled("  nothing", MUTED)]))

    def _row(self, at: int) -> Content:
        choice = self._found[at]
        remark = f"  {choice.remark}" if choice.remark else ""
        text = Content(line(choice.text, 200)).truncate(max(40 - len(remark), 20) + 20, ellipsis=True)
        mark, style = ("› ", "bold $primary") if at == self._at else ("  ", "")
        return Content.assemble((mark, style), text.stylize(style), (remark, MUTED))


class Help(Dialog):
    """What every key does. Any key leaves."""

    def __init__(self, keys: Sequence[tuple[str, str]], remark: str) -> None:
        super().__init__("keys", remark, lambda _: None)
        self._keys = keys

    def press(self, event: Key) -> None:
        self.app.pop_screen()

    def paste(self, text: str) -> None:
        """Nothing is typed here."""

    def draw(self) -> None:
        rows = [Content.assemble((key.ljust(10), "bold $primary"), says) for key, says in self._keys]
        self.query_one("#typed", Static).display = False
        self.query_one("#list", Static).update(Content("\n").join(rows))


def matches(choices: Sequence[Choice], typed: str) -> Iterator[Choice]:
    """Those whose text is what is typed, then those that begin with it, then those that have it in them."""
    wanted = folded_name(typed)
    ranks = [_rank(choice.text, typed, wanted) for choice in choices]
    order = sorted(range(len(choices)), key=ranks.__getitem__)
    yield from (choices[at] for at in order if ranks[at] < ELSEWHERE)


def _rank(text: str, typed: str, wanted: str) -> int:
    if not typed:
        return 0
    name = folded_name(text)
    same = (text == typed, name == wanted, name.startswith(wanted), wanted in name)
    return same.index(True) if True in same else ELSEWHERE
