"""Commands: parse, call, print.

The file's docstring is the command's help, the function's parameters are typer's. A folder beside the files is a group
of commands, and its `__init__` docstring the group's help.

    # say_hello.py
    "Say hello to a dataset."

    def run(name: str) -> int:
        typer.echo(f"hello {name}")
        return 0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hardneg_cli.runtime.drawers import Units


class Command(Protocol):
    """What every command has: `run`, whose answer is the exit code.

    Optional: GROUP, the heading that the list of commands has it under. EXAMPLE, the last lines of its help.
    HAS_THE_SCREEN: whether it draws on the whole terminal, so that nothing else may show progress there.
    """

    GROUP: str = ""
    EXAMPLE: str = ""
    HAS_THE_SCREEN: bool = False
    run: Callable[..., int]


COMMANDS = Units[Command]("command")
