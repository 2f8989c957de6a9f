"""Hard negatives for fine-tuning, kept apart from mislabels.

What a model gets wrong is of two kinds. Suspects, whose label is probably wrong, are for review (--suspects, a queue as
find writes it). Hard negatives, whose label is probably right though another class is close, are for training: -o
writes them with a weight, a tier and the class they are close to, --triplets writes texts for sentence-transformers. No
row is in both: rows whose score, find's probability that the label is wrong, is above the guard are not mined.

--mode boundary: the model agrees with the label by a small margin. --mode confusion: class by class, the rows of other
classes that it takes for that class. --mode retrieval: in feature or text space, the nearest rows of another class;
this one needs no probabilities. `hardneg explain MODE` is each one's manual.

--prove weights trains models on all folds but one (with --text or --features) and writes the weights under which the
held-out rows are proven to come out better, else weights of 1. --prove subset --limit N writes the N rows to train on
alone, where fewer have to do: hard ones in the mixture that is proven to beat as many at random, else these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, OutputOptions, ReviewOptions
from hardneg_cli.cli.rows_in_front import with_rows_in_front
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError
from hardneg_cli.io.tables.queue_view import FIRST_ROWS, with_first_rows

GROUP = "models"
EXAMPLE = "hardneg mine data.csv --probs probs.parquet -o hard.csv"

READ = ("id", "tier", "weight", "anchor_class", "given_label", "score", "why")  # what a person reads of it
SEEN = ("id", "given_label", "anchor_class", "tier", "weight", "score", "why")  # and of that on a terminal


@dataclass(frozen=True)
class MiningOptions:
    """What is mined, and from which rows."""

    HEADING: ClassVar[str] = "Models"
    mode: Annotated[
        str, typer.Option("--mode", metavar="NAME", help="boundary, confusion or retrieval."), Trust.CHOICE
    ] = "boundary"
    train_split: Annotated[
        str | None,
        typer.Option("--train-split", metavar="NAME", help="The split to mine; default: train."),
        Trust.CHOICE,
    ] = None
    prove: Annotated[
        str | None,
        typer.Option(
            "--prove",
            metavar="WHAT",
            help="weights, or subset (the --limit rows to train on alone): what held-out rows prove, else none.",
        ),
        Trust.CHOICE,
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="U.S=V", help="A mode's or detector's setting, as in retrieval.negatives=5."),
        Trust.CHOICE,
    ] = None
    guard: Annotated[
        float | None,
        typer.Option(
            "--guard", metavar="P", help="Rows with a score above P do not train; default: 1/8 of the mean, or more."
        ),
        Trust.CHOICE,
    ] = None


@dataclass(frozen=True)
class MineReview(ReviewOptions):
    """How many rows, and what of them."""

    HEADING: ClassVar[str] = "Output"
    per_class: Annotated[
        int | None,
        typer.Option("--per-class", min=0, metavar="N", help="At most N rows of each anchor class."),
        Trust.LOOK,
    ] = None
    show: Annotated[
        str | None,
        typer.Option("--show", metavar="COLS", help="Columns to write beside the others ('*': all)."),
        Trust.LOOK,
    ] = None


@dataclass(frozen=True)
class MineOutput(OutputOptions):
    """Where the hard negatives, the suspects and the triplets go."""

    suspects: Annotated[
        list[str] | None,
        typer.Option("--suspects", metavar="FILE", help="Write the rows that find flags, as a queue; repeatable."),
        Trust.WRITTEN,
    ] = None
    triplets: Annotated[
        list[str] | None,
        typer.Option("--triplets", metavar="FILE", help="Write texts: anchor, positive, negative; repeatable."),
        Trust.WRITTEN,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    models: ModelOptions,
    columns: DataOptions,
    mining: MiningOptions,
    decisions: Annotated[DecisionOptions, Without("no_decisions", "audit")],
    review: Annotated[MineReview, Without("all_")],
    output: MineOutput,
) -> int:
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.mine import mine

    if output.triplets and columns.text is None:
        raise InputError("--triplets are made of texts: name their column with --text")
    named = (output.suspects, output.triplets)
    rows = output.targets() if output.output or output.format_ or not any(named) else []
    asked, texts = (outputs.targets(files, None) if files else [] for files in named)
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    files = [columns.features, columns.classes, str(log_of(data))]
    outputs.refuse_overwriting_inputs([*rows, *asked, *texts], inputs, files)
    mined = mine(
        data,
        columns.columns,
        mode=mining.mode,
        probs=models.probs or (),
        features=columns.features,
        settings=options.unit_settings(mining.set_, ctx.obj.units, "mode", "detector"),
        guard=mining.guard,
        train_split=mining.train_split,
        limit=review.limit,
        per_class=review.per_class,
        anchors=bool(texts),
        prove=mining.prove,
        decisions=decisions.decisions,
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
    )
    shown = mined.findings.display_columns(review.show)
    made = mined.triplets() if texts else None
    found = mined.table(shown)
    outputs.write_together(
        (lambda: found, [target for target in rows if target.format != "table"]),
        *with_rows_in_front(
            lambda: found.select(READ),
            [target for target in rows if target.format == "table"],
            mined.findings.dataset,
            lambda: with_first_rows(found.select(SEEN), review.limit or FIRST_ROWS),
        ),
        (lambda: mined.suspects(shown), asked),
        (lambda: made, texts),
    )
    if not output.quiet:
        triplets = () if made is None else (f"triplets: {len(made):,}",)
        say_summary((*mined.summary(), *triplets))
    return 0
