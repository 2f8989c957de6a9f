"""Versions of the training rows that fool a model, for training with them, and what that does to its accuracy.

With --features columns of numbers, each of which may move by --epsilon times its standard deviation, within the range
that it has; with --text, a few typos, changes of case, dropped fillers and swapped words that keep the label. Rows
whose score, find's probability that the label is wrong, is above the guard do not train and get no version.

-o writes the training set: the rows, rows of other splits unchanged, and after each its versions with `parent_id`,
`kind` and `weight`; a version is of its parent's split, fold and group. Held out are the other splits, else each fold
in turn. Three ways of training are measured on them, as they are and attacked: `plain`; `adversarial`, in which a
network is attacked anew in every batch; `augmented`, a model of the same kind that learns from the written rows alone,
which is what training elsewhere gains, and less. `hardneg explain projected-gradient`, `adversarial-training`,
`transfer` (for models without a gradient), `least-change` and `text-perturbation` are the manuals.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import OnBadRows
from hardneg_cli.runtime.terminal import say


def run(
    ctx: typer.Context,
    data: options.Data,
    label: options.Label = "label",
    id_: options.Id = None,
    text: options.Text = None,
    features: options.Features = None,
    probs: options.Probs = None,
    classes: options.Classes = None,
    prob_prefix: options.ProbPrefix = "prob_",
    groups: options.Groups = None,
    split: options.Split = None,
    train_split: Annotated[
        str | None, typer.Option("--train-split", metavar="NAME", help="The split that trains; default: train.")
    ] = None,
    fold: options.Fold = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME", help="The model to harden; default: mlp, logistic for texts."),
    ] = None,
    epsilon: Annotated[
        float, typer.Option("--epsilon", metavar="E", help="How far a number moves, in standard deviations.")
    ] = 0.3,
    guard: Annotated[
        float, typer.Option("--guard", metavar="P", help="Rows with a score above P neither train nor get versions.")
    ] = 0.5,
    boundary: Annotated[
        bool, typer.Option("--boundary", help="Have the least changes that fool the model, too.")
    ] = False,
    folds: Annotated[
        int, typer.Option("--folds", min=0, metavar="N", help="Parts that are held out in turn; 0 measures nothing.")
    ] = 5,
    set_: options.Set = None,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Another seed trains and attacks anew.")] = 0,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FILE", help="Write the accuracy of each way of training; repeatable."),
    ] = None,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.verbs.harden import harden

    asked = outputs.targets(report, None) if report else []
    rows = outputs.targets(output, format_ or (None if output else "csv")) if output or format_ or not asked else []
    outputs.refuse_overwriting_inputs([*rows, *asked], [data, *(probs or [])], [features, classes])
    hardened = harden(
        data,
        options.columns(label, id_, text, groups, split, fold, prob_prefix),
        features=features,
        model=model,
        epsilon=epsilon,
        probs=probs or (),
        classes=options.class_names(classes),
        guard=guard,
        settings=options.unit_settings(set_, ctx.obj.units, "attack", "model", "detector"),
        train_split=train_split,
        folds=folds,
        boundary=boundary,
        seed=seed,
        encoding=encoding,
        on_bad_rows=on_bad_rows,
    )
    if rows:
        outputs.write(hardened.table(), rows)
    if asked:
        outputs.write(hardened.report(), asked)
    if not quiet:
        for line in hardened.summary():
            say(line)
    return 0
