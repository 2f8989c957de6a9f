"""A column of text whose cells become Python strings when they are asked for, so that few are held at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class TextColumn(Sequence[str]):
    """N texts, a null being an empty one."""

    cells: pa.ChunkedArray

    @classmethod
    def of(cls, column: pa.ChunkedArray, rows: NDArray[np.int64] | None = None) -> TextColumn:
        """All cells of a column, or those of these rows in this order."""
        import pyarrow as pa
        import pyarrow.compute as pc

        filled = pc.fill_null(column, "")
        return cls(filled if rows is None else filled.take(pa.array(rows)))

    def __len__(self) -> int:
        return len(self.cells)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...

    def __getitem__(self, place: int | slice) -> str | list[str]:
        found: str | list[str] = self.cells[place].as_py() if isinstance(place, int) else self.cells[place].to_pylist()
        return found
