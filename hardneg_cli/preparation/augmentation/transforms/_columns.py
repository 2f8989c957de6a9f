"""The columns of rows of one class, as numbers of unit spread and codes of categories, and rows made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class ClassRows:
    """n rows of one class. numbers: (n, D), at the spread that they have in the class's training rows, without gaps.

    categories: (n, C) codes.
    """

    numbers: Block
    categories: Codes

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class NewRows:
    """m rows like those of a class. parents: (m,) the row of the class that each is a version of."""

    numbers: Block
    categories: Codes
    parents: Codes
