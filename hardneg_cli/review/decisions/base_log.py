"""The decisions log of a base, and what a commit does to it.

Nothing in a log tells who wrote a line, so what a commit adds cannot undo what its base has decided: the base's own
decisions stand, and an answer that overrules one counts once it is in the base. In a log that continues the base's,
each line of the base's stays as it was, in any order, and no new line takes back, or is dated before, what its reviewer
had said there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hardneg_cli.review.decisions.decision import WITHDRAWN, Decision, conflicts, effective_decisions

AHEAD = timedelta(days=1)  # that a reviewer's clock may be
Line = tuple[Decision, str, int, float, str]


@dataclass(frozen=True)
class BaseLog:
    """decisions: what counts of the base's log. lost: lines of it that are gone, or are not what they were.

    taken_back: new lines that take back what their reviewer had said there, or are dated before it or ahead of time.
    continues: whether the log now is a later state of the base's, and DATA of the base.
    """

    decisions: tuple[Decision, ...]
    lost: tuple[Decision, ...] = ()
    taken_back: tuple[Decision, ...] = ()
    continues: bool = False

    @property
    def rulings(self) -> dict[str, Decision]:
        """By id the latest decision about a row; none of those that are disputed."""
        sure = [one for one in self.decisions if one.is_decisive]
        disputed = {group[0].question for group in conflicts(sure)}
        found: dict[str, Decision] = {}
        for one in sorted(sure, key=lambda one: one.at):
            if one.question in disputed:
                found.pop(one.id, None)
            else:
                found[one.id] = one
        return found


def base_log(
    before: Sequence[Decision], now: Sequence[Decision], *, continues: bool | None = None
) -> BaseLog:  # fmt: skip
    """What `before`, the lines of the base's log, say, and what became of them in `now`.

    continues: None where that is to be told by the lines: whether any of the base's is still there.
    """
    there = {_line(one) for one in now}
    lost = [one for one in before if _line(one) not in there]
    if continues is None:
        continues = len(lost) < len(before)
    standing = tuple(effective_decisions(before))
    if not continues:
        return BaseLog(standing)
    return BaseLog(standing, tuple(lost), tuple(_taken_back(before, now)), continues=True)


def united(before: Sequence[Decision], now: Sequence[Decision]) -> tuple[Decision, ...]:
    """The lines of both logs, once."""
    there = {_line(one) for one in now}
    return (*now, *(one for one in before if _line(one) not in there))


def _line(decision: Decision) -> Line:
    """All that a line says."""
    return decision, decision.hashed.token, decision.rank, decision.score, decision.role


def _taken_back(before: Sequence[Decision], now: Iterable[Decision]) -> Iterable[Decision]:
    known = {_line(one) for one in before}
    latest: dict[tuple[str, str], str] = {}
    for one in before:
        key = one.id, one.reviewer
        latest[key] = max(one.at, latest.get(key, ""))
    ids = {id_ for id_, _ in latest}
    ahead = (datetime.now(UTC) + AHEAD).isoformat(timespec="microseconds").replace("+00:00", "Z")
    for one in now:
        if one.id not in ids or _line(one) in known:
            continue
        said = latest.get((one.id, one.reviewer))
        if one.at > ahead or (said is not None and (one.decision == WITHDRAWN or one.at <= said)):
            yield one
