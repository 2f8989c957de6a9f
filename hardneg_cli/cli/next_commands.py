"""What to type next, with the names of the user's own files and options, as a shell takes it."""

from __future__ import annotations

import inspect
import shlex
import sys
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import typer

from hardneg_cli.cli.option_groups import expanded
from hardneg_cli.cli.outputs import OutputTarget
from hardneg_cli.rendering.summary import SummaryLine, command
from hardneg_cli.review.annotation_tools import ANNOTATION_TOOLS
from hardneg_cli.runtime import drawers

STDIN = "-"
PAGE = "queue.html"
FILLED = ("csv", "tsv", "xlsx", "parquet", "json", "ndjson")  # formats of a queue that is filled in where it is
OF_ONE_RUN = ("decisions", "no_decisions", "policy", "adjudicator", "probs", "detector", "set_", "dry_run", "reviewer")
WORDS = ("output", "format_", "verbose", "quiet", "color", "limit", "state", "report")  # about the first run alone


def typed(*words: str) -> str:
    """A command line of these words."""
    return shlex.join(("hardneg", *words))


def again(ctx: typer.Context, command: str, *more: str, without: Collection[str] = WORDS) -> str:
    """The command line that `ctx` is of, for another command (or the same): with the options that this one has."""
    arguments: list[str] = []
    for parameter in ctx.command.params:
        if parameter.param_type_name == "argument" and _is_typed(ctx, parameter.name):
            value = ctx.params.get(parameter.name or "")
            arguments = [*map(str, value if isinstance(value, list | tuple) else [value]), *arguments]
    return typed(command, *arguments, *_options(ctx, command, without), *more)


def _options(ctx: typer.Context, command: str, without: Collection[str] = WORDS) -> list[str]:
    """The options that were typed and that the other command has as well."""
    known = inspect.signature(expanded(drawers.load("command", command).run)).parameters
    words: list[str] = []
    for parameter in ctx.command.params:
        name = parameter.name or ""
        if parameter.param_type_name == "option" and name in known and name not in without and _is_typed(ctx, name):
            words += _option(parameter.opts[0], ctx.params.get(name))
    return words


def _is_typed(ctx: typer.Context, name: str | None) -> bool:
    source = ctx.get_parameter_source(name or "")
    return source is not None and source.name == "COMMANDLINE"


def _option(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [name] if value else []
    values = value if isinstance(value, list | tuple) else [value]
    return [word for one in values for word in (name, str(one))]


def after_find(ctx: typer.Context, data: str, targets: Sequence[OutputTarget], flagged: int) -> Iterator[SummaryLine]:
    """A page or the screen to decide on, or, where there is a queue already, what brings it in."""
    if not flagged:
        return iter(())
    if all(target.path is None for target in targets):
        return _without_queue(ctx, data)
    return _with_queue(ctx, data, [target for target in targets if target.path is not None and sys.stderr.isatty()])


def after_predict(ctx: typer.Context, data: str, targets: Sequence[OutputTarget]) -> Iterator[SummaryLine]:
    """To find what these probabilities tell of the labels."""
    path = _file(targets)
    if path is not None and data != STDIN:
        yield command("find wrong labels", again(ctx, "find", "--probs", path, without=(*WORDS, "set_")))


def after_collect(ctx: typer.Context, data: str | None, conflicts: int) -> Iterator[SummaryLine]:
    """To carry out what was decided."""
    if data is not None and not conflicts:
        yield from _apply(ctx, data)


def after_apply(data: str, output: str | None) -> Iterator[SummaryLine]:
    """To look at what was changed."""
    if output is not None and is_one_file(data):
        yield command("see what changed", typed("diff", data, output))


def after_audit_draw(targets: Sequence[OutputTarget]) -> Iterator[SummaryLine]:
    """To count, once it is filled in."""
    if (path := _file(targets)) is not None:
        yield command("once it is filled in", typed("audit", "estimate", path))


def after_assign(queues: Sequence[Sequence[OutputTarget]]) -> Iterator[SummaryLine]:
    """To bring in what the reviewers have filled in."""
    if paths := [path for targets in queues if (path := _file(targets)) is not None]:
        yield command("once they are filled in", typed("collect", *paths, "--data", "DATA"))


def after_refine(data: str, queues: Sequence[OutputTarget]) -> Iterator[SummaryLine]:
    """To bring in what people say of the rows that the models cannot tell."""
    if (path := _file(queues)) is not None and data != STDIN:
        yield command("once it is filled in", typed("collect", path, "--data", data, "--reviewer", "NAME"))


def after_dual(ctx: typer.Context, data: str, adjusted: Sequence[OutputTarget]) -> Iterator[SummaryLine]:
    """To find with the adjusted probabilities."""
    if (path := _file(adjusted)) is not None and data != STDIN:
        without = (*WORDS, "set_", "probs", "decisions")
        yield command("find with the adjusted ones", again(ctx, "find", "--probs", path, without=without))


def _file(targets: Sequence[OutputTarget]) -> str | None:
    """A file that was written. Only on a terminal: words in a log do not depend on where files went."""
    return next((target.path for target in targets if target.path is not None and sys.stderr.isatty()), None)


def is_one_file(data: str) -> bool:
    return Path(data).is_file()


def _without_queue(ctx: typer.Context, data: str) -> Iterator[SummaryLine]:
    if data != STDIN:
        yield command("decide here", again(ctx, "review"))
    yield command("or on a page", again(ctx, "find", "-o", PAGE))


def _with_queue(ctx: typer.Context, data: str, files: Sequence[OutputTarget]) -> Iterator[SummaryLine]:
    known = () if data == STDIN else ("--data", data)
    queue = next((target.path for target in files if target.format in FILLED), None)
    if queue is not None:
        yield command("decide here", typed("review", queue, *known))
    filled = queue or next(filter(None, map(_export, files)), None)
    if filled and known:
        who = ("--reviewer", "NAME") if queue else ()
        yield command(f"{'or ' * bool(queue)}once it is filled in", typed("collect", filled, *known, *who))
        yield from _apply(ctx, data)


def _apply(ctx: typer.Context, data: str) -> Iterator[SummaryLine]:
    if is_one_file(data):
        path = Path(data)
        clean = path.with_name(f"{path.name.partition('.')[0]}.clean{''.join(path.suffixes)}")
        columns = _options(ctx, "apply", {*WORDS, *OF_ONE_RUN})
        yield command("correct the labels", typed("apply", data, *columns, "-o", str(clean)))


def _export(target: OutputTarget) -> str | None:
    """What comes back of a page or a tool."""
    if target.format == "html":
        return f"{Path(target.path or PAGE).stem}.decided.csv"
    return "EXPORT" if target.format in ANNOTATION_TOOLS.names else None
