"""Collect reviewers' decisions into the log, and settle conflicts.

The log stands beside the data; conflicts that are not settled are listed. FILE is a filled queue (CSV, TSV, Parquet,
JSON, NDJSON, xlsx), an export of Label Studio, Prodigy, Argilla or doccano, or another decisions log. The log is the
one beside --data, or --decisions. What it has already is not added again, so the same files may be collected as often
as you like. A reviewer's latest decision counts; a file that does not name its reviewers in a column `reviewer` is
theirs whom --reviewer names.

Reviewers who answer differently about the same row are a conflict. --policy says whether it is left (unanimous), or
settled by more than half of them (majority) or by who came last (latest). What --adjudicator NAME says in FILE settles
the conflicts of others, never one in which NAME had taken part. A settlement is a line of the log, which `apply` and
`find` go by; a different answer that comes later is a conflict again. Conflicts go to standard output or to -o files as
a queue for the adjudicator, and the exit code is 1 if any are left in the log.

--consensus FILE writes the label of every answered row that all answers and the model's out-of-fold probabilities
(--probs) together make the most likely, with the probability that it is wrong (score). --report FILE is how the
reviewers did, with pictures: agreement, pace, what is taken for what, conflicts. --reviewers-report FILE is a table
with a line for each reviewer: agreement with the others, labels confused, and, where the queues or --findings tell
flagged rows from controls, how many of both were called wrong, and how often suggestions were followed. -o FILE.jsonl
writes what was relabeled as preference pairs: prompt, chosen and rejected label.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import collect_outputs, outputs
from hardneg_cli.cli.collect_outputs import CollectOutputs
from hardneg_cli.cli.next_commands import after_collect
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError, Refused, plural

GROUP = "people"
EXAMPLE = "hardneg collect queue.csv --data data.csv --reviewer ann"


class ConflictPolicy(StrEnum):
    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    LATEST = "latest"


@dataclass(frozen=True)
class LogOptions:
    """Where the decisions go, and whose they are."""

    HEADING: ClassVar[str] = "Decisions"
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="The dataset; its log is DATA.decisions.ndjson."),
        Trust.CALLER,
    ] = None
    decisions: Annotated[
        str | None,
        typer.Option("--decisions", metavar="FILE", help="The decisions log, instead of DATA's own."),
        Trust.CALLER,
    ] = None
    reviewer: Annotated[
        str | None,
        typer.Option("--reviewer", metavar="NAME", help="Who decided where the queue does not say it."),
        Trust.CALLER,
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Leave the log as it is; tell what would be added."), Trust.CALLER
    ] = False


@dataclass(frozen=True)
class SettlementOptions:
    """What becomes of conflicts."""

    HEADING: ClassVar[str] = "Decisions"
    policy: Annotated[
        ConflictPolicy,
        typer.Option("--policy", help="How reviewers' conflicts are settled; unanimous: not at all."),
        Trust.CHOICE,
    ] = ConflictPolicy.UNANIMOUS
    adjudicator: Annotated[
        str | None,
        typer.Option("--adjudicator", metavar="NAME", help="Whose decisions settle the others' conflicts."),
        Trust.CALLER,
    ] = None


@dataclass(frozen=True)
class CollectOutput(OutputOptions):
    """Where the conflicts, the consensus and the reviewers' records go."""

    consensus: Annotated[
        str | None,
        typer.Option("--consensus", metavar="FILE", help="Write the consensus label of each answered row."),
        Trust.WRITTEN,
    ] = None
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report", metavar="FILE", help="Write how they did, in pictures (.html, .json, .md); repeatable."
        ),
        Trust.WRITTEN,
    ] = None
    reviewers_report: Annotated[
        str | None,
        typer.Option("--reviewers-report", metavar="FILE", help="Write a table with a line about each reviewer."),
        Trust.WRITTEN,
    ] = None
    findings: Annotated[
        str | None,
        typer.Option("--findings", metavar="FILE", help="What find wrote: which rows are controls."),
        Trust.READ,
    ] = None


def run(
    ctx: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Filled queues and other decisions logs.")],
    log: LogOptions,
    settlement: SettlementOptions,
    columns: Annotated[DataOptions, Without("features", "embed", "groups", "split", "fold", "on_bad_rows")],
    models: ModelOptions,
    output: CollectOutput,
) -> int:
    from hardneg_cli.review.decisions.decision_sources import load_decisions
    from hardneg_cli.verbs.collect import collecting

    path, quiet, named = _log(log.data, log.decisions), output.quiet, output.output or []
    pairs = tuple(name for name in named if name.lower().endswith(collect_outputs.PAIRS) and ":" not in name)
    targets = outputs.targets([name for name in named if name not in pairs], output.format_)
    extras = CollectOutputs(
        log.data, columns.columns, output.consensus, output.reviewers_report, tuple(output.report or ()), pairs,
        tuple(models.probs or ()), output.findings, columns.encoding,
    )  # fmt: skip
    every = [*targets, *extras.targets]
    inputs = [*files, log.data or "", *(models.probs or []), output.findings or ""]
    outputs.refuse_overwriting_inputs(every, inputs, [columns.classes])
    _refuse_the_log(every, path)
    loaded = load_decisions(files, reviewer=log.reviewer, whole=True)
    facts = collect_outputs.facts(extras, loaded.queues, quiet=quiet)
    with collecting(
        loaded, path, policy=settlement.policy, adjudicator=settlement.adjudicator, dry_run=log.dry_run
    ) as collected:
        # nobody who asked for no result wants to see an empty one
        asked = collected.conflicts or named or output.format_
        summary = collect_outputs.write(extras, facts, collected, targets if asked else (), quiet=quiet)
    if not quiet:
        said = collected.summary(summary, dry_run=log.dry_run)
        say_summary((*said, *after_collect(ctx, log.data, len(collected.conflicts))))
    if collected.conflicts:
        rows = plural(len(collected.conflicts), "row is", "rows are")
        raise Refused(
            f"{path}: {rows} decided in more than one way; have somebody else fill in the conflicts (-o FILE), and "
            "collect that with --adjudicator NAME"
        )
    return 0


def _log(data: str | None, decisions: str | None) -> str:
    """Where the log is. Raises InputError for data that are not there: a log beside nothing would never be read."""
    from hardneg_cli.io.files.source import sources
    from hardneg_cli.review.decisions.decision_log import log_of

    if decisions is not None:
        return decisions
    if data is None:
        raise InputError("name the data, with --data, or the decisions log, with --decisions")
    if data == "-":
        raise InputError("standard input has no log beside it: name the log with --decisions")
    sources(data)
    return str(log_of(data))


def _refuse_the_log(targets: Iterable[outputs.OutputTarget], log: str) -> None:
    """Raises InputError for a target that is the log or its lock, whether they are there yet or not."""
    from hardneg_cli.io.files.file_lock import lock_of

    own = {os.path.realpath(log), lock_of(log), f"{os.path.abspath(log)}.lock"}
    for target in targets:
        if target.path is not None and os.path.realpath(target.path) in own:
            raise InputError(f"{target.path}: is the decisions log or its lock; write to another file")
