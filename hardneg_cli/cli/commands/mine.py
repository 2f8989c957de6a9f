"""Hard negatives for fine-tuning, kept apart from mislabels.

What a model gets wrong is of two kinds. Suspects, whose label is probably wrong, are for review (--suspects, a queue as
find writes it). Hard negatives, whose label is probably right though another class is close, are for training: -o
writes them with a weight, a tier and the class they are close to, --triplets writes texts for sentence-transformers. No
row is in both: rows whose score, find's probability that the label is wrong, is above the guard are not mined.

--mode boundary: the model agrees with the label by a small margin. --mode confusion: class by class, the rows of other
classes that it takes for that class. --mode retrieval: in feature or text space, the nearest rows of another class;
this one needs no probabilities. `hardneg explain MODE` is each one's manual.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import OnBadRows
from hardneg_cli.errors import InputError
from hardneg_cli.runtime.terminal import say

READ = ("id", "tier", "weight", "anchor_class", "given_label", "score", "why")  # what a person reads of it


def run(
    ctx: typer.Context,
    data: options.Data,
    mode: Annotated[str, typer.Option("--mode", metavar="NAME", help="boundary, confusion or retrieval.")] = "boundary",
    label: options.Label = "label",
    id_: options.Id = None,
    text: options.Text = None,
    features: options.Features = None,
    probs: options.Probs = None,
    classes: options.Classes = None,
    prob_prefix: options.ProbPrefix = "prob_",
    groups: options.Groups = None,
    split: options.Split = None,
    train_split: Annotated[
        str | None, typer.Option("--train-split", metavar="NAME", help="The split to mine; default: train.")
    ] = None,
    fold: options.Fold = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="U.S=V", help="A mode's or detector's setting, as in retrieval.negatives=5."),
    ] = None,
    guard: Annotated[
        float | None,
        typer.Option("--guard", metavar="P", help="Rows with a score above P do not train; default: 1/8 of the mean."),
    ] = None,
    decisions: options.DecisionsLogs = None,
    limit: options.Limit = None,
    per_class: Annotated[
        int | None, typer.Option("--per-class", min=0, metavar="N", help="At most N rows of each anchor class.")
    ] = None,
    suspects: Annotated[
        list[str] | None,
        typer.Option("--suspects", metavar="FILE", help="Write the rows that find flags, as a queue; repeatable."),
    ] = None,
    triplets: Annotated[
        list[str] | None,
        typer.Option("--triplets", metavar="FILE", help="Write texts: anchor, positive, negative; repeatable."),
    ] = None,
    show: Annotated[
        str | None, typer.Option("--show", metavar="COLS", help="Columns to write beside the others ('*': all).")
    ] = None,
    output: options.Output = None,
    format_: options.Format = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    quiet: options.Quiet = False,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.review.decisions.decision import log_of
    from hardneg_cli.verbs.mine import mine

    if triplets and text is None:
        raise InputError("--triplets are made of texts: name their column with --text")
    where = format_ or (None if output or suspects or triplets else "table")
    rows = outputs.targets(output, where) if output or where else []
    asked, texts = (outputs.targets(files, None) if files else [] for files in (suspects, triplets))
    inputs = [data, *(probs or []), *(decisions or [])]
    outputs.refuse_overwriting_inputs([*rows, *asked, *texts], inputs, [features, classes, str(log_of(data))])
    mined = mine(
        data,
        options.columns(label, id_, text, groups, split, fold, prob_prefix),
        mode=mode,
        probs=probs or (),
        classes=options.class_names(classes),
        features=features,
        settings=options.unit_settings(set_, ctx.obj.units, "mode", "detector"),
        guard=guard,
        train_split=train_split,
        limit=limit,
        per_class=per_class,
        anchors=bool(texts),
        decisions=decisions,
        encoding=encoding,
        on_bad_rows=on_bad_rows,
    )
    shown = mined.findings.display_columns(show, features)
    made = mined.triplets() if texts else None
    found = mined.table(shown)
    for target in rows:
        outputs.write(found.select(READ) if target.format == "table" else found, [target])
    if asked:
        outputs.write(mined.suspects(shown), asked)
    if made is not None:
        outputs.write(made, texts)
    if not quiet:
        for line in mined.summary():
            say(line)
        if made is not None:
            say(f"triplets: {len(made):,}")
    return 0
