"""Cross-validated out-of-fold probabilities for a dataset that has none, for find --probs and whoever needs them.

Models learn from the --text column, from --features columns (numbers; categories where a cell is none), or both, and
each row is judged by models that were trained without it, its copies and its group. The result has the columns id,
fold, row_hash, given_label and prob_<class>. With --frozen OLD, a file that predict wrote before, rows whose content
is still the same keep their probabilities, and the others are judged by models of the unchanged rows alone.
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
    groups: options.Groups = None,
    split: options.Split = None,
    fold: options.Fold = None,
    prob_prefix: options.ProbPrefix = "prob_",
    model: options.Models = None,
    set_: options.Set = None,
    folds: options.Folds = 5,
    frozen: Annotated[
        str | None, typer.Option("--frozen", metavar="OLD", help="Keep the probabilities of rows that are as in OLD.")
    ] = None,
    new: Annotated[
        str | None, typer.Option("--new", metavar="POOL", help="An unlabeled pool to judge as well.")
    ] = None,
    new_features: Annotated[
        str | None, typer.Option("--new-features", metavar="FILE", help="The pool's features, if they are in a file.")
    ] = None,
    new_output: Annotated[
        list[str] | None, typer.Option("--new-output", metavar="FILE", help="Where the pool's probabilities go.")
    ] = None,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.verbs.predict import predict

    if (new is None) != (not new_output):
        raise InputError("--new and --new-output go together: the pool, and where its probabilities go")
    targets = outputs.targets(output, format_ or (None if output else "csv"))
    pool_targets = outputs.targets(new_output, None) if new_output else []
    inputs = [data, *([new] if new else [])]
    outputs.refuse_overwriting_inputs([*targets, *pool_targets], inputs, [features, frozen, new_features])
    predicted = predict(
        data,
        options.columns(label, id_, text, groups, split, fold, prob_prefix),
        features=features,
        models=model or ("logistic",),
        settings=options.unit_settings(set_, ctx.obj.units, "model"),
        folds=folds,
        old=frozen,
        new=new,
        new_features=new_features,
        encoding=encoding,
        on_bad_rows=on_bad_rows,
    )
    outputs.write(predicted.table(), targets)
    if pool_targets:
        outputs.write(predicted.pool_table(), pool_targets)
    if not quiet:
        for line in predicted.summary():
            say(line)
    return 0
