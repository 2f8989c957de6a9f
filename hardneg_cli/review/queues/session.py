"""Review: one reviewer's way through the rows that are asked about. Every answer is on disk before it counts.

What others said is neither shown nor used: two reviewers who are asked the same see the same rows in the same order.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, pairwise
from pathlib import Path

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import MOST_OF_A_PATH, InputError, did_you_mean, quote
from hardneg_cli.review.decisions.decision import WITHDRAWN, Decision, Question, independent_answers
from hardneg_cli.review.decisions.decision_log import DecisionLog, held, now, spelled_tokens
from hardneg_cli.review.decisions.row_matching import restated
from hardneg_cli.review.queues.class_names import ClassNames
from hardneg_cli.review.queues.review_queue import QueueFilter, QueueItem, ReviewQueue

SOURCE = "review"
PATIENCE_SECONDS = 0.1  # for the log's lock, before the reviewer is told; then it is tried again
RECENT = 20  # answers that the pace is taken from
FEWEST = 3  # answers that a pace is told from
PAUSE_SECONDS = 120.0  # a longer wait than this counts as this
GUESSABLE = 10_000  # ids that a mistyped one is compared with


@dataclass(frozen=True)
class ReviewProgress:
    """decided: rows with an answer of this reviewer, of `rows`. now: those answered in this session."""

    rows: int
    decided: int
    now: int
    per_minute: float | None

    @property
    def left(self) -> int:
        return self.rows - self.decided

    @property
    def minutes_left(self) -> float | None:
        return self.left / self.per_minute if self.per_minute else None


class ReviewSession:
    """Where a reviewer is, what they have answered, and the log that keeps it.

    `place` is the row that is looked at, from 0. dataset: the data, where they are known, by which answers in the log
    are recognized whose hash covers other columns. Raises InputError for a log that cannot be read.
    """

    def __init__(
        self, queue: ReviewQueue, log: str | Path, reviewer: str, *, blind: bool = False,
        dataset: Dataset | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.queue, self.log, self.reviewer, self.blind = queue, Path(log), reviewer, blind
        if not self.log.absolute().parent.is_dir():
            raise InputError(f"{self.log}: there is no folder {quote(str(self.log.parent), MOST_OF_A_PATH)}")
        self._log = DecisionLog(self.log)
        logged, self.torn = self._log.read()
        self._spelled = spelled_tokens(logged)
        own = [decision for decision in logged if decision.reviewer == reviewer]
        answers = independent_answers(restated(dataset, own) if dataset else own)
        self._newest = max((decision.at for decision in logged), default="")
        self._answers = {answer.question: answer for answer in answers}
        self._applied = {
            (answer.id, answer.row_hash, answer.new_label): answer
            for answer in answers if answer.decision == "relabel"
        }  # fmt: skip
        self.names = ClassNames.of_dataset(dataset) if dataset else ClassNames.of_queue(queue.table)
        self.classes = self.names.and_typed([answer.new_label for answer in answers])
        self._history: list[tuple[int, Decision | None]] = []
        self.drafts: dict[int, str] = {}
        self.filter: QueueFilter | None = None
        self.places = queue.places(None, blind=blind)
        self._open = {place for place, question in enumerate(queue.questions) if self._answer_to(question) is None}
        self._clock, self._times = clock, deque([clock()], RECENT + 1)
        self.place = self._start(answers)

    @property
    def item(self) -> QueueItem:
        """The row that is looked at; a blind reviewer's has nothing in it that a model or detector said."""
        item = self.queue.item(self.place)
        return item.blinded() if self.blind else item

    @property
    def answer(self) -> Decision | None:
        """What this reviewer said about the row that is looked at."""
        return self._answer_to(self.queue.questions[self.place])

    @property
    def note(self) -> str:
        """The note on the row, whether it is saved with an answer or waits for one."""
        return self.drafts.get(self.place, self.answer.note if self.answer else "")

    @property
    def finished(self) -> bool:
        """Whether every row that the filter leaves has an answer."""
        return not self._open or self._open.isdisjoint(self.places)

    @property
    def progress(self) -> ReviewProgress:
        rows = len(self.queue)
        gaps = [min(after - before, PAUSE_SECONDS) for before, after in pairwise(self._times)]
        pace = 60 * len(gaps) / max(sum(gaps), 1e-3) if len(gaps) >= FEWEST else None
        return ReviewProgress(rows, rows - len(self._open), len({place for place, _ in self._history}), pace)

    def decide(self, word: str, new_label: str = "") -> Decision:
        """Save an answer to the row, and go on to the next one without.

        Raises Busy if somebody else holds the log, and InputError if it cannot be written: then nothing has changed.
        """
        given = self.queue.questions[self.place][2]
        if word == "relabel" and new_label == given:
            word, new_label = "keep", ""
        decision = self._record(word, new_label, self.note)
        self._times.append(self._clock())
        self.place = self._next_open()
        return decision

    def accept(self) -> Decision:
        """Relabel the row as suggested."""
        item = self.item
        if self.blind:
            raise InputError("a blind review shows no suggestion: pick a class with r")
        if not item.suggested.strip() or item.suggested == item.given:
            raise InputError("no other label is suggested: pick one with r")
        return self.decide("relabel", item.suggested)

    def meant(self, label: str) -> str:
        """The class that was probably meant by a label that is none, "" where it is one, or like none of them."""
        return self.names.meant(label, self.classes)

    def annotate(self, text: str) -> Decision | None:
        """Save the note with the row's answer; where there is none yet, it waits for it."""
        answer = self._answers.get(self.queue.questions[self.place])
        if answer is None:
            self.drafts[self.place] = text
            if not text:
                del self.drafts[self.place]
            return None
        return self._record(answer.decision, answer.new_label, text)

    def undo(self) -> Decision:
        """Take back the last answer of this session: the one before it counts again, or none. Goes to its row."""
        if not self._history:
            raise InputError("nothing to undo in this session")
        place, before = self._history[-1]
        question = self.queue.questions[place]
        decision = before or replace(self.queue.unanswered(place), reviewer=self.reviewer)
        note = self._answers[question].note
        self._save(replace(decision, at=now(after=self._newest), source=SOURCE))
        self._history.pop()
        if before is None and note:
            self.drafts[place] = note
        self._show(place)
        return decision

    def step(self, by: int) -> None:
        """So many rows on, among those that the filter leaves; it stops at either end."""
        at = bisect_left(self.places, self.place)
        self.place = self.places[max(0, min(at + by, len(self.places) - 1))]

    def next_open(self) -> None:
        self.place = self._next_open()

    def jump(self, target: str) -> None:
        """To the row with this id, else to the row of this number, from 1; `#7` is always a number."""
        if target in self.queue.ids:
            self._show(self.queue.ids.index(target))
            return
        number = target.strip().removeprefix("#").replace(",", "")
        if not (number.isascii() and number.isdigit()):
            raise InputError(f"no row {quote(target)}{did_you_mean(target, self.queue.ids[:GUESSABLE])}")
        if not 1 <= int(number[:12]) <= len(self.queue):
            raise InputError(f"no row {number}: there are {len(self.queue):,}")
        self._show(int(number) - 1)

    def narrow(self, chosen: QueueFilter | None) -> None:
        """Look at these rows only; None for all."""
        places = self.queue.places(chosen, blind=self.blind)
        if not places:
            raise InputError("no such row")
        self.filter, self.places = chosen, places
        if chosen and (self.place not in set(places) or self.place not in self._open):
            self.place = next((place for place in places if place in self._open), places[0])

    def _answer_to(self, question: Question) -> Decision | None:
        """What was said about the row as it is, or the label that it was given in place of another."""
        return self._answers.get(question) or self._applied.get(question)

    def _start(self, answers: list[Decision]) -> int:
        """The first row without an answer behind the last one with; the first of all where there is none."""
        places = {question: place for place, question in reversed([*enumerate(self.queue.questions)])}
        last = max((answer for answer in answers if answer.question in places), key=lambda one: one.at, default=None)
        self.place = places[last.question] if last else -1
        return max(self._next_open(), 0)

    def _next_open(self) -> int:
        """The next row without an answer, from the start again behind the end; where there is none, the same row."""
        behind = bisect_right(self.places, self.place)
        order = chain(range(behind, len(self.places)), range(behind))
        return next((self.places[i] for i in order if self.places[i] in self._open), self.place)

    def _show(self, place: int) -> None:
        if self.filter and place not in set(self.places):
            self.narrow(None)
        self.place = place

    def _record(self, word: str, new_label: str, note: str) -> Decision:
        place, question = self.place, self.queue.questions[self.place]
        before = self._answers.get(question)
        decision = replace(
            self.queue.unanswered(place), decision=word, new_label=new_label, reviewer=self.reviewer,
            at=now(after=self._newest), source=SOURCE, note=note,
        )  # fmt: skip
        self._save(decision)
        self._history.append((place, before))
        self.drafts.pop(place, None)
        return decision

    def _save(self, decision: Decision) -> None:
        with held(self.log, PATIENCE_SECONDS, self._log) as log:
            log.append([decision], self._spelled)
        self._newest = decision.at
        self._spelled |= spelled_tokens([decision])
        if decision.new_label and decision.new_label not in self.classes:
            self.classes = self.names.and_typed([*self.classes, decision.new_label])
        question = decision.question
        if decision.decision == WITHDRAWN:
            self._answers.pop(question, None)
        else:
            self._answers[question] = decision
        self._mark(question)

    def _mark(self, question: Question) -> None:
        """A row may stand in the queue more than once."""
        for place in self._same[question]:
            (self._open.discard if self._answer_to(question) else self._open.add)(place)

    @cached_property
    def _same(self) -> dict[Question, list[int]]:
        """The rows that ask the same question."""
        found: dict[Question, list[int]] = {}
        for place, question in enumerate(self.queue.questions):
            found.setdefault(question, []).append(place)
        return found
