"""Who works on a pass over the probabilities.

For example:

    # serial.py
    "One block after the other, in this thread."

    def engaged(scheduler: str | None) -> AbstractContextManager[Engine]:
        return nullcontext(in_turn)
"""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    from hardneg_cli.data.probabilities.probabilities import Engine


class PassEngine(Protocol):
    """What every engine has: `engaged`."""

    @abstractmethod
    def engaged(self, scheduler: str | None) -> AbstractContextManager[Engine]:
        """A context in which passes are shared out: its value is called as `probabilities.by_threads` is.

        scheduler: the address of the one to use, None for the engine's own. Raises InputError where it has no use for
        one, or cannot work here. What a pass finds is the same with every engine, to the bit.
        """


ENGINES = Units[PassEngine]("engine")
