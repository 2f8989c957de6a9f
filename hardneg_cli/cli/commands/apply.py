"""Write the corrected dataset from what people decided.

It is in the data's own format. QUEUE is a findings file with its first columns filled in: decision is keep, relabel,
drop or unsure, new_label the right label; a new_label alone means relabel, and relabel alone accepts the suggestion.
Without a queue, and without --decisions, the decisions log beside the data is read; there need be none where rules say
what to do: --clean and --fill, which may stand in hardneg.toml as well, act on rows that nobody decided about. The
result goes to standard output, to -o FILE, or over the data with --in-place; in CSV and JSON only the cells that change
are written anew. Of a folder of pictures standard output gets the list of what would be moved, -o NEW makes a folder of
links, --in-place moves.

A row must still be what it was when it was asked about: same id, content and label. Decisions that are stale, or that
contradict each other, are listed, nothing is written, and the exit code is 1.

--provenance FILE says who changed what, when and why, and keeps what hardneg undo needs to take it back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, BinaryIO, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.next_commands import after_apply
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DatasetOutput
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError, quote
from hardneg_cli.review.decisions.decision import StaleDecision, UnsettledDecisions
from hardneg_cli.runtime.terminal import say

GROUP = "people"
EXAMPLE = "hardneg apply data.csv -o clean.csv"


class OnDrop(StrEnum):
    REMOVE = "remove"
    MARK = "mark"


@dataclass(frozen=True)
class RuleOptions:
    """How decisions are carried out, and whose they are."""

    HEADING: ClassVar[str] = "Decisions"
    decisions: Annotated[
        list[str] | None,
        typer.Option("--decisions", metavar="FILE", help="A decisions log, instead of DATA's own; repeatable."),
        Trust.CALLER,
    ] = None
    skip_stale: Annotated[
        bool, typer.Option("--skip-stale", help="Leave stale decisions out instead of refusing them."), Trust.CALLER
    ] = False
    on_drop: Annotated[
        OnDrop,
        typer.Option("--on-drop", help="Remove dropped rows, or mark them with 1 in a new column 'dropped'."),
        Trust.CHOICE,
    ] = OnDrop.REMOVE
    reviewer: Annotated[
        str | None,
        typer.Option("--reviewer", metavar="NAME", help="Who decided where the queue does not say it."),
        Trust.CALLER,
    ] = None


@dataclass(frozen=True)
class PolicyOptions:
    """What happens to rows that nobody has decided."""

    HEADING: ClassVar[str] = "Decisions"
    auto_relabel: Annotated[
        float | None,
        typer.Option(
            "--auto-relabel", metavar="P", help="Relabel undecided rows as suggested from this suggestion_score on."
        ),
        Trust.CHOICE,
    ] = None
    auto_drop: Annotated[
        float | None,
        typer.Option("--auto-drop", metavar="P", help="Drop undecided rows from this score on."),
        Trust.CHOICE,
    ] = None
    protect_split: Annotated[
        list[str] | None,
        typer.Option("--protect-split", metavar="NAME", help="No automatic change in this split; repeatable."),
        Trust.CHOICE,
    ] = None
    clean: Annotated[
        list[str] | None,
        typer.Option(
            "--clean",
            metavar="DETECTOR=ACTION",
            help="What becomes of a detector's rows: exact-duplicate, near-duplicate, empty-row, rare-label=drop, "
            "label-spelling=relabel; repeatable.",
        ),
        Trust.CHOICE,
    ] = None
    fill: Annotated[
        list[str] | None,
        typer.Option(
            "--fill",
            metavar="COL=VALUE",
            help="What empty cells of a column get: median, mode, a value; drop drops the row; repeatable.",
        ),
        Trust.CHOICE,
    ] = None


@dataclass(frozen=True)
class ApplyOutput(DatasetOutput):
    """What may be written instead of the corrected dataset."""

    format_: Annotated[
        str | None,
        typer.Option("--format", "-f", metavar="NAME", help="The format of the list of --dry-run."),
        Trust.LOOK,
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Write nothing; list the changes on standard output."), Trust.CALLER
    ] = False


def run(
    ctx: typer.Context,
    data: options.Data,
    queues: Annotated[
        list[str] | None, typer.Argument(metavar="[QUEUE]", help="Findings files with decisions filled in.")
    ] = None,
    *,
    columns: Annotated[DataOptions, Without("features", "embed")],
    rule: RuleOptions,
    policy: PolicyOptions,
    output: ApplyOutput,
) -> int:
    from hardneg_cli.io.files.picture_folder import is_picture_folder
    from hardneg_cli.review.decisions.filled_queue import AutoPolicy
    from hardneg_cli.verbs.apply import apply

    skip_stale, in_place = rule.skip_stale, output.in_place
    dry_run = output.dry_run or (output.output is None and not in_place and is_picture_folder(data))
    targets = _listing(ctx, output.format_, dry_run=dry_run)
    try:
        applied = apply(
            data,
            queues or (),
            columns.columns,
            decisions=rule.decisions,
            output=None if dry_run else _output(output.output, in_place=in_place),
            in_place=in_place and not dry_run,
            on_drop=rule.on_drop,
            skip_stale=skip_stale,
            clean=policy.clean or (),
            fill=policy.fill or (),
            policy=AutoPolicy(policy.auto_relabel, policy.auto_drop, tuple(policy.protect_split or ())),
            provenance=output.provenance,
            reviewer=rule.reviewer,
            encoding=columns.encoding,
            on_bad_rows=columns.on_bad_rows,
        )
    except UnsettledDecisions as refusal:
        for line in _unsettled(refusal, skip_stale=skip_stale):
            say(line)
        raise
    if dry_run:
        outputs.write(applied.table(), targets)
    for line in _stale(applied.stale):
        say(line)
    if not output.quiet:
        say_summary((*applied.summary(dry_run=dry_run), *after_apply(data, None if dry_run else output.output)))
    return 0


def _listing(ctx: typer.Context, format_: str | None, *, dry_run: bool) -> list[outputs.OutputTarget]:
    """Where a dry run lists its changes."""
    if dry_run:
        return outputs.targets(None, format_)
    asked = ctx.get_parameter_source("format_")
    if asked is not None and asked.name == "COMMANDLINE":  # a configured format is meant for other commands
        raise InputError("-f is for the list of --dry-run: the corrected dataset keeps its format")
    return []


def _output(output: str | None, *, in_place: bool) -> str | BinaryIO | None:
    return output if output is not None or in_place else sys.stdout.buffer


def _unsettled(refusal: UnsettledDecisions, *, skip_stale: bool) -> Iterator[str]:
    yield from _stale(refusal.stale)
    for decisions in refusal.conflicts:
        said = sorted({f"{one.reviewer} ({one.source}) says {one.answer}" for one in decisions})
        yield f"conflict: {quote(decisions[0].id)}: {', '.join(said)}"


def _stale(stale: tuple[StaleDecision, ...]) -> Iterator[str]:
    for one in stale:
        yield f"stale: {quote(one.decision.id)} ({one.decision.answer}): {one.why}"
