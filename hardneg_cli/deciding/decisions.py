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
from collections.abc import Iterable
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any

from hardneg_cli.errors import InputError, Refused, did_you_mean
from hardneg_cli.files.source import Source

DECISIONS = ("keep", "relabel", "drop", "unsure")
WITHDRAWN = ""
LOG_SUFFIX = ".decisions.ndjson"
VERSION = 1
HALVES = re.compile("[\ud800-\udfff]")
ADJUDICATION = "adjudication"
SETTLEMENTS = (ADJUDICATION, "majority", "latest")  # sources of decisions that settle what others disagree about
Question = tuple[str, str, str]


@dataclass(frozen=True)
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
    def decides(self) -> bool:
        """Whether it says what to do: being unsure does not, nor does taking an answer back."""
        return self.decision not in ("unsure", WITHDRAWN)

    @property
    def settles(self) -> bool:
        """Whether it is no reviewer's first answer, but settles a conflict between those."""
        return self.source in SETTLEMENTS


NAMES = tuple(field.name for field in fields(Decision))
IN_TIME = attrgetter("at", *NAMES)


@dataclass(frozen=True)
class Stale:
    """A decision about a row that is no longer what it was."""

    decision: Decision
    why: str


class Unsettled(Refused):
    """Decisions that no longer fit the data, or that contradict each other."""

    def __init__(self, message: str, stale: tuple[Stale, ...], conflicts: tuple[tuple[Decision, ...], ...]) -> None:
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
    decisions, torn = [], []
    for number, line in enumerate(Path(path).read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:  # a writer was killed; a line that is not whole is not JSON, or not UTF-8
            torn.append(number)
        else:
            decisions.append(parsed(f"{path}: line {number}", record))
    return decisions, torn


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


def first_answers(decisions: Iterable[Decision]) -> list[Decision]:
    """The last word of each reviewer about each row, if it was not taken back; settlements aside."""
    last = {}
    for decision in sorted(decisions, key=IN_TIME):
        if not decision.settles:
            last[decision.id, decision.reviewer] = decision
    return [decision for decision in last.values() if decision.decision != WITHDRAWN]


def latest(decisions: Iterable[Decision]) -> list[Decision]:
    """The last decision of each reviewer about each row, but for those that a settlement overrules.

    In whatever order they come.
    """
    decisions = sorted(decisions, key=IN_TIME)
    settled = _settlements(decisions)
    words = [word for word in first_answers(decisions) if not _overruled(word, settled.get(word.question))]
    return [*words, *settled.values()]


def _settlements(decisions: Iterable[Decision]) -> dict[Question, Decision]:
    """The settlement that counts of each question that has one; an adjudicator's counts more than a policy's."""
    settled: dict[Question, Decision] = {}
    parties: set[tuple[Question, str]] = set()
    for decision in decisions:
        if not decision.decides:
            continue
        if not decision.settles:
            parties.add((decision.question, decision.reviewer))
            continue
        before = settled.get(decision.question)
        own = (decision.question, decision.reviewer) in parties
        if not own and (before is None or decision.source == ADJUDICATION or before.source != ADJUDICATION):
            settled[decision.question] = decision
    return settled


def _overruled(word: Decision, settlement: Decision | None) -> bool:
    if settlement is None or not word.decides:
        return False
    return word.at <= settlement.at and word.answer != settlement.answer


def conflicts(decisions: Iterable[Decision]) -> tuple[tuple[Decision, ...], ...]:
    """The groups of decisions that answer the same question differently; being unsure is no answer."""
    asked: dict[Question, dict[str, list[Decision]]] = {}
    for decision in decisions:
        if decision.decides:
            asked.setdefault(decision.question, {}).setdefault(decision.answer, []).append(decision)
    return tuple(
        tuple(decision for group in answers.values() for decision in group)
        for answers in asked.values()
        if len(answers) > 1
    )


def parsed(where: str, record: Any) -> Decision:
    """A line of a log as a decision; raises InputError, which begins with `where`, if it is none."""
    if not isinstance(record, dict) or record.get("v") != VERSION:
        raise InputError(f"{where}: not a decision of version {VERSION}; was it written by a newer hardneg?")
    values = {name: record.get(name, "") for name in NAMES}
    for name, value in values.items():
        if not isinstance(value, str) or not _writable(value):
            raise InputError(f"{where}: {name!r} is not text")
    decision = Decision(**values)
    if decision.decision not in (*DECISIONS, WITHDRAWN):
        hint = did_you_mean(decision.decision, DECISIONS)
        raise InputError(f"{where}: no decision {decision.decision!r}{hint} (known: {', '.join(DECISIONS)})")
    if decision.decision == "relabel" and not decision.new_label.strip():
        raise InputError(f"{where}: relabel without a new_label")
    return decision


def _writable(text: str) -> bool:
    """Whether there is no half of a character in it, which JSON can hold and no file can."""
    return text.isascii() or HALVES.search(text) is None
