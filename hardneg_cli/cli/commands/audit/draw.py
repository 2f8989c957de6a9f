"""Draw a random sample of rows to audit, stratified by score.

SCORES is a findings file that find has written with --all.

Fill in decision (keep, relabel, drop, unsure) or new_label, from the top: whoever stops early has still answered a
sample of nearly the same design. Keep every row in the file, and stratum, stratum_rows and inclusion as they are.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import outputs
from hardneg_cli.cli.next_commands import after_audit_draw
from hardneg_cli.cli.options import OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary

EXAMPLE = "hardneg audit draw scores.parquet --rows 100 -o audit.csv"


def run(
    scores: Annotated[str, typer.Argument(metavar="SCORES", help="A findings file written with find --all.")],
    rows: Annotated[
        int, typer.Option("--rows", "-n", min=1, metavar="N", help="How many rows to draw."), Trust.CHOICE
    ] = 300,
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="Another seed draws other rows."), Trust.CHOICE
    ] = 0,
    *,
    output: OutputOptions,
) -> int:
    from hardneg_cli.verbs import audit

    targets = output.targets()
    outputs.refuse_overwriting_inputs(targets, [scores])
    drawn = audit.audit_draw(scores, rows, seed=seed)
    outputs.write(drawn.table, targets)
    if not output.quiet:
        say_summary((*drawn.summary(), *after_audit_draw(targets)))
    return 0
