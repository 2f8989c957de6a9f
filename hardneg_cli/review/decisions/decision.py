"""Decisions: what a reviewer says about one row as it was when it was asked, and which of several counts.

How a conflict was settled is a decision too, told by its source: `adjudication`, with the adjudicator as the reviewer,
or the name of a policy. It overrules the other answers that came before it; an answer that comes later and differs
makes a conflict again. An adjudication by somebody who had answered the same question before counts for nothing.

One whose decision is empty takes back what its reviewer had said about the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from operator import attrgetter

from hardneg_cli.data.hashed_columns import UNKNOWN, HashedColumns
from hardneg_cli.errors import Refused

DECISIONS = ("keep", "relabel", "drop", "unsure")
WITHDRAWN = ""
ADJUDICATION = "adjudication"
SETTLEMENTS = (ADJUDICATION, "majority", "latest")  # sources of decisions that settle what others disagree about
UNRANKED, UNSCORED = 0, -1.0
Question = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What one reviewer says about one row.

    new_label: empty unless the decision is `relabel`. at: UTC in ISO 8601, or empty. hashed: the columns that
    `row_hash` covers. rank (from 1), score and role (`suspect` or `control`): as the reviewer met the row, 0, −1 and
    empty where that is unknown. Decisions that only differ in these four are the same.
    """

    id: str
    row_hash: str
    given: str
    decision: str
    new_label: str = ""
    reviewer: str = ""
    at: str = ""
    source: str = ""
    note: str = ""
    hashed: HashedColumns = field(default=UNKNOWN, compare=False)
    rank: int = field(default=UNRANKED, compare=False)
    score: float = field(default=UNSCORED, compare=False)
    role: str = field(default="", compare=False)

    @property
    def question(self) -> Question:
        """What was asked: a row, its content and its label at that time."""
        return self.id, self.row_hash, self.given

    @property
    def answer(self) -> str:
        """What is to be done, in words."""
        return f"relabel to {self.new_label!r}" if self.decision == "relabel" else self.decision

    @property
    def is_decisive(self) -> bool:
        """Whether it says what to do: being unsure does not, nor does taking an answer back."""
        return self.decision not in ("unsure", WITHDRAWN)

    @property
    def is_settlement(self) -> bool:
        """Whether it is no reviewer's first answer, but settles a conflict between those."""
        return self.source in SETTLEMENTS


IN_TIME = attrgetter("at", *(one.name for one in fields(Decision)))


@dataclass(frozen=True)
class StaleDecision:
    """A decision about a row that is no longer what it was."""

    decision: Decision
    why: str


class UnsettledDecisions(Refused):
    """Decisions that no longer fit the data, or that contradict each other."""

    def __init__(
        self, message: str, stale: tuple[StaleDecision, ...], conflicts: tuple[tuple[Decision, ...], ...]
    ) -> None:
        super().__init__(message)
        self.stale = stale
        self.conflicts = conflicts


class ChronologicalDecisions(list[Decision]):
    """Decisions in the order of their times, the same however they came; `chronological` makes it, once."""


def chronological(decisions: Iterable[Decision]) -> ChronologicalDecisions:
    return (
        decisions
        if isinstance(decisions, ChronologicalDecisions)
        else ChronologicalDecisions(sorted(decisions, key=IN_TIME))
    )


def independent_answers(decisions: Iterable[Decision]) -> list[Decision]:
    """The last word of each reviewer about each row, if it was not taken back; settlements aside."""
    last = {(one.id, one.reviewer): one for one in chronological(decisions) if one.source not in SETTLEMENTS}
    return [decision for decision in last.values() if decision.decision != WITHDRAWN]


def effective_decisions(decisions: Iterable[Decision]) -> list[Decision]:
    """The last decision of each reviewer about each row, but for those that a settlement overrules.

    In whatever order they come.
    """
    decisions = chronological(decisions)
    settlements = _settlements(decisions)
    answers = independent_answers(decisions)
    if not settlements:
        return answers
    standing = (answer for answer in answers if not _overruled(answer, settlements.get(answer.question)))
    return [*standing, *settlements.values()]


def _settlements(decisions: Sequence[Decision]) -> dict[Question, Decision]:
    """The settlement that counts of each question that has one; an adjudicator's counts more than a policy's."""
    questions = {decision.question for decision in decisions if decision.is_settlement}
    settlements: dict[Question, Decision] = {}
    parties: set[tuple[Question, str]] = set()
    for decision in decisions if questions else ():
        question = decision.question
        if question not in questions or not decision.is_decisive:
            continue
        if not decision.is_settlement:
            parties.add((question, decision.reviewer))
            continue
        before = settlements.get(question)
        own = (question, decision.reviewer) in parties
        if not own and (before is None or decision.source == ADJUDICATION or before.source != ADJUDICATION):
            settlements[question] = decision
    return settlements


def _overruled(answer: Decision, settlement: Decision | None) -> bool:
    if settlement is None or not answer.is_decisive:
        return False
    return answer.at <= settlement.at and answer.answer != settlement.answer


def conflicts(decisions: Iterable[Decision]) -> tuple[tuple[Decision, ...], ...]:
    """The groups of decisions that answer the same question differently; being unsure is no answer."""
    decisive = [decision for decision in decisions if decision.is_decisive]
    first: dict[Question, tuple[str, str]] = {}
    disputed = set()
    for decision in decisive:
        answer = decision.decision, decision.new_label
        if first.setdefault(decision.question, answer) != answer:
            disputed.add(decision.question)
    groups: dict[Question, dict[str, list[Decision]]] = {question: {} for question in first if question in disputed}
    for decision in decisive if disputed else ():
        if decision.question in disputed:
            groups[decision.question].setdefault(decision.answer, []).append(decision)
    return tuple(tuple(decision for group in answers.values() for decision in group) for answers in groups.values())
