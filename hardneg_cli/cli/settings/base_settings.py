"""Whose settings decide a check: those of the base, so that a commit does not choose how it is judged.

Under `--base git:REV` they are the settings of the same folder at REV. Under `--base FILE` they are DATA's own, unless
FILE is in another repository, such as a second checkout: then they are the ones there. What no verdict hangs on, how
the report looks and where it goes, is the work tree's. Gates to ask are of both.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from hardneg_cli.cli.settings.file_settings import DATA, FileSettings, FileValue, Keys, file_settings
from hardneg_cli.cli.settings.option_trust import CommandOption, Trust
from hardneg_cli.cli.settings.settings_file import (
    KINDS,
    MAGIC,
    SettingsFile,
    folder_of,
    nearest,
    places_of,
    typed_folder,
)
from hardneg_cli.errors import InputError
from hardneg_cli.io.files import remote
from hardneg_cli.io.files.repository_root import repository_root

BASE = "base"
GIT = "git:"
MOST = 5  # keys in a note


@dataclass(frozen=True)
class BaseSettings:
    """name: of the base, as typed. settings: what held there. new: whether the base does not have DATA at all."""

    name: str
    settings: FileSettings
    new: Callable[[], bool]

    @cached_property
    def is_new(self) -> bool:
        return self.new()


def of_base(base: str, data: str, dataset: str | None, keys: Callable[[], Keys]) -> BaseSettings | None:
    """The settings of what `data` is compared with; None where they are data's own.

    dataset: data's name in the working folder's file, if it has one.
    Raises InputError where git cannot tell what was at a revision.
    """
    if base.startswith(GIT):
        return _at_revision(base, data, dataset, keys)
    if base == "-" or remote.is_remote(base):
        return None
    root, own = repository_root(folder_of(base)), repository_root(folder_of(data))
    if root is None or root == own:
        return None
    settings = _settings(nearest(folder_of(base)), dataset, keys)
    here = own or folder_of(data)
    moved = {
        name: replace(value, folder=here / value.folder.relative_to(root)) for name, value in settings.options.items()
    }
    return BaseSettings(base, FileSettings(moved, settings.units), lambda: False)


def _at_revision(base: str, data: str, dataset: str | None, keys: Callable[[], Keys]) -> BaseSettings | None:
    from hardneg_cli.io.files import git_revision
    from hardneg_cli.io.files.git_above import reader_above

    revision = base.removeprefix(GIT)
    if not revision or remote.is_remote(data):
        return None  # which the comparison itself refuses

    def named(path: Path) -> str:
        return f"{base}: {path.name}"

    here = Path.cwd()
    if data == "-" and repository_root(here) is None:
        return None  # a bare repository, as a server's hook has it, or none
    folder = here if dataset is not None or data == "-" else typed_folder(data)
    places = [*places_of(folder)]
    known = str(here / "any") if data == "-" else data
    known = str(typed_folder(data) / "any") if MAGIC & set(data) and not os.path.lexists(data) else known
    file = nearest(folder, reader_above(known, revision, places, [name for name, _ in KINDS]), named)
    settings = _settings(file, dataset, keys)
    return BaseSettings(base, settings, lambda: not git_revision.at_revision(data, revision).sources)


def _settings(file: SettingsFile | None, dataset: str | None, keys: Callable[[], Keys]) -> FileSettings:
    """Keys that are unknown, or not a file's, say nothing: what mends them is to pass."""
    return FileSettings() if file is None else file_settings(file, keys(), strict=False).of(dataset)


def under_base(
    own: FileSettings, base: BaseSettings, options: Mapping[str, CommandOption]
) -> tuple[FileSettings, tuple[str, ...]]:
    """What counts of the work tree's settings and of the base's, and what is to be said about that.

    A dataset that is new there keeps its own columns where the base says nothing of them.
    """
    theirs = base.settings
    if _values(own) == _values(theirs):
        return own, ()
    of_both = {name: value for name, value in own.options.items() if _is_free(name, options)}
    if base.is_new:
        of_both |= {name: value for name, value in own.options.items() if not _is(Trust.WEAKER, name, options)}
    decided = {name: value for name, value in theirs.options.items() if not _is_free(name, options)}
    found = {**of_both, **decided}
    for name in (name for name in own.options if _is(Trust.STRICTER, name, options)):
        found[name] = _union(decided.get(name), own.options[name])
    units = {**own.units, **theirs.units} if base.is_new else theirs.units
    data = theirs.data or own.data
    overruled = [
        name.replace("_", "-")
        for name in options
        if _value(own.options.get(name)) != _value(found.get(name)) and not _is(Trust.STRICTER, name, options)
    ]
    overruled += [unit for unit in {**own.units, **theirs.units} if own.units.get(unit) != units.get(unit)]
    overruled += [DATA] if own.data and _value(own.data) != _value(data) else []
    notes = (_note(base.name, overruled),) if overruled else ()
    return replace(own, options=found, units=units, data=data), notes


def refuse_weaker(own: FileSettings, options: Mapping[str, CommandOption]) -> None:
    """Raises InputError for what lets a check pass, in a file that no base vouches for."""
    for name, value in own.options.items():
        if _is(Trust.WEAKER, name, options):
            raise InputError(
                f"{value.origin} lets a check pass, so a file sets it only where the base has it, with --base git:REV: "
                f"give {options[name].flag} on the command line"
            )


def _values(settings: FileSettings) -> tuple[object, ...]:
    return {name: one.value for name, one in settings.options.items()}, settings.units, _value(settings.data)


def _is(trust: Trust, name: str, options: Mapping[str, CommandOption]) -> bool:
    return name in options and options[name].trust is trust


def _is_free(name: str, options: Mapping[str, CommandOption]) -> bool:
    """Whether the work tree chooses: what the base is, and what no verdict hangs on."""
    return name == BASE or name not in options or not options[name].trust.decides


def _union(first: FileValue | None, second: FileValue) -> FileValue:
    if first is None:
        return second
    values = [*_list(first), *(value for value in _list(second) if value not in _list(first))]
    return replace(first, value=values)


def _list(found: FileValue) -> list[object]:
    return found.value if isinstance(found.value, list) else [found.value]


def _value(found: FileValue | None) -> object:
    return None if found is None else found.value


def _note(base: str, names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    return (
        f"the settings of {base} decide, not the changed ones: {', '.join(names[:MOST])}{more}; what changed counts "
        "once it is in the base, or on the command line"
    )
