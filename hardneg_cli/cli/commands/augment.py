"""Add versions of rows that keep their label, most to small classes.

Texts get typos, another case, exchanged or dropped words, or what --using gives; columns (--features) noise, and rows
between neighbors; pictures (--image, or a folder of them) are moved, cropped, turned by a few degrees, mirrored, or get
other light. Versions are made of rows that train and are probably right: with a split column no others, and with
--probs none whose score, find's probability that the label is wrong, is above the guard; nor of rows whose label
people decided to be wrong. A version is of its parent's split, fold and group, and no near copy of another split's row.

A transform is switched off for a class whose label it changes, as a mirror does to a 2: models that were trained
without the rows give their versions to other classes. It is used where held-out rows say that a model loses nothing by
it, and the gain is printed with its interval. -o writes DATA's rows and behind them the new ones, with `parent_id` and
`augmented_by`, which are empty for DATA's; new pictures go into a folder beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary

GROUP = "models"
EXAMPLE = "hardneg augment data.csv --text text -o augmented.csv"
TYPED = ("parquet", "ndjson", "json")  # formats in which cells have types


@dataclass(frozen=True)
class TransformOptions:
    """What is done to rows, and to how many."""

    HEADING: ClassVar[str] = "Versions"
    by: Annotated[
        list[str] | None,
        typer.Option("--by", metavar="NAME", help="A transform to try, as typos; repeatable. Default: all that fit."),
        Trust.CHOICE,
    ] = None
    using: Annotated[
        str | None,
        typer.Option("--using", metavar="MODULE:FUNCTION", help="What makes other texts of a list of texts."),
        Trust.CALLER,
    ] = None
    to: Annotated[
        str,
        typer.Option("--to", metavar="N|balance", help="Rows of each class; balance: as many as the largest has."),
        Trust.CHOICE,
    ] = "balance"
    per_row: Annotated[
        int, typer.Option("--per-row", min=1, metavar="N", help="At most N versions of a row."), Trust.CHOICE
    ] = 20
    guard: Annotated[
        float,
        typer.Option("--guard", metavar="P", help="Rows with a score above P get no version."),
        Trust.CHOICE,
    ] = 0.5
    train_split: Annotated[
        str | None,
        typer.Option("--train-split", metavar="NAME", help="The split that trains; default: train."),
        Trust.CHOICE,
    ] = None
    model: Annotated[
        str,
        typer.Option("--model", metavar="NAME", help="The model that tells what versions are worth."),
        Trust.CHOICE,
    ] = "logistic"
    folds: Annotated[
        int,
        typer.Option("--folds", min=2, metavar="N", help="Parts of the rows that are held out in turn."),
        Trust.CHOICE,
    ] = 5
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="U.S=V", help="A unit's setting, as in typos.share=0.1."),
        Trust.CHOICE,
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="Another seed makes other versions."), Trust.CHOICE
    ] = 0


@dataclass(frozen=True)
class AugmentOutput(OutputOptions):
    """Where the augmented dataset, and what was measured, go."""

    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FILE", help="Write what each transform gains, as a table; repeatable."),
        Trust.WRITTEN,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    models: ModelOptions,
    columns: Annotated[DataOptions, Without("embed")],
    transforms: TransformOptions,
    decisions: Annotated[DecisionOptions, Without("audit")],
    output: AugmentOutput,
) -> int:
    from hardneg_cli.preparation.augmentation.picture_output import NewPictures
    from hardneg_cli.verbs.augment import augment

    asked = outputs.targets(output.report, None) if output.report else []
    rows = output.targets("csv") if output.output or output.format_ or not asked else []
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    outputs.refuse_overwriting_inputs([*rows, *asked], inputs, [columns.features, columns.classes])
    augmented = augment(
        data,
        columns.columns,
        by=transforms.by or (),
        using=transforms.using,
        model=transforms.model,
        guard=transforms.guard,
        train_split=transforms.train_split,
        to=transforms.to,
        per_row=transforms.per_row,
        features=columns.features,
        probs=models.probs or (),
        decisions=decisions.logs,
        settings=options.unit_settings(transforms.set_, ctx.obj.units, "transform", "model", "detector"),
        folds=transforms.folds,
        seed=transforms.seed,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    pictures = NewPictures.beside(augmented, next((target.path for target in rows if target.path), None))
    with pictures:
        texts = [target for target in rows if target.format not in TYPED]
        typed = [target for target in rows if target.format in TYPED]
        outputs.write_together(
            (lambda: pictures.table(as_text=True), texts),
            (lambda: pictures.table(as_text=False), typed),
            (augmented.report, asked),
        )
    if not output.quiet:
        say_summary(augmented.summary())
    return 0
