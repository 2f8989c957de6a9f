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

    STAGES (optional): what its long work is called, or how that begins, in its order.
    GROUP (optional): under which heading of the first help it stands, one of those of `cli.command_help`.
    EXAMPLE (optional): a command line that shows it off, which its help begins with.
    """

    STAGES: tuple[str, ...] = ()
    GROUP: str = ""
    EXAMPLE: str = ""
    run: Callable[..., int]


COMMANDS = Units[Command]("command")
