"""Show a page of the manual, what a unit does, or why a row is flagged.

A unit is a detector, gate, model or format. Without a name, all there is is listed.

With --row ID and a findings file (written by find, with --all for every row), say why a row was flagged or was not:
hardneg explain scores.csv --row ID, or hardneg explain doubtful-label scores.csv --row ID for one detector's part.
With --schema NAME, print a JSON Schema: settings (by which editors complete hardneg.toml), queue, decisions (a line of
the log), provenance, and what commands write as a report: report is find's, the others are compare-report,
reviewers-report, dual-report and check-report.
With --snippet NAME, print a whole file to paste, for hooks, CI and schedules: hardneg explain lists them.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hardneg_cli.cli.completions import explained_names
from hardneg_cli.cli.settings.option_trust import Trust

GROUP = "help"
EXAMPLE = "hardneg explain doubtful-label"
SETTINGS = "settings"


def run(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="A page, or a unit such as a detector or gate.", autocompletion=explained_names
        ),
    ] = None,
    findings: Annotated[str | None, typer.Argument(metavar="[FINDINGS]", help="With --row: a findings file.")] = None,
    row: Annotated[
        str | None, typer.Option("--row", metavar="ID", help="Why this row was flagged or not."), Trust.CALLER
    ] = None,
    schema: Annotated[
        str | None,
        typer.Option("--schema", metavar="NAME", help="A JSON Schema, such as settings, queue or report."),
        Trust.CALLER,
    ] = None,
    snippet: Annotated[
        str | None,
        typer.Option("--snippet", metavar="NAME", help="A file to paste, such as github or pre-commit."),
        Trust.CALLER,
    ] = None,
) -> int:
    from hardneg_cli.verbs.explain import explain

    if schema == SETTINGS and (name, findings, row, snippet) == (None,) * 4:
        from hardneg_cli.cli.command_tree import all_runs
        from hardneg_cli.cli.settings.settings_schema import settings_schema

        sys.stdout.write(settings_schema(all_runs()))
        return 0
    text = explain(name, findings, row=row, schema=schema, snippet=snippet)
    if snippet is None:
        sys.stdout.write(text)
    else:  # as it is, whatever the system's line ends and encoding
        sys.stdout.buffer.write(text.encode())
    return 0
