"""A second model that learns where the first errs, and corrects it.

The first model is whatever made the --probs; several are averaged. The second one learns from --text, --features and
the probabilities themselves, out of fold, where the first one's class is wrong. What reviewers decided counts as truth;
other labels are trusted as far as find trusts them, so that mislabeled rows do not teach that the first model errs.

The result has a line for each row with p_wrong, the probability that the first model's class is wrong, the class after
correction, and the worst slice that the row is in. --slices are conditions in words under which the first model fails,
found on one part of the rows and counted on the other. --adjusted are corrected probabilities for find --probs; they
are the first model's own unless held-out rows prove that others are better. --report has the log-loss before and after
and the error rate on held-out rows, where every label counts in full, and may be wrong as often as the labels tell.
`hardneg explain second-model` and `explain slices` are the manuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.next_commands import after_dual
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, OutputOptions, TrainingOptions
from hardneg_cli.cli.rows_in_front import with_rows_in_front
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError

GROUP = "models"
EXAMPLE = "hardneg dual data.csv --probs probs.parquet --text text -o errors.csv"


@dataclass(frozen=True)
class ErrorModelOptions(TrainingOptions):
    """What the second model is made of, and learns from."""

    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME", help="What the second model is made of; default: logistic and knn."),
        Trust.CHOICE,
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="U.S=V", help="A setting, as in slices.smallest=50."),
        Trust.CHOICE,
    ] = None
    guard: Annotated[
        float,
        typer.Option("--guard", min=0, max=1, metavar="P", help="Rows with a score above P do not train."),
        Trust.CHOICE,
    ] = 0.5


@dataclass(frozen=True)
class NewRowsOptions:
    """Rows without labels to correct as well."""

    HEADING: ClassVar[str] = "Models"
    new: Annotated[
        str | None, typer.Option("--new", metavar="POOL", help="Unlabeled rows to correct as well."), Trust.READ
    ] = None
    new_probs: Annotated[
        list[str] | None,
        typer.Option("--new-probs", metavar="FILE", help="What the first model says of them."),
        Trust.READ,
    ] = None
    new_features: Annotated[
        str | None,
        typer.Option("--new-features", metavar="FILE", help="Their features, if they are in a file."),
        Trust.READ,
    ] = None
    new_output: Annotated[
        list[str] | None,
        typer.Option("--new-output", metavar="FILE", help="Where their probabilities go."),
        Trust.WRITTEN,
    ] = None


@dataclass(frozen=True)
class DualOutput(OutputOptions):
    """Where the rows, the corrected probabilities and the slices go."""

    adjusted: Annotated[
        list[str] | None,
        typer.Option("--adjusted", metavar="FILE", help="Write the corrected probabilities."),
        Trust.WRITTEN,
    ] = None
    slices: Annotated[
        list[str] | None,
        typer.Option("--slices", metavar="FILE", help="Write the slices where the first model fails."),
        Trust.WRITTEN,
    ] = None
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report", metavar="FILE", help="Write what was measured on held-out rows (.html, .json, .md); repeatable."
        ),
        Trust.WRITTEN,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    models: ModelOptions,
    columns: DataOptions,
    training: ErrorModelOptions,
    decisions: Annotated[DecisionOptions, Without("no_decisions", "audit")],
    pool: NewRowsOptions,
    output: DualOutput,
) -> int:
    from hardneg_cli.modeling.error_model.report import ErrorModelReport
    from hardneg_cli.rendering.report_file import report_writer
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.dual import MODELS, dual

    if not (pool.new is None) == (not pool.new_probs) == (not pool.new_output):
        raise InputError("--new, --new-probs and --new-output go together: the rows, the first model, and where to")
    named = (output.adjusted, output.slices, pool.new_output)
    reports = {path: report_writer(path) for path in output.report or ()}
    rows = output.targets() if output.output or output.format_ or not any((*named, reports)) else []
    better, failing, theirs = (outputs.targets(files, None) if files else [] for files in named)
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    inputs += [*([pool.new] if pool.new else []), *(pool.new_probs or [])]
    files = [columns.features, columns.classes, pool.new_features, str(log_of(data))]
    told = [outputs.OutputTarget("json", path) for path in reports]
    outputs.refuse_overwriting_inputs([*rows, *better, *failing, *theirs, *told], inputs, files)
    found = dual(
        data,
        columns.columns,
        probs=models.probs or (),
        features=columns.features,
        models=training.model or MODELS,
        settings=options.unit_settings(training.set_, ctx.obj.units, "strategy", "model"),
        guard=training.guard,
        folds=training.folds,
        decisions=decisions.decisions,
        new=pool.new,
        new_probs=pool.new_probs or (),
        new_features=pool.new_features,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    report = ErrorModelReport(found)
    outputs.write_together(
        *with_rows_in_front(found.table, rows, found.dataset),
        (found.adjusted, better), (found.slice_table, failing), (found.new_adjusted, theirs),
        beside={path: partial(write, report) for path, write in reports.items()},
    )  # fmt: skip
    if not output.quiet:
        say_summary((*found.summary(), *after_dual(ctx, data, better)))
    return 0
