"""Settings from the environment and the nearest configuration file, as defaults for the command line's options.

Flag > `HARDNEG_*` > nearest `hardneg.toml` or `[tool.hardneg]` of a `pyproject.toml` > built-in default.
"""

from __future__ import annotations

import inspect
import os
import shlex
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_type_hints

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.drawers import Settings, SettingValue, UnitSettings

PREFIX, ENVIRONMENT = "HARDNEG_", "environment: "
DATASETS = "datasets"
UNITS = ("detector", "gate", "mode", "attack", "strategy", "model")  # kinds that have settings


@dataclass(frozen=True)
class Configuration:
    """options: values by name. units: settings by detector, gate or strategy. origins: where each option is set.

    datasets: by name, what `[datasets.NAME]` says of the options, `data` among them, and of units, for that data alone.
    """

    options: Mapping[str, object]
    units: UnitSettings
    origins: Mapping[str, str]
    datasets: Mapping[str, Configuration] = field(default_factory=dict)

    def of(self, name: str) -> Configuration:
        """What holds for one dataset: its own table goes before the rest of the file, and after the environment."""
        own = self.datasets[name]
        fixed = {option for option, origin in self.origins.items() if origin.startswith(ENVIRONMENT)}
        mine = {option: value for option, value in own.options.items() if option not in fixed}
        units = {unit: {**self.units.get(unit, {}), **settings} for unit, settings in own.units.items()}
        origins = {option: own.origins[option] for option in mine}
        return Configuration({**self.options, **mine}, {**self.units, **units}, {**self.origins, **origins})


def configured(options: Callable[[], Mapping[str, bool]], folder: Path | None = None) -> Configuration:
    """What the environment and the nearest file say; `options` names all commands' ones, and whether each is a list.

    Raises InputError for a file that cannot be read and for keys that nothing knows.
    """
    path, table = _nearest(folder or Path.cwd())
    if not table and not any(variable.startswith(PREFIX) for variable in os.environ):
        return Configuration({}, {}, {})
    known = options()
    file = _table(path, "", {key: value for key, value in table.items() if key != DATASETS}, known)
    datasets = _datasets(path, table.get(DATASETS, {}), known)
    found = _environment(known)
    origins = {option: f"{ENVIRONMENT}{PREFIX}{option.upper()}" for option in found}
    return Configuration({**file.options, **found}, file.units, {**file.origins, **origins}, datasets)


def _datasets(path: Path, given: object, known: Mapping[str, bool]) -> dict[str, Configuration]:
    """What is said of each dataset; `data` says where it is."""
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise InputError(f"{path}: {DATASETS} holds a table of options for each dataset, as in [{DATASETS}.train]")
    datasets = {}
    for name, one in given.items():
        where = f"{DATASETS}.{name}"
        datasets[name] = _table(path, f"{where}.", one, {**known, "data": False})
        if not isinstance(datasets[name].options.get("data"), str):
            raise InputError(f'{path}: {where} does not say where the data is, as in data = "{name}.csv"')
    return datasets


def _table(path: Path, where: str, table: Mapping[str, object], known: Mapping[str, bool]) -> Configuration:
    """The options and the units of a table; `where` is its name and a point."""
    options: dict[str, object] = {}
    units: dict[str, Settings] = {}
    kinds = {name: kind for kind in UNITS for name in drawers.names(kind)}
    for key, value in table.items():
        option = key.replace("-", "_")
        if key in kinds:
            units[key] = _unit(path, kinds[key], key, value)
        elif option in known:
            options[option] = _checked(f"{path}: {where}{key}", value, is_list=known[option])
        else:
            known_keys = {*(name.replace("_", "-") for name in known), *kinds, *([] if where else [DATASETS])}
            raise InputError(f"{path}: unknown key {where + key!r}{did_you_mean(key, known_keys)}")
    return Configuration(options, units, {option: f"{path}: {where}{option.replace('_', '-')}" for option in options})


def _unit(path: Path, kind: str, name: str, given: object) -> dict[str, SettingValue]:
    """A unit's settings, each known to it and of its type."""
    if not isinstance(given, dict):
        raise InputError(f"{path}: {name} is a table with the settings of the {kind}, not {given!r}")
    known = drawers.settings(drawers.verb(kind, name))
    settings = {}
    for key, value in given.items():
        setting = known.get(key.replace("-", "_"))
        if setting is None:
            hint = did_you_mean(key, known) or f" (it has: {', '.join(known) or 'none'})"
            raise InputError(f"{path}: {kind} {name!r} has no setting {key!r}{hint}")
        settings[key.replace("-", "_")] = setting.parse(f"{path}: {name}.{key}", value)
    return settings


def _checked(where: str, value: object, *, is_list: bool) -> object:
    """An option's value; a text may stand for a list of one. What else is wrong with it the option itself tells."""
    if not is_list:
        if isinstance(value, dict | list):
            raise InputError(f"{where} is one value, not {value!r}")
        return value
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise InputError(f"{where} is a list of texts, not {value!r}")
    return values


def option_names(function: Callable[..., object]) -> dict[str, str]:
    """A command's options, `on_bad_rows` for --on-bad-rows, with the names of their parameters (`id_` for --id)."""
    return {name.rstrip("_"): name for name in inspect.signature(function).parameters if name != "ctx"}


def parameters(function: Callable[..., object], options: Mapping[str, object]) -> dict[str, object]:
    """Those of the configured options that the command has, by parameter."""
    known = option_names(function)
    return {known[option]: value for option, value in options.items() if option in known}


def list_options(function: Callable[..., object]) -> set[str]:
    """Those of a command's options that may be repeated."""
    hints = get_type_hints(function)
    return {option for option, name in option_names(function).items() if "list[" in str(hints[name])}


def _environment(known: Mapping[str, bool]) -> dict[str, object]:
    """The values of the variables; that of a list is split as a shell would."""
    found: dict[str, object] = {}
    for variable, value in sorted(os.environ.items()):
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in known:
            hint = did_you_mean(variable, [PREFIX + option.upper() for option in known])
            raise InputError(f"environment: {variable} is not a setting{hint}")
        try:
            found[name] = shlex.split(value) if known[name] else value
        except ValueError as error:
            raise InputError(f"environment: {variable}: {str(error).lower()} in {value!r}") from error
    return found


def _nearest(folder: Path) -> tuple[Path, dict[str, object]]:
    """The nearest file with settings, upwards from `folder`, and its table; an empty one where there is none."""
    for place in (folder, *folder.parents):
        for path, keys in ((place / "hardneg.toml", ()), (place / "pyproject.toml", ("tool", "hardneg"))):
            if path.is_file():
                table = _read(path)
                for key in keys:
                    inner = table.get(key, {})
                    if not isinstance(inner, dict):
                        raise InputError(f"{path}: {key!r} is not a table; settings belong in [{'.'.join(keys)}]")
                    table = inner
                if table or not keys:
                    return path, table
    return folder, {}


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: cannot be read as TOML: {error}") from error
