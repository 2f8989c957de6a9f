"""Review suspect rows in the terminal, one a screen.

A key keeps, relabels or drops the row, ? shows every key. QUEUE is a findings file that find has written, in any format
that can be read; of any other DATA, find runs first, with the options that it has, and the rows that it flags are
reviewed. Every answer is in the decisions log, on disk, before the screen calls it saved. Run it again to go on where
you stopped. Nobody sees what others decided.

The row's picture and what is near it are shown, as far as the data are known; classes have number keys if they are few.

The log is DATA.decisions.ndjson; for a QUEUE, --data names the data (whose copies and nearest rows are then shown as
well), --decisions the log, and without either it is QUEUE.decisions.ndjson, which collect brings in.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from hardneg_cli.cli import options
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import (
    DataOptions,
    DecisionOptions,
    DetectorOptions,
    ModelOptions,
    ReviewOptions,
    VoiceOptions,
)
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.errors import InputError, plural
from hardneg_cli.runtime.progress import painted_by
from hardneg_cli.runtime.terminal import say

if TYPE_CHECKING:
    from hardneg_cli.data.dataset import Dataset
    from hardneg_cli.review.queues.review_queue import ReviewQueue
    from hardneg_cli.review.queues.row_context import RowContexts
    from hardneg_cli.review.queues.session import ReviewSession
    from hardneg_cli.review_screen.pictures import PictureCells

GROUP = "people"
EXAMPLE = "hardneg review queue.csv --data data.csv"

FOR_FIND = ("probs", "detector", "set_", "audit", "all_", "limit", "per_class", "show")
FOR_DATA = ("label", "id_", "text", "features", "prob_prefix", "groups", "split", "fold", "on_bad_rows")

SEEN = 12  # columns that are shown of a dataset in which nothing else can be read
STAGES = ("reading", "checking the probabilities", "asking the detectors", "weighing what they say")


@dataclass(frozen=True)
class SessionOptions:
    """Who decides, where the decisions go, and what is seen."""

    HEADING: ClassVar[str] = "Decisions"
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="The dataset of a QUEUE; its log is DATA's log."),
        Trust.CALLER,
    ] = None
    decisions: Annotated[
        str | None, typer.Option("--decisions", metavar="FILE", help="The decisions log to go on with."), Trust.CALLER
    ] = None
    reviewer: Annotated[
        str | None,
        typer.Option("--reviewer", metavar="NAME", help="Who decides; default: the user of the system."),
        Trust.CALLER,
    ] = None
    blind: Annotated[
        bool,
        typer.Option("--blind", help="Hide the suggestion, the probabilities, the score and the reasons."),
        Trust.CHOICE,
    ] = False


@dataclass(frozen=True)
class ReviewModels(DetectorOptions, ModelOptions):
    """What find goes by, where it runs first."""


def run(
    ctx: typer.Context,
    queue: Annotated[str, typer.Argument(metavar="QUEUE|DATA", help="A findings file, or a dataset to run find on.")],
    where: SessionOptions,
    models: ReviewModels,
    columns: DataOptions,
    decisions: Annotated[DecisionOptions, Without("decisions", "no_decisions")],
    rows: ReviewOptions,
    output: VoiceOptions,
) -> int:
    from hardneg_cli.io.files.source import sources
    from hardneg_cli.io.tables import table_files
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.review.queues.review_queue import is_queue, review_queue_of
    from hardneg_cli.review.queues.row_context import RowContexts

    _need_terminal()
    if queue == "-":
        raise InputError("standard input is the keyboard: name a file to review")
    data = where.data
    if is_queue(table_files.columns(sources(queue), columns.encoding)):
        _refuse(ctx, FOR_FIND, "says how find runs, and a queue is what it has found")
        if data is None:
            _refuse(ctx, FOR_DATA, "is about the data: name them with --data")
        review_queue, around = _from_queue(queue, data, columns)
    else:
        if data is not None:
            raise InputError(f"{queue}: is no findings file of hardneg find, so --data cannot name its dataset")
        from hardneg_cli.verbs.find import find

        # What was decided would change what is flagged, and in which order: a second reviewer is asked the same.
        findings = find(
            queue, columns.columns, probs=models.probs or (), features=columns.features,
            detectors=models.detector or (), settings=options.unit_settings(models.set_, ctx.obj.units), decisions=(),
            audit=decisions.audit, encoding=columns.encoding, on_bad_rows=columns.on_bad_rows,
        )  # fmt: skip
        chosen = findings.select(every=rows.all_, limit=rows.limit, per_class=rows.per_class)
        shown = findings.telling_columns(rows.show) or _some(findings.dataset)
        review_queue = review_queue_of(queue, findings.queue(chosen, shown, around=False))
        around = RowContexts(findings.dataset, columns.features, shown, findings.surroundings)
    bring_in = where.decisions is None and data is None and around is None
    path = where.decisions or str(log_of(data or queue))
    return _review(review_queue, path, where.reviewer, around, blind=where.blind, quiet=output.quiet, bring_in=bring_in)


def _need_terminal() -> None:
    """Raises InputError unless the keyboard and the screen (drawn on standard error) are there."""
    if sys.stdin is None or not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise InputError(
            "review needs a terminal: elsewhere, have a queue filled in (hardneg find -o queue.xlsx, or -o queue.html) "
            "and bring it in with hardneg collect"
        )


def _refuse(ctx: typer.Context, parameters: Iterable[str], why: str) -> None:
    """Raises InputError for an option on the command line that would do nothing."""
    for name in parameters:
        if getattr(ctx.get_parameter_source(name), "name", None) == "COMMANDLINE":
            raise InputError(f"--{name.strip('_').replace('_', '-')} {why}")


def _from_queue(queue: str, data: str | None, columns: DataOptions) -> tuple[ReviewQueue, RowContexts | None]:
    """The rows of a queue, and where the data are named what stands around them."""
    from hardneg_cli.data.load import load
    from hardneg_cli.io.files.source import sources
    from hardneg_cli.review.queues.review_queue import queue_about, read_review_queue
    from hardneg_cli.review.queues.row_context import RowContexts

    rows = read_review_queue(queue, sources(queue), columns.encoding)
    if data is None:
        return rows, None
    dataset = load(data, columns.columns, encoding=columns.encoding, on_bad_rows=columns.on_bad_rows)
    shown = [name for name in rows.display_columns if name in dataset.content.column_names]
    return queue_about(dataset, rows), RowContexts(dataset, columns.features, shown or _some(dataset))


def _some(dataset: Dataset) -> tuple[str, ...]:
    """The first columns of a dataset all of which are features: something of a row must be seen."""
    return tuple(dataset.content.column_names[:SEEN])


def _review(
    queue: ReviewQueue,
    log: str,
    reviewer: str | None,
    around: RowContexts | None,
    *,
    blind: bool,
    quiet: bool,
    bring_in: bool,
) -> int:
    from hardneg_cli.review.decisions.filled_queue import user
    from hardneg_cli.review.queues.session import ReviewSession

    session = ReviewSession(
        queue, log, reviewer or user(), blind=blind, dataset=around.dataset if around else None
    )  # fmt: skip
    code = 0
    if len(queue):
        from hardneg_cli.review_screen.app import review

        with painted_by(None):  # the screen is the whole terminal
            code = review(session, queue.name, around, _pictures(queue, around))
    gone = not sys.stderr.isatty()  # the window was closed
    for line in [] if quiet or gone else _goodbye(session, bring_in=bring_in):
        say(line)
    return code


def _pictures(queue: ReviewQueue, around: RowContexts | None) -> PictureCells:
    """Which of the queue's columns has pictures, and from which folder they may be read."""
    from hardneg_cli.io.tables.images import column_of
    from hardneg_cli.review_screen.pictures import PictureCells

    if known := column_of(queue.table):
        return PictureCells(*known)
    if around is None or (image := around.dataset.columns.image) is None:
        return PictureCells()
    names = [name for name in queue.display_columns if name in (image, f"data_{image}")]
    return PictureCells(names[0] if names else None, around.dataset.pictures_folder)


def _goodbye(session: ReviewSession, *, bring_in: bool) -> Iterator[str]:
    from hardneg_cli.review.decisions.decision_sources import torn_note

    name, done = session.queue.name, session.progress
    if not done.rows:
        yield f"{name}: no rows to review"
        return
    rows = plural(done.now, "row")
    yield f"{name}: {rows} decided now, {done.decided:,} of {done.rows:,} by {session.reviewer}, {done.left:,} left"
    if done.decided:
        yield f"the decisions are in {session.log}"
        if bring_in:
            yield f"bring them in with: hardneg collect {shlex.quote(str(session.log))} --data DATA"
    yield from (f"note: {note}" for note in torn_note(session.log, session.torn))
    if session.queue.filled:
        yield f"note: {session.queue.filled:,} rows have answers in {name} itself, which hardneg collect reads"
