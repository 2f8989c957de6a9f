"""What people get to see in colors: on a terminal, unless NO_COLOR is set, and wherever FORCE_COLOR is set."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from rich.console import Console


def colored(out: BinaryIO) -> bool:
    """What --color says is in these variables, as other programs have it too (no-color.org, force-color.org)."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or out.isatty())


@contextmanager
def console_for(out: BinaryIO, *, soft_wrap: bool = False) -> Iterator[Console]:
    """A console for texts that are shown as they are, without markup; without colors not even bold."""
    import io

    from rich.console import Console

    text = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    yield Console(
        file=text, color_system="auto" if colored(out) else None, markup=False, highlight=False, emoji=False,
        soft_wrap=soft_wrap,
    )  # fmt: skip
    text.detach()
