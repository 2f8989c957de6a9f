"""The review: one row a screen, and a key for everything."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from time import monotonic

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Static

from hardneg_cli.errors import Busy, InputError, plural
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.row_context import RowContexts
from hardneg_cli.review.queues.session import ReviewSession
from hardneg_cli.review_screen import choices
from hardneg_cli.review_screen.background_loader import BackgroundLoader
from hardneg_cli.review_screen.colors import MUTED, TerminalColors, colors_of_terminal, themes
from hardneg_cli.review_screen.dialogs import Dialog, Help, Picker, Prompt
from hardneg_cli.review_screen.keys import HELP, REMARKS, foot
from hardneg_cli.review_screen.pictures import PictureCells
from hardneg_cli.review_screen.rendering import head, line, pace, progress, status
from hardneg_cli.review_screen.row_body import BodyRoom, SeenRow, body, note_lines

RETRY_SECONDS = 0.5
WIDEST = 150  # cells
LOW = 18  # lines; a screen with fewer names the help alone
ABOVE_AND_BELOW = 11  # lines that the body of a screen does not have
AROUND = "the nearest rows and copies are shown where --data names the data"


class ReviewScreen(Screen[None], inherit_bindings=False):
    """Shows a session's row, and does what the keys say. Nothing is called saved before it is on disk.

    An answer that cannot be saved because another run holds the log is tried again until it is, or until the reviewer
    gives it up; no other key does anything meanwhile.
    """

    DEFAULT_CSS = """
    ReviewScreen { background: $background; align-horizontal: center; layout: vertical; overflow: hidden; }
    ReviewScreen > * { max-width: 150; }
    #top { height: 1; padding: 0 1; background: $panel; }
    #head { height: auto; padding: 1 2 0 2; }
    #scroll { height: 1fr; padding: 0 2; border-top: solid $panel; scrollbar-size-vertical: 1; }
    #body { height: auto; width: 100%; }
    #status { height: 1; padding: 0 2; }
    #keys { height: auto; padding: 0 1; background: $panel; }
    """

    def __init__(
        self, session: ReviewSession, name: str, around: RowContexts | None, pictures: PictureCells,
        colors: TerminalColors,
    ) -> None:  # fmt: skip
        super().__init__()
        self._told, self._drawn = ("", ""), -1
        self.session, self._reviewed = session, name
        self._cells, self._shaded = pictures, colors is not TerminalColors.MANY
        self._lookout = BackgroundLoader(None if session.blind else around, pictures, self._looked)
        self._hint = "" if around or session.blind else AROUND
        self._pending: Callable[[], Decision | None] | None = None
        self._warned, self._since, self._early = False, inf, 0

    def compose(self) -> ComposeResult:
        for name in ("top", "head"):
            yield Static(id=name, markup=False)
        with VerticalScroll(id="scroll", can_focus=False):
            yield Static(id="body", markup=False)
        for name in ("status", "keys"):
            yield Static(id=name, markup=False)

    def on_mount(self) -> None:
        self.set_interval(RETRY_SECONDS, self._try_again)
        left = self.session.progress.left
        self._tell("every answer is saved at once; ? for help" if left else "every row is decided: q leaves")

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    # ------------------------------------------------------------------------------------------------ what keys do

    def press(self, event: Key) -> None:
        """Do what the key says, to the end: the next key is looked at when that is done.

        What was typed before a row was seen is no answer to it, and is left out; leaving is always possible.
        """
        if event.time < self._since and event.key != "ctrl+c":
            self._early += 1
            self._tell_early()
            return
        does: dict[str, Callable[[], object]] = {
            "k": lambda: self._decide("keep"), "a": lambda: self._save(self.session.accept), "r": self._relabel,
            "d": lambda: self._decide("drop"), "u": lambda: self._decide("unsure"), "n": self._note,
            "z": lambda: self._save(self.session.undo), "g": self._jump, "f": self._filter, "q": self.leave,
            "left": lambda: self._move(lambda: self.session.step(-1)), "ctrl+c": self.leave, "ctrl+q": self.leave,
            "right": lambda: self._move(lambda: self.session.step(1)), "question_mark": self._help, "t": self._turn,
            "space": lambda: self._move(self.session.next_open), "escape": self._give_up,
            "up": lambda: self._scroll(-1), "down": lambda: self._scroll(1),
            "pageup": lambda: self._scroll(-10), "pagedown": lambda: self._scroll(10),
        }  # fmt: skip
        key = event.key.lower()
        if key in does:
            does[key]()
        elif event.character in self.session.names.keys:
            self._pick(self.session.names.keys[event.character])

    def displayed(self) -> None:
        """Something was drawn on the terminal: from the moment on when the row is there, keys count."""
        if self._since == inf and self.is_mounted and self.query_one("#head").size.height > 1:
            self._since = monotonic()
            self._tell_early()

    def _tell_early(self) -> None:
        if self._early and self._since < inf:
            left_out = "was left out" if self._early == 1 else "were left out"
            self._tell(f"{plural(self._early, 'key')} typed before the first row {left_out}", "$warning")

    def paste(self, text: str) -> None:
        """Text is no key."""

    def _decide(self, word: str, new_label: str = "") -> None:
        self._save(lambda: self.session.decide(word, new_label))

    def _relabel(self) -> None:
        session = self.session
        self._ask(Picker("relabel", choices.classes(session), self._pick, partial(choices.new_class, session)))

    def _pick(self, name: str) -> None:
        """Relabel to a class; a label that is none is asked about, if it seems to be a slip for one."""
        if meant := self.session.meant(name):
            self._ask(Picker(*choices.meanings(meant, name), partial(self._decide, "relabel")))
        else:
            self._decide("relabel", name)

    def _note(self) -> None:
        save = self.session.annotate
        self._ask(Prompt("note", self.session.note, "", lambda text: self._save(lambda: save(text))))

    def _jump(self) -> None:
        remark = "an id, or a row's number (#7 where 7 is an id too)   "
        self._ask(Prompt("go to", "", remark, lambda target: self._move(lambda: self.session.jump(target))))

    def _filter(self) -> None:
        narrow = self.session.narrow
        shown = choices.filters(self.session)
        self._ask(Picker("only the rows of", shown, lambda chosen: self._move(lambda: narrow(chosen))))

    def _scroll(self, by: int) -> None:
        self.query_one("#scroll").scroll_relative(y=by, animate=False, immediate=True)

    def _turn(self) -> None:
        dark, light = themes(colors_of_terminal())
        self.app.theme = light if self.app.theme == dark else dark

    def _help(self) -> None:
        self._ask(Help(HELP, REMARKS))

    def _give_up(self) -> None:
        if self._pending:
            self._pending = None
            self._tell("given up: that answer was not saved", "$warning")

    def leave(self) -> None:
        """End the review, unless an answer is not saved; a note without an answer is worth a warning."""
        drafts = len(self.session.drafts)
        if self._pending:
            self._tell("not saved yet: another run is writing to the log; esc gives the answer up", "$error")
        elif drafts and not self._warned:
            self._warned = True
            notes = plural(drafts, "note has", "notes have")
            self._tell(f"{notes} no answer and will be lost; q again leaves all the same", "$warning")
        else:
            self.app.exit(0)

    # -------------------------------------------------------------------------------------------------- saving

    def _save(self, work: Callable[[], Decision | None]) -> None:
        """Do what changes the log. It is called saved, or why it is not is told."""
        if self._pending and work is not self._pending:
            self._tell("first the last answer must be saved; esc gives it up", "$error")
            return
        try:
            said = work()
        except Busy:
            if not self._pending:  # later tries leave what a key was answered
                self._tell("not saved yet: another run is writing to the log; trying again, esc gives up", "$error")
            self._pending = work
            return
        except InputError as error:
            self._pending = None
            self._tell(f"not saved: {error}", "$error")
            return
        self._pending, self._warned = None, False
        if said is None:
            self._tell("the note is saved with your answer", "$warning")
        elif said.is_decisive or said.decision == "unsure":
            done = "; no row without an answer is left here" if self.session.finished else ""
            self._tell(f"saved {said.id}: {said.answer}{done}", "$success")
        else:
            self._tell(f"saved {said.id}: taken back", "$success")

    def _try_again(self) -> None:
        if self._pending:
            self._save(self._pending)

    def _move(self, work: Callable[[], None]) -> None:
        if self._pending:
            self._tell("first the last answer must be saved; esc gives it up", "$error")
            return
        try:
            work()
        except InputError as error:
            self._tell(str(error), "$warning")
            return
        self._tell("")

    def _ask(self, dialog: Dialog) -> None:
        if self._pending:
            self._tell("first the last answer must be saved; esc gives it up", "$error")
            return
        self.app.push_screen(dialog)

    # -------------------------------------------------------------------------------------------------- drawing

    def _tell(self, text: str, style: str = MUTED) -> None:
        self._told = (line(text), style)
        self._draw()

    def _draw(self) -> None:
        """The row and everything around it, as it is now."""
        session, place = self.session, self.session.place
        found, width = session.progress, max(min(self.size.width, WIDEST) - 4, 20)
        narrowed = session.filter.name if session.filter else ""
        show = self._show
        show("top", progress(found, self._reviewed, session.reviewer, place, narrowed, width + 2))
        show("head", head(session.item, session.answer, width))
        show("body", self._body(width - 1))
        show("keys", foot(width + 2, session.names.keys, few=self.size.height < LOW))
        show("status", status(*self._told, pace(found), width))
        if place != self._drawn:
            self._drawn = place
            self.query_one("#scroll").scroll_home(animate=False, immediate=True)
        self._lookout.look(place, session.item)

    def _body(self, width: int) -> Content:
        session, place = self.session, self.session.place
        room = BodyRoom(width, max(self.size.height - ABOVE_AND_BELOW, 1), self._shaded)
        note = note_lines(session.note, width, waits=place in session.drafts)
        seen = self._lookout.seen.get(place, SeenRow())
        shown = body(session.item, seen, self._cells, room, note)
        return Content.assemble(shown, "\n\n", (self._hint, MUTED)) if self._hint else shown

    def _looked(self, place: int) -> None:
        """The row's surroundings are known."""
        if self.session.place == place:
            self._draw()
        else:
            self._lookout.look(self.session.place, self.session.item)

    def _show(self, name: str, content: Content) -> None:
        self.query_one(f"#{name}", Static).update(content)
