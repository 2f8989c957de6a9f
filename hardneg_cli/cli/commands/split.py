"""Put every row into a part for training or testing, or into a fold.

No two parts share a row: exact copies, near copies of texts (--text), vectors (--features) and pictures (--image), and
rows of a group (--groups) stand together. Every class has its share in each part, to within a row or 1 %; --stratify
has the values of another column shared out alike. The result is DATA with one more column, `split` or `fold` (or what
--split and --fold call it), to standard output, to -o FILE, or over DATA with --in-place; all other bytes stay. Of a
folder of pictures -o FILE is a table, and -o NEW a folder of links with a folder for each part.

Where a row stands follows from its content, so that rows that are added move few others. With --keep OLD, an earlier
result or DATA itself, they move none: only rows that OLD does not know are placed. A column that DATA has and --split
names is kept as well. --time COL has the oldest rows train and the newest test: what stands together counts by its
newest row, so that nothing trains that is newer than what is tested.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DatasetOutput, ModelOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary

GROUP = "models"
EXAMPLE = "hardneg split data.csv --text text -o split.csv"


@dataclass(frozen=True)
class PartOptions:
    """Which parts there are, and who goes where. What others call folds and guard is not what these are."""

    HEADING: ClassVar[str] = "Parts"
    fractions: Annotated[
        str | None,
        typer.Option(
            "--fractions",
            metavar="NAME=SHARE,…",
            help="The parts; default: train=.8,dev=.1,test=.1, or those of --keep.",
        ),
        Trust.CHOICE,
    ] = None
    folds: Annotated[
        int | None, typer.Option("--folds", min=2, metavar="K", help="Folds 1 to K instead of parts."), Trust.CALLER
    ] = None
    time: Annotated[
        str | None,
        typer.Option("--time", metavar="COL", help="The oldest rows train, the newest test; numbers or ISO dates."),
        Trust.CHOICE,
    ] = None
    stratify: Annotated[
        str | None,
        typer.Option("--stratify", metavar="COL", help="Values of this column have their share in every part, too."),
        Trust.CHOICE,
    ] = None
    keep: Annotated[
        str | None,
        typer.Option("--keep", metavar="OLD", help="A file with the column, or DATA: rows that are in it stay."),
        Trust.READ,
    ] = None
    guard: Annotated[
        float | None,
        typer.Option("--guard", metavar="P", help="Rows with a greater score than P do not test, but train."),
        Trust.CALLER,
    ] = None


def run(
    data: options.Data,
    *,
    columns: DataOptions,
    parts: PartOptions,
    models: ModelOptions,
    output: Annotated[DatasetOutput, Without("provenance")],
) -> int:
    from hardneg_cli.io.files.picture_folder import is_picture_folder
    from hardneg_cli.verbs.split import split

    table = is_picture_folder(data) and not output.in_place and (output.output is None or Path(output.output).suffix)
    targets = outputs.targets([output.output] if output.output else None, None, usual="csv") if table else []
    outputs.refuse_overwriting_inputs(targets, [data], [parts.keep, columns.features])
    result = split(
        data,
        columns.columns,
        keep=parts.keep,
        output=None if table else _output(output),
        in_place=output.in_place,
        fractions=parts.fractions,
        folds=parts.folds,
        time=parts.time,
        stratify=parts.stratify,
        guard=parts.guard,
        probs=models.probs or (),
        features=columns.features,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    if targets:
        outputs.write(result.table(), targets)
    if not output.quiet:
        say_summary(result.summary())
    return 0


def _output(output: DatasetOutput) -> str | BinaryIO | None:
    return output.output if output.output is not None or output.in_place else sys.stdout.buffer
