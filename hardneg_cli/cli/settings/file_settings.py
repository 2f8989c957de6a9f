"""What a settings file says: options, units and datasets, each key known and one that a file may set."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hardneg_cli.cli.settings.inside_paths import refuse_elsewhere
from hardneg_cli.cli.settings.option_trust import SettingKey, Trust
from hardneg_cli.cli.settings.settings_file import SettingsFile
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.drawers import Settings, SettingValue, UnitSettings

DATASETS, DATA = "datasets", "data"
UNITS = ("detector", "gate", "mode", "attack", "strategy", "model")  # kinds that have settings
LONGEST_KEY = 80
Keys = Mapping[str, SettingKey]


@dataclass(frozen=True)
class FileValue:
    """An option's value as the file has it. origin: the file and the key. folder: the file's, for paths."""

    value: object
    origin: str
    folder: Path


@dataclass(frozen=True)
class FileSettings:
    """options: values by name. units: settings by unit. data: where a dataset is. datasets: by name, of each alone."""

    options: Mapping[str, FileValue] = field(default_factory=dict)
    units: UnitSettings = field(default_factory=dict)
    data: FileValue | None = None
    datasets: Mapping[str, FileSettings] = field(default_factory=dict)

    def of(self, name: str | None) -> FileSettings:
        """What holds for one dataset: its own table goes before the rest of the file."""
        if name is None or name not in self.datasets:
            return FileSettings(self.options, self.units)
        own = self.datasets[name]
        units = {unit: {**self.units.get(unit, {}), **settings} for unit, settings in own.units.items()}
        return FileSettings({**self.options, **own.options}, {**self.units, **units}, own.data)


def file_settings(file: SettingsFile, keys: Keys, *, strict: bool = True) -> FileSettings:
    """The file's settings. strict: whether keys that a file may not set, and unknown ones, are errors, or left out.

    Raises InputError for those, for values of the wrong kind, and for paths that are not inside the file's folder.
    """
    return _Parser(file, keys, strict=strict).settings()


def dataset_names(file: SettingsFile) -> list[str]:
    """The names of the datasets that the file is about."""
    given = file.table.get(DATASETS)
    return [*given] if isinstance(given, dict) else []


@dataclass(frozen=True)
class _Parser:
    file: SettingsFile
    keys: Keys
    strict: bool

    def settings(self) -> FileSettings:
        table = self.file.table
        whole = self._table("", {key: value for key, value in table.items() if key != DATASETS})
        return FileSettings(whole.options, whole.units, None, self._datasets(table.get(DATASETS, {})))

    def _datasets(self, given: object) -> dict[str, FileSettings]:
        """What is said of each dataset; `data` says where it is."""
        name = self.file.name
        if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
            raise InputError(f"{name}: {DATASETS} holds a table of options for each dataset, as in [{DATASETS}.train]")
        return {dataset: self._dataset(f"{DATASETS}.{dataset}", dataset, table) for dataset, table in given.items()}

    def _dataset(self, where: str, dataset: str, table: Mapping[str, object]) -> FileSettings:
        own = self._table(f"{where}.", {key: value for key, value in table.items() if key != DATA})
        if DATA not in table:
            raise InputError(
                f'{self.file.name}: {where} does not say where the data is, as in data = "{dataset[:LONGEST_KEY]}.csv"'
            )
        origin = f"{self.file.name}: {where}.{DATA}"
        data = _checked(origin, table[DATA], is_list=False)
        if not isinstance(data, str):
            raise InputError(f"{origin} is a text, not {quote(data)}")
        refuse_elsewhere(origin, data, Trust.READ)
        return FileSettings(own.options, own.units, FileValue(data, origin, self.file.folder))

    def _table(self, where: str, table: Mapping[str, object]) -> FileSettings:
        """The options and the units of a table; `where` is its name and a point."""
        options: dict[str, FileValue] = {}
        units: dict[str, Settings] = {}
        kinds = {name: kind for kind in UNITS for name in drawers.names(kind)}
        for key, value in table.items():
            option = key.replace("-", "_")
            if key in kinds and (isinstance(value, dict) or option not in self.keys):
                units[key] = _unit(self.file.name, kinds[key], key, value)
            elif option in self.keys and self.keys[option].in_files:
                options[option] = self._option(where, option, value)
            elif self.strict:
                raise self._unfit(where, key, [*kinds, *([] if where else [DATASETS])])
        return FileSettings(options, units)

    def _option(self, where: str, option: str, given: object) -> FileValue:
        key = self.keys[option]
        origin = f"{self.file.name}: {where}{option.replace('_', '-')}"
        value = _checked(origin, given, is_list=key.is_list)
        for trust in key.trusts:
            for one in value if isinstance(value, list) else [value]:
                if trust.is_path and isinstance(one, str):
                    refuse_elsewhere(origin, one, trust)
        return FileValue(value, origin, self.file.folder)

    def _unfit(self, where: str, key: str, others: list[str]) -> InputError:
        """The error for a key that a file may not set, or that nobody knows."""
        option, shown = key.replace("-", "_"), (where + key)[:LONGEST_KEY]
        if option in self.keys and self.keys[option].flag:
            return InputError(
                f"{self.file.name}: {shown} cannot be set by a file: give {self.keys[option].flag} on the command line"
            )
        known = [name.replace("_", "-") for name, setting in self.keys.items() if setting.in_files]
        hint = did_you_mean(key[:LONGEST_KEY], [*known, *others])
        return InputError(f"{self.file.name}: unknown key {quote(shown)}{hint}")


def _unit(file: str, kind: str, name: str, given: object) -> dict[str, SettingValue]:
    """A unit's settings, each known to it and of its type."""
    if not isinstance(given, dict):
        raise InputError(f"{file}: {name} is a table with the settings of the {kind}, not {reprlib.repr(given)}")
    known = drawers.settings(drawers.verb(kind, name))
    settings = {}
    for key, value in given.items():
        setting = known.get(key.replace("-", "_"))
        if setting is None:
            shown = key[:LONGEST_KEY]
            hint = did_you_mean(shown, known) or f" (it has: {', '.join(known) or 'none'})"
            raise InputError(f"{file}: {kind} {quote(name)} has no setting {quote(shown)}{hint}")
        if isinstance(value, dict | list) or len(str(value)) > LONGEST_KEY:
            raise InputError(f"{file}: {name}.{key} is one value, not {reprlib.repr(value)}")
        settings[key.replace("-", "_")] = setting.parse(f"{file}: {name}.{key}", value)
    return settings


def _checked(where: str, value: object, *, is_list: bool) -> object:
    """An option's value; a text may stand for a list of one. What else is wrong with it the option itself tells."""
    if not is_list:
        if isinstance(value, dict | list):
            raise InputError(f"{where} is one value, not {reprlib.repr(value)}")
        return value
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(item, str) for item in values):
        raise InputError(f"{where} is a list of texts, not {reprlib.repr(value)}")
    return values
