"""A drawer is a folder of look-alike files, each defining one function of the same verb.

The file's name, with `-` for `_`, is the name users type. Names are listed without importing anything.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

from hardneg_cli.errors import InputError, did_you_mean


@dataclass(frozen=True)
class UnitSetting:
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


@dataclass(frozen=True)
class Drawer:
    """folder: where the units are, one a file. verb: the function that each of them defines, empty for pages.

    homes: by name, where each unit is below the folder; None where each file in the folder is one. ending: of its files.
    """

    folder: str
    verb: str
    homes: Mapping[str, str] | None = None
    ending: str = ".py"


DRAWERS: Mapping[str, Drawer] = {
    "annotation tool": Drawer("review/annotation_tools", "read"),
    "attack": Drawer("modeling/robustness/attacks", "run"),
    "command": Drawer("cli/commands", "run"),
    "detector": Drawer("detection/detectors", "detect"),
    "engine": Drawer("data/probabilities/engines", "engaged"),
    "evidence": Drawer("detection/evidence", "gather"),
    "format": Drawer("io/result_formats", "write"),
    "gate": Drawer("gating/gates", "judge"),
    "mode": Drawer("modeling/mining/modes", "run"),
    "model": Drawer("modeling/classifiers", "build"),
    "page": Drawer("manual", "", ending=".md"),
    "report": Drawer("gating/reports", "write"),
    "strategy": Drawer("modeling", "run", {
        "second-model": "error_model/second_model",
        "self-training": "self_training/self_training",
        "slices": "error_model/slices",
    }),
    "table format": Drawer("io/table_formats", "read"),
}  # fmt: skip
ROOT = Path(__file__).parents[1]


def names(kind: str, within: str = "") -> list[str]:
    """The names of a kind's units, sorted; `within` is a folder of the drawer's own."""
    return list(_names(kind, within, are_folders=False))


def folders(kind: str) -> list[str]:
    """The names of the folders within a drawer, sorted."""
    return list(_names(kind, "", are_folders=True))


def page(name: str) -> str:
    """The Markdown text of the page called `name`; raises InputError for an unknown one."""
    known = _pages()
    if name not in known:
        raise unknown("page", name, [*known])
    return known[name].read_text(encoding="utf-8")


def verb(kind: str, name: str) -> Any:
    """The function that makes the file called `name` a unit of its kind."""
    return getattr(load(kind, name), DRAWERS[kind].verb)


@cache
def _names(kind: str, within: str, *, are_folders: bool) -> tuple[str, ...]:
    drawer = DRAWERS[kind]
    if drawer.homes is not None:
        return tuple(sorted(drawer.homes))
    if drawer.ending != ".py":
        return tuple(_pages())
    folder = ROOT / drawer.folder / within.replace("-", "_")
    found = [module for module in pkgutil.iter_modules([str(folder)]) if module.ispkg == are_folders]
    names = (module.name.rstrip("_").replace("_", "-") for module in found if not module.name.startswith("_"))
    return tuple(sorted(names))


@cache
def _pages() -> dict[str, Path]:
    """The pages' files by name, sorted."""
    drawer = DRAWERS["page"]
    files = {path.stem.replace("_", "-"): path for path in (ROOT / drawer.folder).glob(f"*{drawer.ending}")}
    return dict(sorted(files.items()))


def load(kind: str, name: str, within: str = "") -> ModuleType:
    """The file called `name`; raises InputError for a name that the kind has not."""
    known = names(kind, within)
    if name not in known:
        raise unknown(kind, name, known)
    return _import(kind, name, within)


def unknown(kind: str, name: str, known: Sequence[str]) -> InputError:
    return InputError(f"no {kind} {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})")


@cache
def _import(kind: str, name: str, within: str) -> ModuleType:
    drawer = DRAWERS[kind]
    home = name if drawer.homes is None else drawer.homes[name]
    path = f"{drawer.folder}/{within}/{home}".replace("-", "_").replace("//", "/").replace("/", ".")
    return importlib.import_module(f"hardneg_cli.{path}")


def settings(function: Any) -> dict[str, UnitSetting]:
    """A function's settings: its keyword-only parameters, by name, with their types and defaults."""
    chosen = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    annotated = {p.name: function.__annotations__[p.name] for p in chosen}
    # Only these are evaluated: the types of the evidence may be known to the type checker alone.
    holder = type("Settings", (), {"__annotations__": annotated, "__module__": function.__module__})
    kinds = get_type_hints(holder)
    return {p.name: UnitSetting(kinds[p.name], p.default) for p in chosen}
