"""The options that commands share, each defined once."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from hardneg_cli.cli.configuration import parameters
from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.tables.spill import MEMORY
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.terminal import plain

SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([kmgt])?(i)?b?")


class OnBadRows(StrEnum):
    FAIL = "fail"
    SKIP = "skip"


class Color(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def memory_bytes(given: str | None) -> int:
    """What `--memory` says, in bytes. Raises InputError for what is no size."""
    if given is None:
        return MEMORY
    found = SIZE.fullmatch(given.strip().lower())
    if not found or not float(found[1]):
        raise InputError(f"--memory is a size such as 512MB, 2GB or 1.5GiB, not {given!r}")
    power = " kmgt".index(found[2] or " ")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)


def _dataset(ctx: typer.Context, data: str) -> str:
    """The file behind the name of a configured dataset, whose table becomes the options' defaults.

    This runs before any other parameter is looked at. A file of that name goes before the dataset.
    """
    if ctx.obj is None or data == "-" or Path(data).exists():
        return data
    if data not in ctx.obj.datasets:
        if close := did_you_mean(data, ctx.obj.datasets):
            raise InputError(f"no file {data!r}, and no dataset of that name{close}")
        return data
    ctx.obj = ctx.obj.of(data)
    ctx.default_map = parameters(ctx.command.callback, ctx.obj.options)
    return str(ctx.obj.options["data"])


def _set_color(color: Color) -> Color:
    """Tell whoever draws, Rich and Textual among them, in the variables that they go by."""
    if color is Color.NEVER:
        os.environ["NO_COLOR"] = "1"
    if color is Color.ALWAYS:
        os.environ.pop("NO_COLOR", None)
        os.environ["FORCE_COLOR"] = "1"
    return color


Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="The dataset: a file, a glob in quotes, - for stdin, or a name from hardneg.toml.",
        is_eager=True, callback=_dataset,
    ),
]  # fmt: skip
Label = Annotated[str, typer.Option("--label", metavar="COL", help="The column with the labels.")]
Id = Annotated[
    str | None,
    typer.Option("--id", metavar="COL", help="The column with the ids; default: id, else a hash of the content."),
]
Text = Annotated[str | None, typer.Option("--text", metavar="COL", help="The column with the text.")]
Groups = Annotated[str | None, typer.Option("--groups", metavar="COL", help="Rows of a group belong together.")]
Split = Annotated[str | None, typer.Option("--split", metavar="COL", help="The column with train, test and the like.")]
Fold = Annotated[str | None, typer.Option("--fold", metavar="COL", help="The column with the cross-validation fold.")]
Features = Annotated[
    str | None,
    typer.Option("--features", metavar="COLS|FILE", help="Number columns ('pixel_*', comma-separated), or a file."),
]
Probs = Annotated[
    list[str] | None,
    typer.Option("--probs", metavar="FILE", help="Out-of-fold class probabilities; repeat it for several models."),
]
ProbPrefix = Annotated[str, typer.Option("--prob-prefix", metavar="TEXT", help="What probability columns start with.")]
Classes = Annotated[
    str | None,
    typer.Option("--classes", metavar="A,B,C|FILE", help="The class of each column of a .npy or .npz file."),
]
Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model", metavar="NAME", help="logistic (default), knn, forest, boosting, mlp; several: their mean."
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory", metavar="SIZE", help="Probabilities to hold at a time, as 512MB or 2GB; the rest waits on disk."
    ),
]
Folds = Annotated[int, typer.Option("--folds", min=2, metavar="N", help="How many folds are dealt.")]
Detectors = Annotated[
    list[str] | None, typer.Option("--detector", metavar="NAME", help="Run this one only; repeatable.")
]
DetectorSettings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="D.S=V", help="A detector's setting, as in outvoted-label.among=20."),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="U.S=V", help="A unit's setting, as in logistic.strength=1.")
]
Decisions = Annotated[
    list[str] | None,
    typer.Option(
        "--decisions", metavar="FILE", help="A decisions log or a filled queue, instead of DATA's log; repeatable."
    ),
]
DecisionsLogs = Annotated[
    list[str] | None,
    typer.Option("--decisions", metavar="FILE", help="A decisions log, instead of DATA's own; repeatable."),
]
NoDecisions = Annotated[bool, typer.Option("--no-decisions", help="Leave DATA's decisions log unread.")]
Recalibration = Annotated[
    str | None,
    typer.Option("--audit", metavar="FILE", help="A filled audit to recalibrate scores, cut and count on."),
]
Reviewer = Annotated[
    str | None, typer.Option("--reviewer", metavar="NAME", help="Who decided where the queue does not say it.")
]
Limit = Annotated[int | None, typer.Option("--limit", min=0, metavar="N", help="At most N rows.")]
PerClass = Annotated[
    int | None, typer.Option("--per-class", min=0, metavar="N", help="At most N rows of each given label.")
]
Engine = Annotated[
    str,
    typer.Option(
        "--engine", metavar="NAME", help="Who works on the probabilities: local (threads), or a dask cluster."
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="URL", help="Of a running dask cluster; default: one of this machine's cores."),
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="The encoding of text files, if not UTF-8.")
]
BadRows = Annotated[OnBadRows, typer.Option("--on-bad-rows", help="Whether a bad row is an error, or is left out.")]
Format = Annotated[str | None, typer.Option("--format", "-f", metavar="NAME", help="The format on standard output.")]
Output = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, in the format of its extension; repeatable."),
]
ReportFormat = Annotated[
    str | None, typer.Option("--format", "-f", metavar="NAME", help="The report on standard output.")
]
Report = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the report to FILE, by its extension; repeatable."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
Colors = Annotated[Color, typer.Option("--color", help="Colors on a terminal.", callback=_set_color)]


def columns(
    label: str, id_: str | None, text: str | None, groups: str | None, split: str | None, fold: str | None, prefix: str
) -> Columns:
    return Columns(label, id_, text, groups, split, fold, prefix)


def class_names(given: str | None) -> list[str] | None:
    """The names in `a,b,c`, or one a line in a file."""
    if given is None:
        return None
    path = Path(given)
    if path.is_file():
        return [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line]
    return given.split(",")


def decision_logs(logs: list[str] | None, *, unread: bool) -> Sequence[str] | None:
    """Where decisions are read: in these files, nowhere, or (None) in DATA's log. Raises InputError for both."""
    if logs and unread:
        raise InputError("--decisions and --no-decisions exclude each other")
    return () if unread else logs or None


def unit_settings(given: list[str] | None, configured: Any, *kinds: str) -> dict[str, dict[str, str]]:
    """`unit.setting=value` pairs over the configured ones, by unit; of those only what is of these kinds."""
    mine = {name for kind in kinds or ("detector",) for name in drawers.names(kind)}
    settings = {unit: dict(values) for unit, values in configured.items() if unit in mine}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        unit, dot, setting = name.partition(".")
        if not (equals and dot and unit and setting):
            raise InputError(f"--set {pair!r} is not of the form {(kinds or ('detector',))[0]}.setting=value")
        settings.setdefault(unit, {})[setting.replace("-", "_")] = value
    return settings


def show(ctx: typer.Context) -> int:
    """Print the value of each option, as a setting, and who set it."""
    words = {"COMMANDLINE": "command line", "DEFAULT": "default"}
    for parameter in ctx.command.params:
        option = str(parameter.name).rstrip("_")
        if option not in ("show_config", "help"):
            source = getattr(ctx.get_parameter_source(str(parameter.name)), "name", "DEFAULT")
            is_configured = source == "DEFAULT_MAP" or option == "data"
            origin = ctx.obj.origins.get(option) if is_configured else None
            line = _setting(option.replace("_", "-"), ctx.params[parameter.name])
            typer.echo(plain(f"{line}  # {origin or words[source]}"))
    for unit, settings in ctx.obj.units.items():
        for setting, value in settings.items():
            typer.echo(plain(_setting(f"{unit}.{setting.replace('_', '-')}", value)))
    return 0


def _setting(key: str, value: Any) -> str:
    """TOML, in which the texts, lists and numbers of JSON are at home; what is not set is a comment."""
    return f"# {key} is not set" if value is None else f"{key} = {json.dumps(value, ensure_ascii=False)}"
