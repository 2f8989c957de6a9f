"""Collect what reviewers decided into the decisions log beside the data, and settle or list their conflicts.

FILE is a filled queue (CSV, TSV, Parquet, JSON, NDJSON, xlsx) or another decisions log. The log is named by --data or
--log. What it has already is not added again, so the same files may be collected as often as you like. A reviewer's
latest decision counts; a file that does not name its reviewers in a column `reviewer` is theirs whom --reviewer names.

Reviewers who answer differently about the same row are a conflict. --policy says whether it is left (unanimous), or
settled by more than half of them (majority) or by who came last (latest). What --adjudicator NAME says in FILE settles
the conflicts of others, never one in which NAME had taken part. A settlement is a line of the log, which `apply` and
`find` go by; a different answer that comes later is a conflict again. Conflicts go to standard output or to -o files
as a queue for the adjudicator, and the exit code is 1 if any are left in the log.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from hardneg_cli import options, writing
from hardneg_cli.console import say
from hardneg_cli.errors import InputError, Refused

if TYPE_CHECKING:
    from hardneg_cli.collect import Collected
    from hardneg_cli.deciding.agreement import Agreement
    from hardneg_cli.estimation.scores import Estimate

PAIRS = 10  # that the summary lists


class Settle(StrEnum):
    UNANIMOUS = "unanimous"
    MAJORITY = "majority"
    LATEST = "latest"


def run(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Filled queues and other decisions logs.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DATA", help="The dataset; its log is DATA.decisions.ndjson.")
    ] = None,
    log: Annotated[str | None, typer.Option("--log", metavar="FILE", help="The log, instead of --data.")] = None,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", metavar="NAME", help="Who decided where the queue does not say it.")
    ] = None,
    policy: Annotated[
        Settle, typer.Option("--policy", help="How reviewers' conflicts are settled; unanimous: not at all.")
    ] = Settle.UNANIMOUS,
    adjudicator: Annotated[
        str | None, typer.Option("--adjudicator", metavar="NAME", help="Whose decisions settle the others' conflicts.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Leave the log as it is; tell what would be added.")
    ] = False,
    output: options.Output = None,
    format_: options.Format = None,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.collect import collect

    path = _log(data, log)
    targets = writing.targets(output, format_)
    writing.refuse_overwriting_inputs(targets, [*files, data or ""])
    _refuse_the_log(targets, path)
    collected = collect(
        files, path, reviewer=reviewer, policy=policy, adjudicator=adjudicator, dry_run=dry_run
    )  # fmt: skip
    writing.write(collected.table(), targets)
    for line in [] if quiet else _summary(collected, dry_run=dry_run):
        say(line)
    if collected.conflicts:
        rows = "1 row is" if len(collected.conflicts) == 1 else f"{len(collected.conflicts):,} rows are"
        raise Refused(
            f"{path}: {rows} decided in more than one way; have somebody else fill in the conflicts (-o FILE), and "
            "collect that with --adjudicator NAME"
        )
    return 0


def _log(data: str | None, log: str | None) -> str:
    """Where the log is. Raises InputError for data that are not there: a log beside nothing would never be read."""
    from hardneg_cli.deciding.decisions import log_of
    from hardneg_cli.files.source import sources

    if (data is None) == (log is None):
        raise InputError("name either the data, with --data, or the decisions log, with --log")
    if log is not None:
        return log
    assert data is not None
    if data == "-":
        raise InputError("standard input has no log beside it: name the log with --log")
    sources(data)
    return str(log_of(data))


def _refuse_the_log(targets: Iterable[writing.Target], log: str) -> None:
    """Raises InputError for a target that is the log or its lock, whether they are there yet or not."""
    own = {os.path.realpath(path) for path in (log, f"{log}.lock")}
    for target in targets:
        if target.path is not None and os.path.realpath(target.path) in own:
            raise InputError(f"{target.path}: is the decisions log or its lock; write to another file")


def _summary(collected: Collected, *, dry_run: bool) -> Iterator[str]:
    done = "would be " if dry_run else ""
    yield (
        f"{collected.log}: {collected.read:,} decisions read, {collected.appended:,} {done}appended, "
        f"{collected.already:,} already there; {collected.undecided:,} rows undecided"
    )
    yield f"conflicts: {collected.settled:,} {done}settled, {len(collected.conflicts):,} left"
    if collected.agreement:
        yield from _agreement(collected.agreement)
    yield from (f"note: {note}" for note in collected.notes)


def _agreement(found: Agreement) -> Iterator[str]:
    rows = "1 row" if found.rows == 1 else f"{found.rows:,} rows"
    yield f"agreement of {len(found.reviewers):,} reviewers on {rows} that several decided: {_percent(found.percent)}"
    yield f"Krippendorff's α {_number(found.alpha)}, Gwet's AC1 {_number(found.ac1)}"
    for pair in found.pairs[:PAIRS]:
        yield f"Cohen's κ of {pair.first} and {pair.second} {_number(pair.kappa)} on {pair.rows:,}"
    if len(found.pairs) > PAIRS:
        yield f"and of {len(found.pairs) - PAIRS:,} more pairs"


def _percent(value: Estimate) -> str:
    return f"{value.value:.1%} ({value.low:.1%} to {value.high:.1%})"


def _number(value: Estimate | None) -> str:
    if value is None:
        return "not defined (all answers are the same)"
    return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"
