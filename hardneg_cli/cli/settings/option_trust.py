"""What a settings file may say of an option: a property of the option itself, beside its `typer.Option`.

    label: Annotated[str, typer.Option("--label", metavar="COL", help="…"), Trust.CHOICE] = "label"

A settings file came with a repository or a download, so it is a stranger's. An option that does not say what it is
belongs to the caller.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, get_args, get_origin, get_type_hints

import typer.models


class Trust(Enum):
    """Of what kind an option is. All but the caller's own may stand in a settings file."""

    CHOICE = "columns, detectors, thresholds: any value"
    READ = "a path that is read, inside the file's folder"
    NAMES = "names, or a file of that name inside the file's folder"
    WRITTEN = "a path that is written, inside the file's folder"
    LOOK = "how a result looks, and how much of it is shown: no verdict hangs on it"
    STRICTER = "gates to ask: a check asks those of the base and those of the work tree"
    WEAKER = "what lets a check pass: it counts where the settings of the base have it"
    CALLER = "the caller's own, on the command line or in the environment: never in a file"

    @property
    def is_path(self) -> bool:
        return self in (Trust.READ, Trust.NAMES, Trust.WRITTEN)

    @property
    def decides(self) -> bool:
        """Whether a verdict may hang on it, so that under `check --base` the settings of the base count."""
        return self not in (Trust.WRITTEN, Trust.LOOK)


@dataclass(frozen=True)
class CommandOption:
    """One option of one command. parameter: of its function, such as `id_`. flag: as typed, none of an argument."""

    parameter: str
    flag: str
    is_list: bool
    trust: Trust


def command_options(run: Callable[..., object]) -> dict[str, CommandOption]:
    """A command's options and arguments by the name of their setting, such as `on_bad_rows`; see `expanded`."""
    hints = get_type_hints(run, include_extras=True)
    return {name.rstrip("_"): _option(name, hints[name]) for name in inspect.signature(run).parameters if name != "ctx"}


def stated_trust(hint: object) -> Trust | None:
    """What an option's type says of it, if it does."""
    return next((one for one in get_args(hint)[1:] if isinstance(one, Trust)), None)


def _option(name: str, hint: object) -> CommandOption:
    kind, *metadata = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    is_option = any(isinstance(one, typer.models.OptionInfo) for one in metadata)
    flag = f"--{name.rstrip('_').replace('_', '-')}" if is_option else ""
    trust = stated_trust(hint) if is_option else None
    return CommandOption(name, flag, "list[" in str(kind), trust or Trust.CALLER)


@dataclass(frozen=True)
class SettingKey:
    """An option's name in a settings file: what it is to any command. is_list: whether some command repeats it.

    flag: as it is typed; empty for an argument, which no file names.
    """

    flag: str
    is_list: bool
    trusts: frozenset[Trust]

    @property
    def in_files(self) -> bool:
        return bool(self.trusts - {Trust.CALLER})


def setting_keys(commands: Mapping[str, Mapping[str, CommandOption]]) -> dict[str, SettingKey]:
    """All commands' options by name."""
    found: dict[str, list[CommandOption]] = {}
    for options in commands.values():
        for name, option in options.items():
            found.setdefault(name, []).append(option)
    return {
        name: SettingKey(
            max(one.flag for one in same), any(one.is_list for one in same), frozenset(one.trust for one in same)
        )
        for name, same in found.items()
    }
