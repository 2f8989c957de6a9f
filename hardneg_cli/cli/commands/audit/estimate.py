"""Estimate from a filled audit how many labels are wrong.

So it says how good the flagged set is, by precision and recall, all with 95 % intervals.

keep says that a label is right; relabel, a new label and drop say that it is wrong. unsure or nothing is no answer.
The result goes to standard output or to -o files, as text for people, or as JSON (-f json, -o FILE.json).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hardneg_cli.cli.option_groups import Without
from hardneg_cli.cli.options import OutputOptions
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.files.atomic_write import WholeFiles, refuse_overwriting
from hardneg_cli.runtime.terminal import log_line

if TYPE_CHECKING:
    from hardneg_cli.statistics.scores import Estimate
    from hardneg_cli.verbs.audit import AuditEstimate

EXAMPLE = "hardneg audit estimate audit.csv"

DECIMALS = 6


@dataclass(frozen=True)
class EstimateOutput(OutputOptions):
    format_: Annotated[
        str | None, typer.Option("--format", "-f", metavar="NAME", help="text or json, on standard output."), Trust.LOOK
    ] = None


def run(
    ctx: typer.Context,
    audit: Annotated[str, typer.Argument(metavar="AUDIT", help="What audit draw wrote, filled in.")],
    output: Annotated[EstimateOutput, Without("quiet", "color")],
) -> int:
    from hardneg_cli.verbs.audit import audit_estimate

    asked, format_ = ctx.get_parameter_source("format_"), output.format_
    if asked is not None and asked.name != "COMMANDLINE" and format_ not in FORMATS:
        format_ = None  # a configured format is meant for other commands
    forms = [(path, _format_of(path)) for path in output.output or ()]
    write = _known("-f", format_ or "text")
    refuse_overwriting([path for path, _ in forms], [Path(audit)])
    found = audit_estimate(audit)
    with WholeFiles() as files:
        for path, form in forms:
            files.open(path).write(form(found).encode(errors="backslashreplace"))
    if format_ is not None or not forms:
        sys.stdout.write(write(found))
    return 0


def _format_of(path: str) -> Callable[[AuditEstimate], str]:
    suffix = Path(path).suffix.lower()
    return _known(f"-o {path}", {".txt": "text", "": "text"}.get(suffix, suffix.removeprefix(".")))


def _known(where: str, name: str) -> Callable[[AuditEstimate], str]:
    if name not in FORMATS:
        raise InputError(f"{where}: no format {quote(name)}{did_you_mean(name, FORMATS)} (known: {', '.join(FORMATS)})")
    return FORMATS[name]


def _json(found: AuditEstimate) -> str:
    flagged = {"rows": found.flagged, "precision": _numbers(found.precision), "recall": _numbers(found.recall)}
    record = {"rows": found.rows, "audited": found.audited, "errors": _numbers(found.errors), "flagged": flagged}
    return json.dumps(record | {"rows_to_halve": found.rows_to_halve}) + "\n"


def _numbers(e: Estimate | None) -> dict[str, Any]:
    """Of a share that nothing is known about, the estimate is null, between 0 and 1."""
    if e is None:
        return {"estimate": None, "low": 0.0, "high": 1.0}
    numbers = {"estimate": e.value, "low": e.low, "high": e.high}
    return {name: round(float(value), DECIMALS) for name, value in numbers.items()}


def _text(found: AuditEstimate) -> str:
    return "".join(log_line(line) + "\n" for line in found.summary())


FORMATS = {"text": _text, "json": _json}
