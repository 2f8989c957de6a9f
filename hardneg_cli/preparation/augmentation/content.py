"""What is changed about rows, and the versions that come of it; texts, tables and pictures do it each in their way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from typing import TYPE_CHECKING, Protocol, TypeAlias

from hardneg_cli.data.features.inputs import ModelInputs, concatenated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Numbers = NDArray[np.float64]

Cell: TypeAlias = str | float | None
ROUNDS = 4  # times that each row may take its turn in vain


@dataclass(frozen=True)
class Versions:
    """m versions of rows: whose (m,), by what, and what a model sees of them (m rows).

    cells: by column the m cells that may differ from the parent's; a number stands for a cell of a column of numbers.
    """

    parents: Codes
    kinds: tuple[str, ...]
    inputs: ModelInputs
    cells: dict[str, tuple[Cell, ...]]

    def __len__(self) -> int:
        return len(self.parents)

    def take(self, places: Codes) -> Versions:
        """These of them, in this order."""
        chosen = places.tolist()
        cells = {name: tuple(values[place] for place in chosen) for name, values in self.cells.items()}
        kinds = tuple(self.kinds[place] for place in chosen)
        return Versions(self.parents[places], kinds, self.inputs.take(chosen), cells)


def all_versions(parts: Sequence[Versions]) -> Versions:
    """One after the other; of one content, and at least one of them."""
    import numpy as np

    inputs = parts[0].inputs
    for part in parts[1:]:
        inputs = concatenated(inputs, part.inputs)
    cells = {name: tuple(cell for part in parts for cell in part.cells[name]) for name in parts[0].cells}
    kinds = tuple(kind for part in parts for kind in part.kinds)
    return Versions(np.concatenate([part.parents for part in parts]), kinds, inputs, cells)


class Content(Protocol):
    """N rows whose content can be changed."""

    @property
    def inputs(self) -> ModelInputs:
        """What a model sees of the N rows."""

    @property
    def usable(self) -> NDArray[np.bool_]:
        """(N,) the rows that have such a content."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The transforms that can be tried, by name."""

    def versions(self, kind: str, pool: Codes, wanted: int, first: int, seen: set[str]) -> Versions:
        """At most `wanted` versions of rows of the pool, which are of one class and in the order of their ids.

        first: the place in the pool of the row whose turn it is. seen: contents that no version may have again; theirs
        are added.
        """


def turns(pool: Codes, wanted: int, first: int, make: Callable[[int, int], bool]) -> None:
    """Let the rows of the pool take turns, until `wanted` times `make(row, turn)` has made something."""
    made, n = 0, len(pool)
    for number in range(first, first + ROUNDS * (wanted + n)):
        if made == wanted or not n:
            return
        made += make(int(pool[number % n]), (number - first) // n)


def randomness(seed: int, kind: str, turn: int, content: bytes) -> Random:
    """The same for the same content, whatever else is in the data."""
    name = f"{seed} {kind} {turn} ".encode()
    return Random(int.from_bytes(blake2b(name + content, digest_size=8).digest(), "big"))  # noqa: S311 -- no secret
