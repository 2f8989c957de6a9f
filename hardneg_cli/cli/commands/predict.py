"""Cross-validated class probabilities for a dataset that has none.

They are out of fold, for find --probs and whoever needs them.

Models learn from the --text column, from --features columns (numbers; categories where a cell is none), or both, and
each row is judged by models that were trained without it, its copies and its group. The result has the columns id,
fold, row_hash, given_label and prob_<class>. With --frozen OLD, a file that predict wrote before, rows whose content
is still the same keep their probabilities, and the others are judged by models of the unchanged rows alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.next_commands import after_predict
from hardneg_cli.cli.options import DataOptions, OutputOptions, TrainingOptions
from hardneg_cli.cli.rows_in_front import with_rows_in_front
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError

GROUP = "models"
EXAMPLE = "hardneg predict data.csv --text text -o probs.parquet"


@dataclass(frozen=True)
class PoolOptions:
    """What earlier models said, and what these are to judge besides."""

    HEADING: ClassVar[str] = "Models"
    frozen: Annotated[
        str | None,
        typer.Option("--frozen", metavar="OLD", help="Keep the probabilities of rows that are as in OLD."),
        Trust.READ,
    ] = None
    new: Annotated[
        str | None, typer.Option("--new", metavar="POOL", help="An unlabeled pool to judge as well."), Trust.READ
    ] = None
    new_features: Annotated[
        str | None,
        typer.Option("--new-features", metavar="FILE", help="The pool's features, if they are in a file."),
        Trust.READ,
    ] = None
    new_output: Annotated[
        list[str] | None,
        typer.Option("--new-output", metavar="FILE", help="Where the pool's probabilities go."),
        Trust.WRITTEN,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    columns: DataOptions,
    training: TrainingOptions,
    pool: PoolOptions,
    output: OutputOptions,
) -> int:
    from hardneg_cli.verbs.predict import predict

    if (pool.new is None) != (not pool.new_output):
        raise InputError("--new and --new-output go together: the pool, and where its probabilities go")
    targets = output.targets("csv")
    pool_targets = outputs.targets(pool.new_output, None) if pool.new_output else []
    files = [columns.features, pool.frozen, pool.new_features]
    outputs.refuse_overwriting_inputs([*targets, *pool_targets], [data, *([pool.new] if pool.new else [])], files)
    predicted = predict(
        data,
        columns.columns,
        features=columns.features,
        models=training.model or (),
        settings=options.unit_settings(training.set_, ctx.obj.units, "model"),
        folds=training.folds,
        frozen=pool.frozen,
        new=pool.new,
        new_features=pool.new_features,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    rows = with_rows_in_front(predicted.table, targets, predicted.dataset, predicted.most_probable)
    outputs.write_together(*rows, (predicted.pool_table, pool_targets))
    if not output.quiet:
        say_summary((*predicted.summary(), *after_predict(ctx, data, targets)))
    return 0
