"""Columns of numbers and categories, and versions of rows made of them.

Transforms see the rows of one class, each number in units of its spread among them. A number that is missing is the
median for them, and is missing again in the version of a row that lacks it. Numbers come back with as many decimals as
their column has; dates, and numbers that are the same in all rows, stay; a number with two values is a category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, cast

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.preparation.augmentation.content import Cell, Versions
from hardneg_cli.preparation.augmentation.transforms import TRANSFORMS
from hardneg_cli.preparation.augmentation.transforms._columns import ClassRows, NewRows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

SWITCH = 2  # values of a number between which there is nothing
SPARE = 2  # times as many as wanted are made, as some are not new


@dataclass(frozen=True)
class TableContent:
    """N rows of numbers and categories. names: of the columns of numbers. still: those that stay.

    decimals: (D,) that the cells of each column have at most. seed, settings: of transforms.
    """

    inputs: ModelInputs
    names: tuple[str, ...]
    still: frozenset[str]
    decimals: tuple[int, ...]
    kinds: tuple[str, ...]
    seed: int
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    @property
    def usable(self) -> NDArray[np.bool_]:
        import numpy as np

        return np.ones(self.inputs.rows, bool)

    @property
    def numbers(self) -> Block:
        import numpy as np

        return np.zeros((self.inputs.rows, 0)) if self.inputs.numbers is None else self.inputs.numbers

    @cached_property
    def moving(self) -> list[int]:
        """The columns of numbers that move."""
        import numpy as np

        return [
            place for place, name in enumerate(self.names)
            if name not in self.still and len(np.unique(self.numbers[:, place][~self._missing[:, place]])) > SWITCH
        ]  # fmt: skip

    @cached_property
    def switches(self) -> list[int]:
        """The columns of numbers that have two values."""
        import numpy as np

        return [
            place for place, name in enumerate(self.names)
            if name not in self.still and place not in self.moving
            and len(np.unique(self.numbers[:, place][~self._missing[:, place]])) == SWITCH
        ]  # fmt: skip

    @cached_property
    def _missing(self) -> NDArray[np.bool_]:
        import numpy as np

        return np.isnan(self.numbers)

    def versions(self, kind: str, pool: Codes, wanted: int, first: int, seen: set[str]) -> Versions:
        import numpy as np

        if not len(pool) or not wanted:
            return self._new(kind, pool[:0], self.numbers[:0], dict.fromkeys(self.inputs.categories, ()), 0, 0, seen)
        pool = np.roll(pool, -(first % len(pool)))
        rows, middle, spread, values = self._rows(pool)
        run = cast("Callable[..., NewRows]", TRANSFORMS[kind].run)
        made = run(rows, SPARE * wanted, self._seed(kind, rows, wanted), **self.settings.get(kind, {}))
        parents = pool[made.parents]
        numbers = self.numbers[parents].copy()
        numbers[:, self.moving] = made.numbers * spread + middle
        for place, column in enumerate(self.switches):
            numbers[:, column] = np.array([*values[place], 0.0])[made.categories[:, place]]
        for column, places in enumerate(self.decimals):
            numbers[:, column] = np.round(numbers[:, column], places)
        numbers[self._missing[parents]] = np.nan
        named = values[len(self.switches) :]
        categories = {
            name: tuple(str(named[place][code]) for code in made.categories[:, len(self.switches) + place].tolist())
            for place, name in enumerate(self.inputs.categories)
        }
        return self._new(kind, parents, numbers, categories, self._most(wanted, len(pool)), wanted, seen)

    def _new(
        self, kind: str, parents: Codes, numbers: Block, categories: dict[str, tuple[str, ...]], most: int, wanted: int,
        seen: set[str],
    ) -> Versions:  # fmt: skip
        """Those with a content that is new, no more of a parent than of others, if there are enough others."""
        import numpy as np

        inputs = ModelInputs(len(parents), None, numbers if self.names else None, categories)
        chosen: list[int] = []
        times: Counter[int] = Counter()
        for place, key in enumerate(inputs.keys() if len(parents) else ()):
            if key in seen or len(chosen) == wanted or times[int(parents[place])] >= most:
                continue
            seen.add(key)
            times[int(parents[place])] += 1
            chosen.append(place)
        inputs = inputs.take(chosen)
        cells: dict[str, tuple[Cell, ...]] = {}
        for column, name in enumerate(self.names):
            found = numbers[chosen, column].tolist()
            cells |= {} if name in self.still else {name: tuple(None if np.isnan(one) else one for one in found)}
        cells |= inputs.categories
        return Versions(parents[chosen], (kind,) * len(chosen), inputs, cells)

    @staticmethod
    def _most(wanted: int, rows: int) -> int:
        """Versions of one row, where each has as many as the others, and half as many more."""
        return 1 + -(-3 * wanted // (2 * max(rows, 1)))

    def _rows(self, pool: Codes) -> tuple[ClassRows, Block, Block, list[Sequence[float] | Sequence[str]]]:
        """The class's rows as transforms see them, what 0 and 1 are of its numbers, and the values behind codes."""
        import warnings

        import numpy as np

        own = self.numbers[pool][:, self.moving]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of a column without any number in this class
            middle, spread = np.nanmedian(own, axis=0), np.nanstd(own, axis=0)
        middle = np.where(np.isnan(middle), 0.0, middle)
        spread = np.where(spread > 0, spread, 1.0)
        scaled = np.where(np.isnan(own), 0.0, (own - middle) / spread)
        codes, values = [], list[Sequence[float] | Sequence[str]]()
        for column in self.switches:
            some, code = np.unique(np.nan_to_num(self.numbers[pool, column]), return_inverse=True)
            values.append(some.tolist())
            codes.append(code)
        for cells in self.inputs.categories.values():
            names, code = np.unique(
                np.array([cells[row] for row in pool.tolist()], object).astype(str), return_inverse=True
            )
            values.append(names.tolist())
            codes.append(code)
        kinds = np.stack(codes, axis=1).astype(np.int64) if codes else np.zeros((len(pool), 0), np.int64)
        return ClassRows(scaled, kinds), middle, spread, values

    def _seed(self, kind: str, rows: ClassRows, wanted: int) -> int:
        """Of the content, in the order of the ids."""
        found = blake2b(f"{self.seed} {kind} {wanted}".encode(), digest_size=4)
        found.update(rows.numbers.tobytes() + rows.categories.tobytes())
        return int.from_bytes(found.digest(), "big")


def decimals(cells: Sequence[str | None]) -> int:
    """How many a column's cells have at most; those of 1e-5 are five."""
    most = 0
    for cell in cells:
        digits, _, power = (cell or "").strip().lower().partition("e")
        shift = int(power) if power.lstrip("+-").isdecimal() else 0
        most = max(most, len(digits.partition(".")[2]) - shift)
    return min(most, MOST_DECIMALS)


MOST_DECIMALS = 15
