"""Functions that users bring, as `module:function`: found, called, and what goes wrong in them said in one line.

The working folder can be imported from, as with `python -m`, while their module is loaded and while they run. What they
print goes to standard error: standard output holds results only.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack, redirect_stdout
from hashlib import blake2b
from types import TracebackType
from typing import Self

from hardneg_cli.errors import HardnegError, InputError, did_you_mean, quote

HERE = ""  # the working folder, among the places that are imported from
MOST_OF_AN_ERROR = 300  # characters
EMBED = "--embed"
EXAMPLES = {EMBED: "embeddings:vectors", "--using": "rewriting:versions"}  # by the option that names a function


class UserCode:
    """Around code of users: an exception of theirs, or a way out of the process, is raised as InputError.

    what: the beginning of the message. Interrupts, and what this package raises itself, stay what they are.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._around = ExitStack()

    def __enter__(self) -> Self:
        self._around.enter_context(redirect_stdout(sys.stderr))
        sys.path.insert(0, HERE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if HERE in sys.path:
            sys.path.remove(HERE)
        self._around.close()
        if isinstance(error, Exception | SystemExit) and not isinstance(error, HardnegError):
            raise InputError(f"{self._what}: {in_a_line(error)}") from error


def user_function(named: str | Callable[..., object], option: str = EMBED) -> Callable[..., object]:
    """The function of that name, or the one that is given. Raises InputError where there is none.

    option: which one names it, for messages.
    """
    spelling = f"is named as module:function, such as {option} {EXAMPLES[option]}"
    if not isinstance(named, str):
        if not callable(named):
            raise InputError(
                f"{option}: what is of type {type(named).__name__} cannot be called; a function {spelling}"
            )
        return named
    module, colon, path = named.partition(":")
    if not (colon and module.strip() and path.strip()):
        raise InputError(f"{option} {quote(named)} {spelling}")
    try:
        with UserCode(f"{option} {quote(named)}: module {quote(module)} cannot be imported"):
            found: object = importlib.import_module(module)
    except InputError as error:
        if isinstance(error.__cause__, ModuleNotFoundError) and _is_part(error.__cause__.name, module):
            raise InputError(
                f"{option} {quote(named)}: no module {quote(module)}, here or among what is installed"
            ) from error
        raise
    for name in path.split("."):
        if not hasattr(found, name):
            raise InputError(f"{option} {quote(named)}: no {quote(name)} in it{did_you_mean(name, dir(found))}")
        found = getattr(found, name)
    if not callable(found):
        raise InputError(f"{option} {quote(named)}: {quote(path)} is no function, but of type {type(found).__name__}")
    return found


def name_of(named: str | Callable[..., object]) -> str:
    """What to call a function in a message, and its results in a file's name: `module:function`."""
    if isinstance(named, str):
        return named
    kind = named if hasattr(named, "__qualname__") else type(named)
    return f"{getattr(kind, '__module__', None) or 'python'}:{kind.__qualname__}"


def source_digest(named: str | Callable[..., object], function: Callable[..., object]) -> str | None:
    """What changes when the name of the function does, or a file that it stands in; None where no file says it all.

    Of a name that is the module's file, and the function's own, if that is another one. Functions within functions,
    those of a prompt or a notebook, and objects that can be called, hold what no file says.
    """
    modules = [getattr(function, "__module__", None) or ""]
    if isinstance(named, str):
        modules.append(named.partition(":")[0])
    elif not _stands_alone(function):
        return None
    files = {getattr(sys.modules.get(name), "__file__", None) for name in modules}
    found = blake2b(name_of(named).encode(), digest_size=16)
    paths = sorted(path for path in files if path is not None and os.path.isfile(path))
    for path in paths:
        with open(path, "rb") as file:
            found.update(b"\0" + blake2b(file.read()).digest())
    return found.hexdigest() if paths else None


def _stands_alone(function: Callable[..., object]) -> bool:
    """Whether it is what its module's file calls by its name."""
    path = getattr(function, "__qualname__", "")
    found: object = sys.modules.get(getattr(function, "__module__", None) or "")
    if not path or getattr(found, "__name__", "__main__") == "__main__":
        return False
    for name in path.split("."):
        found = getattr(found, name, None)
    return found is function


def in_a_line(error: BaseException) -> str:
    """An exception's name and what it says, without line breaks."""
    said = " ".join(str(error).split())[:MOST_OF_AN_ERROR]
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _is_part(name: str | None, module: str) -> bool:
    """Whether what is missing is the module itself, or a package that it is in."""
    return name is not None and (module == name or module.startswith(f"{name}."))
