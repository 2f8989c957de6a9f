"""Rank the rows whose label is probably wrong, for people to review.

Every detector that the input allows judges them, and what they say becomes one score, the probability that the label
is wrong. The result goes to standard output or to -o files, the summary to standard error, and
the picture of the whole dataset to --report files: a page to forward, or the same as data or in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.next_commands import after_find
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
from hardneg_cli.cli.rows_in_front import is_seen
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.io.tables.queue_view import with_first_rows
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.detection.findings import Findings, Rows

GROUP = "find"
EXAMPLE = "hardneg find data.csv --text text -o queue.xlsx"
STAGES = (
    "reading", "checking the probabilities", "asking the detectors", "weighing what they say", "making the queue",
    "writing",
)  # fmt: skip


@dataclass(frozen=True)
class FindModels(DetectorOptions, EngineOptions, ModelOptions):
    """The models that judge, the detectors, and who does the work."""


@dataclass(frozen=True)
class FindDecisions(DecisionOptions):
    """What people decided, and what is kept for the next gate."""

    state: Annotated[
        str | None,
        typer.Option("--state", metavar="FILE", help="Write what a later check --state compares with."),
        Trust.WRITTEN,
    ] = None


@dataclass(frozen=True)
class FindOutput(OutputOptions):
    """Where the findings go."""

    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FILE", help="Write the whole picture (.html, .json, .md); repeatable."),
        Trust.WRITTEN,
    ] = None
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more."), Trust.LOOK] = False


def run(
    ctx: typer.Context,
    data: options.Data,
    models: FindModels,
    columns: DataOptions,
    decisions: FindDecisions,
    review: ReviewOptions,
    output: FindOutput,
) -> int:
    from hardneg_cli.data.snapshot import write_to as write_state
    from hardneg_cli.detection.report import FindingsReport
    from hardneg_cli.rendering.report_file import report_writer
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.find import find

    reports = {path: report_writer(path) for path in output.report or ()}
    targets, state = output.targets(), decisions.state
    targets = targets if output.output or output.format_ or not reports else []
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    beside = [*([OutputTarget("parquet", state)] if state else []), *(OutputTarget("json", path) for path in reports)]
    every = [*targets, *beside]
    files = [columns.features, columns.classes, decisions.audit, str(log_of(data))]
    outputs.refuse_overwriting_inputs(every, inputs, files)
    findings = find(
        data,
        columns.columns,
        probs=models.probs or (),
        features=columns.features,
        detectors=models.detector or (),
        settings=options.unit_settings(models.set_, ctx.obj.units),
        decisions=decisions.logs,
        audit=decisions.audit,
        engine=models.engine,
        scheduler=models.scheduler,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
        memory=options.memory_bytes(models.memory),
    )
    rows = findings.select(every=review.all_, limit=review.limit, per_class=review.per_class)
    plain, telling = findings.display_columns(review.show), findings.telling_columns(review.show)
    seen = [target for target in targets if is_seen(target)]
    by_columns: dict[tuple[str, ...], list[OutputTarget]] = {}
    for target in targets:
        if target not in seen:
            by_columns.setdefault(telling if target.form.SURROUNDINGS else plain, []).append(target)
    kept = partial(write_state, findings.dataset, findings.flagged, findings.score)
    report = FindingsReport(findings)
    others = {path: partial(write, report) for path, write in reports.items()} | ({state: kept} if state else {})
    notes = outputs.write_together(
        *((partial(_queue, findings, rows, shown, files), files) for shown, files in by_columns.items()),
        (partial(_queue_for_eyes, findings, rows, telling, review), seen),
        beside=others,
    )
    if not output.quiet:
        lines = (*findings.summary(len(rows), verbose=output.verbose), *(f"note: {note}" for note in notes))
        say_summary((*lines, *after_find(ctx, data, targets, int(findings.flagged.sum()))))
    return 0


def _queue(
    findings: Findings, rows: Rows, shown: tuple[str, ...], targets: Sequence[OutputTarget] = ()
) -> pa.Table:  # fmt: skip
    """What these targets have in common, with the rows around where one of them shows those."""
    with progress("making the queue"):
        return findings.queue(rows, shown, around=any(target.form.SURROUNDINGS for target in targets))


def _queue_for_eyes(findings: Findings, rows: Rows, shown: tuple[str, ...], review: ReviewOptions) -> pa.Table:
    """The queue as a terminal shows it: as many rows as were asked for."""
    table = _queue(findings, rows, shown)
    return table if review.limit is None else with_first_rows(table, review.limit)
