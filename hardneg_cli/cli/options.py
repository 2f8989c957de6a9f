"""The options that commands share, each defined once, in groups under the headings of the help."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, ClassVar

import typer

from hardneg_cli.cli.completions import unit_names
from hardneg_cli.cli.outputs import OutputTarget, targets
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.tables.spill import MEMORY
from hardneg_cli.runtime import drawers

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
        raise InputError(f"--memory is a size such as 512MB, 2GB or 1.5GiB, not {quote(given)}")
    power = " kmgt".index(found[2] or " ")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)


def _dataset(ctx: typer.Context, data: str) -> str:
    """The file behind the name of a configured dataset. A file of that name goes before the dataset."""
    named = None if ctx.obj is None else ctx.obj.data
    return data if named is None else str(named)


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
        callback=_dataset,
    ),
]  # fmt: skip


@dataclass(frozen=True)
class DataOptions:
    """What DATA's columns are, and how the file is read."""

    HEADING: ClassVar[str] = "Data"
    label: Annotated[str, typer.Option("--label", metavar="COL", help="The column with the labels."), Trust.CHOICE] = (
        "label"
    )
    id_: Annotated[
        str | None,
        typer.Option("--id", metavar="COL", help="The column with the ids; default: id, else a hash of the content."),
        Trust.CHOICE,
    ] = None
    text: Annotated[
        str | None, typer.Option("--text", metavar="COL", help="The column with the text."), Trust.CHOICE
    ] = None
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="COL", help="The column with pictures: data URIs, or paths beside DATA."),
        Trust.CHOICE,
    ] = None
    features: Annotated[
        str | None,
        typer.Option("--features", metavar="COLS|FILE", help="Number columns ('pixel_*', comma-separated), or a file."),
        Trust.NAMES,
    ] = None
    embed: Annotated[
        str | None,
        typer.Option(
            "--embed",
            metavar="MODULE:FUNCTION",
            help="What makes vectors of a list of pictures' paths (--image), or of texts (--text).",
        ),
        Trust.CALLER,
    ] = None
    groups: Annotated[
        str | None, typer.Option("--groups", metavar="COL", help="Rows of a group belong together."), Trust.CHOICE
    ] = None
    split: Annotated[
        str | None,
        typer.Option("--split", metavar="COL", help="The column with train, test and the like."),
        Trust.CHOICE,
    ] = None
    fold: Annotated[
        str | None,
        typer.Option("--fold", metavar="COL", help="The column with the cross-validation fold."),
        Trust.CHOICE,
    ] = None
    prob_prefix: Annotated[
        str, typer.Option("--prob-prefix", metavar="TEXT", help="What probability columns start with."), Trust.CHOICE
    ] = "prob_"
    classes_are_numbers: Annotated[
        bool,
        typer.Option("--classes-are-numbers", help="Labels that look like measurements are classes."),
        Trust.CHOICE,
    ] = False
    classes: Annotated[
        str | None,
        typer.Option(
            "--classes",
            metavar="A,B,C|FILE",
            help="The classes in the order of their numbers, and of a .npy's columns.",
        ),
        Trust.NAMES,
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", metavar="NAME", help="The encoding of text files, if not UTF-8."),
        Trust.CHOICE,
    ] = None
    on_bad_rows: Annotated[
        OnBadRows, typer.Option("--on-bad-rows", help="Whether a bad row is an error, or is left out."), Trust.CHOICE
    ] = OnBadRows.FAIL

    @property
    def columns(self) -> Columns:
        return Columns(
            self.label, self.id_, self.text, self.groups, self.split, self.fold, self.prob_prefix,
            self.classes_are_numbers, self.classes, self.image, self.embed,
        )  # fmt: skip


@dataclass(frozen=True)
class ModelOptions:
    """Models that have judged DATA's rows."""

    HEADING: ClassVar[str] = "Models"
    probs: Annotated[
        list[str] | None,
        typer.Option("--probs", metavar="FILE", help="Out-of-fold class probabilities; repeat it for several models."),
        Trust.READ,
    ] = None


@dataclass(frozen=True)
class EngineOptions:
    """Who works on the probabilities, and in how much memory."""

    HEADING: ClassVar[str] = "Models"
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory", metavar="SIZE", help="Probabilities to hold at a time, as 512MB or 2GB; the rest waits on disk."
        ),
        Trust.CHOICE,
    ] = None
    engine: Annotated[
        str,
        typer.Option(
            "--engine", metavar="NAME", help="Who works on the probabilities: local (threads), or a dask cluster."
        ),
        Trust.CALLER,
    ] = "local"
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="URL", help="Of a running dask cluster; default: one of this machine's cores."
        ),
        Trust.CALLER,
    ] = None


@dataclass(frozen=True)
class TrainingOptions:
    """Models that are trained here."""

    HEADING: ClassVar[str] = "Models"
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            metavar="NAME",
            help="logistic, knn, forest, boosting, mlp; several are mixed. Default: what suits the data.",
        ),
        Trust.CHOICE,
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="U.S=V", help="A unit's setting, as in logistic.strength=1."),
        Trust.CHOICE,
    ] = None
    folds: Annotated[
        int, typer.Option("--folds", min=2, metavar="N", help="How many folds are dealt."), Trust.CHOICE
    ] = 5


@dataclass(frozen=True)
class DetectorOptions:
    """Which detectors run, and how."""

    HEADING: ClassVar[str] = "Models"
    detector: Annotated[
        list[str] | None,
        typer.Option(
            "--detector", metavar="NAME", help="Run this one only; repeatable.", autocompletion=unit_names("detector")
        ),
        Trust.CHOICE,
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="D.S=V", help="A detector's setting, as in outvoted-label.among=20."),
        Trust.CHOICE,
    ] = None


@dataclass(frozen=True)
class DecisionOptions:
    """What people have decided."""

    HEADING: ClassVar[str] = "Decisions"
    decisions: Annotated[
        list[str] | None,
        typer.Option(
            "--decisions", metavar="FILE", help="A decisions log or a filled queue, instead of DATA's log; repeatable."
        ),
        Trust.CALLER,
    ] = None
    no_decisions: Annotated[
        bool, typer.Option("--no-decisions", help="Leave DATA's decisions log unread."), Trust.CALLER
    ] = False
    audit: Annotated[
        str | None,
        typer.Option("--audit", metavar="FILE", help="A filled audit to recalibrate scores, cut and count on."),
        Trust.READ,
    ] = None

    @property
    def logs(self) -> Sequence[str] | None:
        """In these files, nowhere, or (None) in DATA's log. Raises InputError for both."""
        if self.decisions and self.no_decisions:
            raise InputError("--decisions and --no-decisions exclude each other")
        return () if self.no_decisions else self.decisions or None


@dataclass(frozen=True)
class ReviewOptions:
    """Which rows people see, and what of them."""

    HEADING: ClassVar[str] = "Review"
    all_: Annotated[bool, typer.Option("--all", help="Every row, not only the flagged ones."), Trust.LOOK] = False
    limit: Annotated[int | None, typer.Option("--limit", min=0, metavar="N", help="At most N rows."), Trust.LOOK] = None
    per_class: Annotated[
        int | None,
        typer.Option("--per-class", min=0, metavar="N", help="At most N rows of each given label."),
        Trust.LOOK,
    ] = None
    show: Annotated[
        str | None,
        typer.Option("--show", metavar="COLS", help="Columns to show beside the findings ('*': all)."),
        Trust.LOOK,
    ] = None


@dataclass(frozen=True)
class VoiceOptions:
    """What is said, and how."""

    HEADING: ClassVar[str] = "Output"
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors."), Trust.LOOK] = False
    color: Annotated[Color, typer.Option("--color", help="Colors on a terminal.", callback=_set_color), Trust.LOOK] = (
        Color.AUTO
    )


@dataclass(frozen=True)
class DatasetOutput(VoiceOptions):
    """Where a changed dataset goes, and what is written of the run."""

    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write to FILE, in the format of the data."),
        Trust.WRITTEN,
    ] = None
    in_place: Annotated[bool, typer.Option("--in-place", help="Write over the data."), Trust.CALLER] = False
    provenance: Annotated[
        str | None,
        typer.Option("--provenance", metavar="FILE", help="Write who changed what, when and why, as JSON."),
        Trust.WRITTEN,
    ] = None


@dataclass(frozen=True)
class OutputOptions(VoiceOptions):
    """Where the result goes, and what is said of it."""

    output: Annotated[
        list[str] | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write to FILE, in the format of its extension; repeatable."
        ),
        Trust.WRITTEN,
    ] = None
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="NAME", help="The format on standard output.",
            autocompletion=unit_names("format", "annotation tool"),
        ),
        Trust.LOOK,
    ] = None  # fmt: skip

    def targets(self, usual: str = "table") -> list[OutputTarget]:
        """The files, and standard output where a format asks for it or there is no file.

        usual: its format where none is named; on a terminal that is always a table, of the first rows.
        """
        return targets(self.output, self.format_, usual="table" if sys.stdout.isatty() else usual)


@dataclass(frozen=True)
class ReportOptions(OutputOptions):
    """Where a report goes."""

    output: Annotated[
        list[str] | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the report to FILE, by its extension; repeatable."),
        Trust.WRITTEN,
    ] = None
    format_: Annotated[
        str | None,
        typer.Option(
            "--format", "-f", metavar="NAME", help="The report on standard output.", autocompletion=unit_names("report")
        ),
        Trust.LOOK,
    ] = None

    def targets(self, usual: str = "text") -> list[OutputTarget]:
        return targets(self.output, self.format_, "report", usual)


def unit_settings(given: list[str] | None, configured: Any, *kinds: str) -> dict[str, dict[str, str]]:
    """`unit.setting=value` pairs over the configured ones, by unit; of those only what is of these kinds."""
    mine = {name for kind in kinds or ("detector",) for name in drawers.names(kind)}
    settings = {unit: dict(values) for unit, values in configured.items() if unit in mine}
    for pair in given or []:
        name, equals, value = pair.partition("=")
        unit, dot, setting = name.partition(".")
        if not (equals and dot and unit and setting):
            raise InputError(f"--set {quote(pair)} is not of the form {(kinds or ('detector',))[0]}.setting=value")
        settings.setdefault(unit, {})[setting.replace("-", "_")] = value
    return settings
