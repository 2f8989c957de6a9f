"""Help in plain words: an example on top, options under headings, commands by what people want."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click import Context, HelpFormatter  # of typer's own click, for readers of types alone

ARGUMENTS, OPTIONS = "Arguments", "Options"  # the headings of what belongs to no group
HEADINGS = ("Data", "Parts", "Versions", "Models", "Decisions", "Review", "Output", OPTIONS)
GROUPS = {
    "find": "Find",
    "people": "People",
    "gate": "Gate",
    "models": "Models and training data",
    "help": "Help",
}
OTHERS = "More"
LAST = ("quiet", "verbose", "color", "no_config", "help")  # in their section
FIRST_STEPS = (
    ("hardneg find data.csv --text text", "rank the rows that are probably wrong"),
    ("hardneg review data.csv --text text", "decide about them, one a screen"),
    ("hardneg apply data.csv -o clean.csv", "write what you decided"),
)


class CommandHelp(TyperCommand):
    """A command; its epilog is an example, which is shown first."""

    def format_help(self, ctx: Context, formatter: HelpFormatter) -> None:
        if self.epilog:
            formatter.write(f"Example: {self.epilog}\n\n")
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        self.format_options(ctx, formatter)

    def format_options(self, ctx: Context, formatter: HelpFormatter) -> None:
        write_options(self, ctx, formatter)


def write_options(command: TyperCommand | TyperGroup, ctx: Context, formatter: HelpFormatter) -> None:
    """Arguments and options, each under its heading."""
    records: dict[str, list[tuple[str, str]]] = {}
    for parameter in sorted(command.get_params(ctx), key=lambda one: one.name in LAST):
        heading = getattr(parameter, "rich_help_panel", None) or OPTIONS
        if parameter.param_type_name == "argument":
            heading = ARGUMENTS
        if record := parameter.get_help_record(ctx):
            records.setdefault(heading, []).append(record)
    for heading in dict.fromkeys((ARGUMENTS, *HEADINGS, *records)):
        if heading in records:
            with formatter.section(heading):
                formatter.write_dl(records[heading])


def write_first_steps(formatter: HelpFormatter) -> None:
    """Three command lines to start with."""
    width = max(len(command) for command, _ in FIRST_STEPS)
    formatter.write("Start with:\n")
    formatter.write("".join(f"  {command:<{width}}  {what}\n" for command, what in FIRST_STEPS) + "\n")


def write_commands(formatter: HelpFormatter, lines: Iterable[tuple[str, str, str]]) -> None:
    """Names and what they do, under the heading of their group; a line each, however wide the terminal is.

    lines: of each command its name, the name of its group, and the first line of its manual.
    """
    sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*GROUPS.values(), OTHERS)}
    for name, group, line in lines:
        sections[GROUPS.get(group, OTHERS)].append((name, line))
    width = max(len(name) for rows in sections.values() for name, _ in rows)
    for heading, rows in sections.items():
        if rows:
            with formatter.section(heading):
                formatter.write("".join(f"  {name:<{width}}  {line}\n" for name, line in rows))


class FolderHelp(TyperGroup):
    """A folder of commands."""

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(100)) for name, command in self.commands.items()])
