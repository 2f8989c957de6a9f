"""Pseudo-label an unlabeled pool as far as held-out labels prove it right, and queue the unsure rows for people.

Each round predicts, accepts the rows whose labels the held-out rows of DATA prove wrong in at most --max-error of the
cases, and learns from them; no row vouches for itself. -o FILE gets the labeled rows and the accepted ones, with the
columns source (given, people, pseudo), round, p and weight. Where nothing can be proved, nothing is accepted: with few
labels, that is so unless --max-error is large enough (5 % takes 45 labeled rows, 2 % 114).

--queue FILE gets --budget rows for people, in the form that review and collect take: labels that a sure model
contradicts, then rows of the pool that it is least sure of, whose given_label is the model's proposal (`keep` confirms
it). The next run trusts the answers in the logs beside DATA and POOL, or in --decisions.

--ledger FILE keeps round, model, thresholds and probability of every pseudo-label; the next run goes on where it ends,
so rounds may be run one by one. --undo-round N gives the dataset as it was before round N, and the ledger says so.
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
    unlabeled: Annotated[str, typer.Option("--unlabeled", metavar="POOL", help="Rows like DATA's, without labels.")],
    label: options.Label = "label",
    id_: options.Id = None,
    text: options.Text = None,
    features: options.Features = None,
    unlabeled_features: Annotated[
        str | None,
        typer.Option("--unlabeled-features", metavar="FILE", help="The pool's features, if they are in a file."),
    ] = None,
    groups: options.Groups = None,
    split: options.Split = None,
    prob_prefix: options.ProbPrefix = "prob_",
    model: options.Models = None,
    set_: options.Set = None,
    max_error: Annotated[
        str, typer.Option("--max-error", metavar="P|P%", help="How many of the pseudo-labels may be wrong.")
    ] = "5%",
    confidence: Annotated[
        str, typer.Option("--confidence", metavar="P|P%", help="How sure it is that no more are.")
    ] = "90%",
    rounds: Annotated[int, typer.Option("--rounds", min=1, metavar="N", help="At most so many rounds.")] = 3,
    folds: options.Folds = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Of whatever is random in the models.")] = 0,
    queue: Annotated[
        list[str] | None, typer.Option("--queue", metavar="FILE", help="Write the rows for people; repeatable.")
    ] = None,
    budget: Annotated[int, typer.Option("--budget", min=0, metavar="N", help="How many rows people get.")] = 50,
    show: Annotated[
        str | None, typer.Option("--show", metavar="COLS", help="Columns to show in the queue ('*': all).")
    ] = None,
    decisions: Annotated[
        list[str] | None,
        typer.Option(
            "--decisions", metavar="FILE", help="Decisions logs or filled queues, instead of those beside; repeatable."
        ),
    ] = None,
    ledger: Annotated[
        str | None, typer.Option("--ledger", metavar="FILE", help="Go on where it ends, and add to it.")
    ] = None,
    undo_round: Annotated[
        int | None, typer.Option("--undo-round", metavar="N", help="Take back round N of the ledger and all after it.")
    ] = None,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.modeling.self_training import ledger as book
    from hardneg_cli.verbs import refine as verb

    targets = outputs.targets(output, format_ or (None if output or queue else "csv"), usual="csv") if (
        output or format_ or not queue
    ) else []  # fmt: skip
    asked = outputs.targets(queue, None) if queue else []
    inputs = [data, unlabeled, *(decisions or [])]
    ledgers = [outputs.OutputTarget("ndjson", ledger)] if ledger else []
    outputs.refuse_overwriting_inputs([*targets, *asked, *ledgers], inputs, [features, unlabeled_features])
    columns = options.columns(label, id_, text, groups, split, None, prob_prefix)
    before = book.read(ledger)
    if undo_round is not None:
        if ledger is None or asked:
            raise InputError("--undo-round goes by the --ledger alone, and asks nobody: leave --queue out")
        table = verb.undo(
            data, unlabeled, columns, before, undo_round,
            decisions=decisions, encoding=encoding, on_bad_rows=on_bad_rows,
        )  # fmt: skip
        outputs.write(table, targets)
        book.add(ledger, [book.undone(undo_round)], after=before)
        return 0
    refined = verb.refine(
        data, unlabeled, columns,
        features=features, unlabeled_features=unlabeled_features, models=model or ("logistic",),
        settings=options.unit_settings(set_, ctx.obj.units, "model", "strategy"),
        max_error=_share("--max-error", max_error), confidence=_share("--confidence", confidence), rounds=rounds,
        folds=folds, seed=seed, decisions=decisions, before=before, encoding=encoding, on_bad_rows=on_bad_rows,
    )  # fmt: skip
    outputs.write(refined.table(), targets)
    if asked:
        outputs.write(refined.queue(budget, refined.display_columns(show, features)), asked)
    if ledger:
        book.add(ledger, [line for entry in refined.entries[refined.done :] for line in entry.lines()], after=before)
    for line in [] if quiet else refined.summary():
        say(line)
    return 0


def _share(option: str, given: str) -> float:
    """`2%` or `0.02`."""
    number = given.strip().removesuffix("%")
    try:
        return float(number) / (100 if given.strip().endswith("%") else 1)
    except ValueError:
        raise InputError(f"{option} is a share, as in 0.02 or 2%, not {given!r}") from None
