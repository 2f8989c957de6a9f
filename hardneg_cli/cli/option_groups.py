"""Options in groups: a command's parameter whose type is a group stands for all options that are the group's fields.

    def run(data: options.Data, columns: Annotated[DataOptions, Without("fold")], output: OutputOptions) -> int: ...

A group is a frozen dataclass. Its fields are annotated with their `typer.Option` and have defaults; HEADING says under
which heading the help lists them. Typer sees a function with one parameter an option.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import fields, is_dataclass
from inspect import Parameter
from typing import Annotated, get_args, get_origin, get_type_hints

import typer
import typer.models

from hardneg_cli.cli.settings.option_trust import Trust

Command = Callable[..., int]
NoConfig = Annotated[
    bool, typer.Option("--no-config", help="Leave settings files unread; HARDNEG_* still count."), Trust.CALLER
]


class Without:
    """Beside a group in a command's signature: the options of the group that this command lacks.

    They have their defaults.
    """

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)


def expanded(run: Command) -> Command:
    """The command as typer and the settings are to see it: each group's options in the group's place.

    Every command has --no-config, which is about where its options come from, and no business of its own.
    Raises TypeError for two options of one name, and for one that is left out of a group that has none of that name.
    """
    hints = get_type_hints(run, include_extras=True)
    parameters: list[Parameter] = []
    members: dict[str, tuple[type, list[str]]] = {}
    for name, parameter in inspect.signature(run).parameters.items():
        group, left_out = _group(hints[name])
        options = [parameter] if group is None else list(_members(group, left_out))
        if group is not None:
            members[name] = group, [option.name for option in options]
        parameters += [
            option.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name] if group is None else option.annotation)
            for option in options
        ]

    parameters.append(Parameter("no_config", Parameter.KEYWORD_ONLY, default=False, annotation=NoConfig))

    @functools.wraps(run)
    def command(**given: object) -> int:
        given.pop("no_config", None)
        groups = {name: group(**{option: given.pop(option) for option in options if option in given})
                  for name, (group, options) in members.items()}  # fmt: skip
        return run(**given, **groups)

    names = [parameter.name for parameter in parameters]
    if twice := {name for name in names if names.count(name) > 1}:
        raise TypeError(f"{run.__module__}: {', '.join(sorted(twice))} is more than one option")
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__dict__["__signature__"] = inspect.Signature(parameters)
    return command


def _group(hint: object) -> tuple[type | None, frozenset[str]]:
    """The group that a parameter's type is, if it is one, and what is left out of it."""
    kind, *said = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        return None, frozenset()
    left_out = frozenset[str]().union(*(one.names for one in said if isinstance(one, Without)))
    if unknown := left_out - {field.name for field in fields(kind)}:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))} to leave out")
    return kind, left_out


def _members(group: type, left_out: frozenset[str]) -> Iterator[Parameter]:
    """A parameter for each option of the group, under its heading."""
    hints = _hints(group)
    for field in fields(group):
        if field.name not in left_out:
            yield Parameter(field.name, Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name])


@functools.cache
def _hints(group: type) -> Mapping[str, object]:
    heading = getattr(group, "HEADING", None)
    hints = get_type_hints(group, include_extras=True)
    return {field.name: _under(hints[field.name], heading) for field in fields(group)}


def _under(hint: object, heading: str | None) -> object:
    """The type of an option, whose help stands under the heading unless it has said another one."""
    kind, *metadata = get_args(hint)
    for place, option in enumerate(metadata):
        if isinstance(option, typer.models.OptionInfo) and option.rich_help_panel is None:
            metadata[place] = copy(option)
            metadata[place].rich_help_panel = heading
    return Annotated[(kind, *metadata)]
