"""Share a findings file out to reviewers, each with a queue of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from hardneg_cli.errors import InputError, plural
from hardneg_cli.io.files.source import sources
from hardneg_cli.io.tables.frames import in_memory
from hardneg_cli.io.tables.queue_view import QueueView, with_view
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.review.decisions.decision_sources import load_decisions
from hardneg_cli.review.queues import assigned_queues
from hardneg_cli.review.queues.assignment import Assignment, shape
from hardneg_cli.review.queues.scored_rows import read_scored_rows
from hardneg_cli.review.queues.workload import ReviewPace, parse_plan, review_pace
from hardneg_cli.verbs._keywords import RowLimit, grouped, spelled_out

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

LEAD = "lead"


@dataclass(frozen=True, repr=False)
class AssignResult(VerbResult):
    """Who is asked about which rows. pace: how long a row takes. with_control: whether control rows were asked for."""

    assignment: Assignment
    pace: ReviewPace
    with_control: bool

    @property
    def reviewers(self) -> tuple[str, ...]:
        return self.assignment.wish.reviewers

    def table(self) -> pa.Table:
        """The lead's table, the key to all queues; where nobody is named, the one queue that there is."""
        return next(iter(self.tables().values()))

    def tables(self) -> dict[str, pa.Table]:
        """The lead's table, and each reviewer's by their name; a single queue, called `lead`, where nobody is named."""
        view = QueueView(classes=self.assignment.scored.real_classes)  # a blind queue would show but some of them
        found = [with_view(queue, view) for queue in assigned_queues.queues(self.assignment)]
        if not self.reviewers:
            return {LEAD: found[0]}
        lead = with_view(assigned_queues.lead(self.assignment), view)
        return {LEAD: lead, **dict(zip(self.reviewers, found, strict=True))}

    def summary(self) -> Iterator[str]:
        """Who is asked about how many rows, which of them are a check on the answers, and how long it takes."""
        plan = self.assignment.wish
        rows = [len(places) for places in self.assignment.queues]
        for name, count in zip(plan.reviewers, rows, strict=False):
            yield f"reviewer {name}: {_rows(count)}, about {self.pace.lasts(count)}"
        if plan.people > 1:
            of = f"{len(self.assignment.rows):,} in all {plan.people} queues"
            yield f"overlap: {_rows(self.assignment.shared)} of {of}"
        if self.with_control:
            found = int(self.assignment.control.sum())
            yield f"control: {_rows(found)} that are not flagged; role tells them in the lead's file"
        if plan.blind:
            yield "blind: suggestions and evidence are left out, the order is random"
        yield f"to answer: {_rows(sum(rows))}, about {self.pace.lasts(sum(rows))} at {self.pace}"


@dataclass(frozen=True)
class QueuePlan:
    """How queues are shaped, in the words of the options."""

    reviewers: Sequence[str] | str | None = None
    overlap: str | int | None = None
    control: str | int | None = None
    budget: str | int | None = None
    blind: bool = False
    pace: float | None = None


class AssignKeywords(TypedDict, total=False):
    """What `assign` takes besides the scores."""

    reviewers: Sequence[str] | str | None
    overlap: str | int | None
    control: str | int | None
    budget: str | int | None
    blind: bool
    pace: float | None
    limit: int | None
    per_class: int | None


@spelled_out(AssignKeywords, QueuePlan, RowLimit)
def assign(
    scores: str | Path | pa.Table | pd.DataFrame,
    *,
    every: bool = False,
    decisions: Sequence[str | Path] = (),
    **options: Unpack[AssignKeywords],
) -> AssignResult:
    """Share the flagged rows of a findings file out to `reviewers`, or shape one queue where nobody is named.

    scores: what `find` wrote, or its table; control rows need one of every row (`find --all`).
    reviewers: names, as a list or with commas between. overlap: rows that all of them get, a number or a share such as
    `10%`, which is the default. control: rows to mix in that nothing speaks against, so too. budget: at most so many
    rows for all of them together, or so long (`30min`, `2h`). blind: without suggestions and evidence, in random order.
    pace: seconds a row, by default as in the logs `decisions`, else 6. every: share out rows that are not flagged, too.
    Raises InputError for a file that is no findings file, and for control rows where it has none.
    """
    plan, most = grouped(QueuePlan, options), grouped(RowLimit, options)
    pace = review_pace(plan.pace, load_decisions(decisions).logged)
    names = plan.reviewers if plan.reviewers is None or isinstance(plan.reviewers, str) else ",".join(plan.reviewers)
    amounts = (None if amount is None else str(amount) for amount in (plan.overlap, plan.control, plan.budget))
    wish = parse_plan(names, *amounts, blind=plan.blind, pace=pace)
    files = sources(str(scores)) if isinstance(scores, str | Path) else (in_memory(scores),)
    scored = read_scored_rows(files)
    if wish.control and scored.flagged.all():
        raise InputError(
            f"{files[0].name}: every row is flagged, so there is none for --control: write all rows with "
            "hardneg find --all"
        )
    rows = scored.select(every=every, limit=most.limit, per_class=most.per_class)
    return AssignResult(shape(scored, rows, wish), pace, plan.control is not None)


def _rows(count: int) -> str:
    return plural(count, "row")
