"""Rank the rows whose label is probably wrong, for people to review.

Every detector that the input allows judges them, and what they say becomes one score, the probability that the label
is wrong. The result goes to standard output or to -o files, the summary to standard error.

With --reviewers a,b the file `-o queue.csv` is the lead's, with every row, who is asked (`reviewers`) and why (`role`:
suspect or control); `queue.a.csv` and `queue.b.csv` are what they fill in. --overlap rows go to all of them, the others
are dealt out evenly. --control mixes in rows that nothing speaks against, with a suggestion of their own: how many of
them are called wrong tells what a suggestion alone does. So that nobody can tell them apart, the reviewers' files then
lack score, flagged, detectors, why, p_given, p_suggested and rank; with --blind they lack suggested_label as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import (
    DataOptions,
    DecisionOptions,
    DetectorOptions,
    EngineOptions,
    ModelOptions,
    OutputOptions,
    ReviewOptions,
)
from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.cli.summaries.find import assignment_lines, lines
from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.tables.queue_columns import LEADING
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.terminal import say

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.detection.findings import Findings
    from hardneg_cli.review.queues.assignment import Assignment

GROUP = "find"
EXAMPLE = "hardneg find data.csv --text text -o queue.xlsx"


@dataclass(frozen=True)
class FindModels(DetectorOptions, EngineOptions, ModelOptions):
    """The models that judge, the detectors, and who does the work."""


@dataclass(frozen=True)
class FindDecisions(DecisionOptions):
    """What people decided, and what is kept for the next gate."""

    state: Annotated[
        str | None, typer.Option("--state", metavar="FILE", help="Write what a later check --state compares with.")
    ] = None


@dataclass(frozen=True)
class FindReview(ReviewOptions):
    """Which rows people see, and their pictures."""

    image: Annotated[
        str | None,
        typer.Option("--image", metavar="COL", help="The column with pictures: data URIs, or paths beside DATA."),
    ] = None


@dataclass(frozen=True)
class AssignOptions:
    """How the queue is shared out."""

    HEADING: ClassVar[str] = "Review"
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="N|TIME", help="At most N rows, or so long (30min, 2h), for all reviewers."),
    ] = None
    pace: Annotated[
        float | None,
        typer.Option("--pace", metavar="SECONDS", help="Time a row takes; default: as in the log so far, else 6."),
    ] = None
    reviewers: Annotated[
        str | None, typer.Option("--reviewers", metavar="A,B", help="Share the queue out: a file for each of them.")
    ] = None
    overlap: Annotated[
        str | None, typer.Option("--overlap", metavar="N|N%", help="Rows that all reviewers get; default: 10%.")
    ] = None
    control: Annotated[
        str | None,
        typer.Option("--control", metavar="N|N%", help="Rows to mix in that nothing speaks against, N in all."),
    ] = None
    blind: Annotated[bool, typer.Option("--blind", help="Leave suggestions and evidence out, in random order.")] = False


@dataclass(frozen=True)
class FindOutput(OutputOptions):
    """Where the findings go."""

    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False


def run(
    ctx: typer.Context,
    data: options.Data,
    columns: DataOptions,
    models: FindModels,
    decisions: FindDecisions,
    review: FindReview,
    assign: AssignOptions,
    output: FindOutput,
) -> int:
    from hardneg_cli.data.snapshot import write as write_state
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.review.decisions.decision_sources import load_decisions
    from hardneg_cli.review.queues import workload
    from hardneg_cli.review.queues.assignment import shape
    from hardneg_cli.verbs.find import find

    lead, state = output.targets(), decisions.state
    loaded = load_decisions(decisions.logs, data)
    speed = workload.review_pace(assign.pace, loaded.logged)
    wish = workload.parse_plan(
        assign.reviewers, assign.overlap, assign.control, assign.budget, blind=assign.blind, pace=speed
    )
    theirs = [[_of(target, name) for target in lead] for name in wish.reviewers]
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    every = [target for targets in (lead, *theirs) for target in targets]
    every += [OutputTarget("parquet", state)] if state else []
    files = [columns.features, models.classes, decisions.audit, str(log_of(data))]
    outputs.refuse_overwriting_inputs(every, inputs, files)
    findings = find(
        data,
        columns.columns,
        probs=models.probs or (),
        classes=models.names,
        features=columns.features,
        detectors=models.detector or (),
        settings=options.unit_settings(models.set_, ctx.obj.units),
        decisions=loaded,
        audit=decisions.audit,
        engine=models.engine,
        scheduler=models.scheduler,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
        memory=options.memory_bytes(models.memory),
    )
    if state:
        write_state(findings.dataset, findings.flagged, findings.score, state)
    shown = _display_columns(findings, review.show, columns.features, review.image)
    with progress("making the queue"):
        rows = findings.select(every=review.all_, limit=review.limit, per_class=review.per_class)
        shaped = shape(findings, rows, wish)
        tables = list(_tables(shaped, shown))
    notes: list[str] = []
    for table, targets in zip(tables, (lead, *theirs), strict=True):
        notes += outputs.write(_pictured(table, findings, shown, review.image), targets)
    if not output.quiet:
        for line in lines(findings, len(shaped.rows), verbose=output.verbose):
            say(line)
        if assign.reviewers or assign.budget or assign.pace or assign.blind:
            for line in assignment_lines(shaped, speed, with_control=assign.control is not None):
                say(line)
        for note in dict.fromkeys(notes):
            say(f"note: {note}")
    return 0


def _of(target: OutputTarget, reviewer: str) -> OutputTarget:
    """The reviewer's file beside the lead's. Raises InputError where there is no room for one."""
    if target.path is None or (Path(target.path).exists() and not Path(target.path).is_file()):
        raise InputError("--reviewers makes a file for each of them: name the lead's with -o, such as -o queue.csv")
    path = Path(target.path)
    return replace(target, path=str(path.with_name(f"{path.stem}.{reviewer}{path.suffix}")))


def _tables(shaped: Assignment, shown: tuple[str, ...]) -> Iterator[pa.Table]:
    """The lead's, then one a reviewer; one for whoever it may be where nobody is named."""
    from hardneg_cli.review.queues.assigned_queues import lead, queues

    if shaped.wish.reviewers:
        yield lead(shaped, shown)
    yield from queues(shaped, shown)


def _display_columns(findings: Findings, show: str | None, features: str | None, image: str | None) -> tuple[str, ...]:
    shown = findings.display_columns(show, features)
    if image is None or image in shown:
        return shown
    known = findings.dataset.content.column_names
    if image not in known:
        raise InputError(f"no column {image!r} for --image{did_you_mean(image, known)}")
    return (*shown, image)


def _pictured(table: pa.Table, findings: Findings, shown: tuple[str, ...], image: str | None) -> pa.Table:
    """The table with the column of pictures marked, for the formats that can show them."""
    from hardneg_cli.io.tables.images import marked

    if image is None:
        return table
    path = findings.dataset.sources[0].path
    return marked(table, len(LEADING) + shown.index(image), path.parent if path else Path())
