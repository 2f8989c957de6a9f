"""A drawer is a folder of look-alike files, each defining one function of the same verb.

The file's name, with `-` for `_`, is the name users type. Names are listed without importing anything.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from hardneg_cli.errors import InputError, did_you_mean


@dataclass(frozen=True)
class Setting:
    """A setting's type (or Literal of its choices) and its default."""

    kind: Any
    default: Any

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.kind)

    def parse(self, where: str, value: Any) -> Any:
        """`value` as the setting's type; raises InputError naming `where`."""
        if self.choices:
            if value not in self.choices:
                known = ", ".join(self.choices)
                raise InputError(
                    f"{where} cannot be {value!r}{did_you_mean(str(value), self.choices)} (known: {known})"
                )
            return value
        if self.kind is bool:
            if str(value).lower() not in ("true", "false"):
                raise InputError(f"{where} is true or false, not {value!r}")
            return str(value).lower() == "true"
        try:
            return self.kind(str(value))
        except (TypeError, ValueError) as error:
            raise InputError(f"{where} is a {'whole ' * (self.kind is int)}number, not {value!r}") from error


ROOT = Path(__file__).parent


def names(drawer: str) -> list[str]:
    """The names in a drawer, sorted; a drawer within another one is called `outer/inner`."""
    return list(_names(drawer, are_folders=False))


def folders(drawer: str) -> list[str]:
    """The names of the drawers within a drawer, sorted."""
    return list(_names(drawer, are_folders=True))


@cache
def _names(drawer: str, *, are_folders: bool) -> tuple[str, ...]:
    found = [module for module in pkgutil.iter_modules([str(ROOT / drawer)]) if module.ispkg == are_folders]
    names = (module.name.rstrip("_").replace("_", "-") for module in found if not module.name.startswith("_"))
    return tuple(sorted(names))


def load(drawer: str, name: str, what: str) -> ModuleType:
    """The file called `name`; `what` says in an error what it would have been (`detector`)."""
    known = names(drawer)
    if name not in known:
        raise InputError(f"no {what} {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})")
    return _import(drawer, name)


@cache
def _import(drawer: str, name: str) -> ModuleType:
    path = f"{drawer}/{name}".replace("-", "_").replace("/", ".")
    return importlib.import_module(f"hardneg_cli.{path}")


def settings(function: Any) -> dict[str, Setting]:
    """A function's settings: its keyword-only parameters, by name, with their types and defaults."""
    chosen = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    annotated = {p.name: function.__annotations__[p.name] for p in chosen}
    # Only these are evaluated: the types of the evidence may be known to the type checker alone.
    holder = type("Settings", (), {"__annotations__": annotated, "__module__": function.__module__})
    kinds = get_type_hints(holder)
    return {p.name: Setting(kinds[p.name], p.default) for p in chosen}
