"""Share a findings file out to reviewers, a queue for each of them.

SCORES is what find wrote, with --all for --control. With --reviewers a,b the file `-o team.csv` is the lead's, with
every row, who is asked (`reviewers`) and why (`role`: suspect or control); `team.a.csv` and `team.b.csv` are what they
fill in. --overlap rows go to all of them, the others are dealt out evenly. --control mixes in rows that nothing speaks
against, with a suggestion of their own: how many of them are called wrong tells what a suggestion alone does. So that
nobody can tell them apart, the reviewers' files then lack score, suggestion_score, flagged, detectors, why, p_given,
p_suggested and rank; with --blind they lack suggested_label as well. Without --reviewers there is one queue, for
whoever it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from hardneg_cli.cli import outputs
from hardneg_cli.cli.next_commands import after_assign
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, OutputOptions, ReviewOptions
from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.files.file_names import trouble_of
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = "people"
EXAMPLE = "hardneg assign scores.parquet --reviewers ann,bob -o team.csv"


@dataclass(frozen=True)
class PlanOptions:
    """Who is asked, about how many rows, and what they see."""

    HEADING: ClassVar[str] = "Review"
    reviewers: Annotated[
        str | None,
        typer.Option("--reviewers", metavar="A,B", help="Who is asked: a file for each of them."),
        Trust.CHOICE,
    ] = None
    overlap: Annotated[
        str | None,
        typer.Option("--overlap", metavar="N|N%", help="Rows that all reviewers get; default: 10%."),
        Trust.CHOICE,
    ] = None
    control: Annotated[
        str | None,
        typer.Option("--control", metavar="N|N%", help="Rows to mix in that nothing speaks against, N in all."),
        Trust.CHOICE,
    ] = None
    blind: Annotated[
        bool, typer.Option("--blind", help="Leave suggestions and evidence out, in random order."), Trust.CHOICE
    ] = False
    budget: Annotated[
        str | None,
        typer.Option("--budget", metavar="N|TIME", help="At most N rows, or so long (30min, 2h), for all reviewers."),
        Trust.CHOICE,
    ] = None
    pace: Annotated[
        float | None,
        typer.Option("--pace", metavar="SECONDS", help="Time a row takes; default: as in --decisions, else 6."),
        Trust.CHOICE,
    ] = None
    decisions: Annotated[
        list[str] | None,
        typer.Option("--decisions", metavar="FILE", help="A decisions log to tell the pace from; repeatable."),
        Trust.CALLER,
    ] = None
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="DATA", help="The dataset: copies and nearest rows are shown beside each row."),
        Trust.CALLER,
    ] = None


def run(
    scores: Annotated[str, typer.Argument(metavar="SCORES", help="A findings file that find has written.")],
    plan: PlanOptions,
    rows: Annotated[ReviewOptions, Without("show")],
    columns: DataOptions,
    output: OutputOptions,
) -> int:
    from hardneg_cli.review.queues.workload import reviewer_names
    from hardneg_cli.verbs.assign import assign

    lead = output.targets()
    theirs = [[_of(target, name) for target in lead] for name in reviewer_names(plan.reviewers)]
    every = [target for targets in (lead, *theirs) for target in targets]
    inputs = [scores, *(plan.decisions or []), *([plan.data] if plan.data else [])]
    outputs.refuse_overwriting_inputs(every, inputs, [columns.classes, columns.features])
    with progress("making the queues"):
        assigned = assign(
            scores, every=rows.all_, limit=rows.limit, per_class=rows.per_class, reviewers=plan.reviewers,
            overlap=plan.overlap, control=plan.control, budget=plan.budget, blind=plan.blind, pace=plan.pace,
            decisions=plan.decisions or (),
        )  # fmt: skip
        tables = [_pictured(table, columns.image, scores) for table in assigned.tables().values()]
        tables = tables if plan.data is None else _with_data(tables, plan.data, columns)
    made = [partial(lambda table: table, table) for table in tables]
    notes = outputs.write_together(*zip(made, (lead, *theirs), strict=True))
    if not output.quiet:
        said = (*assigned.summary(), *(f"note: {note}" for note in dict.fromkeys(notes)))
        say_summary((*said, *after_assign(theirs)))
    return 0


def _with_data(tables: Sequence[pa.Table], data: str, columns: DataOptions) -> list[pa.Table]:
    """The queues with what stands around their rows in the data; the first one has them all."""
    from hardneg_cli.data.load import load
    from hardneg_cli.review.queues.queue_surroundings import QueueSurroundings

    dataset = load(data, columns.columns, encoding=columns.encoding, on_bad_rows=columns.on_bad_rows)
    around = QueueSurroundings(dataset, tables[0], columns.features)
    return [around.seen(table) for table in tables]


def _of(target: OutputTarget, reviewer: str) -> OutputTarget:
    """The reviewer's file beside the lead's. Raises InputError where there is no room for one."""
    if target.path is None or (Path(target.path).exists() and not Path(target.path).is_file()):
        raise InputError("--reviewers makes a file for each of them: name the lead's with -o, such as -o team.csv")
    if trouble := trouble_of(reviewer):
        raise InputError(f"--reviewers {quote(reviewer)}: it is to be a part of a file's name, and {trouble}")
    path = Path(target.path)
    return replace(target, path=str(path.with_name(f"{path.stem}.{reviewer}{path.suffix}")))


def _pictured(table: pa.Table, image: str | None, scores: str) -> pa.Table:
    """The table with the column of pictures marked, for the formats that can show them."""
    from hardneg_cli.io.tables.images import marked
    from hardneg_cli.io.tables.picture_paths import folder_beside

    if image is None:
        return table
    if image not in table.column_names:
        raise InputError(f"{scores}: no column {quote(image)} for --image{did_you_mean(image, table.column_names)}")
    folder = folder_beside(table[image].to_pylist(), Path(scores).parent)
    return marked(table, table.column_names.index(image), folder)
