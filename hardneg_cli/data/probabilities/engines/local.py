"""The threads of this process."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from hardneg_cli.data.probabilities.probabilities import by_threads
from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    from hardneg_cli.data.probabilities.probabilities import Engine


def engaged(scheduler: str | None) -> AbstractContextManager[Engine]:
    """Raises InputError for a scheduler: there is nothing to schedule."""
    if scheduler is not None:
        raise InputError(f"--scheduler {scheduler}: only an engine with a cluster has one; add --engine dask")
    return nullcontext(by_threads)
