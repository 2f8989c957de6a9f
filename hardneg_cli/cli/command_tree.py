"""The commands, gathered from their drawer: each is built when it is called, and the help needs none of them built."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from hardneg_cli import __version__
from hardneg_cli.cli.command_help import CommandHelp, FolderHelp, write_commands, write_first_steps, write_options
from hardneg_cli.cli.configuration import configured, parameters
from hardneg_cli.cli.option_groups import Command, expanded
from hardneg_cli.cli.settings.option_trust import CommandOption, command_options
from hardneg_cli.runtime import drawers

if TYPE_CHECKING:
    from typer._click import Command as TyperCommands
    from typer._click import Context, HelpFormatter

Wrap = Callable[[Command], Command]


def command_line(wrap: Wrap) -> typer.Typer:
    """The whole command line. wrap: what is done around each command."""

    class CommandTree(TyperGroup):
        """The root: a command is there as soon as its file is."""

        def list_commands(self, ctx: Context) -> list[str]:
            return sorted(_modules())

        def get_command(self, ctx: Context, cmd_name: str) -> TyperCommands | None:
            known = self.list_commands(ctx)
            for name in [cmd_name] if cmd_name in known else known:  # all of them, to say which one may be meant
                if name not in self.commands:
                    self.commands[name] = _built(name, wrap)
            return self.commands.get(cmd_name)

        def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
            write_first_steps(formatter)
            super().format_help(ctx, formatter)

        def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
            self.format_commands(ctx, formatter)
            write_options(self, ctx, formatter)

        def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
            write_commands(formatter, ((name, group, line) for name, (group, line) in sorted(_lines().items())))

    root = typer.Typer(cls=CommandTree, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    root.callback(invoke_without_command=True)(_root)
    root.info.context_settings = {"help_option_names": ["-h", "--help"]}
    return root


def all_options() -> dict[str, dict[str, CommandOption]]:
    """Each command's options, by its module."""
    return {run.__module__: command_options(run) for run in all_runs()}


def all_runs() -> list[Command]:
    """All commands' functions, with the options of their groups."""
    return [expanded(run) for run in _runs()]


def _root(
    ctx: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """Make labeled datasets trustworthy: find mislabeled rows, have people decide, write the corrected dataset."""
    if version:
        typer.echo(f"hardneg {__version__}")
    elif ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help())


def _modules() -> Mapping[str, str]:
    """Each command's name, and the folder in which there are others below it."""
    return dict.fromkeys(drawers.names("command"), "") | {name: name for name in drawers.folders("command")}


def _runs() -> Iterator[Command]:
    for name, folder in _modules().items():
        for each in drawers.names("command", folder) if folder else [name]:
            yield drawers.load("command", each, folder).run


def _lines() -> dict[str, tuple[str, str]]:
    """Each command's group, and the first line of its manual."""
    modules = {name: _package(name) if folder else drawers.load("command", name) for name, folder in _modules().items()}
    return {name: (getattr(module, "GROUP", ""), _manual(module).splitlines()[0]) for name, module in modules.items()}


def _built(name: str, wrap: Wrap) -> TyperCommands:
    if not _modules()[name]:
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        _add(app, drawers.load("command", name), name, wrap)
        return typer.main.get_command(app)
    app = typer.Typer(
        cls=FolderHelp, name=name, add_completion=False, rich_markup_mode=None, help=_package(name).__doc__
    )
    app.callback()(lambda: None)
    for each in drawers.names("command", name):
        _add(app, drawers.load("command", each, name), each, wrap)
    return typer.main.get_command(app)


def _add(app: typer.Typer, module: ModuleType, name: str, wrap: Wrap) -> None:
    run = wrap(expanded(module.run))
    app.command(name, cls=_configured(run), help=_manual(module), epilog=module.EXAMPLE or None)(run)


def _configured(run: Command) -> type[CommandHelp]:
    """Commands whose options default to the settings of what the command line names."""
    options = command_options(run)

    class ConfiguredCommand(CommandHelp):
        def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
            if not ctx.resilient_parsing:  # as for a shell that completes words
                given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
                if not given.get("help"):
                    ctx.obj = configured(options, all_options, given)
                    ctx.default_map = parameters(options, ctx.obj.options)
            return super().parse_args(ctx, args)

    return ConfiguredCommand


def _package(folder: str) -> ModuleType:
    """The folder itself, whose text is its manual."""
    drawers.load("command", drawers.names("command", folder)[0], folder)
    import sys

    return sys.modules[f"{__package__}.commands.{folder.replace('-', '_')}"]


def _manual(module: ModuleType) -> str:
    return (module.__doc__ or "").strip()
