"""What a run was asked for, in the words of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunRequest:
    """options: what is not the default, by option. command: the line that finds the same again.

    afterwards: the lines that bring the answers in and write the corrected data. No lines where something came from
    memory.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    afterwards: tuple[str, ...] = ()
