"""Remarks on inputs: what a reader decided by itself, and whoever reads its result should know.

The command line collects them and says each once; elsewhere they are logged as warnings of the logger `hardneg_cli`.

with collected() as remarks:
    remark("book.xlsx: sheet 'data' is read, and not 'old' (hidden)")
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

COLLECTED: ContextVar[dict[str, None] | None] = ContextVar("COLLECTED", default=None)


def remark(text: str) -> None:
    """Say something about an input."""
    found = COLLECTED.get()
    if found is None:
        logging.getLogger("hardneg_cli").warning(text)
        return
    found[text] = None


@contextmanager
def collected() -> Iterator[dict[str, None]]:
    """The remarks that are made inside, each once, in their order."""
    found: dict[str, None] = {}
    before = COLLECTED.set(found)
    try:
        yield found
    finally:
        COLLECTED.reset(before)
