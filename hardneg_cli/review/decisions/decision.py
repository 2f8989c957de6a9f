"""Decisions: what a reviewer says about one row as it was when it was asked, and the log that keeps them.

The log is append-only NDJSON beside the data. Its lines may stand in any order and more than once, so that git can
merge two of them as a union.

How a conflict was settled is a line too, told by its source: `adjudication`, with the adjudicator as the reviewer, or
the name of a policy. It overrules the other answers that came before it; an answer that comes later and differs makes
a conflict again. An adjudication by somebody who had answered the same question before counts for nothing.

A line whose decision is empty takes back what its reviewer had said about the row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from hardneg_cli.errors import InputError, Refused, did_you_mean
from hardneg_cli.io.files.source import Source

DECISIONS = ("keep", "relabel", "drop", "unsure")
WITHDRAWN = ""
LOG_SUFFIX = ".decisions.ndjson"
VERSION = 1
DECODE = json.JSONDecoder().raw_decode
HALVES = re.compile("[\ud800-\udfff]")
ADJUDICATION = "adjudication"
SETTLEMENTS = (ADJUDICATION, "majority", "latest")  # sources of decisions that settle what others disagree about
Question = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of the log. `new_label` is empty unless the decision is `relabel`; `at` is UTC in ISO 8601, or empty."""

    id: str
    row_hash: str
    given: str
    decision: str
    new_label: str = ""
    reviewer: str = ""
    at: str = ""
    source: str = ""
    note: str = ""

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


NAMES = tuple(field.name for field in fields(Decision))
IN_TIME = attrgetter("at", *NAMES)


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


def log_of(data: str | Path) -> Path:
    """Where the decisions about `data` are kept."""
    return Path(f"{data}{LOG_SUFFIX}")


def read_log(path: str | Path) -> tuple[list[Decision], list[int]]:
    """The decisions of a log in the order of its lines, and the numbers of the lines that were torn off.

    Raises InputError for a line that is whole and yet no decision.
    """
    decisions, torn, known = [], [], dict[str, str]()
    with Path(path).open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = _record(line)
            except ValueError:  # a writer was killed; a line that is not whole is not JSON, or not UTF-8
                torn.append(number)
            else:
                decisions.append(parsed(f"{path}: line {number}", record, known))
    return decisions, torn


def _record(line: bytes) -> Any:
    """What json.loads makes of the line, without its second look at what it was told is UTF-8."""
    try:
        text = line.decode()
        record, end = DECODE(text)
    except ValueError:
        return json.loads(line)
    return record if text[end:] == "\n" else json.loads(line)


def is_log(source: Source) -> bool:
    """Told by the name, else by the first whole line of JSON: a log's lines have a version, those of a queue none."""
    if source.path is None or source.compression:
        return False
    if source.name.endswith(LOG_SUFFIX):
        return True
    for line in source.head.splitlines():
        try:
            record = json.loads(line)
        except ValueError:  # a torn line, or no JSON at all
            continue
        return isinstance(record, dict) and "v" in record
    return False


class ChronologicalDecisions(list[Decision]):
    """Decisions in the order of their times, the same however they came; `in_time` makes it, once."""


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
    settled = _settlements(decisions)
    words = independent_answers(decisions)
    if not settled:
        return words
    return [*(word for word in words if not _overruled(word, settled.get(word.question))), *settled.values()]


def _settlements(decisions: Sequence[Decision]) -> dict[Question, Decision]:
    """The settlement that counts of each question that has one; an adjudicator's counts more than a policy's."""
    asked = {decision.question for decision in decisions if decision.is_settlement}
    settled: dict[Question, Decision] = {}
    parties: set[tuple[Question, str]] = set()
    for decision in decisions if asked else ():
        question = decision.question
        if question not in asked or not decision.is_decisive:
            continue
        if not decision.is_settlement:
            parties.add((question, decision.reviewer))
            continue
        before = settled.get(question)
        own = (question, decision.reviewer) in parties
        if not own and (before is None or decision.source == ADJUDICATION or before.source != ADJUDICATION):
            settled[question] = decision
    return settled


def _overruled(word: Decision, settlement: Decision | None) -> bool:
    if settlement is None or not word.is_decisive:
        return False
    return word.at <= settlement.at and word.answer != settlement.answer


def conflicts(decisions: Iterable[Decision]) -> tuple[tuple[Decision, ...], ...]:
    """The groups of decisions that answer the same question differently; being unsure is no answer."""
    deciding = [decision for decision in decisions if decision.is_decisive]
    heard: dict[Question, tuple[str, str]] = {}
    disputed = set()
    for one in deciding:
        said = one.decision, one.new_label
        if heard.setdefault(one.question, said) != said:
            disputed.add(one.question)
    asked: dict[Question, dict[str, list[Decision]]] = {question: {} for question in heard if question in disputed}
    for one in deciding if disputed else ():
        if one.question in disputed:
            asked[one.question].setdefault(one.answer, []).append(one)
    return tuple(tuple(decision for group in answers.values() for decision in group) for answers in asked.values())


def parsed(where: str, record: Any, known: dict[str, str] | None = None) -> Decision:
    """A line of a log as a decision; raises InputError, which begins with `where`, if it is none.

    known: the texts of other lines, so that equal ones are kept once.
    """
    if not isinstance(record, dict) or record.get("v") != VERSION:
        raise InputError(f"{where}: not a decision of version {VERSION}; was it written by a newer hardneg?")
    values = [record.get(name, "") for name in NAMES]
    for name, value in zip(NAMES, values, strict=True):
        if not isinstance(value, str) or not _writable(value):
            raise InputError(f"{where}: {name!r} is not text")
    decision = Decision(*values if known is None else [known.setdefault(value, value) for value in values])
    if decision.decision not in (*DECISIONS, WITHDRAWN):
        hint = did_you_mean(decision.decision, DECISIONS)
        raise InputError(f"{where}: no decision {decision.decision!r}{hint} (known: {', '.join(DECISIONS)})")
    if decision.decision == "relabel" and not decision.new_label.strip():
        raise InputError(f"{where}: relabel without a new_label")
    return decision


def _writable(text: str) -> bool:
    """Whether there is no half of a character in it, which JSON can hold and no file can."""
    return text.isascii() or HALVES.search(text) is None
