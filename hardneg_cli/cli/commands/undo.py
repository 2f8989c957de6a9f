"""Take back a run of apply: the data as they were before it, byte for byte.

PROVENANCE is what that run wrote with --provenance. The result goes to standard output, to -o FILE, or over the data
with --in-place; files that the run left alone, or that are as before already, stay as they are.

If the data have changed since, nothing is written, and the exit code is 1: undo later runs first. The decisions still
stand where they were made, so that apply would make the same changes again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from hardneg_cli.cli import options
from hardneg_cli.runtime.terminal import say

if TYPE_CHECKING:
    from hardneg_cli.verbs.undo import UndoResult


def run(
    data: options.Data,
    told: Annotated[str, typer.Argument(metavar="PROVENANCE", help="What the run of apply wrote with --provenance.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, in the format of the data.")
    ] = None,
    in_place: Annotated[bool, typer.Option("--in-place", help="Write over the data.")] = False,
    provenance: Annotated[
        str | None,
        typer.Option("--provenance", metavar="FILE", help="Write what takes this run back in turn, as JSON."),
    ] = None,
    reviewer: Annotated[
        str | None, typer.Option("--reviewer", metavar="NAME", help="Who this run's provenance says it was.")
    ] = None,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.verbs.undo import undo

    target = output if output is not None or in_place else sys.stdout.buffer
    undone = undo(data, told, output=target, in_place=in_place, provenance=provenance, reviewer=reviewer)
    for line in [] if quiet else _summary(undone):
        say(line)
    return 0


def _summary(undone: UndoResult) -> Iterator[str]:
    files = "1 file" if len(undone.restored) == 1 else f"{len(undone.restored):,} files"
    already = f", {len(undone.already):,} already so, or never changed" if undone.already else ""
    yield f"{files} as before{already}"
    yield from (f"note: {note}" for note in undone.notes)
