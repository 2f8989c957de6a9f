"""A drawer's contract, held against each unit when it is loaded, so that a broken file is named before anything runs.

A contract is the `typing.Protocol` in the drawer's `__init__.py`. What it leaves open every unit has to define: a
function that is an `abstractmethod` there, or a name without a value. What has a body or a value there is optional: a
unit without it is completed with the contract's own, so that whoever uses a unit finds every name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Literal, get_origin, get_type_hints

from hardneg_cli.errors import InputError, did_you_mean, listing

PACKAGE = Path(__file__).parents[1]
SETTING_TYPES = (bool, int, float, str)


def fit(unit: ModuleType, kind: str, contract: type) -> None:
    """Complete the unit with what is optional; raises InputError naming the file and what it lacks."""
    optional = {name: value for name, value in vars(contract).items() if not name.startswith("_")}
    open_ = {name: optional.pop(name) for name in [*optional] if name in contract.__abstractmethods__}  # type: ignore[attr-defined]
    for name in (*(name for name in contract.__annotations__ if name not in optional), *open_):
        if not callable(getattr(unit, name, None)):
            raise broken(unit, f"no function {name!r}, which every {kind} has{_hint(unit, name)}")
    for name, value in optional.items():
        if not hasattr(unit, name):
            setattr(unit, name, value.__get__(unit) if isinstance(value, FunctionType) else value)
        elif value is not None and not isinstance(found := getattr(unit, name), type(value)):
            raise broken(unit, f"{name} is {found!r}, and has to be a {type(value).__name__}, as in every {kind}")
    for name, value in {**open_, **optional}.items():
        if isinstance(value, FunctionType):
            _confirm_parameters(unit, name, value)


def confirm_settings(unit: ModuleType, function: Callable[..., object]) -> None:
    """Raises InputError unless every keyword-only parameter says its type, one that users can type, and its default."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        where = f"setting {parameter.name!r} of {function.__name__}()"
        if parameter.annotation is parameter.empty:
            raise broken(unit, f"{where} has no type; annotate it, as in {parameter.name}: float = 0.5")
        if parameter.default is parameter.empty:
            raise broken(unit, f"{where} has no default")
        kind = setting_type(function, parameter.name)
        if kind not in SETTING_TYPES and get_origin(kind) is not Literal:
            raise broken(unit, f"{where} is no bool, int, float, str or Literal, and so cannot be typed by users")


def confirm_evidence(unit: ModuleType, function: Callable[..., object], known: Collection[str]) -> None:
    """Raises InputError for a positional parameter that names no evidence."""
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD and parameter.name not in known:
            hint = did_you_mean(parameter.name, known) or f" (known: {', '.join(sorted(known))})"
            raise broken(unit, f"{function.__name__}() asks for {parameter.name!r}, and no evidence is called so{hint}")


def setting_type(function: Callable[..., object], name: str) -> Any:
    """The type of one parameter. The others are not evaluated: the type checker alone may know them."""
    annotated = {name: function.__annotations__[name]}
    holder = type("Setting", (), {"__annotations__": annotated, "__module__": function.__module__})
    return get_type_hints(holder)[name]


def broken(unit: ModuleType, need: str) -> InputError:
    """The error of a unit that does not fit its drawer."""
    path = Path(unit.__file__ or unit.__name__)
    return InputError(f"{path.relative_to(PACKAGE.parent) if path.is_relative_to(PACKAGE.parent) else path}: {need}")


def _confirm_parameters(unit: ModuleType, name: str, contract: Callable[..., object]) -> None:
    """Raises InputError for a function that cannot be called as the contract calls it."""
    _, *handed = inspect.signature(contract).parameters.values()
    by_name = [parameter.name for parameter in handed if parameter.kind is parameter.KEYWORD_ONLY]
    by_place = [parameter.name for parameter in handed if parameter.name not in by_name]
    try:
        inspect.signature(getattr(unit, name)).bind(*by_place, **dict.fromkeys(by_name))
    except TypeError as error:
        raise broken(unit, f"{name}() is called with {listing([*by_place, *by_name])}: {error}") from error


def _hint(unit: ModuleType, name: str) -> str:
    return did_you_mean(name, [found for found in vars(unit) if not found.startswith("_")])
