"""Functions that users bring, as `module:function`: found, called, and what goes wrong in them said in one line.

The working folder can be imported from, as with `python -m`, while their module is loaded and while they run. What they
print goes to standard error: standard output holds results only.
"""

from __future__ import annotations

import importlib
import inspect
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from hashlib import blake2b
from types import TracebackType
from typing import Self

from hardneg_cli.errors import HardnegError, InputError, did_you_mean, quote

MOST_OF_AN_ERROR = 300  # characters
SPELLING = "is named as module:function, such as --embed embeddings:vectors"


class UserCode:
    """Around code of users: an exception of theirs, or a way out of the process, is raised as InputError.

    what: the beginning of the message. Interrupts, and what this package raises itself, stay what they are.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._around = ExitStack()

    def __enter__(self) -> Self:
        self._around.enter_context(redirect_stdout(sys.stderr))
        sys.path.insert(0, os.getcwd())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (here := os.getcwd()) in sys.path:
            sys.path.remove(here)
        self._around.close()
        if isinstance(error, Exception | SystemExit) and not isinstance(error, HardnegError):
            raise InputError(f"{self._what}: {in_a_line(error)}") from error


def user_function(named: str | Callable[..., object]) -> Callable[..., object]:
    """The function of that name, or the one that is given. Raises InputError where there is none."""
    if not isinstance(named, str):
        if not callable(named):
            raise InputError(f"--embed: a {type(named).__name__} cannot be called; it {SPELLING}")
        return named
    module, colon, path = named.partition(":")
    if not (colon and module.strip() and path.strip()):
        raise InputError(f"--embed {quote(named)} {SPELLING}")
    try:
        with UserCode(f"--embed {quote(named)}: module {quote(module)} cannot be imported"):
            found: object = importlib.import_module(module)
    except InputError as error:
        if isinstance(error.__cause__, ModuleNotFoundError) and _is_part(error.__cause__.name, module):
            raise InputError(
                f"--embed {quote(named)}: no module {quote(module)}, here or among what is installed"
            ) from error
        raise
    for name in path.split("."):
        if not hasattr(found, name):
            raise InputError(f"--embed {quote(named)}: no {quote(name)} in it{did_you_mean(name, dir(found))}")
        found = getattr(found, name)
    if not callable(found):
        raise InputError(f"--embed {quote(named)}: a {type(found).__name__} cannot be called")
    return found


def name_of(function: Callable[..., object]) -> str:
    """What to call a function in a message, and its results in a file's name: `module.function`."""
    kind = function if hasattr(function, "__qualname__") else type(function)
    return f"{getattr(kind, '__module__', None) or 'python'}.{kind.__qualname__}"


def source_digest(function: Callable[..., object]) -> str | None:
    """What changes when the file of the function does; None for one that a file alone does not say.

    Such are functions within functions, those of a session or a notebook, and objects that can be called.
    """
    named = getattr(function, "__qualname__", None)
    module = sys.modules.get(getattr(function, "__module__", None) or "")
    if named is None or module is None or "<" in named or module.__name__ == "__main__":
        return None
    if inspect.ismethod(function) and not inspect.isclass(function.__self__):
        return None
    path = getattr(module, "__file__", None)
    if path is None or not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return blake2b(name_of(function).encode() + b"\0" + file.read(), digest_size=16).hexdigest()


def in_a_line(error: BaseException) -> str:
    """An exception's name and what it says, without line breaks."""
    said = " ".join(str(error).split())[:MOST_OF_AN_ERROR]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _is_part(name: str | None, module: str) -> bool:
    """Whether what is missing is the module itself, or a package that it is in."""
    return name is not None and (module == name or module.startswith(f"{name}."))
