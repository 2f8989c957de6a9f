"""Judge a dataset commit: the gate for hooks and CI.

DATA is compared with its base: --base FILE, --base git:REV for the same file at that revision (git:origin/main... is
where the branch began), or --state FILE from find --state. Each gate says yes or no to one thing, or says why it cannot
judge. The exit code is 1 if a gate that counts says no, 2 if a gate named by --require could not judge, else 0.

reverted, contradiction, new-class and leak (with --split) need no model. rate and drift need one: probabilities of
yours (--probs), or, where --text, --features or --image say what to learn from, a model that is trained on the base and
kept in --cache. Gates that are not on by default are asked
if they have settings, or with --fail-on or --warn-on; hardneg explain lists them all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from hardneg_cli.cli import options, outputs
from hardneg_cli.cli.completions import unit_names
from hardneg_cli.cli.next_commands import again
from hardneg_cli.cli.options import DataOptions, DecisionOptions, ModelOptions, ReportOptions
from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.cli.settings.option_trust import Trust
from hardneg_cli.cli.show_configuration import show
from hardneg_cli.errors import InputError, Refused
from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.metrics import write_metrics
from hardneg_cli.gating.outcomes import with_rows, without_verdict
from hardneg_cli.runtime.terminal import say

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport

GROUP = "gate"
EXAMPLE = "hardneg check data.csv --base git:HEAD --text text --cache .hardneg"
OF_OUTPUTS = ("output", "format_", "queue", "metrics", "quiet", "color", "exit_zero")  # nothing hangs on them


@dataclass(frozen=True)
class BaseOptions:
    """What DATA is compared with."""

    HEADING: ClassVar[str] = "Data"
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="FILE|git:REV|-", help="What DATA was before: a file, or DATA at a revision."),
        Trust.READ,
    ] = None
    state: Annotated[
        str | None, typer.Option("--state", metavar="FILE", help="What DATA was before, from find --state."), Trust.READ
    ] = None


GATE_NAMES = unit_names("gate")


@dataclass(frozen=True)
class GateOptions:
    """Which gates are asked, and what their answers count."""

    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on", metavar="GATE", help="Ask this gate, and fail if it says no.", autocompletion=GATE_NAMES
        ),
        Trust.STRICTER,
    ] = None
    warn_on: Annotated[
        list[str] | None,
        typer.Option(
            "--warn-on", metavar="GATE", help="Ask this gate, and only warn if it says no.", autocompletion=GATE_NAMES
        ),
        Trust.WEAKER,
    ] = None
    require: Annotated[
        list[str] | None,
        typer.Option(
            "--require", metavar="GATE", help="Ask this gate; exit 2 if it cannot judge.", autocompletion=GATE_NAMES
        ),
        Trust.STRICTER,
    ] = None
    allow_class: Annotated[
        list[str] | None,
        typer.Option("--allow-class", metavar="NAME", help="A new class that is meant; repeatable."),
        Trust.CHOICE,
    ] = None
    alpha: Annotated[
        float | None,
        typer.Option("--alpha", metavar="P", help="rate.alpha: how often a harmless commit may fail."),
        Trust.CHOICE,
    ] = None
    max_open: Annotated[
        str | None,
        typer.Option("--max-open", metavar="N|P%", help="budget.most: flagged rows that may be undecided."),
        Trust.CHOICE,
    ] = None
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="G.S=V", help="A gate's setting, or a detector's."),
        Trust.CHOICE,
    ] = None
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 though a gate says no."), Trust.WEAKER] = False
    show_config: Annotated[
        bool, typer.Option("--show-config", help="Print every option, and who set it."), Trust.CALLER
    ] = False


@dataclass(frozen=True)
class CheckModels(ModelOptions):
    """Models that have judged DATA's rows, or what a model of the base keeps."""

    cache: Annotated[
        str | None,
        typer.Option(
            "--cache",
            metavar="DIR",
            help="Keep what the model of the base says, and near copies, in DIR, by content, for the next run.",
        ),
        Trust.CALLER,
    ] = None


@dataclass(frozen=True)
class CheckDecisions(DecisionOptions):
    """What people have decided, and what an audit says."""

    decisions: Annotated[
        list[str] | None,
        typer.Option("--decisions", metavar="FILE", help="A decisions log, instead of DATA's log; repeatable."),
        Trust.CALLER,
    ] = None
    audit: Annotated[
        str | None, typer.Option("--audit", metavar="FILE", help="A filled audit of DATA."), Trust.READ
    ] = None


@dataclass(frozen=True)
class CheckOutput(ReportOptions):
    """Where the verdict goes, and what people have to look at."""

    queue: Annotated[
        list[str] | None,
        typer.Option("--queue", metavar="FILE", help="Write findings of changed, flagged, undecided rows to FILE."),
        Trust.WRITTEN,
    ] = None
    metrics: Annotated[
        str | None,
        typer.Option("--metrics", metavar="FILE", help="Write the numbers as flat JSON: DVC metrics, a trend line."),
        Trust.WRITTEN,
    ] = None
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing unless a gate fails."), Trust.LOOK] = False

    @property
    def numbers(self) -> list[OutputTarget]:
        """The file of --metrics, if there is to be one."""
        return [OutputTarget("json", self.metrics, "report")] if self.metrics else []


def run(
    ctx: typer.Context,
    data: options.Data,
    base: BaseOptions,
    gates: GateOptions,
    models: CheckModels,
    columns: DataOptions,
    decisions: CheckDecisions,
    output: CheckOutput,
) -> int:
    from hardneg_cli.review.decisions.decision_log import log_of
    from hardneg_cli.verbs.check import check

    for note in [] if output.quiet else ctx.obj.notes:
        say(f"note: {note}")
    if gates.show_config:
        return show(ctx)
    reports = output.targets()
    queues = outputs.targets(output.queue, None) if output.queue else []
    logs = decisions.logs
    inputs = [data, *(models.probs or []), *(decisions.decisions or [])]
    files = [columns.features, columns.classes, decisions.audit, base.base, base.state, str(log_of(data))]
    outputs.refuse_overwriting_inputs([*reports, *queues, *output.numbers], inputs, files)
    needed = _gates(gates.require)
    short = {"rate.alpha": gates.alpha, "budget.most": gates.max_open}
    tuned = [*(f"{name}={value}" for name, value in short.items() if value is not None), *(gates.set_ or ())]
    report = check(
        data,
        columns.columns,
        base=base.base,
        state=base.state,
        probs=models.probs or (),
        features=columns.features,
        decisions=logs,
        audit=decisions.audit,
        fail_on=gates.fail_on or (),
        warn_on=gates.warn_on or (),
        require=needed,
        allow_class=gates.allow_class or (),
        settings=options.unit_settings(tuned, ctx.obj.units, "gate", "detector"),
        with_findings=bool(queues),
        encoding=columns.encoding,
        on_bad_rows=columns.on_bad_rows,
        cache=models.cache,
    )
    if report.cost and not output.quiet:
        say(report.cost)
    report = replace(report, command=again(ctx, "check", without=OF_OUTPUTS))
    unasked = not (output.output or output.format_)
    shown = () if output.quiet and unasked and report.passed else reports
    numbers = {target.path or "": partial(write_metrics, report) for target in output.numbers}
    outputs.write_together((report.queue, queues), (lambda: report, shown), beside=numbers)
    if reports[-1].path is not None or reports[-1].format != "text":
        _say_outcomes(report, quiet=output.quiet)
    return _code(report, needed, exit_zero=gates.exit_zero)


def _gates(names: list[str] | None) -> tuple[str, ...]:
    for name in names or ():
        GATES[name]
    return tuple(names or ())


def _say_outcomes(report: CheckReport, *, quiet: bool) -> None:
    for one in report.failed if quiet else report.judged:
        if one.verdict is not None and one.outcome != "passed":
            say(f"{one.outcome}: {one.gate}: {one.verdict.why}")
    for group in [] if quiet else without_verdict(report.judged):
        say(f"not judged: {group}")


def _code(report: CheckReport, required: tuple[str, ...], *, exit_zero: bool) -> int:
    """0, or the refusal: the verdict goes before what could not be judged."""
    if not (report.passed or exit_zero):
        raise Refused(f"{report.dataset.name} fails {' and '.join(map(with_rows, report.failed))}")
    lacking = [one for one in report.judged if one.verdict is None and one.gate in required]
    if lacking:
        raise InputError("; ".join(f"gate {one.gate} is required and cannot judge: {one.reason}" for one in lacking))
    return 0
