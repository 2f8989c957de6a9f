"""Pseudo-label an unlabeled pool as far as held-out rows prove it.

The rows that the model is unsure of are queued for people. Each round predicts, accepts the rows whose labels the
held-out rows of DATA prove wrong in at most --max-error of the cases, and learns from them; no row vouches for itself.
-o FILE gets the labeled rows and the accepted ones, with the columns source (given, people, pseudo), round, p and
weight. Where nothing can be proved, nothing is accepted: with few labels, that is so unless --max-error is large enough
(5 % takes 45 labeled rows at least, 2 % 114). The last line says about how many more would do. The labeled rows must
have been drawn as POOL was.

--queue FILE gets --budget rows for people, in the form that review and collect take: labels that a sure model
contradicts, then rows of the pool that it is least sure of, whose given_label is the model's proposal (`keep` confirms
it). The next run trusts the answers in the logs beside DATA and POOL, or in --decisions.

--ledger FILE keeps round, model, thresholds and probability of every pseudo-label; the next run goes on where it ends,
so rounds may be run one by one. --undo-round N gives the dataset as it was before round N, and the ledger says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, BinaryIO, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.next_commands import after_refine
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, DecisionOptions, OutputOptions, TrainingOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.summaries import say_summary
from hardneg_cli.errors import InputError, quote

if TYPE_CHECKING:
    from hardneg_cli.modeling.self_training.ledger import LedgerRound, Line

GROUP = "models"
EXAMPLE = "hardneg refine data.csv --unlabeled pool.csv --text text -o more.csv"


@dataclass(frozen=True)
class RefineData(DataOptions):
    """The columns of DATA and POOL."""

    unlabeled_features: Annotated[
        str | None,
        typer.Option("--unlabeled-features", metavar="FILE", help="The pool's features, if they are in a file."),
        Trust.READ,
    ] = None


@dataclass(frozen=True)
class RefineTraining(TrainingOptions):
    """What is learned, and how sure it has to be."""

    max_error: Annotated[
        str,
        typer.Option("--max-error", metavar="P|P%", help="How many of the pseudo-labels may be wrong."),
        Trust.CHOICE,
    ] = "5%"
    confidence: Annotated[
        str, typer.Option("--confidence", metavar="P|P%", help="How sure it is that no more are."), Trust.CHOICE
    ] = "90%"
    rounds: Annotated[
        int, typer.Option("--rounds", min=1, metavar="N", help="At most so many rounds."), Trust.CHOICE
    ] = 3
    seed: Annotated[
        int, typer.Option("--seed", min=0, metavar="N", help="Of whatever is random in the models."), Trust.CHOICE
    ] = 0


@dataclass(frozen=True)
class RefineDecisions(DecisionOptions):
    """What people have decided about DATA and POOL."""

    decisions: Annotated[
        list[str] | None,
        typer.Option(
            "--decisions", metavar="FILE", help="Decisions logs or filled queues, instead of those beside; repeatable."
        ),
        Trust.CALLER,
    ] = None


@dataclass(frozen=True)
class RefineReview:
    """What people are asked."""

    HEADING: ClassVar[str] = "Review"
    queue: Annotated[
        list[str] | None,
        typer.Option("--queue", metavar="FILE", help="Write the rows for people; repeatable."),
        Trust.WRITTEN,
    ] = None
    budget: Annotated[
        int, typer.Option("--budget", min=0, metavar="N", help="How many rows people get."), Trust.CHOICE
    ] = 50
    show: Annotated[
        str | None, typer.Option("--show", metavar="COLS", help="Columns to show in the queue ('*': all)."), Trust.LOOK
    ] = None


@dataclass(frozen=True)
class RefineOutput(OutputOptions):
    """Where the labeled rows and the book of the rounds go."""

    ledger: Annotated[
        str | None, typer.Option("--ledger", metavar="FILE", help="Go on where it ends, and add to it."), Trust.WRITTEN
    ] = None
    undo_round: Annotated[
        int | None,
        typer.Option("--undo-round", metavar="N", help="Take back round N of the ledger and all after it."),
        Trust.CALLER,
    ] = None


def run(
    ctx: typer.Context,
    data: options.Data,
    unlabeled: Annotated[
        str, typer.Option("--unlabeled", metavar="POOL", help="Rows like DATA's, without labels."), Trust.READ
    ],
    columns: Annotated[RefineData, Without("fold")],
    training: RefineTraining,
    decisions: Annotated[RefineDecisions, Without("no_decisions", "audit")],
    review: RefineReview,
    output: RefineOutput,
) -> int:
    from hardneg_cli.modeling.self_training import ledger as book
    from hardneg_cli.verbs import refine as verb

    targets = output.targets("csv") if output.output or output.format_ or not review.queue else []
    asked = outputs.targets(review.queue, None) if review.queue else []
    ledger, undo_round = output.ledger, output.undo_round
    ledgers = [outputs.OutputTarget("ndjson", ledger)] if ledger else []
    files = [columns.features, columns.unlabeled_features]
    inputs = [data, unlabeled, *(decisions.decisions or [])]
    outputs.refuse_overwriting_inputs([*targets, *asked, *ledgers], inputs, files)
    before = book.read(ledger)
    if undo_round is not None:
        if ledger is None or asked:
            raise InputError("--undo-round goes by the --ledger alone, and asks nobody: leave --queue out")
        table = verb.undo(
            data, unlabeled, columns.columns, before, undo_round,
            decisions=decisions.decisions, encoding=columns.encoding, on_bad_rows=columns.on_bad_rows,
        )  # fmt: skip
        with _with_ledger(ledger, before, [book.undone(undo_round)]) as beside:
            outputs.write_together((lambda: table, targets), beside=beside)
        return 0
    refined = verb.refine(
        data, unlabeled, columns.columns,
        features=columns.features, unlabeled_features=columns.unlabeled_features,
        models=training.model or (),
        settings=options.unit_settings(training.set_, ctx.obj.units, "model", "strategy"),
        max_error=_share("--max-error", training.max_error), confidence=_share("--confidence", training.confidence),
        rounds=training.rounds, folds=training.folds, seed=training.seed,
        decisions=decisions.decisions, before=before, encoding=columns.encoding, on_bad_rows=columns.on_bad_rows,
    )  # fmt: skip
    shown = refined.display_columns(review.show, columns.features) if asked else ()
    lines = [line for entry in refined.entries[refined.done :] for line in entry.lines()]
    with _with_ledger(ledger, before, lines) as beside:
        outputs.write_together(
            (refined.table, targets), (lambda: refined.queue(review.budget, shown), asked), beside=beside
        )
    if not output.quiet:
        say_summary((*refined.summary(), *after_refine(data, asked)))
    return 0


@contextmanager
def _with_ledger(
    ledger: str | None, before: Sequence[LedgerRound], lines: Sequence[Line]
) -> Iterator[Mapping[str, Callable[[BinaryIO], object]]]:
    """What writes the ledger with its new lines, in a time in which nobody else does."""
    from hardneg_cli.modeling.self_training import ledger as book

    if ledger is None:
        yield {}
        return
    with book.growing(ledger, after=before) as there:
        yield {ledger: partial(book.write_to, there, lines)}


def _share(option: str, given: str) -> float:
    """`2%` or `0.02`."""
    number = given.strip().removesuffix("%")
    try:
        return float(number) / (100 if given.strip().endswith("%") else 1)
    except ValueError:
        raise InputError(f"{option} is a share, as in 0.02 or 2%, not {quote(given)}") from None
