"""Settings as defaults for the options of a command.

Flag > `HARDNEG_*` > settings file > built-in default. The file is DATA's: `hardneg.toml` or `[tool.hardneg]` of a
`pyproject.toml`, in its folder or upwards to the root of its repository; for the name of a dataset, standard input and
a URL, the working folder's. Under `check --base git:REV` the settings of REV decide (`settings/base_settings.py`).
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from hardneg_cli.cli.settings import base_settings
from hardneg_cli.cli.settings.base_settings import BASE, BaseSettings
from hardneg_cli.cli.settings.file_settings import FileSettings, FileValue, dataset_names, file_settings
from hardneg_cli.cli.settings.inside_paths import from_here
from hardneg_cli.cli.settings.option_trust import CommandOption, SettingKey, Trust, setting_keys
from hardneg_cli.cli.settings.settings_file import MAGIC, SettingsFile, folder_of, nearest
from hardneg_cli.errors import MOST_OF_A_PATH, InputError, did_you_mean, quote
from hardneg_cli.io.files import remote
from hardneg_cli.runtime.drawers import UnitSettings

STATE = "state"
PREFIX = "HARDNEG_"
NO_FILES = "no_config"
TRUE = ("1", "true", "t", "yes", "y", "on")
NAMING_DATA = ("data", "queue")  # parameters, the first that is there

Commands = Mapping[str, Mapping[str, CommandOption]]


@dataclass(frozen=True)
class Configuration:
    """What is configured of one command's options.

    options: values by name. units: settings by detector, gate or strategy. origins: where each option is set.
    data: the file behind the name of a dataset. notes: what is to be said about them.
    """

    options: Mapping[str, object] = field(default_factory=dict)
    units: UnitSettings = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    data: str | None = None
    notes: tuple[str, ...] = ()


def configured(
    options: Mapping[str, CommandOption], commands: Callable[[], Commands], given: Mapping[str, object]
) -> Configuration:
    """What the environment and the settings file say of a command's options.

    commands: all commands' options, for the keys that there are. given: the command line's values, by parameter.
    Raises InputError for a file that cannot be read, for keys that nothing knows or that a file may not set, and for
    paths that leave the file's folder.
    """
    keys = _Keys(commands)
    variables = _environment(keys)
    origins = {name: f"environment: {PREFIX}{name.upper()}" for name in variables}
    if given.get(NO_FILES) or str(variables.get(NO_FILES, "")).lower() in TRUE:
        return Configuration(_fitting(options, variables), {}, origins)
    if all(option.trust is Trust.CALLER for option in options.values()):
        return Configuration(_fitting(options, variables), {}, origins)
    return _with_files(options, keys, given, variables, origins)


def parameters(options: Mapping[str, CommandOption], values: Mapping[str, object]) -> dict[str, object]:
    """The values by parameter."""
    return {options[name].parameter: value for name, value in values.items()}


class _Keys:
    """All commands' options by name, gathered when they are needed: that loads every command."""

    def __init__(self, commands: Callable[[], Commands]) -> None:
        self._commands = commands

    @cached_property
    def all(self) -> dict[str, SettingKey]:
        return setting_keys(self._commands())


def _with_files(
    options: Mapping[str, CommandOption],
    keys: _Keys,
    given: Mapping[str, object],
    variables: Mapping[str, object],
    origins: Mapping[str, str],
) -> Configuration:
    data = next((one for one in map({**variables, **given}.get, NAMING_DATA) if isinstance(one, str)), None)
    name, file = _file_for(data)
    found = FileSettings() if file is None else file_settings(file, keys.all).of(name)
    notes: tuple[str, ...] = ()
    if BASE in options and options[BASE].flag:
        base = _base(given, variables, found, data, name, keys)
        if base is None:
            base_settings.refuse_weaker(found, options)
        else:
            found, notes = base_settings.under_base(found, base, options)
    own = {option: value for option, value in found.options.items() if option in options}
    own = {option: value for option, value in own.items() if options[option].trust is not Trust.CALLER}
    values = _fitting(options, {option: value.value for option, value in own.items() if option not in variables})
    moved = {option: _from_here(own[option], value, options[option].trust) for option, value in values.items()}
    where = {option: value.origin for option, value in own.items()}
    target = None
    if found.data is not None:
        target, where["data"] = str(_from_here(found.data, found.data.value, Trust.READ)), found.data.origin
    values = {**moved, **_fitting(options, variables)}
    return Configuration(
        values, found.units, {**origins, **where, **{n: origins[n] for n in origins if n in values}}, target, notes
    )


def _base(
    given: Mapping[str, object],
    variables: Mapping[str, object],
    found: FileSettings,
    data: str | None,
    name: str | None,
    keys: _Keys,
) -> BaseSettings | None:
    """The settings of what --base names, where they are others than DATA's own."""
    own = found.options.get(BASE)
    base = given.get(BASE) or variables.get(BASE) or (own and _from_here(own, own.value, Trust.READ))
    file = data if found.data is None else str(_from_here(found.data, found.data.value, Trust.READ))
    if not isinstance(base, str) or file is None or given.get(STATE):  # of both, the command says what is wrong
        return None
    return base_settings.of_base(base, file, name, lambda: keys.all)


def _file_for(data: str | None) -> tuple[str | None, SettingsFile | None]:
    """The name of the dataset, if `data` is one of the working folder's file, and the file whose settings hold."""
    if data is None or data == "-" or os.path.lexists(data) or remote.is_remote(data) or MAGIC & set(data):
        return None, nearest(folder_of(data))
    here = nearest(Path.cwd())
    names = [] if here is None else dataset_names(here)
    if data in names:
        return data, here
    if close := did_you_mean(data, names):
        raise InputError(f"no file {quote(data, MOST_OF_A_PATH)}, and no dataset of that name{close}")
    return None, nearest(folder_of(data))


def _from_here(found: FileValue, value: object, trust: Trust) -> object:
    """The value, its paths as the working folder sees them."""
    if not trust.is_path:
        return value
    if isinstance(value, list):
        return [from_here(found.origin, str(one), found.folder, trust) for one in value]
    return from_here(found.origin, value, found.folder, trust) if isinstance(value, str) else value


def _fitting(options: Mapping[str, CommandOption], values: Mapping[str, object]) -> dict[str, object]:
    """The values of the options that the command has: a list of one is a single one, one of several is for others."""
    found: dict[str, object] = {}
    for name, value in values.items():
        if name not in options:
            continue
        if options[name].is_list or not isinstance(value, list):
            found[name] = value
        elif len(value) == 1:
            found[name] = value[0]
    return found


def _environment(keys: _Keys) -> dict[str, object]:
    """The values of the variables; that of a list is split as a shell would."""
    found: dict[str, object] = {}
    for variable, value in sorted(os.environ.items()):
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in keys.all:
            hint = did_you_mean(variable, [PREFIX + option.upper() for option in keys.all])
            raise InputError(f"environment: {variable} is not a setting{hint}")
        try:
            found[name] = shlex.split(value) if keys.all[name].is_list else value
        except ValueError as error:
            raise InputError(f"environment: {variable}: {str(error).lower()} in {quote(value)}") from error
    return found
