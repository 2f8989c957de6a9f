"""A weight for each row: trust in its label × class balance × hardness.

The result has a line for every row, in the order of the data: id, weight, trust, balance, hardness. The weight is the
product of the three, shared evenly by rows of the same content, and scaled to a mean of 1.

trust: 1 − score × certainty. The score is find's probability that the label is wrong, from --probs, --text, --features
or --image, the certainty how far the models know which label is right instead. It is 1 for rows that reviewers keep, 0
for those they would relabel or drop until apply has done so, and what the consensus says where they disagree.

balance: of the class's size, each row counted as far as it is trusted; effective (Cui et al., 2019) raises classes that
are smaller than the average one, inverse makes all classes weigh alike. hardness: of the focal loss (Lin et al., 2017),
if --hardness gives an exponent. Rows whose trust is below 1 − guard are raised by neither.

With --split only rows of the training split weigh anything. `hardneg explain recipes` shows how scikit-learn, PyTorch
and the Hugging Face Trainer take the weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, OutputOptions
from hardneg_cli.cli.rows_in_front import with_rows_in_front
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.preparation.weights.class_balance import Balance

GROUP = "models"
EXAMPLE = "hardneg weigh data.csv --probs probs.parquet -o weights.parquet"


@dataclass(frozen=True)
class WeighingOptions:
    """What a weight is made of, and for which rows."""

    HEADING: ClassVar[str] = "Models"
    balance: Annotated[
        Balance, typer.Option("--balance", help="How a small class's rows are raised."), Trust.CHOICE
    ] = Balance.EFFECTIVE
    hardness: Annotated[
        float,
        typer.Option("--hardness", min=0, max=10, metavar="G", help="The exponent of the focal loss; 0 for none."),
        Trust.CHOICE,
    ] = 0.0
    guard: Annotated[
        float,
        typer.Option("--guard", min=0, max=1, metavar="P", help="Rows whose trust is below 1 − P are not raised."),
        Trust.CHOICE,
    ] = 0.5
    train_split: Annotated[
        str | None,
        typer.Option("--train-split", metavar="NAME", help="The split that trains; default: train."),
        Trust.CHOICE,
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="D.S=V", help="A detector's setting, as in outvoted-label.among=20."),
        Trust.CHOICE,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    models: ModelOptions,
    columns: DataOptions,
    weighing: WeighingOptions,
    decisions: DecisionOptions,
    output: OutputOptions,
) -> int:
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.weigh import weigh

    targets = output.targets("csv")
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    files = [columns.features, columns.classes, decisions.audit, str(log_of(data))]
    outputs.refuse_overwriting_inputs(targets, inputs, files)
    found = weigh(
        data,
        columns.columns,
        balance=weighing.balance,
        hardness=weighing.hardness,
        guard=weighing.guard,
        train_split=weighing.train_split,
        probs=models.probs or (),
        features=columns.features,
        settings=options.unit_settings(weighing.set_, ctx.obj.units),
        decisions=decisions.logs,
        audit=decisions.audit,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    notes = outputs.write_together(*with_rows_in_front(found.table, targets, found.findings.dataset))
    if not output.quiet:
        say_summary((*found.summary(), *(f"note: {note}" for note in notes)))
    return 0
