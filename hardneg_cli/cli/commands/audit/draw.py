"""Draw rows to audit, at random and stratified by score, from a findings file written with --all.

Fill in decision (keep, relabel, drop, unsure) or new_label, from the top: whoever stops early has still answered a
sample of nearly the same design. Keep every row in the file, and stratum, stratum_rows and inclusion as they are.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.runtime.terminal import say


def run(
    scores: Annotated[str, typer.Argument(metavar="SCORES", help="A findings file written with find --all.")],
    rows: Annotated[int, typer.Option("--rows", "-n", min=1, metavar="N", help="How many rows to draw.")] = 300,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Another seed draws other rows.")] = 0,
    output: options.Output = None,
    format_: options.Format = None,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.verbs import audit

    targets = outputs.targets(output, format_)
    outputs.refuse_overwriting_inputs(targets, [scores])
    drawn = audit.draw(scores, rows, seed=seed)
    outputs.write(drawn.table, targets)
    if not quiet:
        say(f"{scores}: {len(drawn.table):,} of {drawn.rows:,} rows drawn, from {drawn.strata:,} strata of the score")
        say("fill in decision (keep, relabel, drop, unsure) or new_label, from the top; keep all rows in the file")
    return 0
