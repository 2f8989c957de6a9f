"""A drawer is a folder of look-alike files, each defining one function of the same verb.

The file's name, with `-` for `_`, is the name users type. Names are listed without importing anything. What a unit has
to define, and what it may, says the contract in the folder's `__init__.py`; each unit is held against it when it is
loaded. There, too, are the drawer's units as the contract types them: `DETECTORS["outlier"].detect`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Generic, TypeAlias, TypeVar, cast, get_args

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.runtime import contracts

T = TypeVar("T")
SettingValue: TypeAlias = bool | int | float | str
Settings: TypeAlias = Mapping[str, object]  # of one unit, by name, as somebody gave them
UnitSettings: TypeAlias = Mapping[str, Settings]  # by unit


@dataclass(frozen=True)
class UnitSetting:
    """A setting's type (or Literal of its choices) and its default."""

    kind: Any
    default: SettingValue

    @property
    def choices(self) -> tuple[str, ...]:
        return get_args(self.kind)

    def parse(self, where: str, value: object) -> SettingValue:
        """`value` as the setting's type; raises InputError naming `where`."""
        if self.choices:
            if value not in self.choices:
                known = ", ".join(self.choices)
                raise InputError(
                    f"{where} cannot be {quote(value)}{did_you_mean(str(value), self.choices)} (known: {known})"
                )
            return str(value)
        if self.kind is bool:
            if str(value).lower() not in ("true", "false"):
                raise InputError(f"{where} is true or false, not {quote(value)}")
            return str(value).lower() == "true"
        try:
            parsed: SettingValue = self.kind(str(value))
        except (TypeError, ValueError) as error:
            raise InputError(f"{where} is a {'whole ' * (self.kind is int)}number, not {quote(value)}") from error
        return parsed


@dataclass(frozen=True)
class Drawer:
    """folder: where the units are, one a file, of that `ending`, or of any where it is empty. verb: the function that
    each defines, none where units are documents.

    contract: the Protocol in the folder's `__init__.py`. tuned: whether the verb's keyword-only parameters are
    settings. asks: whether its positional parameters name evidence. homes: by name, where each unit is below the
    folder; None where each file in the folder is one.
    """

    folder: str
    verb: str
    contract: str | None = None
    tuned: bool = False
    asks: bool = False
    homes: Mapping[str, str] | None = None
    ending: str = ".py"

    @property
    def package(self) -> ModuleType:
        return importlib.import_module(f"hardneg_cli.{self.folder.replace('/', '.')}")


DRAWERS: Mapping[str, Drawer] = {
    "annotation tool": Drawer("review/annotation_tools", "read", "AnnotationTool"),
    "attack": Drawer("modeling/robustness/attacks", "run", "Attack", tuned=True),
    "command": Drawer("cli/commands", "run", "Command"),
    "detector": Drawer("detection/detectors", "detect", "Detector", tuned=True, asks=True),
    "engine": Drawer("data/probabilities/engines", "engaged", "PassEngine"),
    "evidence": Drawer("detection/evidence", "gather", "EvidencePiece", asks=True),
    "format": Drawer("io/result_formats", "write", "ResultFormat"),
    "gate": Drawer("gating/gates", "judge", "Gate", tuned=True, asks=True),
    "mode": Drawer("modeling/mining/modes", "run", "MiningMode", tuned=True, asks=True),
    "model": Drawer("modeling/classifiers", "build", "ClassifierBuilder", tuned=True),
    "page": Drawer("manual", "", ending=".md"),
    "report": Drawer("gating/reports", "write", "CheckReportFormat"),
    "snippet": Drawer("manual/snippets", "", ending=""),
    "strategy": Drawer("modeling", "run", tuned=True, homes={
        "second-model": "error_model/second_model",
        "self-training": "self_training/self_training",
        "slices": "error_model/slices",
    }),
    "table format": Drawer("io/table_formats", "read", "TableFormat"),
    "transform": Drawer("preparation/augmentation/transforms", "run", "Transform", tuned=True),
}  # fmt: skip
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Units(Generic[T]):
    """The units of a kind, each loaded when it is asked for; T is their contract."""

    kind: str

    def __getitem__(self, name: str) -> T:
        """The unit called `name`; raises InputError for a name that the kind has not, and for a broken unit."""
        return cast("T", load(self.kind, name))

    def __iter__(self) -> Iterator[T]:
        """All of them, by name."""
        return (self[name] for name in self.names)

    @property
    def names(self) -> list[str]:
        return names(self.kind)


def names(kind: str, within: str = "") -> list[str]:
    """The names of a kind's units, sorted; `within` is a folder of the drawer's own."""
    return list(_names(kind, within, are_folders=False))


def folders(kind: str) -> list[str]:
    """The names of the folders within a drawer, sorted."""
    return list(_names(kind, "", are_folders=True))


def document(kind: str, name: str) -> str:
    """The text of the page or snippet called `name`, its line ends included; raises InputError for an unknown one."""
    known = _documents(kind)
    if name not in known:
        raise unknown(kind, name, [*known])
    return known[name].read_bytes().decode("utf-8")


def verb(kind: str, name: str) -> Callable[..., Any]:
    """The function that makes the file called `name` a unit of its kind."""
    function: Callable[..., Any] = getattr(load(kind, name), DRAWERS[kind].verb)
    return function


@cache
def _names(kind: str, within: str, *, are_folders: bool) -> tuple[str, ...]:
    drawer = DRAWERS[kind]
    if drawer.homes is not None:
        return tuple(sorted(drawer.homes))
    if drawer.ending != ".py":
        return tuple(_documents(kind))
    folder = ROOT / drawer.folder / within.replace("-", "_")
    found = [module for module in pkgutil.iter_modules([str(folder)]) if module.ispkg == are_folders]
    names = (module.name.rstrip("_").replace("_", "-") for module in found if not module.name.startswith("_"))
    return tuple(sorted(names))


@cache
def _documents(kind: str) -> dict[str, Path]:
    """The files of documents by name, sorted; hidden ones and folders are none."""
    drawer = DRAWERS[kind]
    files = (path for path in (ROOT / drawer.folder).glob(f"[!._]*{drawer.ending}") if path.is_file())
    return dict(sorted((path.stem.replace("_", "-"), path) for path in files))


def load(kind: str, name: str, within: str = "") -> ModuleType:
    """The file called `name`; raises InputError for an unknown name, and for a file that breaks its contract."""
    known = names(kind, within)
    if name not in known:
        raise unknown(kind, name, known)
    return _import(kind, name, within)


def unknown(kind: str, name: str, known: Sequence[str]) -> InputError:
    return InputError(f"no {kind} {quote(name)}{did_you_mean(name, known)} (known: {', '.join(known)})")


@cache
def _import(kind: str, name: str, within: str) -> ModuleType:
    drawer = DRAWERS[kind]
    home = name if drawer.homes is None else drawer.homes[name]
    path = f"{drawer.folder}/{within}/{home}".replace("-", "_").replace("//", "/").replace("/", ".")
    unit = importlib.import_module(f"hardneg_cli.{path}")
    if drawer.contract is not None:
        contracts.fit(unit, kind, getattr(drawer.package, drawer.contract))
    if drawer.tuned:
        contracts.confirm_settings(unit, getattr(unit, drawer.verb))
    if drawer.asks:
        contracts.confirm_evidence(unit, getattr(unit, drawer.verb), {*given(kind), *_evidence()})
    return unit


def given(kind: str) -> Mapping[str, str]:
    """What a run hands to the units of a kind beside the evidence: by name, what a user has to bring for it."""
    roots: Mapping[str, str] = DRAWERS["evidence"].package.GIVEN
    return {**roots, **getattr(DRAWERS[kind].package, "GIVEN", {})}


@cache
def _evidence() -> frozenset[str]:
    return frozenset(name.replace("-", "_") for name in names("evidence"))


def settings(function: Callable[..., object]) -> dict[str, UnitSetting]:
    """A function's settings: its keyword-only parameters, by name, with their types and defaults."""
    chosen = [p for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY]
    return {p.name: UnitSetting(contracts.setting_type(function, p.name), p.default) for p in chosen}
