"""The parts that a dataset is split into: names and the share of the rows that each is to have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, quote

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

USUAL = "train=.8,dev=.1,test=.1"
SHARE = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(%?)", re.ASCII)
ROUNDING = 0.005  # by which shares that are written in decimals, such as .33, may miss 1 together
FEWEST, MOST_FOLDS = 2, 1_000


@dataclass(frozen=True)
class SplitShares:
    """S parts. fractions: the share of the rows of each, 1 together; 0 for one that takes no new rows.

    are_folds: whether they are the folds of a cross-validation, `1` to `K`.
    """

    names: tuple[str, ...]
    fractions: tuple[float, ...]
    are_folds: bool = False

    def __len__(self) -> int:
        return len(self.names)

    @property
    def largest(self) -> int:
        """The place of the part that trains: the first of the largest."""
        return max(range(len(self)), key=lambda place: (self.fractions[place], -place))

    def ideal(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """(…, S) how many of so many rows each part ideally has."""
        import numpy as np

        found: NDArray[np.float64] = np.asarray(rows, np.float64)[..., None] * np.array(self.fractions)
        return found

    @classmethod
    def of_folds(cls, folds: int) -> SplitShares:
        """Raises InputError for a number that makes no folds."""
        if not FEWEST <= folds <= MOST_FOLDS:
            raise InputError(f"--folds is {FEWEST} to {MOST_FOLDS:,}, not {folds:,}")
        return cls(tuple(str(number) for number in range(1, folds + 1)), (1 / folds,) * folds, are_folds=True)

    @classmethod
    def of(cls, given: str | Mapping[str, float]) -> SplitShares:
        """What `train=.8,dev=.1,test=.1` says, or a mapping of the names to the shares.

        Raises InputError for what is no such list, and for shares that are not 1 together.
        """
        if not isinstance(given, str | Mapping):
            raise InputError(f"--fractions is a text such as {USUAL}, or a mapping of names to shares")
        pairs = (
            _read(given) if isinstance(given, str) else [(str(name), _number(name, one)) for name, one in given.items()]
        )
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError(f"--fractions names {quote(twice)} twice")
        if sum(share > 0 for _, share in pairs) < FEWEST:
            raise InputError("--fractions needs two parts at least that take rows, as in train=.8,test=.2")
        total = sum(share for _, share in pairs)
        if abs(total - 1) > ROUNDING:
            raise InputError(f"--fractions are shares of all rows: these are {total:.4g} together, not 1")
        return cls(tuple(names), tuple(share / total for _, share in pairs))


def _read(given: str) -> list[tuple[str, float]]:
    pairs = []
    for part in given.split(","):
        name, equals, share = (piece.strip() for piece in part.rpartition("="))
        found = SHARE.fullmatch(share)
        if not (equals and name and found):
            raise InputError(f"--fractions: {quote(part)} is no NAME=SHARE, as in train=.8,dev=.1,test=.1")
        pairs.append((name, float(found[1]) / (100 if found[2] else 1)))
    return pairs


def _number(name: object, share: float) -> float:
    try:
        found = float(share)
    except (TypeError, ValueError) as error:
        raise InputError(f"--fractions: {quote(name)} has no share, but {quote(share)}") from error
    if not 0 <= found <= 1:
        raise InputError(f"--fractions: {quote(name)} has a share of {found:g}, which is not within 0 and 1")
    return found
