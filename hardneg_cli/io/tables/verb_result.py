"""What every verb answers, as an interactive session shows it: one line, or a small table."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

FIRST_ROWS, LONGEST = 10, 80  # of a table in a notebook, and of a cell in it


class VerbResult:
    """A verb's result: `tables()` by name, the first of which is the main one, and `summary()` in lines.

    It is as long as its main table, and true even if that is empty.
    """

    @abstractmethod
    def tables(self) -> dict[str, pa.Table]:
        """Its tables."""

    @abstractmethod
    def summary(self) -> Iterator[str]:
        """Lines for people."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {next(self.summary(), 'nothing to say')}>"

    def __len__(self) -> int:
        return int(next(iter(self.tables().values())).num_rows)

    def __bool__(self) -> bool:
        return True

    def _repr_html_(self) -> str:
        name, table = next(iter(self.tables().items()))
        first = table.slice(0, FIRST_ROWS)
        head = "".join(f"<th>{escape(column)}</th>" for column in table.column_names)
        rows = "".join(f"<tr>{''.join(map(_cell, row.values()))}</tr>" for row in first.to_pylist())
        page = f"<p>{escape(repr(self))}</p><table><tr>{head}</tr>{rows}</table>"
        return page + (f"<p>{len(table):,} rows in <code>{escape(name)}</code></p>" if len(table) > len(first) else "")


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"<td>{escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + '…')}</td>"
