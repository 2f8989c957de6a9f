"""Rank suspect rows by every detector that the input allows, and write the review queue.

The result goes to standard output or to -o files, the summary to standard error.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli import options, writing
from hardneg_cli.console import say
from hardneg_cli.errors import InputError
from hardneg_cli.options import OnBadRows
from hardneg_cli.summary import lines


def run(
    ctx: typer.Context,
    data: options.Data,
    label: options.Label = "label",
    id_: options.Id = None,
    text: options.Text = None,
    features: options.Features = None,
    probs: options.Probs = None,
    classes: options.Classes = None,
    prob_prefix: options.ProbPrefix = "prob_",
    groups: options.Groups = None,
    split: options.Split = None,
    fold: options.Fold = None,
    detector: Annotated[
        list[str] | None, typer.Option("--detector", metavar="NAME", help="Run this one only; repeatable.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="D.S=V", help="A detector's setting, as in outvoted-label.among=20."),
    ] = None,
    decisions: Annotated[
        list[str] | None,
        typer.Option(
            "--decisions", metavar="FILE", help="A decisions log or a filled queue, instead of DATA's log; repeatable."
        ),
    ] = None,
    audit: Annotated[
        str | None,
        typer.Option("--audit", metavar="FILE", help="A filled audit to recalibrate scores, cut and count on."),
    ] = None,
    no_decisions: Annotated[bool, typer.Option("--no-decisions", help="Leave DATA's decisions log unread.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="Write every row, not only the flagged ones.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=0, metavar="N", help="At most N rows.")] = None,
    per_class: Annotated[
        int | None, typer.Option("--per-class", min=0, metavar="N", help="At most N rows of each given label.")
    ] = None,
    show: Annotated[
        str | None, typer.Option("--show", metavar="COLS", help="Columns to show beside the findings ('*': all).")
    ] = None,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.deciding.decisions import log_of
    from hardneg_cli.find import find

    targets = writing.targets(output, format_)
    if decisions and no_decisions:
        raise InputError("--decisions and --no-decisions exclude each other")
    inputs = [data, *(probs or []), *(decisions or [])]
    writing.refuse_overwriting_inputs(targets, inputs, [features, classes, audit, str(log_of(data))])
    findings = find(
        data,
        options.columns(label, id_, text, groups, split, fold, prob_prefix),
        probs=probs or (),
        classes=options.class_names(classes),
        features=features,
        detectors=detector or (),
        settings=options.unit_settings(set_, ctx.obj.units),
        decisions=() if no_decisions else decisions or None,
        audit=audit,
        encoding=encoding,
        on_bad_rows=on_bad_rows,
    )
    rows = findings.select(every=all_, limit=limit, per_class=per_class)
    writing.write(findings.table(rows, findings.shown(show, features)), targets)
    if not quiet:
        for line in lines(findings, len(rows), verbose=verbose):
            say(line)
    return 0
