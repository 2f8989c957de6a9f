"""Versions of training rows that fool a model, and training on them.

What that does to its accuracy is measured. With --features columns of numbers, each of which may move by --epsilon
times its standard deviation, within the range that it has; with --text, a few typos, changes of case, dropped fillers
and swapped words that keep the label. Rows whose score, find's probability that the label is wrong, is above the guard
do not train and get no version.

-o writes the training set: the rows, rows of other splits unchanged, and after each its versions with `parent_id`,
`kind` and `weight`; a version is of its parent's split, fold and group. Held out are the other splits, else each fold
in turn. Three ways of training are measured on them, as they are and attacked: `plain`; `adversarial`, in which a
network is attacked anew in every batch; `augmented`, a model of the same kind that learns from the written rows alone,
which is what training elsewhere gains, and less. `hardneg explain projected-gradient`, `adversarial-training`,
`transfer` (for models without a gradient), `least-change` and `text-perturbation` are the manuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import DataOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.runtime.terminal import say

GROUP = "models"
EXAMPLE = "hardneg harden data.csv --text text -o hardened.csv"


@dataclass(frozen=True)
class AttackOptions:
    """The model that is attacked, and how."""

    HEADING: ClassVar[str] = "Models"
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="The model to harden; default: mlp, logistic for texts."),
        Trust.CHOICE,
    ] = None
    epsilon: Annotated[
        float,
        typer.Option("--epsilon", metavar="E", help="How far a number moves, in standard deviations."),
        Trust.CHOICE,
    ] = 0.3
    guard: Annotated[
        float,
        typer.Option("--guard", metavar="P", help="Rows with a score above P neither train nor get versions."),
        Trust.CHOICE,
    ] = 0.5
    boundary: Annotated[
        bool, typer.Option("--boundary", help="Have the least changes that fool the model, too."), Trust.CHOICE
    ] = False
    train_split: Annotated[
        str | None,
        typer.Option("--train-split", metavar="NAME", help="The split that trains; default: train."),
        Trust.CHOICE,
    ] = None
    folds: Annotated[
        int,
        typer.Option("--folds", min=0, metavar="N", help="Parts that are held out in turn; 0 measures nothing."),
        Trust.CHOICE,
    ] = 5
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="U.S=V", help="A unit's setting, as in logistic.strength=1."),
        Trust.CHOICE,
    ] = None
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="Another seed trains and attacks anew."), Trust.CHOICE
    ] = 0


@dataclass(frozen=True)
class HardenOutput(OutputOptions):
    """Where the training set and what was measured go."""

    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FILE", help="Write the accuracy of each way of training; repeatable."),
        Trust.WRITTEN,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    models: ModelOptions,
    columns: DataOptions,
    attack: AttackOptions,
    output: HardenOutput,
) -> int:
    from hardneg_cli.verbs.harden import harden

    asked = outputs.targets(output.report, None) if output.report else []
    rows = output.targets("csv") if output.output or output.format_ or not asked else []
    inputs = [data, *(models.probs or [])]
    outputs.refuse_overwriting_inputs([*rows, *asked], inputs, [columns.features, columns.classes])
    hardened = harden(
        data,
        columns.columns,
        features=columns.features,
        model=attack.model,
        epsilon=attack.epsilon,
        probs=models.probs or (),
        guard=attack.guard,
        settings=options.unit_settings(attack.set_, ctx.obj.units, "attack", "model", "detector"),
        train_split=attack.train_split,
        folds=attack.folds,
        boundary=attack.boundary,
        seed=attack.seed,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    outputs.write_together((hardened.table, rows), (hardened.report, asked))
    if not output.quiet:
        for line in hardened.summary():
            say(line)
    return 0
