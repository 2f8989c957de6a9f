"""What changed between two datasets, row by row, by id.

BASE is what DATA was before: a file, or git:REV for DATA at that revision. Rows are told apart by their id, without
ids by their content. The order of rows and columns, added columns and quoting are no changes.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.options import OnBadRows


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="What DATA was before: a file, git:REV, or - for stdin.")],
    data: options.Data,
    label: options.Label = "label",
    id_: options.Id = None,
    groups: options.Groups = None,
    split: options.Split = None,
    fold: options.Fold = None,
    prob_prefix: options.ProbPrefix = "prob_",
    output: options.Report = None,
    format_: options.ReportFormat = None,
    encoding: options.Encoding = None,
    on_bad_rows: options.BadRows = OnBadRows.FAIL,
    color: options.Colors = options.Color.AUTO,
) -> int:
    from hardneg_cli.verbs.check import diff

    targets = outputs.targets(output, format_, "report", "text")
    outputs.refuse_overwriting_inputs(targets, [base, data])
    columns = options.columns(label, id_, None, groups, split, fold, prob_prefix)
    outputs.write(diff(base, data, columns, encoding=encoding, on_bad_rows=on_bad_rows), targets)
    return 0
