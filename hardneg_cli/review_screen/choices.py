"""What a reviewer chooses among: the classes of a session, what a label means that is none, and filters."""

from __future__ import annotations

from hardneg_cli.review.queues.session import ReviewSession
from hardneg_cli.review_screen.dialogs import Choice
from hardneg_cli.review_screen.rendering import line


def classes(session: ReviewSession) -> list[Choice]:
    """The real ones, that which is suggested first."""
    item = session.item
    names = dict.fromkeys([item.suggested, *session.classes]) if item.suggested else session.classes
    return [
        Choice(name, name, "suggested" * (name == item.suggested) or "given" * (name == item.given)) for name in names
    ]


def new_class(session: ReviewSession, typed: str) -> Choice:
    meant = session.meant(typed)
    return Choice(typed, typed, f"no class; did you mean {line(meant, 30)}?" if meant else "a new class")


def meanings(meant: str, typed: str) -> tuple[str, list[Choice]]:
    """What to ask about a label that is no class and seems to be a slip for one, and the answers to that."""
    title = f"no class is called {line(typed, 40)}: which one is meant?"
    return title, [Choice(meant, meant, "the class that is called much like it"), Choice(typed, typed, "a new class")]


def filters(session: ReviewSession) -> list[Choice]:
    found = session.queue.filters(blind=session.blind)
    choices = [Choice(None, "all rows", f"{len(session.queue):,}")]
    return choices + [Choice(one, one.name, f"{one.kind}, {count:,} rows") for one, count in found]
