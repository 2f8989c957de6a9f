"""Compare models on the same labeled rows: metrics, paired differences with intervals and tests, and what is forgotten.

A model is a file of probabilities as find --probs takes it, or of predictions: a column prediction, or the one that
--prediction-column names. Each model is compared with every one before it. Metrics are judged by the given labels, by
those that decisions correct (DATA's log, or --decisions), and by what a filled audit (--audit) says of all rows; the
verdict says when the winner changes between them.

Intervals are of 95 %, from a paired bootstrap of rows (with --groups, of groups); p of accuracy and of a class's recall
is McNemar's mid-p, and p_adjusted is corrected (Holm) for all models and classes that a metric is tested for. On
standard output there is a table, with --all also of each class; -f and -o in other formats have all of it.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import OnBadRows
from hardneg_cli.errors import Refused
from hardneg_cli.runtime.terminal import say


def run(
    models: Annotated[
        list[str], typer.Argument(metavar="A [B...]", help="Probabilities or predictions, a file a model.")
    ],
    data: options.Data,
    label: options.Label = "label",
    id_: options.Id = None,
    groups: options.Groups = None,
    split: options.Split = None,
    fold: options.Fold = None,
    classes: options.Classes = None,
    prob_prefix: options.ProbPrefix = "prob_",
    prediction_column: Annotated[
        str | None, typer.Option("--prediction-column", metavar="COL", help="The column with a model's predictions.")
    ] = None,
    decisions: options.Decisions = None,
    no_decisions: options.NoDecisions = False,
    audit: Annotated[
        str | None, typer.Option("--audit", metavar="FILE", help="A filled audit of DATA, to judge by the truth.")
    ] = None,
    metric: Annotated[str, typer.Option("--metric", metavar="NAME", help="What the verdict is about.")] = "accuracy",
    require_no_worse: Annotated[
        str | None,
        typer.Option(
            "--require-no-worse", metavar="METRIC", help="Exit 1 if a model is significantly worse than A in this."
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show the metrics of each class in the table, too.")] = False,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of the resampling.")] = 0,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.cli.summaries.compare import model_table, verdict
    from hardneg_cli.review.decisions.decision import log_of
    from hardneg_cli.verbs.compare import compare, known_metric

    logs = options.decision_logs(decisions, unread=no_decisions)
    for name in (metric, require_no_worse):
        known_metric(name or metric)
    targets = outputs.targets(output, format_)
    inputs = [data, *models, *(decisions or [])]
    outputs.refuse_overwriting_inputs(targets, inputs, [classes, audit, str(log_of(data))])
    compared = compare(
        data,
        models,
        options.columns(label, id_, None, groups, split, fold, prob_prefix),
        classes=options.class_names(classes),
        predictions=prediction_column,
        decisions=logs,
        audit=audit,
        seed=seed,
        encoding=encoding,
        on_bad_rows=on_bad_rows,
    )
    worse = compared.worse(require_no_worse) if require_no_worse else []
    outputs.write(compared.table(), [target for target in targets if target.format != "table"])
    outputs.write(model_table(compared, every=all_), [target for target in targets if target.format == "table"])
    if not quiet:
        for line in verdict(compared, metric):
            say(line)
    if worse:
        names = ", ".join(line.model for line in worse)
        raise Refused(
            f"worse than {compared.models[0]} in {require_no_worse}, by the {worse[0].labels} labels: {names}"
        )
    return 0
