"""A second model that learns where the first one errs, and corrects it.

The first model is whatever made the --probs; several are averaged. The second one learns from --text, --features and
the probabilities themselves, out of fold, where the first one's class is wrong. What reviewers decided counts as truth;
other labels are trusted as far as find trusts them, so that mislabeled rows do not teach that the first model errs.

The result has a line for each row with p_wrong, the probability that the first model's class is wrong, the class after
correction, and the worst slice that the row is in. --slices are conditions in words under which the first model fails,
found on one part of the rows and counted on the other. --adjusted are corrected probabilities for find --probs; they
are the first model's own unless held-out rows prove that others are better. `hardneg explain second-model` and
`explain slices` are the manuals.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import OnBadRows
from hardneg_cli.errors import InputError
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
    fold: options.Fold = None,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="What the second model is made of; default: logistic and knn."),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="U.S=V", help="A setting, as in slices.smallest=50.")
    ] = None,
    guard: Annotated[
        float, typer.Option("--guard", min=0, max=1, metavar="P", help="Rows with a score above P do not train.")
    ] = 0.5,
    folds: options.Folds = 5,
    decisions: options.DecisionsLogs = None,
    adjusted: Annotated[
        list[str] | None, typer.Option("--adjusted", metavar="FILE", help="Write the corrected probabilities.")
    ] = None,
    slices: Annotated[
        list[str] | None, typer.Option("--slices", metavar="FILE", help="Write the slices where the first model fails.")
    ] = None,
    new: Annotated[str | None, typer.Option("--new", metavar="POOL", help="Unlabeled rows to correct as well.")] = None,
    new_probs: Annotated[
        list[str] | None, typer.Option("--new-probs", metavar="FILE", help="What the first model says of them.")
    ] = None,
    new_features: Annotated[
        str | None, typer.Option("--new-features", metavar="FILE", help="Their features, if they are in a file.")
    ] = None,
    new_output: Annotated[
        list[str] | None, typer.Option("--new-output", metavar="FILE", help="Where their probabilities go.")
    ] = None,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.review.decisions.decision import log_of
    from hardneg_cli.verbs.dual import MODELS, dual

    if not (new is None) == (not new_probs) == (not new_output):
        raise InputError("--new, --new-probs and --new-output go together: the rows, the first model, and where to")
    where = format_ or (None if output or adjusted or slices or new_output else "table")
    rows = outputs.targets(output, where) if output or where else []
    better, failing, theirs = (
        outputs.targets(files, None) if files else [] for files in (adjusted, slices, new_output)
    )
    inputs = [data, *(probs or []), *(decisions or []), *([new] if new else []), *(new_probs or [])]
    files = [features, classes, new_features, str(log_of(data))]
    outputs.refuse_overwriting_inputs([*rows, *better, *failing, *theirs], inputs, files)
    found = dual(
        data,
        options.columns(label, id_, text, groups, split, fold, prob_prefix),
        probs=probs or (),
        classes=options.class_names(classes),
        features=features,
        models=model or MODELS,
        settings=options.unit_settings(set_, ctx.obj.units, "strategy", "model"),
        guard=guard,
        folds=folds,
        decisions=decisions,
        new=new,
        new_probs=new_probs or (),
        new_features=new_features,
        encoding=encoding,
        on_bad_rows=on_bad_rows,
    )
    outputs.write(found.table(), rows)
    if better:
        outputs.write(found.adjusted(), better)
    if failing:
        outputs.write(found.slice_table(), failing)
    if theirs:
        outputs.write(found.new_adjusted(), theirs)
    if not quiet:
        for line in found.summary():
            say(line)
    return 0
