"""What a command line comes to: the values of a command's options, settings included, without the command's work."""

from __future__ import annotations

import functools
from collections.abc import Callable

from hardneg_cli.cli.command_tree import command_line


def command_values(*arguments: str) -> dict[str, object]:
    """By parameter. Raises InputError for settings that are refused."""
    found: dict[str, object] = {}

    def only_look(run: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(run)
        def look(**values: object) -> int:
            found.update(values)
            return 0

        return look

    command_line(only_look)(list(arguments), prog_name="hardneg", standalone_mode=False)
    return found
