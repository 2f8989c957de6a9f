"""Compare models on the same rows: metrics, tests, what is forgotten.

A model is a file of probabilities as find --probs takes it, or of predictions: a column prediction, or the one that
--prediction-column names. Each model is compared with every one before it. Metrics are judged by the given labels, by
those that decisions correct (DATA's log, or --decisions), and by what a filled audit (--audit) says of all rows; the
verdict says when the winner changes between them.

Intervals are of 95 %, from a paired bootstrap of rows (with --groups, of groups); p of accuracy and of a class's recall
is McNemar's mid-p, and p_adjusted is corrected (Holm) for all models and classes that a metric is tested for. On
standard output there is a table, with --all also of each class; -f and -o in other formats have all of it.

Files that differ in a number after such a word as epoch, step or checkpoint are checkpoints of one training, in the
order of the numbers (--checkpoints and --no-checkpoints say so or deny it; a pre-trained model may stand first). Then
learning curves are shown by --split, with the checkpoint from which on the held-out loss rises, and what the last
checkpoint forgot since the first and since the best one: rows, and classes with intervals. --curves and --forgetting
write this, and --cartography a line a row: confidence, variability, correctness, forgetting events and region (easy,
ambiguous, hard-to-learn), which find --probs takes as evidence.

--report writes the whole comparison with its pictures: who is better, by how much and how surely, metrics, differences,
what was fixed, broken and forgotten, and of checkpoints the learning curves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError, Refused

GROUP = "models"
HISTORY = ("curves", "forgetting", "cartography")
EXAMPLE = "hardneg compare probs.parquet old.parquet data.csv"


@dataclass(frozen=True)
class PredictionOptions(ModelOptions):
    """What the models' files hold."""

    prediction_column: Annotated[
        str | None,
        typer.Option("--prediction-column", metavar="COL", help="The column with a model's predictions."),
        Trust.CHOICE,
    ] = None


@dataclass(frozen=True)
class CompareDecisions(DecisionOptions):
    """What the labels are corrected by."""

    audit: Annotated[
        str | None,
        typer.Option("--audit", metavar="FILE", help="A filled audit of DATA, to judge by the truth."),
        Trust.READ,
    ] = None


@dataclass(frozen=True)
class VerdictOptions:
    """What the verdict is about."""

    metric: Annotated[
        str, typer.Option("--metric", metavar="NAME", help="What the verdict is about."), Trust.CHOICE
    ] = "accuracy"
    require_no_worse: Annotated[
        str | None,
        typer.Option(
            "--require-no-worse", metavar="METRIC", help="Exit 1 if a model is significantly worse than A in this."
        ),
        Trust.CHOICE,
    ] = None
    all_: Annotated[
        bool, typer.Option("--all", help="Show the metrics of each class in the table, too."), Trust.LOOK
    ] = False
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the resampling."), Trust.CHOICE] = 0


@dataclass(frozen=True)
class CheckpointOptions:
    """Whether the models are checkpoints of one training."""

    HEADING: ClassVar[str] = "Models"
    checkpoints: Annotated[
        bool | None,
        typer.Option(
            "--checkpoints/--no-checkpoints",
            help="The files are (no) checkpoints of one training, in order; default: names tell.",
        ),
        Trust.CHOICE,
    ] = None


@dataclass(frozen=True)
class CompareOutput(OutputOptions):
    """Where metrics go, and what is to be known of checkpoints."""

    curves: Annotated[
        list[str] | None,
        typer.Option("--curves", metavar="FILE", help="Write the checkpoints' learning curves by split."),
        Trust.WRITTEN,
    ] = None
    forgetting: Annotated[
        list[str] | None,
        typer.Option("--forgetting", metavar="FILE", help="Write what became of each class."),
        Trust.WRITTEN,
    ] = None
    cartography: Annotated[
        list[str] | None,
        typer.Option("--cartography", metavar="FILE", help="Write how each row was learned."),
        Trust.WRITTEN,
    ] = None
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FILE", help="Write all of it in pictures (.html, .json, .md); repeatable."),
        Trust.WRITTEN,
    ] = None


def run(
    models: Annotated[
        list[str], typer.Argument(metavar="A [B...]", help="Probabilities or predictions, a file a model.")
    ],
    data: options.Data,
    columns: Annotated[DataOptions, Without("text", "features", "embed")],
    predictions: Annotated[PredictionOptions, Without("probs")],
    decisions: CompareDecisions,
    verdict: VerdictOptions,
    training: CheckpointOptions,
    output: CompareOutput,
) -> int:
    from hardneg_cli.modeling.evaluation.report import ComparisonReport
    from hardneg_cli.rendering.report_file import report_writer
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.compare import compare, known_metric

    logs, require_no_worse = decisions.logs, verdict.require_no_worse
    for name in (verdict.metric, require_no_worse):
        known_metric(name or verdict.metric)
    named = (output.curves, output.forgetting, output.cartography)
    reports = {path: report_writer(path) for path in output.report or ()}
    targets = output.targets() if output.output or output.format_ or not any((*named, reports)) else []
    histories = [outputs.targets(files, None) if files else [] for files in named]
    inputs = [data, *models, *(decisions.decisions or [])]
    everything = [*targets, *(target for history in histories for target in history)]
    everything += [OutputTarget("json", path) for path in reports]
    outputs.refuse_overwriting_inputs(everything, inputs, [columns.classes, decisions.audit, str(log_of(data))])
    compared = compare(
        data,
        models,
        columns.columns,
        prediction_column=predictions.prediction_column,
        checkpoints=training.checkpoints,
        decisions=logs,
        audit=decisions.audit,
        seed=verdict.seed,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    if any(named) and compared.history is None:
        raise InputError("--curves, --forgetting and --cartography are about checkpoints; say --checkpoints")
    history = compared.tables()
    worse = compared.worse(require_no_worse) if require_no_worse else []
    report = ComparisonReport(compared, verdict.metric)
    outputs.write_together(
        (compared.table, [target for target in targets if target.format != "table"]),
        (
            lambda: compared.table_in_words(every=verdict.all_),
            [target for target in targets if target.format == "table"],
        ),
        *((partial(history.__getitem__, name), files) for name, files in zip(HISTORY, histories, strict=True)),
        beside={path: partial(write, report) for path, write in reports.items()},
    )
    if not output.quiet:
        say_summary(compared.summary(verdict.metric))
    if worse:
        names = ", ".join(line.model for line in worse)
        raise Refused(
            f"worse than {compared.models[0]} in {require_no_worse}, by the {worse[0].labels} labels: {names}"
        )
    return 0
