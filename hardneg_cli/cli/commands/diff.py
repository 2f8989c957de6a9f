"""What changed between two datasets, row by row, by id.

BASE is what DATA was before: a file, or git:REV for DATA at that revision. Rows are told apart by their id, without
ids by their content. The order of rows and columns, added columns and quoting are no changes.
"""

from __future__ import annotations

from typing import Annotated

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import DataOptions, ReportOptions
from hardneg_cli.errors import InputError
from hardneg_cli.gating.reports import CHECK_REPORT_FORMATS

GROUP = "gate"
EXAMPLE = "hardneg diff git:HEAD data.csv"


def run(
    base: Annotated[str, typer.Argument(metavar="BASE", help="What DATA was before: a file, git:REV, or - for stdin.")],
    data: options.Data,
    columns: Annotated[DataOptions, Without("text", "features", "embed")],
    output: Annotated[ReportOptions, Without("quiet")],
) -> int:
    from hardneg_cli.verbs.diff import diff

    targets = output.targets()
    for target in targets:
        if CHECK_REPORT_FORMATS[target.format].NEEDS_GATES:
            raise InputError(f"{target.format} is about gates, and diff asks none: hardneg check {data} --base {base}")
    outputs.refuse_overwriting_inputs(targets, [base, data])
    report = diff(base, data, columns.columns, encoding=columns.encoding, on_bad_rows=columns.on_bad_rows)
    outputs.write(report, targets)
    return 0
