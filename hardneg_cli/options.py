"""The options that commands share, each defined once."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import typer

from hardneg_cli.dataset import Columns
from hardneg_cli.errors import InputError


class OnBadRows(StrEnum):
    FAIL = "fail"
    SKIP = "skip"


class Color(StrEnum):
    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


Data = Annotated[str, typer.Argument(metavar="DATA", help="The dataset: a file, a glob in quotes, or - for stdin.")]
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
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="The encoding of text files, if not UTF-8.")
]
BadRows = Annotated[OnBadRows, typer.Option("--on-bad-rows", help="Whether a bad row is an error, or is left out.")]
Format = Annotated[str | None, typer.Option("--format", "-f", metavar="NAME", help="The format on standard output.")]
Output = Annotated[
    list[str] | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, in the format of its extension; repeatable."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")]
Colors = Annotated[Color, typer.Option("--color", help="Colors on a terminal.")]


def columns(
    label: str, id_: str | None, text: str | None, groups: str | None, split: str | None, fold: str | None, prefix: str
) -> Columns:
    return Columns(label, id_, text, groups, split, fold, prefix)


def class_names(given: str | None) -> list[str] | None:
    """The names in `a,b,c`, or one a line in a file."""
    from pathlib import Path

    if given is None:
        return None
    path = Path(given)
    if path.is_file():
        return [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line]
    return given.split(",")


def unit_settings(given: list[str] | None, configured: Any) -> dict[str, dict[str, str]]:
    """`detector.setting=value` pairs over the configured ones, by detector."""
    settings = {unit: dict(values) for unit, values in configured.items()}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        unit, dot, setting = name.partition(".")
        if not (equals and dot and unit and setting):
            raise InputError(f"--set {pair!r} is not of the form detector.setting=value")
        settings.setdefault(unit, {})[setting.replace("-", "_")] = value
    return settings
