"""Versions of training rows that fool a model, and training on them.

What that does to its accuracy is measured. With --features columns of numbers, each of which may move by --epsilon
times its standard deviation, within the range that it has; with --text, a few typos, changes of case, dropped fillers
and swapped words that keep the label. Rows whose score, find's probability that the label is wrong, is above the guard
do not train and get no version.

-o writes the training set: the rows, rows of other splits unchanged, and after each its versions with `parent_id`,
`kind` and `weight`; a version is of its parent's split, fold and group. Where the hardened network is in doubt, a
version stands there several times with labels in these shares; kind `soft-label` has another label than its parent.
--save-model writes the hardened model as a Pipeline that scikit-learn and skops load without hardneg.

Held out are the other splits, else each fold in turn. --accuracy has what each way of training gives on them, as they
are and attacked: `plain`; `adversarial`, a network that is attacked anew in every batch, which is saved; `augmented`, a
model of the same kind that learns from the written rows alone, which is what training elsewhere gives.
`hardneg explain projected-gradient`, `adversarial-training`, `distillation`, `transfer` (for models without a
gradient), `least-change` and `text-perturbation` are the manuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import DataOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary

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
    """Where the training set, the model and what was measured go."""

    save_model: Annotated[
        str | None,
        typer.Option("--save-model", metavar="FILE", help="Write the hardened model, for scikit-learn and skops."),
        Trust.WRITTEN,
    ] = None
    accuracy: Annotated[
        list[str] | None,
        typer.Option("--accuracy", metavar="FILE", help="Write the accuracy of each way of training; repeatable."),
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
    from hardneg_cli.modeling.robustness.saved_model import refuse_unsaved
    from hardneg_cli.verbs.harden import harden

    asked = outputs.targets(output.accuracy, None) if output.accuracy else []
    saved = [outputs.OutputTarget("ndjson", output.save_model)] if output.save_model else []
    rows = output.targets("csv") if output.output or output.format_ or not (asked or saved) else []
    inputs = [data, *(models.probs or [])]
    outputs.refuse_overwriting_inputs([*rows, *asked, *saved], inputs, [columns.features, columns.classes])
    if saved:
        refuse_unsaved(attack.model)
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
    beside = {output.save_model: hardened.saved.write} if output.save_model else {}
    outputs.write_together((hardened.table, rows), (hardened.accuracy, asked), beside=beside)
    if not output.quiet:
        say_summary(hardened.summary())
    return 0
