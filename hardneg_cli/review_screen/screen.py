"""The review: one row a screen, and a key for everything."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Static

from hardneg_cli.errors import Busy, InputError
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.row_context import RowContexts
from hardneg_cli.review.queues.session import ReviewSession
from hardneg_cli.review_screen.background_loader import BackgroundLoader
from hardneg_cli.review_screen.dialogs import Choice, Dialog, Help, Picker, Prompt
from hardneg_cli.review_screen.keys import HELP, REMARKS, foot
from hardneg_cli.review_screen.rendering import MUTED, body, head, line, pace, progress

RETRY_SECONDS = 0.5
DARK, LIGHT = "nord", "textual-light"
WIDEST = 120  # cells
LOW = 18  # lines; a screen with fewer names the help alone


class ReviewScreen(Screen[None], inherit_bindings=False):
    """Shows a session's row, and does what the keys say. Nothing is called saved before it is on disk.

    An answer that cannot be saved because another run holds the log is tried again until it is, or until the reviewer
    gives it up; no other key does anything meanwhile.
    """

    DEFAULT_CSS = """
    Reviewing { background: $background; align-horizontal: center; layout: vertical; overflow: hidden; }
    Reviewing > * { max-width: 120; }
    #top { height: 1; padding: 0 1; background: $panel; }
    #head { height: auto; padding: 1 2 0 2; }
    #scroll { height: 1fr; padding: 0 2; border-top: solid $panel; scrollbar-size-vertical: 1; }
    #body { height: auto; width: 100%; }
    #status { height: 1; padding: 0 2; }
    #keys { height: auto; padding: 0 1; background: $panel; }
    """

    def __init__(self, session: ReviewSession, name: str, around: RowContexts | None = None) -> None:
        super().__init__()
        self._told, self._drawn = ("", ""), -1
        self.session, self._reviewed = session, name
        self._lookout = BackgroundLoader(around, self._looked) if around and not session.blind else None
        self._pending: Callable[[], Decision | None] | None = None
        self._warned = self._shown = False

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
        self._shown = True
        self._tell("every answer is saved at once; ? for help" if left else "every row is decided: q leaves")

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    # ------------------------------------------------------------------------------------------------ what keys do

    def press(self, event: Key) -> None:
        """Do what the key says, to the end: the next key is looked at when that is done."""
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
        if key in does and self._shown:  # what is typed before a row is seen is no answer to it
            does[key]()

    def paste(self, text: str) -> None:
        """Text is no key."""

    def _decide(self, word: str, new_label: str = "") -> None:
        self._save(lambda: self.session.decide(word, new_label))

    def _relabel(self) -> None:
        item = self.session.item
        names = dict.fromkeys([item.suggested, *self.session.classes]) if item.suggested else self.session.classes
        choices = [Choice(name, name, "suggested" * (name == item.suggested) or "given" * (name == item.given))
                   for name in names]  # fmt: skip
        self._ask(Picker("relabel", choices, lambda name: self._decide("relabel", name), _new_class))

    def _note(self) -> None:
        save = self.session.annotate
        self._ask(Prompt("note", self.session.note, "", lambda text: self._save(lambda: save(text))))

    def _jump(self) -> None:
        remark = "an id, or a row's number (#7 where 7 is an id too)   "
        self._ask(Prompt("go to", "", remark, lambda target: self._move(lambda: self.session.jump(target))))

    def _filter(self) -> None:
        found = self.session.queue.filters(blind=self.session.blind)
        choices = [Choice(None, "all rows", f"{len(self.session.queue):,}")]
        choices += [Choice(one, one.name, f"{one.kind}, {count:,} rows") for one, count in found]
        narrow = self.session.narrow
        self._ask(Picker("only the rows of", choices, lambda chosen: self._move(lambda: narrow(chosen))))

    def _scroll(self, by: int) -> None:
        self.query_one("#scroll").scroll_relative(y=by, animate=False, immediate=True)

    def _turn(self) -> None:
        self.app.theme = LIGHT if self.app.theme == DARK else DARK

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
            notes = "1 note has" if drafts == 1 else f"{drafts} notes have"
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
            self._pending = work
            self._tell("not saved yet: another run is writing to the log; trying again, esc gives up", "$error")
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
        around = self._lookout.seen.get(place) if self._lookout else None
        show("body", body(session.item, session.note, around, width - 1, waits=place in session.drafts))
        show("keys", foot(width + 2, few=self.size.height < LOW))
        show("status", self._status(pace(found), width))
        if place != self._drawn:
            self._drawn = place
            self.query_one("#scroll").scroll_home(animate=False, immediate=True)
        if self._lookout:
            self._lookout.look(place, session.item)

    def _looked(self, place: int) -> None:
        """The row's surroundings are known."""
        if self.session.place == place:
            self._draw()
        elif self._lookout:
            self._lookout.look(self.session.place, self.session.item)

    def _show(self, name: str, content: Content) -> None:
        self.query_one(f"#{name}", Static).update(content)

    def _status(self, beside: str, width: int) -> Content:
        text, style = self._told
        left = Content.styled(text, style)
        if left.cell_length + len(beside) + 2 > width:
            return left.truncate(width, ellipsis=True)
        return Content.assemble(left, " " * (width - left.cell_length - len(beside)), (beside, MUTED))


def _new_class(typed: str) -> Choice:
    return Choice(typed, typed, "a new class")
