"""Faults that are planted into modules of the package, in this process, and taken out again."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

PLAIN = (bool, int, float, str, tuple, type(None))


class Outdated(Exception):
    """The module does not say what the fault is to replace, or says it several times, or the fault changes nothing."""


@dataclass(frozen=True)
class Fault:
    """module: below hardneg_cli. text: what stands there once; fault: what stands there instead. means: what that is.

    cases: names, or beginnings of names, of cases that notice it; each beginning has one that does.
    """

    module: str
    text: str
    fault: str
    means: str
    cases: tuple[str, ...]


@contextmanager
def planted(module: str, text: str, fault: str) -> Iterator[None]:
    """While it lasts, each function of the module that the fault changes has the code with the fault.

    Whoever has imported a function or class has the very same one, so all see the fault.
    """
    unit = import_module(f"hardneg_cli.{module}")
    source = Path(inspect.getfile(unit)).read_text(encoding="utf-8")
    if source.count(text) != 1:
        raise Outdated(f"{module} has {text!r} {source.count(text)} times")
    with replaced(unit, source.replace(text, fault)):
        yield


@contextmanager
def replaced(unit: ModuleType, source: str) -> Iterator[None]:
    """The same for any text of the module."""
    other = ModuleType(unit.__name__)
    vars(other).update(__file__=unit.__file__, __package__=unit.__package__)
    exec(compile(source, str(unit.__file__), "exec"), vars(other))
    changes = [*_changes(unit, other)]
    if not changes:
        raise Outdated(f"nothing in {unit.__name__} is another than before")
    with ExitStack() as stack:
        for change, undo in changes:
            stack.callback(undo)
            change()
        yield


Change = tuple[Callable[[], None], Callable[[], None]]


def _changes(unit: ModuleType, other: ModuleType) -> Iterator[Change]:
    theirs = _functions(other)
    for name, function in _functions(unit).items():
        old, new = _parts(function), _parts(theirs[name])
        if old != new:
            yield partial(_become, function, *new), partial(_become, function, *old)
    for name, value in vars(unit).items():
        new = vars(other).get(name)
        if isinstance(value, PLAIN) and not name.startswith("__") and new != value:
            yield partial(setattr, unit, name, new), partial(setattr, unit, name, value)


def _functions(module: ModuleType) -> dict[str, FunctionType]:
    """Those that the module defines, methods too, by name."""
    own = {name: one for name, one in vars(module).items() if getattr(one, "__module__", None) == module.__name__}
    found = dict(_plain(own))
    for name, one in own.items():
        if isinstance(one, type):
            found |= {f"{name}.{method}": function for method, function in _plain(vars(one))}
    return found


def _plain(members: Mapping[str, object]) -> Iterator[tuple[str, FunctionType]]:
    """The functions behind properties, class methods and wrappers, as far as they stand in a file."""
    for name, one in members.items():
        inner = one
        if isinstance(one, property):
            inner = one.fget
        elif isinstance(one, cached_property):
            inner = one.func
        elif isinstance(one, classmethod | staticmethod):
            inner = one.__func__
        inner = inspect.unwrap(inner) if callable(inner) and not isinstance(inner, type) else inner
        if isinstance(inner, FunctionType) and inner.__code__.co_filename.endswith(".py"):
            yield name, inner


Parts = tuple[CodeType, tuple[object, ...] | None, dict[str, object] | None]


def _parts(function: FunctionType) -> Parts:
    return function.__code__, function.__defaults__, function.__kwdefaults__


def _become(
    function: FunctionType, code: CodeType, defaults: tuple[object, ...] | None, named: dict[str, object] | None
) -> None:
    function.__code__, function.__defaults__, function.__kwdefaults__ = code, defaults, named
