"""Compare models on the same rows: metrics, tests, what is forgotten.

A model is a file of probabilities as find --probs takes it, or of predictions: a column prediction, or the one that
--prediction-column names. Each model is compared with every one before it. Metrics are judged by the given labels, by
those that decisions correct (DATA's log, or --decisions), and by what a filled audit (--audit) says of all rows; the
verdict says when the winner changes between them.

Intervals are of 95 %, from a paired bootstrap of rows (with --groups, of groups); p of accuracy and of a class's recall
is McNemar's mid-p, and p_adjusted is corrected (Holm) for all models and classes that a metric is tested for. On
standard output there is a table, with --all also of each class; -f and -o in other formats have all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.errors import Refused
from hardneg_cli.runtime.terminal import say

GROUP = "models"
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


def run(
    models: Annotated[
        list[str], typer.Argument(metavar="A [B...]", help="Probabilities or predictions, a file a model.")
    ],
    data: options.Data,
    columns: Annotated[DataOptions, Without("text", "features", "embed")],
    predictions: Annotated[PredictionOptions, Without("probs")],
    decisions: CompareDecisions,
    verdict: VerdictOptions,
    output: OutputOptions,
) -> int:
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.compare import compare, known_metric

    logs, require_no_worse = decisions.logs, verdict.require_no_worse
    for name in (verdict.metric, require_no_worse):
        known_metric(name or verdict.metric)
    targets = output.targets()
    inputs = [data, *models, *(decisions.decisions or [])]
    outputs.refuse_overwriting_inputs(targets, inputs, [columns.classes, decisions.audit, str(log_of(data))])
    compared = compare(
        data,
        models,
        columns.columns,
        prediction_column=predictions.prediction_column,
        decisions=logs,
        audit=decisions.audit,
        seed=verdict.seed,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    worse = compared.worse(require_no_worse) if require_no_worse else []
    outputs.write_together(
        (compared.table, [target for target in targets if target.format != "table"]),
        (
            lambda: compared.table_in_words(every=verdict.all_),
            [target for target in targets if target.format == "table"],
        ),
    )
    if not output.quiet:
        for line in compared.summary(verdict.metric):
            say(line)
    if worse:
        names = ", ".join(line.model for line in worse)
        raise Refused(
            f"worse than {compared.models[0]} in {require_no_worse}, by the {worse[0].labels} labels: {names}"
        )
    return 0
