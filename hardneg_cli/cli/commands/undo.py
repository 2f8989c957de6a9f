"""Give back, byte for byte, what the data were before a run of apply.

PROVENANCE is what that run wrote with --provenance. The result goes to standard output, to -o FILE, or over the data
with --in-place; files that the run left alone, or that are as before already, stay as they are.

If the data have changed since, nothing is written, and the exit code is 1: undo later runs first. The decisions still
stand where they were made, so that apply would make the same changes again.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hardneg_cli.cli import options
from hardneg_cli.cli.options import DatasetOutput
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary

GROUP = "people"
EXAMPLE = "hardneg undo clean.csv why.json -o before.csv"


def run(
    data: options.Data,
    made_by: Annotated[
        str, typer.Argument(metavar="PROVENANCE", help="What the run of apply wrote with --provenance.")
    ],
    output: DatasetOutput,
    reviewer: Annotated[
        str | None,
        typer.Option("--reviewer", metavar="NAME", help="Who this run's provenance says it was."),
        Trust.CALLER,
    ] = None,
) -> int:
    from hardneg_cli.verbs.undo import undo

    target = output.output if output.output is not None or output.in_place else sys.stdout.buffer
    undone = undo(
        data, made_by, output=target, in_place=output.in_place, provenance=output.provenance, reviewer=reviewer
    )
    if not output.quiet:
        say_summary(undone.summary())
    return 0
